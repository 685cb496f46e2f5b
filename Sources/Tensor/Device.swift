import MartletBackend

/// Where tensors live and are computed, chosen at run time.
///
/// - `cpu`: the SIMD backend on all cores; `MARTLET_THREADS` and `MARTLET_ISA` narrow it.
/// - `opencl:0`, `opencl:1`, …: OpenCL devices, graphics processors first; `opencl` is the first.
/// - `reference`: slow and simple, for comparison.
/// - `auto`: the first OpenCL graphics processor, or the CPU where there is none.
///
/// The variable `MARTLET_DEVICE` names the one that is used where the program does not say; without it that is `cpu`.
public struct Device: Hashable, Sendable, CustomStringConvertible {
  package let backend: any Backend

  /// A device on a backend of your own making.
  public init(backend: any Backend) { self.backend = backend }

  /// The name it is selected by.
  public var name: String { backend.name }
  /// The name.
  public var description: String { name }
  /// What it is and can do.
  public var capabilities: Capabilities { backend.capabilities }
  /// Its counters: memory, launches, builds.
  public var statistics: Statistics { backend.statistics }

  /// Waits until everything asked of the device has been done.
  ///
  /// - Throws: `BackendError`, the first since the last check.
  public func synchronize() throws { try backend.synchronize() }

  /// Whether both are the same backend object.
  public static func == (a: Device, b: Device) -> Bool { a.backend === b.backend }
  /// The identity of the backend.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(backend)) }
}

// Choosing one.
extension Device {
  /// The SIMD backend on all cores.
  public static var cpu: Device { DeviceRegistry.cpu }
  /// The slow and simple backend that says what is right.
  public static var reference: Device { DeviceRegistry.reference }

  @TaskLocal private static var scoped: Device?

  /// Where tensors are made unless something else is said: the innermost `withDevice`, else what `MARTLET_DEVICE` names, else
  /// the CPU.
  public static var current: Device { scoped ?? DeviceRegistry.preferred.device }

  /// What is wrong with the variable `MARTLET_DEVICE`, which is then not followed; `nil` where nothing is.
  public static var settingProblem: BackendError? { DeviceRegistry.preferred.problem }

  fileprivate static func scope<Result>(_ device: Device, _ body: () throws -> Result) rethrows -> Result {
    try $scoped.withValue(device, operation: body)
  }

  /// The device with a name as listed above.
  ///
  /// - Throws: `BackendError.unknownDevice` for a name that is none, `BackendError.unavailable` with the reason where the device
  ///   cannot be used here.
  public static func named(_ name: String) throws -> Device { try DeviceRegistry.device(named: name) }

  /// Everything a name can select on this machine, usable or not.
  public static var candidates: [DeviceCandidate] { DeviceRegistry.candidates }
}

/// Runs code with another default for where tensors are made.
public func withDevice<Result>(_ device: Device, _ body: () throws -> Result) rethrows -> Result {
  try Device.scope(device, body)
}

/// A device that was found, and why it cannot be used, if so.
public struct DeviceCandidate: Hashable, Sendable, Codable {
  /// What `Device.named` takes; for something unusable what it would be.
  public let name: String
  /// `reference`, `cpu`, `gpu`, `accelerator`, or `none` where nothing was found.
  public let kind: String
  /// The device in words.
  public let deviceName: String
  /// Bytes of memory, where known.
  public let memoryByteCount: Int?
  /// `nil` where it can be used.
  public let reasonUnusable: String?
}
