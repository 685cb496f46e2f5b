import Foundation

/// The four files of MNIST, where they are in a directory, and where they come from.
struct MNISTFiles {
  let trainingImages: String
  let trainingLabels: String
  let testImages: String
  let testLabels: String

  /// The files as they were published, with the SHA-256 of what they hold. Small ones first: they find out soonest that
  /// there is no network.
  static let published = [
    MirroredFile(
      name: "t10k-labels-idx1-ubyte.gz",
      contentsSHA256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", byteLimit: 1 << 20),
    MirroredFile(
      name: "train-labels-idx1-ubyte.gz",
      contentsSHA256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", byteLimit: 1 << 20),
    MirroredFile(
      name: "t10k-images-idx3-ubyte.gz",
      contentsSHA256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", byteLimit: 1 << 24),
    MirroredFile(
      name: "train-images-idx3-ubyte.gz",
      contentsSHA256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", byteLimit: 1 << 26),
  ]

  /// Servers that have held the files for years.
  static let mirrors = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/",
  ].compactMap(URL.init(string:))

  /// Finds the files in a directory or its subdirectory `mnist`, gzipped or plain.
  ///
  /// - Throws: `MNISTError.missingFiles`, with everything that was looked for.
  init(in directory: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw MNISTError.noSuchDirectory(directory)
    }
    let folders = ["\(directory)/mnist", directory]
    let found = folders.map { folder in
      Self.stems.map { stem in Self.spellings(of: stem).map { "\(folder)/\($0)" }.first(where: Self.exists) }
    }
    // The folder that has most of them is the one that was meant; the first one, if they are equal.
    let best = found.max { $0.compactMap(\.self).count < $1.compactMap(\.self).count } ?? []
    let paths = best.compactMap(\.self)
    guard paths.count == Self.stems.count else {
      let missing = zip(Self.stems, best).filter { $0.1 == nil }.map(\.0)
      throw MNISTError.missingFiles(missing, folders: folders)
    }
    (trainingImages, trainingLabels, testImages, testLabels) = (paths[0], paths[1], paths[2], paths[3])
  }

  private static let stems = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
  ]

  /// The names under which a file is passed on: plain or packed, and as some archives unpack it, with a dot.
  private static func spellings(of stem: String) -> [String] {
    let dotted = stem.replacingOccurrences(of: "-idx", with: ".idx")
    return [stem, "\(stem).gz", dotted, "\(dotted).gz"]
  }

  private static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }
}

/// Why a directory does not hold MNIST.
public enum MNISTError: Error, Equatable, CustomStringConvertible {
  /// There is no directory of that name.
  case noSuchDirectory(String)
  /// Files are missing in all the folders that were searched.
  case missingFiles([String], folders: [String])
  /// A file holds pictures of another size than 28×28.
  case unexpectedSize(file: String, height: Int, width: Int)

  /// Whether the files are simply not there, rather than there and wrong.
  var isAbsence: Bool {
    if case .unexpectedSize = self { false } else { true }
  }

  /// What is missing, and what would do.
  public var description: String {
    switch self {
    case .noSuchDirectory(let directory):
      "\(directory): there is no such directory; name one that holds the four MNIST files, or a folder mnist with them"
    case .missingFiles(let files, let folders):
      "no MNIST in \(folders.joined(separator: " or ")): looked for \(files.joined(separator: ", ")), "
        + "each as it is or with .gz; put them there, or leave the directory out to have them downloaded"
    case .unexpectedSize(let file, let height, let width):
      "\(file): holds pictures of \(height)×\(width) pixels where MNIST has 28×28; check that this is the right file"
    }
  }
}
