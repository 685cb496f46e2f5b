import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletOptimizers
import MartletTensor
import MartletTraining

/// Two networks that train each other: a generator makes samples of noise, a discriminator tells them from real ones, each with an
/// optimizer of its own.
///
///     discriminator: minimise  softplus(-D(x)) · (1 - s) + softplus(D(x)) · s + softplus(D(G(z)))
///     generator:     minimise  softplus(-D(G(z)))                (the non-saturating form)
///
/// D gives logits, so softplus(-D) = -log σ(D). s is one-sided label smoothing: real samples count as real to 1 - s only, which keeps
/// the discriminator from becoming so sure that the generator learns nothing more.
///
/// - Source: Goodfellow et al. 2014, "Generative adversarial nets", arXiv:1406.2661, section 3; smoothing: Salimans et al. 2016, section 3.4.
public struct AdversarialPair: Sendable {
  /// From noise `[latentSize]` to a sample.
  public let generator: Sequential
  /// From a sample to one logit: how real it is.
  public let discriminator: Sequential
  /// How the generator moves.
  public var generatorOptimizer: any Optimizer
  /// How the discriminator moves.
  public var discriminatorOptimizer: any Optimizer
  /// s, how far real samples are from counting as real.
  public let smoothing: Float
  /// The number of values of the noise.
  public let latentSize: Int

  /// A pair of models.
  ///
  /// - Throws: `ShapeError` where the generator does not give what the discriminator takes, or that does not give one number.
  /// - Precondition: `smoothing` is in 0..<0.5.
  public init(
    generator: Sequential, discriminator: Sequential,
    generatorOptimizer: any Optimizer = Adam(learningRate: 0.0002, beta1: 0.5),
    discriminatorOptimizer: any Optimizer = Adam(learningRate: 0.0002, beta1: 0.5), smoothing: Float = 0.1
  ) throws {
    require((0..<0.5).contains(smoothing), "AdversarialPair: smoothing has to be in 0..<0.5; got \(smoothing)")
    guard let noise = generator.inputShape, noise.rank == 1, let sample = discriminator.inputShape else {
      throw ShapeError("AdversarialPair needs models made for an input shape, the generator's being [latentSize]")
    }
    guard generator.outputShapes.last == sample else {
      throw ShapeError("the generator gives \(generator.outputShapes.last ?? noise), the discriminator takes \(sample)")
    }
    guard discriminator.outputShapes.last == [1] else {
      throw ShapeError("the discriminator gives \(discriminator.outputShapes.last ?? sample); it has to give [1]")
    }
    self.generator = generator
    self.discriminator = discriminator
    self.generatorOptimizer = generatorOptimizer
    self.discriminatorOptimizer = discriminatorOptimizer
    self.smoothing = smoothing
    latentSize = noise[0]
  }

  /// One update of each network, the discriminator first.
  ///
  /// - Parameters:
  ///   - real: `[batch, …]`.
  ///   - key: Its stream is replaced: each drawing of noise has one of its own.
  /// - Returns: both losses before their updates, one element each.
  public mutating func step(real: Tensor, key: RandomKey) -> (discriminator: Tensor, generator: Tensor) {
    let mode = Mode.training(key)
    let count = real.shape[0]
    let made = withoutGradient {
      generator(Self.noise([count, latentSize], key, stream: 1, on: real.device), mode: mode)
    }
    // Real and made samples in two passes: batch normalization, if any, has to see them apart.
    let (realLogits, madeLogits) = (discriminator(real.detached, mode: mode), discriminator(made, mode: mode))
    let discriminatorLoss =
      ((-realLogits).softplus() * (1 - smoothing) + realLogits.softplus() * smoothing).mean()
      + madeLogits.softplus().mean()
    discriminatorOptimizer.update(discriminator, along: discriminatorLoss.gradients())

    // Frozen parameters are constants: nothing is computed for them on the way back to the generator.
    let learning = discriminator.trainableParameters
    for parameter in learning { parameter.isTrainable = false }
    defer { for parameter in learning { parameter.isTrainable = true } }
    let noise = Self.noise([count, latentSize], key, stream: 2, on: real.device)
    let generatorLoss = (-discriminator(generator(noise, mode: mode), mode: mode)).softplus().mean()
    generatorOptimizer.update(generator, along: generatorLoss.gradients())
    return (discriminatorLoss, generatorLoss)
  }

  private static func noise(_ shape: Shape, _ key: RandomKey, stream: UInt32, on device: Device) -> Tensor {
    .normal(shape, key: RandomKey(seed: key.seed, stream: 0x6A40_0000 + stream, draw: key.draw), on: device)
  }

  /// New samples: `[count, …]`.
  public func samples(_ count: Int, seed: UInt64 = 0, on device: Device = .current) -> Tensor {
    Self.samples(count, of: generator, seed: seed, on: device)
  }

  /// New samples of a generator alone, the same that its pair would give: `[count, …]`.
  ///
  /// - Precondition: the generator was made for noise `[latentSize]`.
  public static func samples(
    _ count: Int, of generator: Sequential, seed: UInt64 = 0, on device: Device = .current
  ) -> Tensor {
    guard let noise = generator.inputShape, noise.rank == 1 else {
      preconditionFailure("AdversarialPair: the generator has to be made for noise [latentSize]")
    }
    return withoutGradient { generator(Self.noise([count, noise[0]], RandomKey(seed: seed), stream: 0, on: device)) }
  }

  /// Trains both on a dataset.
  ///
  /// - Parameters:
  ///   - afterEpoch: What else is measured or shown when an epoch is complete, for example a sheet of samples.
  ///   - onEpochEnd: Called when an epoch is in the history, to show or store it.
  /// - Returns: the history, with `discriminator_loss` and `generator_loss` by epoch.
  /// - Throws: `TrainingError` where samples do not fit, there are none or a loss is not finite; what `afterEpoch` throws;
  ///   `BackendError`.
  @discardableResult
  public mutating func fit(
    _ dataset: Dataset, epochs: Int = 10, batchSize: Int = 64, seed: UInt64 = 0, on device: Device = .current,
    progress: ProgressStyle = .automatic, stoppingWhen shouldStop: () -> Bool = { false },
    afterEpoch: (_ epoch: Int, _ pair: AdversarialPair) throws -> [String: Double] = { _, _ in [:] },
    onEpochEnd: (_ history: History, _ pair: AdversarialPair) throws -> Void = { _, _ in }
  ) throws -> History {
    guard discriminator.inputShape == Shape(dataset.sampleShape.prefix(8)) else {
      throw TrainingError.inputDoesNotFit(
        model: discriminator.inputShape ?? [], data: Shape(dataset.sampleShape.prefix(8)))
    }
    try generator.move(to: device)
    try discriminator.move(to: device)
    var pair = self
    defer { self = pair }
    let loop = TrainingLoop(epochs: epochs, batchSize: batchSize, seed: seed, on: device, progress: progress)
    return try loop.run(
      over: dataset, stoppingWhen: shouldStop, afterEpoch: { try afterEpoch($0, pair) },
      onEpochEnd: { try onEpochEnd($0, pair) }
    ) { x, key in
      let losses = pair.step(real: x, key: key)
      return ["discriminator_loss": losses.discriminator, "generator_loss": losses.generator]
    }
  }
}
