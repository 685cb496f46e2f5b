/// What is wrong with a data file: which file, where in it, what, and what can be done about it.
public struct DataFileError: Error, Equatable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The byte at which the problem shows, where there is one.
  public let position: Position?
  /// What is wrong.
  public let problem: Problem

  /// A place in a file.
  public enum Position: Equatable, Sendable {
    /// A byte of the file as it lies on the disk.
    case byte(Int)
    /// A byte of what a gzip file holds.
    case unpackedByte(Int)
    /// A line of a text file, and the cell in it, both counted from 1.
    case line(Int, cell: Int?)
  }

  /// The things that can be wrong with a data file.
  public enum Problem: Equatable, Sendable {
    /// The file cannot be opened or read; the operating system's reason.
    case unreadable(reason: String)
    /// The file cannot be written; the operating system's reason.
    case unwritable(reason: String)
    /// The file is larger than what is read at once.
    case tooLarge(byteCount: Int, limit: Int)
    /// The file does not begin as an IDX file does.
    case notIDX(firstBytes: [UInt8])
    /// The IDX header names an element type that does not exist.
    case unknownElementType(code: UInt8)
    /// The IDX header says that the array has no axes.
    case noAxes
    /// The IDX header promises more elements than can be counted.
    case impossibleShape([Int])
    /// The file ends before its header or the elements its header promises.
    case truncated(promisedByteCount: Int, presentByteCount: Int)
    /// The file goes on after the elements that its header promises.
    case trailingBytes(promisedByteCount: Int)
    /// The gzip stream is broken; zlib's reason.
    case damagedGzip(reason: String)
    /// The array is not what was expected of this file.
    case unexpectedArray(expected: String, found: String)
    /// A label is not the index of a class.
    case labelOutOfRange(index: Int, label: Int, classCount: Int)
    /// A file of labels does not belong to a file of samples.
    case countMismatch(labels: Int, samples: Int, samplesFile: String)
    /// The picture cannot be decoded; libpng's reason.
    case undecodablePNG(reason: String)
    /// The picture cannot be decoded; libjpeg's reason.
    case undecodableJPEG(reason: String)
    /// The file begins neither as a PNG nor as a JPEG does.
    case notAPicture
    /// The picture has more pixels than are decoded.
    case tooManyPixels(width: Int, height: Int, limit: Int)
    /// There is nothing in the table.
    case noRows
    /// Two columns of a table have the same name.
    case doubledColumn(String)
    /// A row of a table has more or fewer cells than the first.
    case unequalRow(cellCount: Int, expected: Int)
    /// A quote is opened and never closed.
    case unclosedQuote
    /// Something other than a separator follows a closing quote.
    case textAfterQuote
    /// Bytes that are no UTF-8.
    case notUTF8
  }

  package init(file: String, at position: Position? = nil, _ problem: Problem) {
    self.file = file
    self.position = position
    self.problem = problem
  }

  /// One sentence with the file, the position, the problem and the remedy.
  public var description: String {
    let place =
      switch position {
      case nil: ""
      case .byte(let byte): ", byte \(byte)"
      case .unpackedByte(let byte): ", byte \(byte) of the unpacked data"
      case .line(let line, let cell?): ", line \(line), cell \(cell)"
      case .line(let line, nil): ", line \(line)"
      }
    return "\(file)\(place): \(problem.reason); \(problem.remedy)"
  }
}

extension DataFileError.Problem {
  fileprivate var reason: String {
    switch self {
    case .unreadable(let reason):
      "cannot be read: \(reason)"
    case .unwritable(let reason):
      "cannot be written: \(reason)"
    case .tooLarge(let byteCount, let limit):
      "is \(byteCount) bytes long, more than the \(limit) that are read at once"
    case .notIDX(let firstBytes):
      "is not an IDX file: it begins with [\(firstBytes.map { String($0) }.joined(separator: ", "))] instead of [0, 0]"
    case .unknownElementType(let code):
      "has elements of unknown type \(code); IDX has 8, 9, 11, 12, 13 and 14"
    case .noAxes:
      "says that it holds an array without axes"
    case .impossibleShape(let shape):
      "promises an array of shape \(shape), which no memory can hold"
    case .truncated(let promised, let present):
      "ends too early: it promises \(promised) bytes and has at most \(present)"
    case .trailingBytes(let promised):
      "goes on after the \(promised) bytes that it promises"
    case .damagedGzip(let reason):
      "is damaged gzip data: \(reason)"
    case .unexpectedArray(let expected, let found):
      "holds \(found) where \(expected) was expected"
    case .labelOutOfRange(let index, let label, let classCount):
      "label \(index) is \(label), not one of the \(classCount) classes 0…\(classCount - 1)"
    case .countMismatch(let labels, let samples, let samplesFile):
      "has \(labels) labels for the \(samples) samples in \(samplesFile)"
    case .undecodablePNG(let reason):
      "is not a PNG picture that can be decoded: \(reason)"
    case .undecodableJPEG(let reason):
      "is not a JPEG picture that can be decoded: \(reason)"
    case .notAPicture:
      "is neither a PNG nor a JPEG picture"
    case .tooManyPixels(let width, let height, let limit):
      "is a picture of \(width)×\(height) pixels, more than the \(limit) that are decoded"
    case .noRows:
      "is empty"
    case .doubledColumn(let name):
      "has two columns called '\(name)'"
    case .unequalRow(let cellCount, let expected):
      "has \(cellCount) cells where the first row has \(expected)"
    case .unclosedQuote:
      "has a quote here that is never closed"
    case .textAfterQuote:
      "goes on after a closing quote"
    case .notUTF8:
      "holds bytes that are not UTF-8"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .unreadable: "check the path and its permissions"
    case .unwritable: "check the folder, its permissions and the room on the disk; what was there before still is"
    case .tooLarge: "divide it into smaller files"
    case .notIDX, .unknownElementType, .noAxes, .impossibleShape: "check that this is the right file, or get it again"
    case .truncated, .damagedGzip: "copy or download it again"
    case .trailingBytes: "check that this is the right file, or get it again"
    case .unexpectedArray: "check that the files have not been swapped"
    case .labelOutOfRange: "correct the label, or check that this is the right file"
    case .countMismatch: "use the two files that belong together"
    case .undecodablePNG: "save it as PNG again"
    case .undecodableJPEG: "save it as JPEG or PNG again"
    case .notAPicture: "convert it to PNG or JPEG"
    case .tooManyPixels: "scale it down first"
    case .noRows: "check that this is the right file"
    case .doubledColumn: "give each column its own name"
    case .unequalRow: "check the separator, and put cells that hold it into quotes"
    case .unclosedQuote: "close it, or double it where it belongs to the text"
    case .textAfterQuote: "double quotes that belong to the text"
    case .notUTF8: "save the file as UTF-8"
    }
  }
}
