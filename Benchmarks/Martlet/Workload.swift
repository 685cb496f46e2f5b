/// What a benchmark computes, in numbers that another framework can be told. `martlet bench --list --json -` hands them out, so
/// that whoever is compared with us computes the same.
package enum Workload: Hashable, Sendable {
  /// A step of training: forward, loss, backward, Adam.
  case training(model: String, batch: Int)
  /// Predicting. One sample at a time is timed until its result is in the caller's hands.
  case inference(model: String, batch: Int)
  /// `[rows, steps] · [steps, columns]`.
  case matmul(rows: Int, steps: Int, columns: Int)
  /// A convolution, and with `training` the gradients of its input and its weights for a given upstream too.
  case convolution(ConvolutionShape, training: Bool)
}

/// A convolution of square images with square kernels, `[batch, image, image, channels]`.
package struct ConvolutionShape: Hashable, Codable, Sendable {
  /// The number of images.
  package var batch: Int
  /// Height and width of an image.
  package var image: Int
  /// Channels of an image.
  package var channels: Int
  /// Channels of the result.
  package var filters: Int
  /// Height and width of the kernel.
  package var kernel: Int
  /// How far the window moves.
  package var stride = 1
  /// The distance between neighbouring taps.
  package var dilation = 1
  /// Into how many groups the channels fall.
  package var groups = 1

  /// Zeros on each side, so that stride 1 keeps the extent.
  var margin: Int { dilation * (kernel - 1) / 2 }
}

// One flat object: the kind, and its numbers.
extension Workload: Encodable {
  private enum Key: String, CodingKey { case kind, model, batch, rows, steps, columns, training }

  /// Writes `kind` and the numbers of that kind.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch self {
    case .training(let model, let batch), .inference(let model, let batch):
      if case .training = self {
        try values.encode("training", forKey: .kind)
      } else {
        try values.encode("inference", forKey: .kind)
      }
      try values.encode(model, forKey: .model)
      try values.encode(batch, forKey: .batch)
    case .matmul(let rows, let steps, let columns):
      try values.encode("matmul", forKey: .kind)
      try values.encode(rows, forKey: .rows)
      try values.encode(steps, forKey: .steps)
      try values.encode(columns, forKey: .columns)
    case .convolution(let convolution, let training):
      try values.encode("convolution", forKey: .kind)
      try values.encode(training, forKey: .training)
      try convolution.encode(to: encoder)
    }
  }
}
