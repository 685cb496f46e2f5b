#if OpenCL
  import MartletBackend

  /// A block of device memory. It goes back to the pool when its last reference disappears; commands that still use it are ahead
  /// of any later user's in the queue.
  ///
  /// `@unchecked Sendable`: immutable; its contents are touched by commands in queue order only.
  final class OpenCLStorage: Storage, @unchecked Sendable {
    /// `nil` where the allocation failed.
    private let memory: DeviceMemory?
    private let connection: DeviceConnection

    init(backend: OpenCLBackend, memory: DeviceMemory?, byteCount: Int) {
      self.memory = memory
      connection = backend.connection
      super.init(backend: backend, byteCount: byteCount)
    }

    deinit {
      if let memory { connection.giveBack(memory) }
    }

    /// `nil` where the allocation failed.
    var block: DeviceBlock? { memory?.block }
  }

  extension View {
    /// The device memory of the view.
    ///
    /// - Precondition: an OpenCL backend made the storage.
    var block: DeviceBlock? {
      guard let storage = storage as? OpenCLStorage else {
        preconditionFailure("a tensor of backend \(storage.backend.name) was given to an OpenCL backend")
      }
      return storage.block
    }
  }
#endif
