import Martlet

/// What a network takes and gives: enough to make it without its data.
package struct SampleForm: Hashable, Sendable {
  /// The shape of one sample.
  package var shape: Shape
  /// How many classes, or numbers, the answer has.
  package var outputs: Int
  /// Where single numbers that are to be predicted lie: their mean and standard deviation among the training samples. A network that
  /// predicts prices begins there.
  package var target: (mean: Float, deviation: Float) { (targetMean, targetDeviation) }
  var targetMean: Float = 0
  var targetDeviation: Float = 1

  package init(_ shape: Shape, outputs: Int) {
    self.shape = shape
    self.outputs = outputs
  }

  /// The form of the samples of a dataset.
  package init(of dataset: Dataset) {
    shape = Shape(dataset.sampleShape)
    switch dataset.targetKind {
    case .none: outputs = 0
    case .label: outputs = dataset.classCount
    case .values(let shape):
      outputs = shape.reduce(1, *)
      guard outputs == 1, case .values(let targets, _) = dataset.batch(of: 0..<dataset.count).targets else { return }
      let mean = targets.reduce(0) { $0 + Double($1) } / Double(max(targets.count, 1))
      let variance =
        targets.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(max(targets.count, 1))
      targetMean = Float(mean)
      targetDeviation = variance > 0 ? Float(variance.squareRoot()) : 1
    }
  }
}

/// The network of a recipe.
package enum Network: Sendable {
  /// Layers one after the other.
  case layers(@Sendable (SampleForm) -> [any Layer])
  /// A graph with one input and one output.
  case graph(@Sendable (_ input: Symbol, SampleForm) -> Symbol)

  /// The untrained network.
  ///
  /// - Throws: `ModelError` where parts do not fit.
  package func model(for form: SampleForm, seed: UInt64) throws -> any Layer {
    switch self {
    case .layers(let layers): return try Sequential(input: form.shape, layers: layers(form), seed: seed)
    case .graph(let connect):
      let input = Symbol.input(form.shape)
      return try Model(inputs: [input], outputs: [connect(input, form)], seed: seed)
    }
  }

  /// The network with weights of a file. Layers get their values from there, so that what a file says of samples cannot ask for more
  /// memory than it has weights.
  ///
  /// - Throws: `ModelError` where weights do not fit.
  func model(for form: SampleForm, weights: Weights) throws -> any Layer {
    guard case .layers(let layers) = self else {
      let model = try model(for: form, seed: 0)
      try model.restore(weights)
      return model
    }
    return try Architecture.sequential(input: form.shape, layers: layers(form), weights: weights)
  }

  /// The table of its layers, as wide as Keras makes it in the terminal there is.
  package static func summary(of model: any Layer) -> String {
    let room = max((ProgressLook.current().columns ?? 80) - 4, 32)
    return (model as? Sequential)?.summary(lineLength: min(room, 88))
      ?? (model as? Model)?.summary(lineLength: min(room, 108)) ?? ""
  }
}

/// How the parameters of a recipe move.
package struct OptimizerPlan: Sendable {
  /// The highest rate, unless a person chooses another.
  package let learningRate: Float
  private let make: @Sendable (_ rate: Float, _ steps: Int) -> any Optimizer

  package init(learningRate: Float, _ make: @escaping @Sendable (_ rate: Float, _ steps: Int) -> any Optimizer) {
    self.learningRate = learningRate
    self.make = make
  }

  /// The optimizer for a run of so many steps.
  package func optimizer(rate: Float?, steps: Int) -> any Optimizer { make(rate ?? learningRate, max(steps, 1)) }

  /// Adam at one rate.
  package static func adam(_ rate: Float) -> OptimizerPlan {
    OptimizerPlan(learningRate: rate) { rate, _ in Adam(learningRate: rate) }
  }

  /// Adam, its rate falling along half a cosine from the highest to 0 over the whole run: the last epochs settle. After 3 epochs
  /// of `mnist-cnn` that is worth about half a point of accuracy on MNIST against a constant rate of 0.001.
  package static func settlingAdam(_ rate: Float) -> OptimizerPlan {
    OptimizerPlan(learningRate: rate) { rate, steps in
      Adam(learningRate: CosineDecay(rate.rate(atStep: 0), decaySteps: steps))
    }
  }

  /// Plain gradient descent at one rate.
  package static func gradientDescent(_ rate: Float) -> OptimizerPlan {
    OptimizerPlan(learningRate: rate) { rate, _ in SGD(learningRate: rate) }
  }
}
