import MartletAutograd
import MartletBackend
import MartletTensor

/// How surprising a short sequence of labels is for a longer sequence of outputs, when nobody knows which output belongs to which
/// label: connectionist temporal classification.
///
///     -log Σ over all alignments of ∏ₜ softmax(logitsₜ)[label of the alignment at t]
///
/// An alignment names each label one or more times, with any number of blanks before, between and after; equal neighbours need a
/// blank between them. The sum is taken by the forward recursion in log space, so that nothing underflows, on the device and with a
/// gradient from the tape. Labels that do not fit into the outputs cost infinity and have gradient 0.
///
/// - Shape: logits `[batch, time, classes]`, labels `[batch, longest]`; the loss is one value per sequence, not divided by any
///   length.
/// - Source: Graves, Fernández, Gomez and Schmidhuber 2006, "Connectionist temporal classification", section 4.1.
public struct CTC: Loss {
  /// The class that stands for no label.
  public let blank: Int

  /// - Precondition: `blank` is not negative.
  public init(blank: Int = 0) {
    require(blank >= 0, "CTC: the blank is a class, counted from 0; got \(blank)")
    self.blank = blank
  }

  /// What it is called in messages and files.
  public var name: String { "ctc" }

  /// Stands for the logarithm of 0. Finite, so that differences of two of them are no NaN; sums of a few stay finite.
  private static let impossible: Float = -1e30

  /// One value per sequence, for sequences of different lengths.
  ///
  /// - Parameters:
  ///   - logits: `[batch, time, classes]`, before softmax.
  ///   - labels: int32 `[batch, longest]`; what lies beyond a sequence's length is not looked at.
  ///   - labelLengths: int32 `[batch]`: how many labels each sequence has.
  ///   - logitLengths: int32 `[batch]`: how many outputs each sequence has; all of them by default.
  /// - Precondition: the shapes agree, and the blank is one of the classes.
  public func values(_ logits: Tensor, labels: Tensor, labelLengths: Tensor, logitLengths: Tensor? = nil) -> Tensor {
    require(
      logits.rank == 3 && labels.rank == 2 && labels.dtype == .int32 && labels.shape[0] == logits.shape[0],
      "CTC: logits of shape \(logits.shape) and \(labels.dtype) labels of shape \(labels.shape); "
        + "needed are [batch, time, classes] and int32 [batch, longest]")
    let (batch, time, classes) = (logits.shape[0], logits.shape[1], logits.shape[2])
    require(blank < classes, "CTC: the blank is class \(blank), there are \(classes) classes")
    for lengths in [labelLengths, logitLengths ?? labelLengths] {
      require(
        lengths.shape == [batch] && lengths.dtype == .int32,
        "CTC: \(lengths.dtype) lengths of shape \(lengths.shape) for \(batch) sequences; needed is int32 [\(batch)]")
    }
    let labelLengths = labelLengths.expanded(at: 1)
    let states = states(labels, lengths: labelLengths)
    let probabilities = stateProbabilities(logits, states)

    // Before the first output a sequence is as if in the blank that everything begins with.
    var forward = Tensor.select(position(in: states) .== 0, 0, filled(states, Self.impossible))
    let maySkip = maySkip(states)
    let outputCounts = logitLengths?.expanded(at: 1)
    for step in 0..<time {
      let here = probabilities.sliced(axis: 1, from: step, count: 1).squeezed(at: 1)
      let arriving = Tensor.stacked([
        forward, shifted(forward, by: 1), Tensor.select(maySkip, shifted(forward, by: 2), Self.impossible),
      ]).logSumExp(alongAxes: [0])
      let next = here + Tensor.maximum(arriving, Self.impossible)
      forward = outputCounts.map { Tensor.select($0 .> Float(step), next, forward) } ?? next
    }

    // A sequence may end in the blank after its last label or in that label.
    let distance = labelLengths + labelLengths - position(in: states)
    let isEnd = (distance .== 0) | (distance .== 1)
    let total = Tensor.select(isEnd, forward, Self.impossible).logSumExp(alongAxes: [1])
    // `log 0` is anything near `impossible`, which no sum of real logarithms reaches.
    return Tensor.select(total .> Self.impossible / 2, -total, .infinity)
  }

  /// The loss of a batch of sequences of different lengths.
  ///
  /// - Parameters:
  ///   - reduction: `mean` is the mean over the batch.
  ///   - sampleWeights: `[batch]`: what each sequence counts.
  public func callAsFunction(
    _ logits: Tensor, labels: Tensor, labelLengths: Tensor, logitLengths: Tensor? = nil, reduction: Reduction = .mean,
    sampleWeights: Tensor? = nil
  ) -> Tensor {
    let values = values(logits, labels: labels, labelLengths: labelLengths, logitLengths: logitLengths)
    return reduction.applied(to: values, weights: sampleWeights)
  }

