import Foundation
import MartletBackend

/// NumPy's file format for one array: a short header in the notation of Python, and the elements.
///
/// What is read: versions 1 to 3, either byte order, row-major (C) and column-major (Fortran) order, and these element types:
///
///     f4 → float32       f2, f8 → float32, f8 rounded to the nearest     u1 → uint8     b1 → bool
///     i4 → int32         i1, i2, i8, u2, u4, u8 → int32, which have to be in its range
///
/// Others are refused by name: texts, complex numbers, records, and objects, which would have to be run rather than read.
///
/// - Source: the specification in NumPy's `numpy.lib.format`.
public enum NPY {
  /// An array and what its file says about it.
  public struct Contents: Hashable, Sendable {
    /// The elements, row-major.
    public var entry: Safetensors.Entry
    /// The type in the file, such as `<f8`.
    public var storedType: String
    /// Whether the file has more digits than the elements read: `f8` became float32.
    public var isRounded: Bool
  }

  /// The array of a file.
  ///
  /// - Throws: `FileError` when the file cannot be read; `NumPyError` with position and reason when it is no sound `.npy` file or
  ///   holds what cannot be had here.
  public static func read(_ url: URL) throws -> Safetensors.Entry { try contents(of: url).entry }

  /// The array of a file, and how it lay there. See `read`.
  public static func contents(of url: URL) throws -> Contents {
    let bytes = try FileError.bytes(of: url)
    return try NumPyError.naming(url.path) { try contents(of: bytes) }
  }

  /// The array that the bytes of a file hold. See `read`.
  public static func contents(of bytes: [UInt8]) throws -> Contents { try NPYReader(bytes).contents() }

  /// Writes an array to a file, all or nothing: version 1, little-endian, row-major.
  ///
  /// - Throws: `FileError`.
  public static func write(_ entry: Safetensors.Entry, to url: URL) throws {
    try AtomicFile.write(encoded(entry), to: url)
  }

  /// The bytes of a file. The same array gives the same bytes, those that `numpy.save` writes for it.
  public static func encoded(_ entry: Safetensors.Entry) -> [UInt8] {
    let extents = entry.shape.map(String.init).joined(separator: ", ") + (entry.shape.count == 1 ? "," : "")
    var header = "{'descr': '\(entry.dtype.numPyName)', 'fortran_order': False, 'shape': (\(extents)), }"
    // NumPy leaves room for the first extent to grow to 21 digits, then fills up to the next multiple of 64 bytes.
    if let first = entry.shape.first { header += String(repeating: " ", count: 21 - String(first).count) }
    header += String(repeating: " ", count: 64 - (10 + header.utf8.count + 1) % 64) + "\n"
    let length = UInt16(header.utf8.count)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8) + entry.bytes
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}

extension DType {
  /// The name of the type in an `.npy` header.
  fileprivate var numPyName: String {
    switch self {
    case .float32: "<f4"
    case .int32: "<i4"
    case .bool: "|b1"
    case .uint8: "|u1"
    }
  }
}
