import Foundation

/// NumPy's file format for several arrays: a zip file of `.npy` files.
public enum NPZ {
  /// The arrays of a file by name.
  ///
  /// Memory is bounded by the file: what is stored takes no more, what is deflated no more than 1032 times its size, which is the
  /// most that deflate can say.
  ///
  /// - Throws: `FileError` when the file cannot be read; `NumPyError` with array, position and reason when it is no sound `.npz`
  ///   file or holds what cannot be had here; see `NPY`.
  public static func read(_ url: URL) throws -> [String: Safetensors.Entry] {
    try contents(of: url).mapValues(\.entry)
  }

  /// The arrays of a file by name, and how they lay there. See `read`.
  public static func contents(of url: URL) throws -> [String: NPY.Contents] {
    let data = try FileError.reading(url) { try Data(contentsOf: url) }
    return try NumPyError.naming(url.path) { try contents(of: [UInt8](data)) }
  }

  /// The arrays that the bytes of a file hold. See `read`.
  public static func contents(of bytes: [UInt8]) throws -> [String: NPY.Contents] {
    var arrays: [String: NPY.Contents] = [:]
    for member in try ZipFile.members(of: bytes) {
      let name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
      do {
        guard arrays.updateValue(try NPY.contents(of: member.bytes), forKey: name) == nil else {
          throw NumPyError(position: 0, reason: "two arrays have this name")
        }
      } catch var error as NumPyError {
        error.member = name
        throw error
      }
    }
    return arrays
  }

  /// Writes arrays to a file, all or nothing. The same arrays give the same bytes.
  ///
  /// - Parameter compressing: Whether arrays are deflated where that makes them smaller; weights hardly become smaller.
  /// - Throws: `FileError` when the file cannot be written; `NumPyError` where the arrays take more than the 4 GiB that the format
  ///   has room for.
  public static func write(_ entries: [String: Safetensors.Entry], compressing: Bool = false, to url: URL) throws {
    let bytes = try NumPyError.naming(url.path) { try encoded(entries, compressing: compressing) }
    try AtomicFile.write(bytes, to: url)
  }

  /// The bytes of a file with these arrays. See `write`.
  public static func encoded(_ entries: [String: Safetensors.Entry], compressing: Bool = false) throws -> [UInt8] {
    let ordered = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return try ZipFile.encoded(
      ordered.map { ZipFile.Member(name: "\($0.key).npy", bytes: NPY.encoded($0.value)) }, compressing: compressing)
  }
}