  /// One value per sequence; see `Loss`. All outputs count. Targets are labels `[batch, longest]`, filled up with negative numbers;
  /// float32 targets are taken as whole numbers.
  public func values(_ predictions: Tensor, _ targets: Tensor) -> Tensor {
    let labels = targets.cast(to: .int32)
    // The labels before the first negative one: running sums of what is negative are 0 there.
    let isFilling = (labels .< 0).cast(to: .int32).cumulativeSum(alongAxis: -1)
    let lengths = (isFilling .== 0).cast(to: .int32).sum(alongAxes: [-1])
    return values(predictions, labels: labels, labelLengths: lengths)
  }

  /// Whether predictions and targets fit; see `Loss`.
  public func check(output: Shape, targets: TargetForm) throws {
    guard output.rank == 2 else {
      throw ShapeError("CTC: the model gives \(output), needed is [time, classes] for each sequence")
    }
    guard blank < output[1] else {
      throw ShapeError("CTC: the blank is class \(blank), the model has outputs for \(output[1]) classes")
    }
    guard case .values(let shape) = targets, shape.rank == 1 else {
      throw ShapeError("CTC: each target has to be a list of labels, filled up with -1 to the length of the longest")
    }
  }

  /// Sequences belong to no class.
  public func labels(of targets: Tensor) -> Tensor {
    fatalError("CTC: class weights have no meaning for sequences of labels; use sample weights")
  }

  /// What predictions are taken for.
  public var predictionKind: PredictionKind { .logits }

  /// The predictions as probabilities.
  public func probabilities(_ predictions: Tensor) -> Tensor? { predictions.softmax(alongAxis: -1) }
}

// The states of the recursion: a blank, then each label with a blank after it.
extension CTC {
  /// The class of each state, `[batch, 2 · longest + 1]`; blanks beyond the length.
  private func states(_ labels: Tensor, lengths: Tensor) -> Tensor {
    let (batch, longest) = (labels.shape[0], labels.shape[1])
    let blanks = Tensor([Int32(blank)], shape: [1, 1], on: labels.device).broadcast(to: [batch, longest])
    let isLabel = Tensor.range(longest, on: labels.device) .< lengths
    let own = Tensor.select(isLabel, labels, blanks)
    let pairs = Tensor.stacked([blanks, own], alongAxis: 2).reshaped(to: [batch, 2 * longest])
    let last = Tensor([Int32(blank)], shape: [1, 1], on: labels.device).broadcast(to: [batch, 1])
    return Tensor.concatenated([pairs, last], alongAxis: 1)
  }

  /// 0, 1, … along the states.
  private func position(in states: Tensor) -> Tensor { Tensor.range(states.shape[1], on: states.device) }

  private func filled(_ states: Tensor, _ value: Float) -> Tensor {
    Tensor(filling: states.shape, with: value, on: states.device)
  }

  /// Whether a state can be reached from the one before the one before: it is a label, and another one than that.
  private func maySkip(_ states: Tensor) -> Tensor {
    let count = states.shape[1]
    let blanks = Tensor([Int32(blank)], shape: [1, 1], on: states.device).broadcast(to: [
      states.shape[0], min(2, count),
    ])
    let before = Tensor.concatenated(
      [blanks, states.sliced(axis: 1, from: 0, count: max(0, count - 2))], alongAxis: 1)
    return (states .!= Float(blank)) & (states .!= before)
  }

  /// The logarithm of each state's probability at each time, `[batch, time, states]`.
  private func stateProbabilities(_ logits: Tensor, _ states: Tensor) -> Tensor {
    let (batch, time, classes) = (logits.shape[0], logits.shape[1], logits.shape[2])
    // From a flat list, at (sequence · time + t) · classes + class. A label that is no class must not read from elsewhere.
    let isClass = (states .>= 0) & (states .< Float(classes))
    let row = Tensor.range(batch * time, on: logits.device).reshaped(to: [batch, time, 1])
    let index = row * Float(classes) + Tensor.select(isClass, states, 0).expanded(at: 1)
    let chosen = logits.logSoftmax(alongAxis: -1).reshaped(to: [batch * time * classes]).gathered(index)
    return Tensor.maximum(Tensor.select(isClass.expanded(at: 1), chosen, Self.impossible), Self.impossible)
  }

  /// States moved up by a number of places, with nothing possible in the places that become free.
  private func shifted(_ x: Tensor, by distance: Int) -> Tensor {
    let count = x.shape[1]
    let distance = min(distance, count)
    return x.sliced(axis: 1, from: 0, count: count - distance)
      .padded([(0, 0), (distance, 0)], mode: .constant(Self.impossible))
  }
}

extension Loss where Self == CTC {
  /// Sequences of labels without alignment; class 0 is the blank.
  public static var ctc: Self { CTC() }
}
