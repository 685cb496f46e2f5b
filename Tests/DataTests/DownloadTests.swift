import Foundation
import MartletData
import Synchronization
import Testing

@Suite("Downloading MNIST", .timeLimit(.minutes(5))) struct DownloadTests {
  private let cache: TemporaryDirectory
  private let images = "train-images-idx3-ubyte.gz"
  private let packedImages = SmallMNIST.packed("train-images-idx3-ubyte")

  init() throws {
    cache = try TemporaryDirectory()
  }

  private func cached(_ name: String) -> [UInt8]? { cache.contents(of: "martlet/mnist/\(name)") }

  @Test("brings the files into the cache, where they are found the next time")
  func fresh() throws {
    let server = try SmallMNIST.server()
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    let mnist = try search.run()
    SmallMNIST.expectSmallMNIST(mnist)
    #expect(mnist.source.description == "download")
    #expect(mnist.notes.isEmpty)
    #expect(cached(images) == packedImages)
    #expect(cached("\(images).part") == nil)

    let again = try search.run()
    SmallMNIST.expectSmallMNIST(again)
    #expect(again.source.description == "idx:\(cache.path)/martlet/mnist")
    #expect(server.requests.count == 4)
  }

  @Test("tells how far it has come")
  func progress() throws {
    let server = try SmallMNIST.server()
    let reports = Reports()
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    search.progress = { reports.add($0) }
    _ = try search.run()
    let last = reports.all.last { $0.file == images }
    #expect(last?.receivedByteCount == packedImages.count)
    #expect(last?.totalByteCount == packedImages.count)
  }

  private final class Reports: Sendable {
    private let reports = Mutex<[DownloadProgress]>([])
    var all: [DownloadProgress] { reports.withLock { $0 } }
    func add(_ report: DownloadProgress) { reports.withLock { $0.append(report) } }
  }

  @Test("goes to the next mirror when one lacks a file or cannot be reached")
  func mirrors() throws {
    let lacking = try SmallMNIST.server(changing: [images: [.init(body: [], status: 503)]])
    let server = try SmallMNIST.server()
    // Nothing listens on the discard port of this machine.
    let closed = try #require(URL(string: "http://127.0.0.1:9/"))
    var search = SmallMNIST.search(cache: cache, mirrors: [closed, lacking.url, server.url])
    SmallMNIST.expectSmallMNIST(try search.run())
    #expect(server.requests == [.init(path: images, range: nil)])
  }

  @Test("goes on where the connection broke")
  func resumption() throws {
    let server = try SmallMNIST.server(changing: [
      images: [.init(body: packedImages, breaksAfter: 1000), .init(body: packedImages)]
    ])
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    SmallMNIST.expectSmallMNIST(try search.run())
    #expect(
      server.requests.filter { $0.path == images }
        == [.init(path: images, range: nil), .init(path: images, range: "bytes=1000-")])
  }

  @Test("goes on where an earlier run was ended")
  func resumptionAcrossRuns() throws {
    try cache.write(Array(packedImages[..<2000]), to: "martlet/mnist/\(images).part")
    let server = try SmallMNIST.server()
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    SmallMNIST.expectSmallMNIST(try search.run())
    #expect(server.requests.contains(.init(path: images, range: "bytes=2000-")))
  }

  @Test("begins again where the server cannot go on")
  func noRanges() throws {
    try cache.write(Array(packedImages[..<2000]), to: "martlet/mnist/\(images).part")
    let server = try SmallMNIST.server(changing: [images: [.init(body: packedImages, resumes: false)]])
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    SmallMNIST.expectSmallMNIST(try search.run())
  }

  @Test("begins again where the part from earlier is too long or not of this file", arguments: [1 << 15, 100])
  func wrongPart(length: Int) throws {
    try cache.write([UInt8](repeating: 1, count: length), to: "martlet/mnist/\(images).part")
    let server = try SmallMNIST.server()
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    SmallMNIST.expectSmallMNIST(try search.run())
  }

  @Test("does not accept another file under the name")
  func wrongContents() throws {
    let other = SmallMNIST.packed("t10k-images-idx3-ubyte")
    let wrong = try SmallMNIST.server(changing: [images: [.init(body: other)]])
    var search = SmallMNIST.search(cache: cache, mirrors: [wrong.url])
    let failed = try search.run()
    #expect(failed.source.description == "generated")
    #expect(failed.notes.contains { $0.contains("sends another file than the one published") })
    #expect(cached(images) == nil)
    #expect(cached("\(images).part") == nil)

    let server = try SmallMNIST.server()
    var second = SmallMNIST.search(cache: cache, mirrors: [wrong.url, server.url])
    SmallMNIST.expectSmallMNIST(try second.run())
  }

  @Test("does not fill the disk with an answer that is too long")
  func tooLong() throws {
    let endless = try SmallMNIST.server(changing: [images: [.init(body: [UInt8](repeating: 0, count: 1 << 17))]])
    var search = SmallMNIST.search(cache: cache, mirrors: [endless.url])
    #expect(try search.run().notes.contains { $0.contains("sends more than 65536 bytes") })
  }

  @Test("gives up soon on a server that says nothing")
  func silence() throws {
    let silent = try SmallMNIST.server(changing: ["t10k-labels-idx1-ubyte.gz": [.init(body: [], isSilent: true)]])
    var search = SmallMNIST.search(cache: cache, mirrors: [silent.url])
    search.files.reverse()
    search.timeouts.answer = 0.2
    let mnist = try search.run()
    #expect(mnist.source.description == "generated")
    #expect(mnist.notes.contains { $0.contains("no answer within 0.2 seconds") })
    #expect(silent.requests.count == 1)
  }

  @Test("falls back on drawn digits without network, with a note for each mirror")
  func offline() throws {
    let closed = try #require(URL(string: "http://127.0.0.1:9/"))
    var search = SmallMNIST.search(cache: cache, mirrors: [closed, closed])
    let mnist = try search.run()
    #expect(mnist.source.description == "generated")
    #expect(mnist.notes.contains { $0.contains("http://127.0.0.1:9/") && $0.contains("cannot be reached") })
  }

  @Test("replaces a damaged copy in the cache")
  func damagedCache() throws {
    let server = try SmallMNIST.server()
    for file in SmallMNIST.names { try cache.write([1, 2, 3], to: "martlet/mnist/\(file).gz") }
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    let mnist = try search.run()
    SmallMNIST.expectSmallMNIST(mnist)
    #expect(mnist.notes.contains { $0.hasPrefix("the cached copy was not used: ") })
  }

  @Test("draws digits where the cache cannot be written")
  func unwritableCache() throws {
    let server = try SmallMNIST.server()
    let file = try cache.write([], to: "file")
    var search = SmallMNIST.search(cache: cache, mirrors: [server.url])
    search.environment["XDG_CACHE_HOME"] = file
    let mnist = try search.run()
    #expect(mnist.source.description == "generated")
    #expect(mnist.notes.contains { $0.contains("cannot be written") })
  }
}
