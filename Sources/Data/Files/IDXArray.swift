/// An array from an IDX file, the format in which MNIST and its relatives are published.
///
/// A file is two zero bytes, a byte for the type of the elements, a byte for the number of axes, the length of each axis
/// as 32 bits, and the elements in row-major order; every number has its most significant byte first.
///
/// - Source: The description on the MNIST page of LeCun, Cortes and Burges.
public struct IDXArray: Equatable, Sendable {
  /// The length of each axis.
  public let shape: [Int]
  /// The elements, row-major.
  public let elements: Elements

  /// Elements of one of the six types that IDX knows.
  public enum Elements: Equatable, Sendable {
    /// Unsigned bytes, type 8.
    case uint8([UInt8])
    /// Signed bytes, type 9.
    case int8([Int8])
    /// 16-bit integers, type 11.
    case int16([Int16])
    /// 32-bit integers, type 12.
    case int32([Int32])
    /// Single precision, type 13.
    case float32([Float])
    /// Double precision, type 14.
    case float64([Double])
  }

  /// Makes an array of elements already at hand.
  ///
  /// - Precondition: the elements fill the shape.
  package init(shape: [Int], elements: Elements) {
    precondition(
      shape.reduce(1, *) == elements.count, "IDXArray: \(elements.count) elements do not fill shape \(shape)")
    self.shape = shape
    self.elements = elements
  }

  /// Reads an IDX file, gzipped or plain, whatever its name.
  ///
  /// No more memory is taken than the file can account for, whatever its header promises.
  ///
  /// - Throws: `DataFileError`, with the byte at fault.
  public init(contentsOf path: String) throws {
    try self.init(parsing: FileBytes.read(path), file: path)
  }

  /// Reads the bytes of an IDX file, gzipped or plain; `file` names them in errors.
  ///
  /// - Throws: `DataFileError`, with the byte at fault.
  package init(parsing bytes: [UInt8], file: String) throws {
    var input = try IDXInput(bytes, file: file)
    let (type, shape) = try Self.header(from: &input)
    var promised = type.elementByteCount
    for length in shape {
      let (product, overflow) = promised.multipliedReportingOverflow(by: length)
      guard !overflow else { throw input.error(.impossibleShape(shape), at: 4) }
      promised = product
    }

    let start = input.position
    guard promised <= input.largestRemainingCount else {
      throw input.error(
        .truncated(promisedByteCount: promised, presentByteCount: input.largestRemainingCount), at: start)
    }
    let data = try input.take(promised)
    guard data.count == promised else {
      throw input.error(
        .truncated(promisedByteCount: promised, presentByteCount: data.count), at: start + data.count)
    }
    guard try input.take(1).isEmpty else {
      throw input.error(.trailingBytes(promisedByteCount: promised), at: start + promised)
    }
    self.shape = shape
    self.elements = type.elements(from: data)
  }

  private static func header(from input: inout IDXInput) throws -> (ElementType, shape: [Int]) {
    let magic = try input.takeHeader(4)
    guard magic[0] == 0 && magic[1] == 0 else { throw input.error(.notIDX(firstBytes: magic), at: 0) }
    guard let type = ElementType(rawValue: magic[2]) else {
      throw input.error(.unknownElementType(code: magic[2]), at: 2)
    }
    guard magic[3] > 0 else { throw input.error(.noAxes, at: 3) }
    let lengths = try input.takeHeader(4 * Int(magic[3]))
    let shape = stride(from: 0, to: lengths.count, by: 4).map { Int(UInt32(bigEndianBytes: lengths[$0..<$0 + 4])) }
    return (type, shape)
  }
}

