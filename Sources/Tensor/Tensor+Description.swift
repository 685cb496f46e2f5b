import MartletBackend

extension Tensor: CustomStringConvertible {
  /// The shape, the type, the device, and the elements in nested brackets; of a long axis only the first and last three.
  ///
  ///     [2, 2] float32 on cpu: [[1.0, 2.0], [3.0, 4.0]]
  ///
  /// Waits for the device; if it failed, its error stands in place of the elements and is no longer thrown elsewhere.
  public var description: String {
    let elements: String
    do {
      elements = try Tensor.nested(elementDescriptions(), shape[...])
    } catch {
      elements = "\(error)"
    }
    return "\(shape) \(dtype) on \(device.name): \(elements)"
  }

  private func elementDescriptions() throws -> [String] {
    switch dtype {
    case .float32: try floats().map { "\($0)" }
    case .int32: try int32s().map { "\($0)" }
    case .uint8: try bytes().map { "\($0)" }
    case .bool: try bools().map { "\($0)" }
    }
  }

  private static let shownAtEachEnd = 3

  private static func nested(_ elements: [String], _ extents: Slice<Shape>) -> String {
    guard let extent = extents.first else { return elements.first ?? "" }
    let inner = extents.dropFirst()
    let stride = inner.reduce(1, *)
    func part(_ index: Int) -> String { nested(Array(elements[index * stride..<(index + 1) * stride]), inner) }
    let parts: [String]
    if extent > 2 * shownAtEachEnd + 1 {
      parts = (0..<shownAtEachEnd).map(part) + ["…"] + (extent - shownAtEachEnd..<extent).map(part)
    } else {
      parts = (0..<extent).map(part)
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
