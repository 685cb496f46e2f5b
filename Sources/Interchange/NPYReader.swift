import MartletBackend

/// Takes an `.npy` file apart. What its header promises is compared with the size of the file before anything is allocated.
struct NPYReader {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func contents() throws -> NPY.Contents {
    let header = try headerRange()
    var parser = NPYHeader(bytes: bytes, range: header)
    let declared = try parser.declaration()
    guard declared.shape.count <= Shape.maximumRank else {
      throw fault(
        header.lowerBound, "\(declared.shape.count) axes, at most \(Shape.maximumRank) are possible")
    }
    let type = try StoredType(declared.type, at: header.lowerBound)
    var count = 1
    for extent in declared.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw fault(header.lowerBound, "shape \(declared.shape) has too many elements to count") }
      count = product
    }
    let start = header.upperBound
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow, byteCount == bytes.count - start else {
      throw fault(
        min(start + (overflow ? 0 : byteCount), bytes.count),
        "'\(declared.type)' of shape \(declared.shape) takes \(overflow ? "too many" : "\(byteCount)") bytes, the file has "
          + "\(bytes.count - start) after its header")
    }
    let isColumnMajor = declared.isFortran && declared.shape.count > 1 && count > 0
    let order = isColumnMajor ? Self.columnMajorPlaces(declared.shape) : nil
    let elements = try type.elements(of: bytes[start...], order: order)
    return NPY.Contents(
      entry: Safetensors.Entry(dtype: type.dtype, shape: declared.shape, bytes: elements),
      storedType: declared.type, isRounded: type.isRounded)
  }

  /// Where the header's text lies: after the magic, the version and a length of 2 or 4 bytes.
  private func headerRange() throws -> Range<Int> {
    guard bytes.starts(with: NPY.magic) else {
      throw fault(0, "it does not begin as an .npy file does, with \\x93NUMPY")
    }
    guard bytes.count >= 8 else { throw fault(bytes.count, "the file ends before its version") }
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw fault(6, "it has version \(bytes[6]).\(bytes[7]); 1.0 to 3.0 can be read")
    }
    let start = bytes[6] == 1 ? 10 : 12
    guard bytes.count >= start else { throw fault(bytes.count, "the file ends inside the length of the header") }
    let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start else {
      throw fault(8, "the header would take \(length) bytes, the file has \(bytes.count - start) after its length")
    }
    return start..<start + length
  }

  /// For each element in row-major order, its place in column-major order.
  private static func columnMajorPlaces(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    return (0..<shape.reduce(1, *)).map { _ in
      let result = place
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
      return result
    }
  }

  private func fault(_ position: Int, _ reason: String) -> NumPyError {
    NumPyError(position: position, reason: reason)
  }
}

/// An element type of NumPy that can be had as one of ours.
private struct StoredType {
  let dtype: DType
  let byteCount: Int
  private let kind: Character
  private let isBigEndian: Bool
  private let name: String

  /// - Parameter name: As NumPy writes it: byte order, kind, bytes.
  init(_ name: String, at position: Int) throws {
    self.name = name
    var rest = Substring(name)
    var isBigEndian = false
    if let order = rest.first, "<>=|".contains(order) {
      isBigEndian = order == ">"
      rest = rest.dropFirst()
    }
    switch rest {
    case "f2", "f4", "f8": dtype = .float32
    case "i1", "i2", "i4", "i8", "u2", "u4", "u8": dtype = .int32
    case "u1": dtype = .uint8
    case "b1": dtype = .bool
    case let other where other.hasPrefix("O"):
      throw NumPyError(
        position: position,
        reason: "it holds Python objects, which are programs to be run and not numbers; save numbers")
    default:
      throw NumPyError(
        position: position,
        reason: "elements of type '\(name)' cannot be read; f2, f4, f8, i1 to i8, u1 to u8 and b1 can: "
          + "convert with array.astype('f4')")
    }
    kind = rest.first ?? "f"
    byteCount = rest.last?.wholeNumberValue ?? 1
    self.isBigEndian = isBigEndian
  }

  /// Whether digits are lost.
  var isRounded: Bool { kind == "f" && byteCount == 8 }

  /// The elements as our type, row-major, little-endian.
  func elements(of bytes: ArraySlice<UInt8>, order: [Int]?) throws -> [UInt8] {
    // Unsigned numbers of four bytes may be too large, and truth values neither 0 nor 1.
    let isChecked = kind == "b" || (kind == "u" && byteCount == 4)
    let isAsItLies = order == nil && byteCount == dtype.byteCount && (byteCount == 1 || !isBigEndian)
    if isAsItLies, !isChecked { return Array(bytes) }
    let count = bytes.count / byteCount
    var result = [UInt8]()
    result.reserveCapacity(count * dtype.byteCount)
    for index in 0..<count {
      let place = bytes.startIndex + (order?[index] ?? index) * byteCount
      let word = word(bytes[place..<place + byteCount])
      switch dtype {
      case .float32: append(float(word).bitPattern, to: &result)
      case .int32: append(UInt32(bitPattern: try int(word, at: place)), to: &result)
      case .uint8: result.append(UInt8(word))
      case .bool:
        guard word <= 1 else { throw NumPyError(position: place, reason: "a truth value is \(word)") }
        result.append(UInt8(word))
      }
    }
    return result
  }

  private func append(_ word: UInt32, to result: inout [UInt8]) {
    withUnsafeBytes(of: word.littleEndian) { result.append(contentsOf: $0) }
  }

  private func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    isBigEndian
      ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func float(_ word: UInt64) -> Float {
    switch byteCount {
    case 2: Float(Float16(bitPattern: UInt16(word)))
    case 4: Float(bitPattern: UInt32(word))
    default: Float(Double(bitPattern: word))
    }
  }

  private func int(_ word: UInt64, at position: Int) throws -> Int32 {
    let value: Int32? =
      if kind == "u" {
        Int32(exactly: word)
      } else {
        // The sign stands in the highest bit of however many bytes there are.
        Int32(exactly: Int64(bitPattern: word << (64 - 8 * UInt64(byteCount))) >> (64 - 8 * Int64(byteCount)))
      }
    guard let value else {
      throw NumPyError(
        position: position, reason: "a number of type '\(name)' here is too large for int32, the largest type there is")
    }
    return value
  }
}
