import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletOptimizers
import MartletTensor
import MartletTraining

// Learning to write, and measuring how well.
extension CharacterModel {
  /// How a text is learned.
  public struct Schedule: Hashable, Sendable {
    /// How many passes over the text.
    public var epochs: Int
    /// How many places of the text are read side by side.
    public var streams: Int
    /// After how many characters the parameters move; gradients reach no further back, the state does.
    public var window: Int
    /// Adam's highest rate; it rises over the first hundredth of the steps and falls along half a cosine to a hundredth of itself.
    public var learningRate: Double
    /// The largest Euclidean norm of all gradients together.
    public var gradientNorm: Double

    /// The schedule of a run.
    public init(
      epochs: Int = 6, streams: Int = 64, window: Int = 64, learningRate: Double = 0.004, gradientNorm: Double = 1
    ) {
      self.epochs = epochs
      self.streams = streams
      self.window = window
      self.learningRate = learningRate
      self.gradientNorm = gradientNorm
    }
  }

  /// Learns a text: reads it at several places at once, window after window, each going on from the state its last one ended with
  /// (truncated backpropagation through time, Williams and Peng 1990).
  ///
  /// - Parameters:
  ///   - heldOut: Text that is only measured, after each epoch: `val_loss` in the history.
  ///   - schedule: Epochs, streams, window, learning rate.
  ///   - onEpochEnd: Called when an epoch is in the history, to show or store it.
  /// - Returns: the history; `loss` is in nats per character.
  /// - Throws: `TrainingError` where the text is too short for one window in every stream, a setting is impossible or the loss is not
  ///   finite; `BackendError`.
  @discardableResult
  public func fit(
    _ text: String, heldOut: String? = nil, schedule: Schedule = Schedule(), seed: UInt64 = 0,
    on device: Device = .current, progress: ProgressStyle = .automatic,
    stoppingWhen shouldStop: () -> Bool = { false }, onEpochEnd: (_ history: History) throws -> Void = { _ in }
  ) throws -> History {
    let streams = try CodeStreams(vocabulary.encoded([text])[0], count: schedule.streams, window: schedule.window)
    let held = heldOut.map { vocabulary.encoded([$0])[0] }
    let steps = max(schedule.epochs, 1).multipliedReportingOverflow(by: streams.windowCount)
    let warmup = max(steps.partialValue / 100, 1)
    var optimizer = Adam(
      learningRate: CosineDecay(
        0, decaySteps: steps.overflow ? .max : max(steps.partialValue - warmup, 1), alpha: 0.01,
        warmupTarget: schedule.learningRate, warmupSteps: warmup),
      clipping: .globalNorm(schedule.gradientNorm))
    try move(to: device)
    let parameters = trainableParameters
    var state: State?
    let loop = TrainingLoop(
      epochs: schedule.epochs, batchSize: schedule.streams, seed: seed, on: device, progress: progress)
    return try loop.run(
      stepsPerEpoch: streams.windowCount, stoppingWhen: shouldStop,
      afterEpoch: { _ in try held.map { ["val_loss": try natsPerCharacter(of: $0, on: device)] } ?? [:] },
      onEpochEnd: onEpochEnd
    ) { position, key in
      let codes = streams.window(position.step, epoch: position.epoch, seed: seed)
      if position.step == 0 { state = nil }
      let shape: Shape = [schedule.streams, schedule.window]
      let result = self(Tensor(codes.inputs, shape: shape, on: device), after: state, mode: .training(key))
      state = result.state.map { $0.map(\.detached) }
      let loss = result.logits.softmaxCrossEntropy(
        labels: Tensor(codes.targets, shape: shape, on: device), averaged: true)
      optimizer.update(parameters, along: loss.gradients())
      return (codes.targets.count, ["loss": loss])
    }
  }

  /// How surprising a text is: the mean of -ln P(xₜ₊₁ | x₁ … xₜ) over all characters but the first, in nats. A model that knows nothing
  /// scores the logarithm of the number of codes.
  ///
  /// The text is cut into `streams` parts that are read side by side, each from an empty state, which makes the figure a little worse
  /// than reading it in one go.
  ///
  /// - Throws: `TrainingError` for a text of fewer than two characters, `BackendError`.
  public func natsPerCharacter(of text: String, streams: Int = 32, on device: Device = .current) throws -> Double {
    try natsPerCharacter(of: vocabulary.encoded([text])[0], streams: streams, on: device)
  }

  private func natsPerCharacter(of codes: [Int32], streams: Int = 32, on device: Device) throws -> Double {
    let predictions = codes.count - 1
    guard predictions > 0 else {
      throw TrainingError.noSamples(purpose: "measure: the text is shorter than two characters")
    }
    try move(to: device)
    let streams = max(1, min(streams, predictions))
    let length = (predictions + streams - 1) / streams
    let window = 256
    var state: State?
    var sum = 0.0
    for start in stride(from: 0, to: length, by: window) {
      let width = min(window, length - start)
      var inputs: [Int32] = []
      var targets: [Int32] = []
      for stream in 0..<streams {
        for position in stream * length + start..<stream * length + start + width {
          let exists = position < predictions
          inputs.append(exists ? codes[position] : Vocabulary.padding)
          // A label that is no class costs nothing.
          targets.append(exists ? codes[position + 1] : -1)
        }
      }
      let shape: Shape = [streams, width]
      let result = withoutGradient { self(Tensor(inputs, shape: shape, on: device), after: state) }
      state = result.state
      let losses = result.logits.softmaxCrossEntropy(labels: Tensor(targets, shape: shape, on: device))
      // In Double: a hundred thousand Float additions can cost three digits.
      sum += try losses.floats().reduce(0) { $0 + Double($1) }
    }
    return sum / Double(predictions)
  }
}

/// A long sequence of codes as streams that are read side by side.
private struct CodeStreams {
  private let codes: [Int32]
  private let count: Int
  private let window: Int
  /// How many windows a stream has.
  let windowCount: Int

  init(_ codes: [Int32], count: Int, window: Int) throws {
    guard count > 0 && window > 0 else {
      throw TrainingError.invalidSetting(
        name: "the number of streams or the window", value: "\(count), \(window)", rule: "both have to be at least 1")
    }
    self.codes = codes
    self.count = count
    self.window = window
    // A window is left over, so that every epoch may begin at another place in it.
    windowCount = (codes.count - 1 - window) / count / window
    guard windowCount > 0 else {
      throw TrainingError.invalidSetting(
        name: "the length of the text", value: "\(codes.count) characters",
        rule: "\(count) streams with windows of \(window) are more than that; use fewer or shorter ones")
    }
  }

  /// The codes of a window of every stream, and the codes that follow each of them.
  func window(_ index: Int, epoch: Int, seed: UInt64) -> (inputs: [Int32], targets: [Int32]) {
    var generator = PhiloxGenerator(seed: seed, stream: 0x57EA, draw: UInt32(truncatingIfNeeded: epoch))
    let shift = Int(generator.next().multipliedFullWidth(by: UInt64(window)).high)
    let starts = (0..<count).map { shift + ($0 * windowCount + index) * window }
    return (
      starts.flatMap { codes[$0..<$0 + window] }, starts.flatMap { codes[$0 + 1..<$0 + window + 1] }
    )
  }
}
