#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// An OpenCL device: everything lives and is computed there, in the order of one queue, and the host waits only to read.
  ///
  /// Results follow the specified arithmetic bit for bit where the device rounds division, square roots and fused
  /// multiply-adds correctly, which is measured when it is opened.
  ///
  /// A class, because it owns the device's queue and compiled kernels.
  public final class OpenCLBackend: Backend {
    /// `opencl:0` and so on.
    public let name: String
    /// The device, and whether its arithmetic was measured to follow the specification.
    public let capabilities: Capabilities
    /// How kernels are written for the device.
    public let profile: OpenCLProfile
    let connection: DeviceConnection
    let kernels: KernelLibrary
    let tensorCores: TensorCoreProbe
    let tiles: Mutex<Tiles>
    /// Items per group of kernels that do not choose a tile.
    let groupSize: Int

    /// Opens a device and measures its arithmetic; `OpenCLDiscovery` finds devices.
    ///
    /// - Throws: `BackendError` with what the driver did not do.
    init(name: String, info: OpenCLDeviceInfo, library: OpenCLLibrary, _ settings: OpenCLSettings) throws(BackendError)
    {
      self.name = name
      var profile: OpenCLProfile
      if let asked = settings.profile { profile = asked } else { profile = try .chosenByEnvironment(for: info.kind) }
      // Items of a group cooperate in sixteens at least, and products in groups of 32.
      if info.maximumGroupSize < 32 { profile = .cpu }
      self.profile = profile
      groupSize = profile.groupSize(upTo: info.maximumGroupSize)
      connection = try DeviceConnection(
        name: name, info: info, library: library, kernels: profile,
        checksMemory: settings.checksMemory ?? HostMemory.isCheckingRequested, profile: settings.log)
      kernels = KernelLibrary(connection: connection, cache: settings.programCache ?? .chosenByEnvironment)
      tensorCores = TensorCoreProbe(
        connection: connection,
        isEmulating: settings.emulatesTensorCores ?? (environment("MARTLET_CL_EMULATE_MMA") == "1"))
      tiles = Mutex(Tiles(table: settings.tiles ?? .stored(for: info.identity, profile)))
      capabilities = Capabilities(
        kind: info.kind, deviceName: "\(info.name), \(info.platformName), profile \(self.profile.rawValue)",
        isCanonical: try Self.isCanonical(connection), memoryByteCount: info.memoryByteCount)
    }

    /// Programs that came compiled from the cache and count as no build.
    package var programsFromCache: Int { kernels.loads }

    /// Memory, launches, builds and waits since the device was opened.
    public var statistics: Statistics {
      var statistics = connection.statistics
      statistics.programBuilds = kernels.builds
      return statistics
    }

    /// A block from the pool, or else from the driver.
    public func allocate(byteCount: Int) -> Storage {
      OpenCLStorage(backend: self, memory: connection.take(byteCount), byteCount: byteCount)
    }

    /// Copies to pinned memory, and queues the copy from there.
    public func upload(_ source: UnsafeRawBufferPointer, to storage: Storage, atByte offset: Int) {
      guard let block = checked(storage, offset, source.count).block else { return }
      connection.upload(source, to: block, atByte: offset)
    }

    /// Waits for the queue, then copies.
    public func download(_ storage: Storage, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
      if let block = checked(storage, offset, target.count).block {
        connection.download(block, atByte: offset, into: target)
      }
      try connection.check()
    }

    /// Queues the copy; see `Backend`.
    public func beginDownload(_ storage: Storage, atByte offset: Int, byteCount: Int) -> any PendingDownload {
      if byteCount > 0, let block = checked(storage, offset, byteCount).block,
        let readback = connection.beginDownload(block, atByte: offset, byteCount: byteCount)
      {
        return OpenCLDownload(connection: connection, readback: readback)
      }
      // Nothing to copy, or the reason why not is what `check` throws.
      return FinishedDownload(
        Result {
          try connection.check()
          return []
        })
    }

    private func checked(_ storage: Storage, _ offset: Int, _ byteCount: Int) -> OpenCLStorage {
      guard let storage = storage as? OpenCLStorage, storage.backend === self else {
        preconditionFailure("a storage of backend \(storage.backend.name) was given to \(name)")
      }
      precondition(
        offset >= 0 && byteCount <= storage.byteCount - offset,
        "\(name): \(byteCount) bytes at \(offset) do not lie in a storage of \(storage.byteCount)")
      return storage
    }

    /// Hands queued commands to the driver.
    public func flush() { connection.flush() }

    /// Waits for the queue.
    public func synchronize() throws {
      connection.synchronize()
      try connection.check()
    }

    /// Gives cached buffers back to the driver.
    public func trim(toByteCount limit: Int) { connection.pool.trim(toByteCount: limit) }

    /// Device memory for the duration of one function: it may be handed out again as soon as the commands that use it are
    /// queued. Where there is none the error is recorded and nothing runs.
    func withWorkspaces(_ byteCounts: [Int], _ body: ([DeviceBlock]) -> Void) {
      var taken: [DeviceMemory] = []
      defer { taken.forEach(connection.giveBack) }
      for byteCount in byteCounts {
        guard let memory = connection.take(byteCount) else { return }
        taken.append(memory)
      }
      body(taken.map(\.block))
    }

    /// Queues a kernel. Operands are the memory of views, in the order of the kernel's parameters; where one could not be
    /// allocated the error is already recorded and nothing runs.
    func launch(_ kernel: Kernel?, groups: Int, _ blocks: [DeviceBlock?], _ values: ArgumentBlock) {
      guard let kernel else { return }
      var arguments: [KernelArgument] = []
      arguments.reserveCapacity(blocks.count + 1)
      for block in blocks {
        guard let block else { return }
        arguments.append(.buffer(block))
      }
      arguments.append(.values(values))
      connection.launch(kernel, groups: groups, arguments)
    }

    // MARK: Arithmetic

    /// Whether the device rounds as the specification asks: compared on the device for operands where a wrong rounding, a
    /// flushed subnormal number or a contracted expression shows.
    private static func isCanonical(_ connection: DeviceConnection) throws(BackendError) -> Bool {
      let text = KernelText(
        function: "probe", groupSize: 1,
        source: KernelSource.text(martlet_cl_prelude) + KernelSource.text(martlet_cl_probe),
        definitions: [("WIDTH", "1"), ("INDEX", "int")])
      let kernel = try KernelLibrary.build(text, on: connection)
      // 1 + 2⁻¹² squared minus its rounding; thirds and sevenths; √2; half of the least normal number; a tie.
      let x: [Float] = [0x1.001p0, 0x1.001p0, -0x1.002p0, 1, 3, 2, 0x1p-126, 0.5, 2.5]
      let expected: [Float] = [
        x[2].addingProduct(x[0], x[1]), x[3] / x[4], x[5].squareRoot(), x[6] * x[7], x[0] * x[1] + x[2], 2,
      ]
      var y = [Float](repeating: 0, count: expected.count)
      guard let (input, inputCapacity, _) = connection.pool.take(x.count * 4) else {
        throw connection.outOfMemory(requested: x.count * 4)
      }
      defer { connection.pool.giveBack(input, capacity: inputCapacity) }
      guard let (output, outputCapacity, _) = connection.pool.take(y.count * 4) else {
        throw connection.outOfMemory(requested: y.count * 4)
      }
      defer { connection.pool.giveBack(output, capacity: outputCapacity) }
      x.withUnsafeBytes { connection.upload($0, to: input, atByte: 0) }
      connection.launch(kernel, groups: 1, [.buffer(input), .buffer(output)])
      y.withUnsafeMutableBytes { connection.download(output, atByte: 0, into: $0) }
      try connection.check()
      return y.map(\.bitPattern) == expected.map(\.bitPattern)
    }
  }
#endif