extension IDXArray {
  /// The array as the bytes of a plain IDX file.
  ///
  /// - Precondition: there are at most 255 axes, none longer than 32 bits can say.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = [0, 0, elements.type.rawValue, UInt8(shape.count)]
    for length in shape { bytes += UInt32(length).bigEndianBytes }
    switch elements {
    case .uint8(let values): bytes += values
    case .int8(let values): bytes += values.map { UInt8(bitPattern: $0) }
    case .int16(let values): for value in values { bytes += value.bigEndianBytes }
    case .int32(let values): for value in values { bytes += value.bigEndianBytes }
    case .float32(let values): for value in values { bytes += value.bitPattern.bigEndianBytes }
    case .float64(let values): for value in values { bytes += value.bitPattern.bigEndianBytes }
    }
    return bytes
  }
}

extension IDXArray.Elements {
  /// The number of elements.
  public var count: Int {
    switch self {
    case .uint8(let values): values.count
    case .int8(let values): values.count
    case .int16(let values): values.count
    case .int32(let values): values.count
    case .float32(let values): values.count
    case .float64(let values): values.count
    }
  }

  fileprivate var type: ElementType {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .float32: .float32
    case .float64: .float64
    }
  }
}

/// The type codes of IDX.
private enum ElementType: UInt8 {
  case uint8 = 8
  case int8 = 9
  case int16 = 11
  case int32 = 12
  case float32 = 13
  case float64 = 14

  var elementByteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .int16: 2
    case .int32, .float32: 4
    case .float64: 8
    }
  }

  func elements(from bytes: [UInt8]) -> IDXArray.Elements {
    switch self {
    case .uint8: .uint8(bytes)
    case .int8: .int8(bytes.map { Int8(bitPattern: $0) })
    case .int16: .int16(Self.words(bytes))
    case .int32: .int32(Self.words(bytes))
    case .float32: .float32(Self.words(bytes).map { Float(bitPattern: $0) })
    case .float64: .float64(Self.words(bytes).map { Double(bitPattern: $0) })
    }
  }

  private static func words<Word: FixedWidthInteger>(_ bytes: [UInt8]) -> [Word] {
    let size = MemoryLayout<Word>.size
    return stride(from: 0, to: bytes.count, by: size).map { Word(bigEndianBytes: bytes[$0..<$0 + size]) }
  }
}

/// The bytes of an IDX file in order, unpacked where the file is gzipped.
private struct IDXInput {
  private enum Source {
    case plain([UInt8])
    case gzip(GzipReader)
  }

  private let source: Source
  private let file: String
  private(set) var position = 0

  init(_ bytes: [UInt8], file: String) throws {
    self.source = GzipReader.isGzip(bytes) ? .gzip(try GzipReader(bytes, file: file)) : .plain(bytes)
    self.file = file
  }

  /// No more than this many bytes can still come.
  var largestRemainingCount: Int {
    switch source {
    case .plain(let bytes): bytes.count - position
    case .gzip(let reader): reader.largestRemainingCount
    }
  }

  /// The next `count` bytes, or fewer where the file ends.
  mutating func take(_ count: Int) throws -> [UInt8] {
    let taken =
      switch source {
      case .plain(let bytes): Array(bytes[position...].prefix(count))
      case .gzip(let reader): try reader.read(count)
      }
    position += taken.count
    return taken
  }

  mutating func takeHeader(_ count: Int) throws -> [UInt8] {
    let taken = try take(count)
    guard taken.count == count else {
      throw error(.truncated(promisedByteCount: count, presentByteCount: taken.count), at: position)
    }
    return taken
  }

  func error(_ problem: DataFileError.Problem, at position: Int) -> DataFileError {
    switch source {
    case .plain: DataFileError(file: file, at: .byte(position), problem)
    case .gzip: DataFileError(file: file, at: .unpackedByte(position), problem)
    }
  }
}

extension FixedWidthInteger {
  fileprivate init(bigEndianBytes bytes: ArraySlice<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }

  fileprivate var bigEndianBytes: [UInt8] {
    withUnsafeBytes(of: bigEndian) { Array($0) }
  }
}
