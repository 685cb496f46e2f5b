import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletTensor
import MartletTraining

/// An autoencoder whose code is a distribution, so that new samples can be drawn: a point z from N(0, 1), decoded.
///
///     mean, log σ² = encoder(x);   z = mean + σ · ε with ε from N(0, 1)      (reparameterisation)
///     -ELBO(x) = -log p(x | z) + KL(N(mean, σ²) ‖ N(0, 1))
///     KL = -½ Σ (1 + log σ² - mean² - σ²)
///
/// p(x | z) holds each value to be 1 with a probability whose logit the decoder gives; values between 0 and 1 count as shares.
///
/// As a layer it reconstructs: logits in the shape the decoder gives, from the mean where nothing is learned, from a drawn z otherwise.
///
/// - Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", arXiv:1312.6114, eq. 10.
public struct VariationalAutoencoder: Layer {
  /// From a sample to mean and log variance, `2 · latentSize` values.
  public let encoder: Sequential
  /// From a point of the latent space to logits, as many as a sample has values.
  public let decoder: Sequential
  /// The number of latent dimensions.
  public let latentSize: Int

  /// An autoencoder of two models.
  ///
  /// - Throws: `ShapeError` where the encoder does not give two values per latent dimension, or the decoder not as many values as a
  ///   sample has.
  public init(encoder: Sequential, decoder: Sequential) throws {
    guard let sample = encoder.inputShape, let latent = decoder.inputShape, latent.rank == 1 else {
      throw ShapeError("VariationalAutoencoder needs models made for an input shape, the decoder's being [latentSize]")
    }
    let (code, output) = (encoder.outputShapes.last ?? sample, decoder.outputShapes.last ?? latent)
    guard code == [2 * latent[0]] else {
      throw ShapeError(
        "the encoder gives \(code); for \(latent[0]) latent dimensions it has to give [\(2 * latent[0])]")
    }
    guard output.elementCount == sample.elementCount else {
      throw ShapeError("the decoder gives \(output), the encoder takes \(sample); both need as many values")
    }
    self.encoder = encoder
    self.decoder = decoder
    latentSize = latent[0]
    // Both models call their parameters `1.kernel`; in a file of weights they need paths of their own.
    for (path, object) in ParameterVisitor.objects(in: self) { object.settle(path: path, seed: 0) }
  }

  /// An autoencoder of dense layers with ReLU: one hidden layer on each side.
  ///
  /// - Throws: `ModelError` where sizes are not positive.
  public init(input: Shape, hidden: Int, latentSize: Int, seed: UInt64 = 0) throws {
    let count = input.elementCount
    try self.init(
      encoder: Sequential(input: input, seed: seed, name: "encoder") {
        Flatten()
        Dense(hidden, activation: .relu)
        Dense(2 * latentSize)
      },
      decoder: Sequential(input: [latentSize], seed: seed &+ 1, name: "decoder") {
        Dense(hidden, activation: .relu)
        Dense(count)
        Reshape(input)
      })
  }

  /// The distribution of the code of each sample.
  public func encode(_ x: Tensor, mode: Mode = .inference) -> (mean: Tensor, logVariance: Tensor) {
    let parts = encoder(x, mode: mode).split(parts: 2, alongAxis: 1)
    return (parts[0], parts[1])
  }

  /// Values between 0 and 1 for points of the latent space.
  public func decode(_ z: Tensor) -> Tensor { decoder(z).sigmoid() }

  /// Reconstructed logits; see `Layer`.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    let (mean, logVariance) = encode(x, mode: mode)
    guard case .training(let key) = mode else { return decoder(mean) }
    return decoder(Self.drawn(mean: mean, logVariance: logVariance, key: key), mode: mode)
  }

  /// What the decoder gives; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    _ = try encoder.outputShape(for: input)
    return try decoder.outputShape(for: [latentSize])
  }

  /// Both models have them; see `Layer`.
  public func initializeParameters(for input: Shape) throws { _ = try outputShape(for: input) }
}

// Learning.
extension VariationalAutoencoder {
  /// A code drawn such that gradients reach mean and variance.
  static func drawn(mean: Tensor, logVariance: Tensor, key: RandomKey) -> Tensor {
    var key = key
    key.stream = 0xEA50_0001
    return mean + (logVariance * 0.5).exp() * Tensor.normal(mean.shape, key: key, on: mean.device)
  }

