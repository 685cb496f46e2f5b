#if OpenCL
  import Foundation
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL program cache", .serialized) struct ProgramCacheTests {
    /// An empty folder for as long as the body runs.
    private func withFolder(_ body: (String) throws -> Void) throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-cache-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      try body(folder.path)
    }

    private func files(in folder: String) throws -> [URL] {
      try FileManager.default.contentsOfDirectory(at: URL(fileURLWithPath: folder), includingPropertiesForKeys: nil)
    }

    private let binary = (0..<200).map { UInt8($0 ^ 0x5a) }

    @Test("gives back what was stored under a key, and nothing for another") func roundTrip() throws {
      try withFolder { folder in
        let cache = ProgramCache(folder: folder)
        #expect(cache.binary(for: "a") == nil)
        cache.store(binary, for: "a")
        cache.store([], for: "empty")
        #expect(cache.binary(for: "a") == binary)
        #expect(cache.binary(for: "empty") == [])
        #expect(cache.binary(for: "b") == nil)
        cache.store([1], for: "a")
        #expect(cache.binary(for: "a") == [1])
        cache.remove("a")
        #expect(cache.binary(for: "a") == nil)
        let names = try files(in: folder).map(\.lastPathComponent)
        #expect(names.count == 1, "nothing half-written stays: \(names)")
      }
    }

    @Test("sees every truncation and every changed byte, and deletes the file") func damage() throws {
      try withFolder { folder in
        let cache = ProgramCache(folder: folder)
        cache.store(binary, for: "the key")
        let file = try #require(try files(in: folder).first)
        let whole = try Data(contentsOf: file)
        var damaged = (0..<whole.count).map { whole.prefix($0) } + [whole + [0]]
        for position in whole.indices {
          var copy = whole
          copy[position] ^= 1 << (position % 8)
          damaged.append(copy)
        }
        for bytes in damaged {
          try bytes.write(to: file)
          #expect(cache.binary(for: "the key") == nil)
          #expect(!FileManager.default.fileExists(atPath: file.path))
        }
        try whole.write(to: file)
        #expect(cache.binary(for: "the key") == binary)
      }
    }

    @Test("is of no use, and no harm, where it cannot write") func unwritable() {
      let cache = ProgramCache(folder: "/proc/nowhere")
      cache.store(binary, for: "a")
      #expect(cache.binary(for: "a") == nil)
    }

    @Test("has a whole file at every moment while several write") func writers() async throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-cache-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      let cache = ProgramCache(folder: folder.path)
      let contents = (0..<4).map { number in [UInt8](repeating: UInt8(number), count: 5000 + number) }
      cache.store(contents[0], for: "shared")
      await withTaskGroup(of: Bool.self) { group in
        for content in contents {
          group.addTask {
            (0..<25).allSatisfy { _ in
              cache.store(content, for: "shared")
              return cache.binary(for: "shared").map(contents.contains) ?? false
            }
          }
        }
        for await isWhole in group { #expect(isWhole) }
      }
    }

    @Test("lets the least recently used go when there is too much") func limit() throws {
      try withFolder { folder in
        let cache = ProgramCache(folder: folder, byteLimit: 700)
        for number in 0..<6 { cache.store(binary, for: "\(number)") }
        let left = try files(in: folder)
        #expect(left.count <= 3)
      }
    }

    @Test("spares a second device the compiler, and a damaged file costs a compilation", .needsDevice) func builds()
      throws
    {
      try withFolder { folder in
        let cache = ProgramCache(folder: folder)
        let double = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + x[0]] }
        func doubled() throws -> (values: [Float], cached: Int) {
          let backend = try UnderTest.discovery.open("opencl", OpenCLSettings(profile: .cpu, programCache: cache))
          let output = backend.output([5])
          let input = HostView([1, 2, 3, 4, 5] as [Float], [5]).on(backend)
          backend.map(double, inputs: [input], parameters: [], outputs: [output])
          return (try backend.floats(output), backend.programsFromCache)
        }
        let first = try doubled()
        #expect(first.values == [2, 4, 6, 8, 10] && first.cached == 0)
        let second = try doubled()
        #expect(second.values == first.values && second.cached > 0)
        for file in try files(in: folder) {
          let bytes = try Data(contentsOf: file)
          try bytes.prefix(bytes.count - 100).write(to: file)
        }
        let third = try doubled()
        #expect(third.values == first.values && third.cached == 0)
      }
    }
  }
#endif
