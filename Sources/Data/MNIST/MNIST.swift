import Foundation

/// The handwritten digits of MNIST: 60,000 to train on and 10,000 to test with, 28×28 pixels between 0 and 1.
///
/// Where no copy can be found or fetched, digits drawn by `StrokeDigits` take its place, and `source` and `notes` say so.
///
/// - Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
public struct MNIST: Sendable {
  /// The samples to train on, of shape `[28, 28, 1]`.
  public let train: Dataset
  /// The samples to test with, of shape `[28, 28, 1]`.
  public let test: Dataset
  /// Where the samples come from.
  public let source: Source
  /// What a user should know about the way they were found: a sentence for each place that was tried in vain.
  public let notes: [String]

  /// Where samples come from.
  public enum Source: Hashable, Sendable, CustomStringConvertible {
    /// IDX files in a directory.
    case files(directory: String)
    /// Files that have just been downloaded, and are now in a directory of the user's cache.
    case download(directory: String)
    /// The built-in generator.
    case generated(seed: UInt64)

    /// `idx:` and the directory, `download`, or `generated`.
    public var description: String {
      switch self {
      case .files(let directory): "idx:\(directory)"
      case .download: "download"
      case .generated: "generated"
      }
    }
  }

  /// Finds the samples: in the directory if one is given, and otherwise in the first of these places that has them.
  ///
  /// 1. The directory that the environment variable `MARTLET_DATA` names.
  /// 2. The user's cache, `$XDG_CACHE_HOME/martlet/mnist` or `~/.cache/martlet/mnist`.
  /// 3. The public mirrors, unless `MARTLET_OFFLINE` is `1`; the files are checked and kept in the cache.
  /// 4. The generator `StrokeDigits`.
  ///
  /// A directory holds the four files, gzipped or plain, or a folder `mnist` with them.
  ///
  /// - Parameters:
  ///   - directory: A directory that has to have the files.
  ///   - trainingLimit: Keeps only the first samples to train on. The generator then draws no more than these.
  ///   - progress: Is told how far a download has come, on another thread.
  /// - Throws: `MNISTError` if the given directory lacks a file, `DataFileError` if a file is damaged. A failing download
  ///   is not thrown but noted.
  public static func load(
    from directory: String? = nil, trainingLimit: Int? = nil,
    progress: @escaping @Sendable (DownloadProgress) -> Void = { _ in }
  ) throws -> MNIST {
    var search = MNISTSearch(environment: ProcessInfo.processInfo.environment)
    search.directory = directory
    search.trainingLimit = trainingLimit
    search.progress = progress
    return try search.run()
  }

  /// The names of the classes, the digits.
  public static let classNames = (0...9).map(String.init)

  /// Reads the files of a directory.
  init(in directory: String, source: Source, notes: [String], trainingLimit: Int?) throws {
    let files = try MNISTFiles(in: directory)
    let train = try Self.part(images: files.trainingImages, labels: files.trainingLabels)
    self.train = train.prefix(trainingLimit ?? .max)
    self.test = try Self.part(images: files.testImages, labels: files.testLabels)
    self.source = source
    self.notes = notes
  }

  private static func part(images: String, labels: String) throws -> Dataset {
    let part = try Dataset(idxImages: images, labels: labels, classNames: classNames)
    guard part.sampleShape == [28, 28, 1] else {
      throw MNISTError.unexpectedSize(file: images, height: part.sampleShape[0], width: part.sampleShape[1])
    }
    return part
  }

  /// Draws digits in place of the files.
  init(drawnWith seed: UInt64, notes: [String], trainingLimit: Int?) {
    let digits = StrokeDigits(seed: seed)
    self.train = digits.dataset(of: 0..<Swift.min(60_000, trainingLimit ?? .max))
    self.test = digits.dataset(of: 60_000..<70_000)
    self.source = .generated(seed: seed)
    self.notes = notes
  }
}
