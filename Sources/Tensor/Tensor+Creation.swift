import MartletBackend

// Tensors made on the device, without anything to copy from.
extension Tensor {
  /// A float32 tensor with the same value everywhere.
  public init(filling shape: Shape, with value: Float, on device: Device = .current) {
    self.init(filling: shape, with: .float32(value), dtype: .float32, on: device)
  }

  /// A tensor of one type with the same value everywhere; its lane type is the scalar's.
  package init(filling shape: Shape, with value: Scalar, dtype: DType, on device: Device) {
    self = Tensor.map(
      CommonPrograms.fill(value.type), [], parameters: [value], shape: shape, dtype: dtype, on: device, for: "fill")
  }

  /// A float32 tensor of zeros.
  public static func zeros(_ shape: Shape, on device: Device = .current) -> Tensor {
    Tensor(filling: shape, with: 0, on: device)
  }

  /// A float32 tensor of ones.
  public static func ones(_ shape: Shape, on device: Device = .current) -> Tensor {
    Tensor(filling: shape, with: 1, on: device)
  }

  private static let coordinates = ElementwiseProgram(inputs: []) { _, _ in [.coordinate(axis: 0)] }

  /// The int32 vector `0, 1, …, count - 1`.
  ///
  /// - Precondition: `count` is zero or more.
  public static func range(_ count: Int, on device: Device = .current) -> Tensor {
    require(count >= 0, "range: a count of \(count)")
    return map(coordinates, [], shape: [count], on: device, for: "range")
  }

  private static let diagonal = ElementwiseProgram(inputs: []) { _, _ in
    [(.coordinate(axis: 0) .== .coordinate(axis: 1)).cast(to: .float32)]
  }

  /// The float32 unit matrix of size `[count, count]`.
  ///
  /// - Precondition: `count` is zero or more.
  public static func identity(_ count: Int, on device: Device = .current) -> Tensor {
    require(count >= 0, "identity: a count of \(count)")
    return map(diagonal, [], shape: [count, count], on: device, for: "identity")
  }
}
