import Foundation
import MartletBackend

/// The safetensors file format: named arrays of numbers, and nothing that could run.
///
/// A file is the length of a header (8 bytes, little-endian), the header (JSON: for each name an element type, a shape and the
/// place of its bytes), and the bytes themselves, row-major and little-endian, without gaps.
///
/// - Source: the format description of the `safetensors` project.
public enum Safetensors {
  /// One array of a file.
  public struct Entry: Hashable, Sendable {
    /// The type of the elements.
    public var dtype: DType
    /// The extent of each axis, outermost first.
    public var shape: [Int]
    /// The elements, row-major and little-endian.
    public var bytes: [UInt8]

    /// An array from the bytes of its elements.
    ///
    /// - Precondition: there are as many bytes as the elements of the shape take.
    public init(dtype: DType, shape: [Int], bytes: [UInt8]) {
      precondition(
        bytes.count == shape.reduce(1, *) * dtype.byteCount,
        "Safetensors: \(bytes.count) bytes do not fill \(dtype) of shape \(shape)")
      self.dtype = dtype
      self.shape = shape
      self.bytes = bytes
    }

    /// A float32 array.
    ///
    /// - Precondition: there are as many values as the shape has elements.
    public init(floats values: [Float], shape: [Int]) {
      self.init(dtype: .float32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
    }

    /// An int32 array.
    ///
    /// - Precondition: there are as many values as the shape has elements.
    public init(int32s values: [Int32], shape: [Int]) {
      self.init(dtype: .int32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
    }

    /// The elements of a float32 array; `nil` for another type.
    public var floats: [Float]? { dtype == .float32 ? elements() : nil }

    /// The elements of an int32 array; `nil` for another type.
    public var int32s: [Int32]? { dtype == .int32 ? elements() : nil }

    /// The elements as float32, whatever their type; bytes of pixels are not scaled.
    public var numbers: [Float] {
      switch dtype {
      case .float32: elements()
      case .int32: (elements() as [Int32]).map { Float($0) }
      case .bool, .uint8: bytes.map { Float($0) }
      }
    }

    private func elements<Element: BitwiseCopyable>() -> [Element] {
      let count = bytes.count / MemoryLayout<Element>.stride
      return [Element](unsafeUninitializedCapacity: count) { target, initializedCount in
        UnsafeMutableRawBufferPointer(target).copyBytes(from: bytes)
        initializedCount = count
      }
    }
  }

  /// Everything a file holds.
  public struct Contents: Hashable, Sendable {
    /// The arrays by name.
    public var entries: [String: Entry]
    /// Notes by key, without meaning to the format.
    public var metadata: [String: String]

    /// Contents from arrays and notes.
    public init(entries: [String: Entry], metadata: [String: String] = [:]) {
      self.entries = entries
      self.metadata = metadata
    }
  }

  /// The arrays of a file by name.
  ///
  /// - Throws: `FileError` when the file cannot be read; `SafetensorsError` naming the file, the position and the reason when it
  ///   is not a sound safetensors file.
  public static func read(_ url: URL) throws -> [String: Entry] { try contents(of: url).entries }

  /// The arrays and notes of a file. See `read`.
  public static func contents(of url: URL) throws -> Contents {
    let data = try FileError.reading(url) { try Data(contentsOf: url) }
    do {
      return try SafetensorsReader(bytes: data).contents()
    } catch var error as SafetensorsError {
      error.file = url.path
      throw error
    }
  }

  /// Writes arrays to a file, all or nothing. The same arrays and notes give the same bytes, on every machine.
  ///
  /// - Throws: `FileError` when the file cannot be written; whatever was there before is then untouched.
  public static func write(_ entries: [String: Entry], metadata: [String: String] = [:], to url: URL) throws {
    try AtomicFile.write(encoded(entries, metadata: metadata), to: url)
  }
}
