import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletOptimizers
import MartletTensor
import MartletTraining

/// Two layers of stochastic units that are 0 or 1, visible v and hidden h, with connections between the layers only. It learns, without
/// targets, how probable each visible state is.
///
///     E(v, h) = -v · b - h · c - v · W · h          P(v, h) ∝ e^(-E)
///     P(hⱼ = 1 | v) = σ(c + v · W)ⱼ                  P(vᵢ = 1 | h) = σ(b + h · Wᵀ)ᵢ
///     F(v) = -log Σ_h e^(-E(v, h)) = -v · b - Σⱼ softplus(c + v · W)ⱼ
///
/// As a layer of a model it gives the probabilities of the hidden units; stacked, they are a deep belief network.
///
/// - Shape: `[batch, visible]` in, `[batch, hidden]` out; weight `[visible, hidden]`. Visible values may be probabilities.
/// - Source: Smolensky 1986; contrastive divergence: Hinton 2002, "Training products of experts by minimizing contrastive divergence".
public struct RestrictedBoltzmannMachine: Layer {
  /// W, `[visible, hidden]`.
  public let weight: Parameter
  /// b, `[visible]`.
  public let visibleBias: Parameter
  /// c, `[hidden]`.
  public let hiddenBias: Parameter
  /// The number of visible units.
  public let visibleCount: Int
  /// The number of hidden units.
  public let hiddenCount: Int
  /// What it is called in paths and summaries.
  public let name: String?

  /// A machine with small random weights.
  ///
  /// - Precondition: there are units of both kinds.
  public init(visible: Int, hidden: Int, seed: UInt64 = 0, name: String? = nil) {
    require(
      visible > 0 && hidden > 0, "RestrictedBoltzmannMachine: need units of both kinds; got \(visible), \(hidden)")
    visibleCount = visible
    hiddenCount = hidden
    self.name = name
    weight = Parameter(.randomNormal(standardDeviation: 0.01))
    visibleBias = Parameter(.zeros)
    hiddenBias = Parameter(.zeros)
    trapping { _ = try build(for: [visible], seed: seed) }
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input == [visibleCount] else {
      throw ShapeError(
        "RestrictedBoltzmannMachine: made for samples of shape [\(visibleCount)], not \(input); Flatten helps")
    }
    return [hiddenCount]
  }

  /// Makes the parameters; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    _ = try outputShape(for: input)
    try weight.initialize(shape: [visibleCount, hiddenCount])
    try visibleBias.initialize(shape: [visibleCount])
    try hiddenBias.initialize(shape: [hiddenCount])
  }

  /// The probability that each hidden unit is 1, given the visible ones.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    x.dense(weight.value, bias: hiddenBias.value, activation: .sigmoid)
  }

  /// The probability that each visible unit is 1, given the hidden ones.
  public func visible(given hidden: Tensor) -> Tensor {
    (hidden.matmul(weight.value, transposingRight: true) + visibleBias.value).sigmoid()
  }

  /// F for each row of `[batch, visible]`: the lower, the more probable. Differentiable.
  public func freeEnergy(_ x: Tensor) -> Tensor {
    -((x * visibleBias.value).sum(alongAxes: [1])
      + x.dense(weight.value, bias: hiddenBias.value).softplus().sum(alongAxes: [1]))
  }

  /// The mean squared difference between visible states and what comes back from the probabilities of the hidden units.
  public func reconstructionError(_ x: Tensor) -> Tensor {
    withoutGradient { (x - visible(given: self(x))).squared().mean() }
  }
}

// Learning.
extension RestrictedBoltzmannMachine {
  /// Visible states after some steps of Gibbs sampling: all hidden units drawn given the visible ones, then the other way round.
  ///
  /// - Parameter key: Its stream is replaced: each drawing has one of its own.
  public func sampled(from x: Tensor, steps: Int, key: RandomKey) -> Tensor {
    withoutGradient {
      var (visible, key) = (x, key)
      for step in 0..<max(0, steps) {
        key.stream = 0xB017_0000 + UInt32(truncatingIfNeeded: 2 * step)
        let hidden = self(visible).bernoulli(key: key)
        key.stream += 1
        visible = self.visible(given: hidden).bernoulli(key: key)
      }
      return visible
    }
  }

  /// The gradient of the mean of -log P(v) as contrastive divergence estimates it, for any optimizer: the model's side of
  ///
  ///     -∂ log P(v)/∂W = ⟨v h⟩ under the model - ⟨v h⟩ at the data
  ///
  /// is taken after k steps of Gibbs sampling that start at the data. With k → ∞ it is the gradient itself.
  ///
  /// - Parameters:
  ///   - x: `[batch, visible]`.
  ///   - steps: k, at least 1.
  public func contrastiveDivergence(_ x: Tensor, steps: Int = 1, key: RandomKey) -> Gradients {
    require(
      x.rank == 2 && x.shape[1] == visibleCount && x.shape[0] > 0,
      "contrastiveDivergence: samples of shape \(x.shape), need [batch, \(visibleCount)]")
    return withoutGradient {
      let x = x.detached
      let dreamt = sampled(from: x, steps: max(1, steps), key: key)
      let (hidden, dreamtHidden) = (self(x), self(dreamt))
      let scale = 1 / Float(x.shape[0])
      var gradients = Gradients()
      gradients[weight.node] =
        (dreamt.matmul(dreamtHidden, transposingLeft: true) - x.matmul(hidden, transposingLeft: true)) * scale
      gradients[visibleBias.node] = (dreamt - x).sum(alongAxes: [0]) * scale
      gradients[hiddenBias.node] = (dreamtHidden - hidden).sum(alongAxes: [0]) * scale
      return gradients
    }
  }

  /// Learns a dataset by contrastive divergence.
  ///
  /// - Parameters:
  ///   - lower: Machines below this one: their hidden probabilities are what it sees.
  ///   - divergenceSteps: k of CD-k.
  ///   - onEpochEnd: Called when an epoch is in the history, to show or store it.
  /// - Returns: the history, with `reconstruction_error` by epoch.
  /// - Throws: `TrainingError` where samples do not fit or there are none, `BackendError`.
  @discardableResult
  public func fit(
    _ dataset: Dataset, above lower: [RestrictedBoltzmannMachine] = [], epochs: Int = 5, batchSize: Int = 64,
    optimizer: any Optimizer = SGD(learningRate: 0.1, momentum: 0.5), divergenceSteps: Int = 1, seed: UInt64 = 0,
    on device: Device = .current, progress: ProgressStyle = .automatic,
    stoppingWhen shouldStop: () -> Bool = { false }, onEpochEnd: (_ history: History) throws -> Void = { _ in }
  ) throws -> History {
    let expected = lower.first?.visibleCount ?? visibleCount
    let features = dataset.sampleShape.reduce(1, *)
    guard features == expected else { throw TrainingError.inputDoesNotFit(model: [expected], data: [features]) }
    for machine in lower { try machine.move(to: device) }
    try move(to: device)
    var optimizer = optimizer
    let parameters = trainableParameters
    let loop = TrainingLoop(epochs: epochs, batchSize: batchSize, seed: seed, on: device, progress: progress)
    return try loop.run(over: dataset, stoppingWhen: shouldStop, onEpochEnd: onEpochEnd) { x, key in
      let seen = withoutGradient { lower.reduce(x.flattened()) { $1($0) } }
      let error = reconstructionError(seen)
      optimizer.update(parameters, along: contrastiveDivergence(seen, steps: divergenceSteps, key: key))
      return ["reconstruction_error": error]
    }
  }
}