  /// KL(N(mean, σ²) ‖ N(0, 1)) for each row, in nats.
  ///
  /// - Shape: `[batch, latent]` twice in, `[batch]` out.
  public static func divergence(mean: Tensor, logVariance: Tensor) -> Tensor {
    (1 + logVariance - mean.squared() - logVariance.exp()).sum(alongAxes: [1]) * -0.5
  }

  /// The two parts of -ELBO, each the mean over the samples in nats, with one drawn code per sample.
  public func objective(
    _ x: Tensor, key: RandomKey, mode: Mode = .inference
  ) -> (reconstruction: Tensor, divergence: Tensor) {
    let (mean, logVariance) = encode(x, mode: mode)
    let logits = decoder(Self.drawn(mean: mean, logVariance: logVariance, key: key), mode: mode).flattened()
    // The loss is a mean over the values of a sample, -log p(x | z) their sum.
    let values = BinaryCrossEntropy(fromLogits: true).values(logits, x.flattened())
    return (
      values.mean() * Float(logits.shape[1]), Self.divergence(mean: mean, logVariance: logVariance).mean()
    )
  }

  /// Learns a dataset of values between 0 and 1.
  ///
  /// - Parameters:
  ///   - validation: Data that are only measured, after each epoch: `val_loss`.
  ///   - optimizer: How parameters move along the gradient of -ELBO.
  ///   - onEpochEnd: Called when an epoch is in the history, to show or store it.
  /// - Returns: the history: `loss` is -ELBO in nats per sample, `reconstruction` and `divergence` its parts.
  /// - Throws: `TrainingError` where samples do not fit, there are none or the loss is not finite; `BackendError`.
  @discardableResult
  public func fit(
    _ dataset: Dataset, validation: Dataset? = nil, epochs: Int = 10, batchSize: Int = 128,
    optimizer: any Optimizer = Adam(), seed: UInt64 = 0, on device: Device = .current,
    progress: ProgressStyle = .automatic, stoppingWhen shouldStop: () -> Bool = { false },
    onEpochEnd: (_ history: History) throws -> Void = { _ in }
  ) throws -> History {
    for part in [dataset, validation ?? dataset] where Shape(part.sampleShape.prefix(8)) != encoder.inputShape {
      throw TrainingError.inputDoesNotFit(model: encoder.inputShape ?? [], data: Shape(part.sampleShape.prefix(8)))
    }
    try move(to: device)
    var optimizer = optimizer
    let parameters = trainableParameters
    let loop = TrainingLoop(epochs: epochs, batchSize: batchSize, seed: seed, on: device, progress: progress)
    return try loop.run(
      over: dataset, stoppingWhen: shouldStop,
      afterEpoch: { _ in
        try validation.map { ["val_loss": try negativeELBO(of: $0, batchSize: batchSize, seed: seed, on: device)] }
          ?? [:]
      }, onEpochEnd: onEpochEnd
    ) { x, key in
      let (reconstruction, divergence) = objective(x, key: key, mode: .training(key))
      let loss = reconstruction + divergence
      optimizer.update(parameters, along: loss.gradients())
      return ["loss": loss, "reconstruction": reconstruction, "divergence": divergence]
    }
  }

  /// The mean of -ELBO over a dataset, in nats per sample, with one drawn code per sample: a bound on -log p(x).
  ///
  /// - Throws: `TrainingError` where there are no samples, `BackendError`.
  public func negativeELBO(
    of dataset: Dataset, batchSize: Int = 128, seed: UInt64 = 0, on device: Device = .current
  ) throws -> Double {
    guard !dataset.isEmpty else { throw TrainingError.noSamples(purpose: "evaluate") }
    try move(to: device)
    var sum = 0.0
    for (index, batch) in dataset.batches(size: max(1, batchSize)).enumerated() {
      let parts = withoutGradient {
        objective(batch.inputTensor(on: device), key: RandomKey(seed: ~seed, draw: UInt32(truncatingIfNeeded: index)))
      }
      sum += Double(try parts.reconstruction.item() + parts.divergence.item()) * Double(batch.count)
    }
    return sum / Double(dataset.count)
  }
}

// What it has learned, to look at.
extension VariationalAutoencoder {
  /// New samples, decoded from points drawn from N(0, 1): `[count, …]`, between 0 and 1.
  public func samples(_ count: Int, seed: UInt64 = 0, on device: Device = .current) -> Tensor {
    withoutGradient {
      decode(.normal([count, latentSize], key: RandomKey(seed: seed, stream: 0xEA50_0002), on: device))
    }
  }

  /// Samples as they come back: decoded from the means of their codes.
  public func reconstructions(_ x: Tensor) -> Tensor { withoutGradient { self(x).sigmoid() } }
}
