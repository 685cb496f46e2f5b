#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL downloads that nobody waits for", .needsDevice) struct PendingDownloadTests {
    private static let increment = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] + 1] }

    private func floats(_ download: any PendingDownload) throws -> [Float] {
      try download.bytes().withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test("bring what was there when they began, however many there are and in whatever order they are asked for")
    func snapshots() throws {
      let backend = try UnderTest.discovery.open("opencl", profile: .cpu)
      let counter = HostView([0] as [Float], [1]).on(backend)
      let before = backend.statistics
      // More than there are places in pinned memory.
      let downloads = (0..<300).map { _ in
        backend.map(Self.increment, inputs: [counter], parameters: [], outputs: [counter])
        return backend.beginDownload(counter.storage, atByte: 0, byteCount: 4)
      }
      #expect(backend.statistics.synchronizations == before.synchronizations)
      #expect(try floats(downloads[299]) == [300])
      let arrivedCount = downloads.count { $0.hasArrived }
      #expect(arrivedCount == 300)
      let values = try downloads.map(floats)
      #expect(values == (1...300).map { [Float($0)] })
      #expect(backend.statistics.synchronizations <= before.synchronizations + 1)
      #expect(backend.statistics.systemAllocations <= before.systemAllocations + 1)
    }

    @Test("may be large, empty, or forgotten")
    func sizes() throws {
      let backend = try UnderTest.backend(.cpu)
      let values = (0..<50_000).map(Float.init)
      let view = HostView(values, [50_000]).on(backend)
      _ = backend.beginDownload(view.storage, atByte: 0, byteCount: 40)
      let all = try floats(backend.beginDownload(view.storage, atByte: 0, byteCount: 200_000))
      #expect(all == values)
      let third = try floats(backend.beginDownload(view.storage, atByte: 8, byteCount: 4))
      #expect(third == [2])
      let nothing = try backend.beginDownload(view.storage, atByte: 0, byteCount: 0).bytes()
      #expect(nothing.isEmpty)
    }
  }
#endif
