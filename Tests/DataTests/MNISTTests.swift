import Foundation
import MartletData
import Testing

/// The four files of a data set in MNIST's form with few samples, and what is needed to serve and search for it.
struct SmallMNIST {
  static let names = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
  ]

  /// 6 samples to train on and 3 to test with; each pixel holds its label.
  static func contents(of name: String) -> [UInt8] {
    let labels: [UInt8] = name.hasPrefix("train") ? [5, 0, 4, 1, 9, 2] : [7, 2, 1]
    let array =
      name.contains("images")
      ? IDXArray(
        shape: [labels.count, 28, 28], elements: .uint8(labels.flatMap { [UInt8](repeating: $0, count: 784) }))
      : IDXArray(shape: [labels.count], elements: .uint8(labels))
    return array.encoded
  }

  static func packed(_ name: String) -> [UInt8] {
    // Stored, not compressed, so that the files are long enough to be interrupted.
    Deflate.packed(contents(of: name), as: .gzip, level: 0)
  }

  static var files: [MirroredFile] {
    names.map {
      MirroredFile(name: "\($0).gz", contentsSHA256: SHA256.hexDigest(of: contents(of: $0)), byteLimit: 1 << 16)
    }
  }

  static func server(changing changes: [String: [FileServer.Answer]] = [:]) throws -> FileServer {
    var answers: [String: [FileServer.Answer]] = [:]
    for name in names { answers["\(name).gz"] = [FileServer.Answer(body: packed(name))] }
    return try FileServer(answers.merging(changes) { $1 })
  }

  /// A search that sees nothing of this machine but the given cache.
  static func search(cache: TemporaryDirectory, mirrors: [URL]) -> MNISTSearch {
    var search = MNISTSearch(environment: ["XDG_CACHE_HOME": cache.path])
    search.mirrors = mirrors
    search.files = files
    search.trainingLimit = 4
    return search
  }

  static func expectSmallMNIST(_ mnist: MNIST) {
    #expect((0..<4).map(mnist.train.label(at:)) == [5, 0, 4, 1])
    #expect(mnist.train.count == 4)
    #expect((0..<3).map(mnist.test.label(at:)) == [7, 2, 1])
    #expect(mnist.train.input(at: 0) == [Float](repeating: 5 / 255, count: 784))
    #expect(mnist.train.sampleShape == [28, 28, 1])
  }
}

@Suite("MNIST is found") struct MNISTDiscoveryTests {
  private let directory: TemporaryDirectory
  private let cache: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    cache = try TemporaryDirectory()
  }

  /// A search without any network.
  private func search(_ changes: [String: String] = [:]) -> MNISTSearch {
    var search = SmallMNIST.search(cache: cache, mirrors: [])
    search.environment.merge(changes) { $1 }
    search.environment["MARTLET_OFFLINE"] = "1"
    return search
  }

  @Test("in a directory, plain or packed, with hyphens or dots", arguments: ["", ".gz"], ["-idx", ".idx"])
  func explicitDirectory(suffix: String, infix: String) throws {
    for folder in ["", "mnist/"] {
      let directory = try TemporaryDirectory()
      for name in SmallMNIST.names {
        let spelling = folder + name.replacingOccurrences(of: "-idx", with: infix) + suffix
        try directory.write(suffix.isEmpty ? SmallMNIST.contents(of: name) : SmallMNIST.packed(name), to: spelling)
      }
      var search = search()
      search.directory = directory.path
      let mnist = try search.run()
      SmallMNIST.expectSmallMNIST(mnist)
      #expect(mnist.source.description == "idx:\(directory.path)")
      #expect(mnist.notes.isEmpty)
    }
  }

  @Test("by MARTLET_DATA, and else goes on with a note")
  func environment() throws {
    let empty = try search(["MARTLET_DATA": directory.path]).found()
    #expect(empty.source.description == "generated")
    #expect(empty.notes.first?.hasPrefix("MARTLET_DATA: no MNIST in \(directory.path)/mnist or ") == true)
    for name in SmallMNIST.names { try directory.write(SmallMNIST.packed(name), to: "mnist/\(name).gz") }
    let found = try search(["MARTLET_DATA": directory.path]).found()
    SmallMNIST.expectSmallMNIST(found)
    #expect(found.source == .files(directory: directory.path))
  }

  @Test("in the cache below HOME when XDG_CACHE_HOME is not set or relative", arguments: [nil, "", "relative"])
  func homeCache(setting: String?) throws {
    for name in SmallMNIST.names { try directory.write(SmallMNIST.packed(name), to: ".cache/martlet/mnist/\(name).gz") }
    var search = search(["HOME": directory.path])
    search.environment["XDG_CACHE_HOME"] = setting
    SmallMNIST.expectSmallMNIST(try search.run())
  }

  @Test("not to be in a directory that lacks a file, with all that was looked for")
  func missing() throws {
    var search = search()
    search.directory = "/nowhere"
    #expect(throws: MNISTError.noSuchDirectory("/nowhere")) { try search.run() }
    for name in SmallMNIST.names.dropLast() { try directory.write(SmallMNIST.packed(name), to: name) }
    search.directory = directory.path
    #expect(
      throws: MNISTError.missingFiles(
        ["t10k-labels-idx1-ubyte"], folders: ["\(directory.path)/mnist", directory.path])
    ) { try search.run() }
  }

  @Test("to be damaged where it is: that is an error, not a reason to draw digits")
  func damaged() throws {
    for name in SmallMNIST.names { try directory.write(SmallMNIST.packed(name).dropLast(), to: name) }
    #expect(throws: DataFileError.self) { try search(["MARTLET_DATA": directory.path]).found() }
    for name in SmallMNIST.names { try directory.write(SmallMNIST.contents(of: name), to: name) }
    let small = IDXArray(shape: [6, 20, 20], elements: .uint8([UInt8](repeating: 0, count: 2400)))
    let file = try directory.write(small.encoded, to: SmallMNIST.names[0])
    #expect(throws: MNISTError.unexpectedSize(file: file, height: 20, width: 20)) {
      try search(["MARTLET_DATA": directory.path]).found()
    }
  }

  @Test("nowhere, and digits are drawn instead, which is said")
  func generated() throws {
    let mnist = try search().found()
    #expect(mnist.source.description == "generated")
    #expect(mnist.train.count == 4)
    #expect(mnist.test.count == 10_000)
    #expect(mnist.notes.contains { $0.contains("MARTLET_OFFLINE") })
    #expect(mnist.notes.contains { $0.contains("drawn") })
  }

  static let realDirectory = ProcessInfo.processInfo.environment["MARTLET_DATA"].flatMap { $0.isEmpty ? nil : $0 }

  @Test("as published", .enabled(if: realDirectory != nil, "needs MARTLET_DATA to name a directory with MNIST"))
  func real() throws {
    let mnist = try MNIST.load(from: Self.realDirectory)
    // The first labels and the class counts that are known of MNIST.
    #expect((0..<10).map(mnist.train.label(at:)) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect((0..<10).map(mnist.test.label(at:)) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    #expect(mnist.train.sampleCountsByClass == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    #expect(mnist.test.sampleCountsByClass == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    // The mean pixel of the training images is known as 0.1307.
    let sum = mnist.train.batches(size: 1000).reduce(0.0) { $0 + $1.inputs.reduce(0) { $0 + Double($1) } }
    #expect(abs(sum / (60_000 * 784) - 0.1307) < 0.0001)
  }
}

extension MNISTSearch {
  /// The result of running a copy of the search.
  fileprivate func found() throws -> MNIST {
    var search = self
    return try search.run()
  }
}
