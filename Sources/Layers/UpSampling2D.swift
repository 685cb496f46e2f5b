import MartletAutograd
import MartletBackend
import MartletTensor

/// Images with each row and column as many times as `size` says, either repeated or with values in between.
///
/// - Shape: `[batch, height, width, channels]` in, `[batch, height · size.height, width · size.width, channels]` out.
public struct UpSampling2D: Layer {
  /// Where new values come from.
  public enum Interpolation: String, Hashable, Sendable, CaseIterable {
    /// The nearest one.
    case nearest
    /// In proportion to the distance from the two nearest, in each direction; positions are those of pixel centres, and beyond the outermost
    /// centres the image goes on as it ends.
    case bilinear
  }

  /// How many times higher and wider.
  public let size: Extent2D
  /// Where new values come from.
  public let interpolation: Interpolation
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: `size` is positive.
  public init(_ size: Extent2D = 2, interpolation: Interpolation = .nearest, name: String? = nil) {
    require(size.height > 0 && size.width > 0, "UpSampling2D: the size has to be positive; got \(size)")
    self.size = size
    self.interpolation = interpolation
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    let image = try ImageShape(input, for: "UpSampling2D")
    return [image.extent.height * size.height, image.extent.width * size.width, image.channels]
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    let (batch, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (tall, wide) = (height * size.height, width * size.width)
    switch interpolation {
    case .nearest:
      return x.reshaped(to: [batch, height, 1, width, 1, channels])
        .broadcast(to: [batch, height, size.height, width, size.width, channels])
        .reshaped(to: [batch, tall, wide, channels])
    case .bilinear:
      // Both directions are linear maps of the rows and of the columns.
      let rows = Self.weights(from: height, times: size.height, on: x.device)
      let columns = Self.weights(from: width, times: size.width, on: x.device)
      let stretched = rows.matmul(x.reshaped(to: [batch, height, width * channels]))
      return columns.matmul(stretched.reshaped(to: [batch * tall, width, channels]))
        .reshaped(to: [batch, tall, wide, channels])
    }
  }

  /// How much each old position counts in each new one, `[new, old]`.
  private static func weights(from count: Int, times factor: Int, on device: Device) -> Tensor {
    var weights = [Float](repeating: 0, count: count * factor * count)
    for new in 0..<(count * factor) {
      let position = min(max((Double(new) + 0.5) / Double(factor) - 0.5, 0), Double(count - 1))
      let below = Int(position)
      let share = Float(position - Double(below))
      weights[new * count + below] += 1 - share
      if share > 0 { weights[new * count + below + 1] += share }
    }
    return Tensor(weights, shape: [count * factor, count], on: device)
  }
}
