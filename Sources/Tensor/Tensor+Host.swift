import MartletBackend

// Between tensors and Swift arrays.
extension Tensor {
  /// A float32 tensor from row-major values.
  ///
  /// - Precondition: as many values as the shape has elements.
  public init(_ values: [Float], shape: Shape, on device: Device = .current) {
    self.init(copying: values, shape: shape, dtype: .float32, on: device)
  }

  /// An int32 tensor from row-major values.
  ///
  /// - Precondition: as many values as the shape has elements.
  @_disfavoredOverload  // so that [1, 2] without a context is float32
  public init(_ values: [Int32], shape: Shape, on device: Device = .current) {
    self.init(copying: values, shape: shape, dtype: .int32, on: device)
  }

  /// A uint8 tensor from row-major bytes.
  ///
  /// - Precondition: as many values as the shape has elements.
  @_disfavoredOverload  // so that [1, 2] without a context is float32
  public init(_ values: [UInt8], shape: Shape, on device: Device = .current) {
    self.init(copying: values, shape: shape, dtype: .uint8, on: device)
  }

  /// A bool tensor from row-major values.
  ///
  /// - Precondition: as many values as the shape has elements.
  public init(_ values: [Bool], shape: Shape, on device: Device = .current) {
    self.init(copying: values.map { $0 ? 1 : 0 } as [UInt8], shape: shape, dtype: .bool, on: device)
  }

  /// A float32 vector.
  public init(_ values: [Float], on device: Device = .current) { self.init(values, shape: [values.count], on: device) }

  /// A float32 scalar, shape `[]`.
  public init(_ value: Float, on device: Device = .current) { self.init([value], shape: [], on: device) }

  /// A tensor whose elements a closure writes, row-major, where possible into the memory of the device itself. It has to write
  /// all of them.
  package init(
    _ dtype: DType, _ shape: Shape, on device: Device, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    self.init(undefined: shape, dtype, on: device)
    let byteCount = elementCount * dtype.byteCount
    if byteCount > 0 { device.backend.upload(byteCount: byteCount, to: storage, atByte: 0, filledBy: fill) }
  }

  private init<Value>(copying values: [Value], shape: Shape, dtype: DType, on device: Device) {
    require(
      values.count == shape.elementCount,
      "Tensor: \(values.count) values for shape \(shape), which has \(shape.elementCount)")
    self.init(undefined: shape, dtype, on: device)
    values.withUnsafeBytes { device.backend.upload($0, to: storage, atByte: 0) }
  }

  /// The elements row-major, after all work of the device has finished.
  ///
  /// - Throws: `BackendError`, the first since the last check.
  /// - Precondition: the tensor is float32.
  public func floats() throws -> [Float] { try downloaded(as: .float32) }

  /// The elements row-major. See `floats()`.
  ///
  /// - Precondition: the tensor is int32.
  public func int32s() throws -> [Int32] { try downloaded(as: .int32) }

  /// The elements row-major. See `floats()`.
  ///
  /// - Precondition: the tensor is uint8.
  public func bytes() throws -> [UInt8] { try downloaded(as: .uint8) }

  /// The elements row-major. See `floats()`.
  ///
  /// - Precondition: the tensor is bool.
  public func bools() throws -> [Bool] { try (downloaded(as: .bool) as [UInt8]).map { $0 != 0 } }

  /// The only element of a float32 tensor.
  ///
  /// - Throws: `BackendError`, the first since the last check.
  public func item() throws -> Float {
    require(elementCount == 1, "item: shape \(shape) has \(elementCount) elements, not one")
    return try floats()[0]
  }

  /// The elements, to be asked for later: the device is told to send them and nobody waits. See `floats()`.
  package func pendingFloats() -> PendingFloats {
    require(dtype == .float32, "reading float32 from a tensor of \(dtype): convert with cast(to:) first")
    let source = contiguous()
    return PendingFloats(
      download: source.backend.beginDownload(
        source.storage, atByte: source.layout.offset * dtype.byteCount, byteCount: elementCount * dtype.byteCount))
  }

  private func downloaded<Value>(as wanted: DType) throws -> [Value] {
    require(dtype == wanted, "reading \(wanted) from a tensor of \(dtype): convert with cast(to:) first")
    let source = contiguous()
    let count = elementCount
    return try Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      if count > 0 {
        try source.backend.download(
          source.storage, atByte: source.layout.offset * dtype.byteCount,
          into: UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[..<(count * dtype.byteCount)]))
      }
      initialized = count
    }
  }

  /// The same elements on another device; itself where it is already there. A constant: gradients do not flow across devices.
  ///
  /// - Throws: `BackendError` when the elements cannot be read.
  public func to(_ target: Device) throws -> Tensor {
    if device == target { return detached }
    let source = contiguous()
    let moved = Tensor(undefined: shape, dtype, on: target)
    let byteCount = elementCount * dtype.byteCount
    if byteCount > 0 {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
      defer { buffer.deallocate() }
      try source.backend.download(source.storage, atByte: source.layout.offset * dtype.byteCount, into: buffer)
      target.backend.upload(UnsafeRawBufferPointer(buffer), to: moved.storage, atByte: 0)
    }
    return moved
  }
}

/// Elements of a float32 tensor on their way to the host.
package struct PendingFloats: Sendable {
  fileprivate let download: any PendingDownload

  /// Whether nobody has to wait for them any more.
  package var hasArrived: Bool { download.hasArrived }

  /// The elements row-major; waits where they have not come yet.
  ///
  /// - Throws: `BackendError`.
  package func values() throws -> [Float] {
    try download.bytes().withUnsafeBytes { bytes in
      (0..<bytes.count / MemoryLayout<Float>.stride).map {
        bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Float>.stride, as: Float.self)
      }
    }
  }
}
