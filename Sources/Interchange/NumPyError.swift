/// Why bytes are not a sound `.npy` or `.npz` file, or hold what cannot be had here.
public struct NumPyError: Error, Hashable, CustomStringConvertible {
  /// The file, where it is known.
  public var file: String?
  /// The array within an `.npz` file.
  public var member: String?
  /// The first byte at fault, counted from the start of the array's own bytes, or of the file where no array is named.
  public let position: Int
  /// What is wrong there.
  public let reason: String

  init(position: Int, reason: String) {
    self.position = position
    self.reason = reason
  }

  /// File, array, position and reason in one sentence.
  public var description: String {
    "\(file ?? "the data")\(member.map { ", array '\($0)'" } ?? ""), byte \(position): \(reason)"
  }

  /// Says which file an error is about.
  package static func naming<Result>(_ file: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch var error as NumPyError {
      error.file = file
      throw error
    }
  }
}
