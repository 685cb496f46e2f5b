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
    let bytes = try FileError.bytes(of: url)
    return try NumPyError.naming(url.path) { try contents(of: bytes) }
  }

  /// The arrays that the bytes of a file hold. See `read`.
  public static func contents(of bytes: [UInt8]) throws -> [String: NPY.Contents] {
    Dictionary(uniqueKeysWithValues: try arrays(of: bytes).map { ($0.name, $0.contents) })
  }

  /// The same in the order in which they were saved.
  package static func arrays(of bytes: [UInt8]) throws -> [(name: String, contents: NPY.Contents)] {
    var names: Set<String> = []
    return try ZipFile.members(of: bytes).map { member in
      let name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
      do {
        guard names.insert(name).inserted else {
          throw NumPyError(position: 0, reason: "two arrays have this name")
        }
        return (name, try NPY.contents(of: member.bytes))
      } catch var error as NumPyError {
        error.member = name
        throw error
      }
    }
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
