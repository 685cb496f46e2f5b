import MartletAutograd
import MartletBackend
import MartletTensor

/// One threshold unit that learns from its mistakes: whenever it is wrong about a sample, the sample is added to its weights or taken
/// away from them.
///
///     y = 1 where w · x + b ≥ 0, else 0
///     w += rate · (t - y) · x;  b += rate · (t - y)
///
/// If any line (plane, …) separates the samples, this finds one after finitely many mistakes, at most (R / margin)² of them. If none
/// does, the weights stay bounded; as soon as they come back to a value they had, everything repeats for ever, and the mistakes made
/// in between are a proof that no line exists. `learn` looks for that proof.
///
/// - Source: Rosenblatt 1958; convergence: Novikoff 1962; bounded weights: Minsky and Papert 1969, chapter 11.
public struct Perceptron: Sendable {
  /// One weight per input.
  public private(set) var weight: Tensor
  /// Added to the weighted sum, one element.
  public private(set) var bias: Tensor
  /// How much of a sample is added for a mistake.
  public let rate: Float

  /// How learning ended.
  public enum Outcome: Hashable, Sendable {
    /// An epoch without a mistake.
    /// - Parameter epochs: How many epochs there were, that one included.
    case converged(epochs: Int)
    /// The weights came back to what they had been: learning would go round for ever.
    /// - Parameters:
    ///   - epochs: After how many epochs that was seen.
    ///   - certificate: Why no line can separate the samples.
    case impossible(epochs: Int, certificate: InseparabilityCertificate)
    /// Neither happened in time.
    case undecided(epochs: Int)
  }

  /// A perceptron that knows nothing: all zeros.
  ///
  /// - Precondition: `inputCount` and `rate` are positive.
  public init(inputCount: Int, rate: Float = 1, on device: Device = .current) {
    require(inputCount > 0 && rate > 0, "Perceptron: need inputs and rate > 0; got \(inputCount), \(rate)")
    weight = .zeros([inputCount], on: device)
    bias = .zeros([], on: device)
    self.rate = rate
  }

  /// 0 or 1 for each row of `[batch, inputs]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    ((x * weight).sum(alongAxes: [1]) + bias .>= 0).cast(to: .float32)
  }

  /// Goes through the samples in order until an epoch has no mistake, or it is certain that none ever will, or `maximumEpochs` are over.
  ///
  /// - Parameters:
  ///   - inputs: One row per sample.
  ///   - targets: 0 or 1 for each.
  /// - Throws: `BackendError`.
  /// - Precondition: there are samples, rows have one value per weight, and targets are 0 or 1.
  public mutating func learn(_ inputs: [[Float]], targets: [Float], maximumEpochs: Int = 1000) throws -> Outcome {
    let inputCount = weight.elementCount
    require(
      !inputs.isEmpty && inputs.count == targets.count && inputs.allSatisfy { $0.count == inputCount }
        && targets.allSatisfy { $0 == 0 || $0 == 1 },
      "Perceptron: \(inputs.count) samples with \(targets.count) targets; need rows of \(inputCount) and targets 0 or 1"
    )
    let samples = inputs.map { Tensor($0, shape: [1, inputCount], on: weight.device) }
    // The mistakes made on each sample up to the end of each epoch, by the weights at that end.
    var mistakes = [Int](repeating: 0, count: samples.count)
    var seen: [[Float]: [Int]] = [try state(): mistakes]
    for epoch in 1...max(1, maximumEpochs) {
      let before = mistakes
      for (index, x) in samples.enumerated() {
        let error = targets[index] - (try self(x).item())
        guard error != 0 else { continue }
        mistakes[index] += 1
        weight += x.reshaped(to: [inputCount]) * (rate * error)
        bias = bias + rate * error
      }
      if mistakes == before { return .converged(epochs: epoch) }
      if let earlier = seen.updateValue(mistakes, forKey: try state()) {
        let counts = zip(mistakes, earlier).map { $0 - $1 }
        // Rounding could bring weights back that exact arithmetic would not: only an exact balance proves anything.
        if let certificate = InseparabilityCertificate(inputs: inputs, targets: targets, counts: counts) {
          return .impossible(epochs: epoch, certificate: certificate)
        }
      }
    }
    return .undecided(epochs: max(1, maximumEpochs))
  }

  private func state() throws -> [Float] { try weight.floats() + bias.floats() }
}

/// Why no line separates two classes: a mixture of samples of one class that is the same point as a mixture of samples of the other.
/// A line with the first on one side and the second on the other would have that point on both.
///
/// For XOR: (0,0) + (1,1) = (0,1) + (1,0).
public struct InseparabilityCertificate: Hashable, Sendable {
  /// How often each sample counts in the mixture of its class.
  public let counts: [Int]

  /// Checks the claim in exact arithmetic of whole numbers or, where values are none, of Doubles that happen to balance exactly; `nil`
  /// where it does not hold.
  public init?(inputs: [[Float]], targets: [Float], counts: [Int]) {
    guard inputs.count == counts.count, inputs.count == targets.count, let inputCount = inputs.first?.count,
      inputs.allSatisfy({ $0.count == inputCount }), counts.allSatisfy({ $0 >= 0 }), counts.contains(where: { $0 > 0 })
    else { return nil }
    var balance = [Double](repeating: 0, count: inputCount + 1)
    for (index, count) in counts.enumerated() {
      let weight = Double(count) * (targets[index] == 1 ? 1 : -1)
      for (column, value) in inputs[index].enumerated() { balance[column] += weight * Double(value) }
      balance[inputCount] += weight
    }
    guard balance.allSatisfy({ $0 == 0 }) else { return nil }
    self.counts = counts
  }
}

extension Perceptron.Outcome: CustomStringConvertible {
  /// In words.
  public var description: String {
    switch self {
    case .converged(let epochs): "converged: no mistake in epoch \(epochs)"
    case .impossible(let epochs, let certificate):
      "never converges: after epoch \(epochs) the weights are what they were before; samples counted \(certificate.counts) times are "
        + "the same point for both classes, so no line separates them"
    case .undecided(let epochs): "still wrong after \(epochs) epochs"
    }
  }
}
