import Martlet

/// A model that is trained and used, and what a sample of it costs.
struct Architecture: Sendable {
  let name: String
  /// What it learns from.
  var samples = Samples.digits
  /// Multiply-adds of a sample whose gradient for the input nobody needs: those that read the sample.
  let firstProducts: Int
  /// All others, which the backward pass does twice.
  let otherProducts: Int
  /// Batches of an epoch of `Trainer`: enough to make its beginning and end small beside the rest.
  var batchesPerEpoch = 16
  let layers: @Sendable () -> [any Layer]

  static let cnn = Architecture(
    name: "cnn", firstProducts: 26 * 26 * 9 * 32, otherProducts: 11 * 11 * 9 * 32 * 64 + 5 * 5 * 64 * 10
  ) {
    [
      Conv2D(32, kernel: 3, activation: .relu), MaxPool2D(2), Conv2D(64, kernel: 3, activation: .relu), MaxPool2D(2),
      Flatten(), Dense(10),
    ]
  }

  static let mlp = Architecture(name: "mlp", firstProducts: 784 * 128, otherProducts: 128 * 10, batchesPerEpoch: 256) {
    [Flatten(), Dense(128, activation: .relu), Dense(10)]
  }

  /// The rows of the picture as steps. The input's gradient is not needed, that of the state is.
  static let lstm = Architecture(
    name: "lstm", firstProducts: 28 * 28 * 512, otherProducts: 28 * 128 * 512 + 128 * 10
  ) {
    [Reshape([28, 28]), LSTM(128), Dense(10)]
  }

  static let gru = Architecture(
    name: "gru", firstProducts: 28 * 28 * 384, otherProducts: 28 * 128 * 384 + 128 * 10
  ) {
    [Reshape([28, 28]), GRU(128), Dense(10)]
  }

  /// Which character follows, at every one of 100 steps, for 65 different ones.
  static let characters = Architecture(
    name: "characters", samples: .characters(steps: 100, kinds: 65), firstProducts: 0,
    otherProducts: 100 * (64 + 128) * 512 + 100 * 128 * 65
  ) {
    [Embedding(65, 64), LSTM(128, returnsSequences: true), Dense(65)]
  }

  static let conv1d = Architecture(
    name: "conv1d", samples: .noise([256, 64]), firstProducts: 256 * 5 * 64 * 64,
    otherProducts: 256 * 5 * 64 * 64 + 256 * 64 * 10
  ) {
    [
      Conv1D(64, kernel: 5, padding: .same, activation: .relu),
      Conv1D(64, kernel: 5, padding: .same, activation: .relu),
      Flatten(), Dense(10),
    ]
  }

  /// Depthwise convolutions, each before one of 1 × 1.
  static let separable = Architecture(
    name: "separable", firstProducts: 13 * 13 * 9 * 32,
    otherProducts: 11 * 11 * (9 * 32 + 32 * 64) + 9 * 9 * (9 * 64 + 64 * 64) + 9 * 9 * 64 * 10
  ) {
    [
      Conv2D(32, kernel: 3, stride: 2, activation: .relu), SeparableConv2D(64, kernel: 3, activation: .relu),
      SeparableConv2D(64, kernel: 3, activation: .relu), Flatten(), Dense(10),
    ]
  }

  static let attention = Architecture(
    name: "attention", samples: .noise([64, 128]), firstProducts: 3 * 64 * 128 * 128,
    otherProducts: 2 * 64 * 64 * 128 + 64 * 128 * 128 + 64 * 128 * 10
  ) {
    [MultiHeadAttention(heads: 4, keySize: 32), Flatten(), Dense(10)]
  }

  func model() throws -> Sequential {
    try Sequential(input: samples.shape, layers: layers(), seed: 1)
  }

  func inferenceCost(batch: Int) -> Cost {
    Cost(samples: batch, operations: Double(2 * batch * (firstProducts + otherProducts)))
  }

  func trainingCost(samples: Int) -> Cost {
    Cost(samples: samples, operations: Double(2 * samples * (2 * firstProducts + 3 * otherProducts)))
  }
}

/// What models learn from.
enum Samples: Sendable {
  /// Pictures of ten classes, `[28, 28, 1]`.
  case digits
  /// Random numbers of some shape and ten classes, where only the time counts.
  case noise([Int])
  /// Random characters, each with another to say at its place.
  case characters(steps: Int, kinds: Int)

  var shape: Shape {
    switch self {
    case .digits: [28, 28, 1]
    case .noise(let shape): Shape(shape)
    case .characters(let steps, _): [steps]
    }
  }

  /// Up to 16 batches on the device, with their targets.
  func batches(of size: Int, in setting: Setting) -> [(inputs: Tensor, targets: Tensor)] {
    switch self {
    case .digits:
      return setting.digits.prefix(16 * size).batches(size: size).filter { $0.count == size }.compactMap { batch in
        batch.targetTensor(on: setting.device).map { (batch.inputTensor(on: setting.device), $0) }
      }
    case .noise:
      return (UInt32(0)..<4).map { number in
        let inputs = Tensor.normal(
          Shape([size] + Array(shape)), key: RandomKey(seed: 1, draw: number), on: setting.device)
        return (inputs, Self.indices([size], below: 10, key: RandomKey(seed: 2, draw: number), on: setting.device))
      }
    case .characters(let steps, let kinds):
      return (UInt32(0)..<4).map { number in
        func text(_ seed: UInt64) -> Tensor {
          Self.indices([size, steps], below: kinds, key: RandomKey(seed: seed, draw: number), on: setting.device)
        }
        return (text(1), text(2))
      }
    }
  }

  private static func indices(_ shape: Shape, below count: Int, key: RandomKey, on device: Device) -> Tensor {
    Tensor.uniform(shape, in: 0..<Float(count), key: key, on: device).cast(to: .int32)
  }
}
