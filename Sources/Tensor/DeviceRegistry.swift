import Foundation
import MartletBackend
import MartletCPUBackend
import MartletReferenceBackend
import Synchronization

#if OpenCL
  import MartletOpenCLBackend
#endif

/// The backends of this process, one of each, made when first asked for: tensors of one device can only meet if there is one
/// backend behind it.
enum DeviceRegistry {
  private static let opened = Mutex<[String: Device]>([:])

  /// The slow and simple backend.
  static let reference = Device(backend: ReferenceBackend(checksMemory: false))

  /// The CPU as `MARTLET_THREADS` and `MARTLET_ISA` want it; where they ask for the impossible, as it is without them.
  static let cpu: Device = {
    if let asked = try? device(named: "cpu") { return asked }
    let plain = try? once("cpu") { try CPUBackend(threads: ThreadPool.availableProcessorCount, instructionSet: .best) }
    return plain ?? reference
  }()

  /// What `MARTLET_DEVICE` asks for, or else the CPU; and what is wrong with the variable, if so.
  static let preferred: (device: Device, problem: BackendError?) = {
    guard let name = ProcessInfo.processInfo.environment["MARTLET_DEVICE"], !name.isEmpty else { return (cpu, nil) }
    do {
      return (try device(named: name), nil)
    } catch {
      return (cpu, .invalidSetting(name: "MARTLET_DEVICE", value: name, reason: "\(error)"))
    }
  }()

  /// The device for a name. See `Device`.
  static func device(named name: String) throws -> Device {
    switch name {
    case "reference": return reference
    case "cpu": return try once(name) { try CPUBackend() }
    case "auto":
      let graphics = candidates.first { $0.kind == Capabilities.Kind.gpu.rawValue && $0.reasonUnusable == nil }
      if let graphics, let device = try? openCLDevice(named: graphics.name) { return device }
      return cpu
    case "opencl": return try openCLDevice(named: "opencl:0")
    default:
      guard name.hasPrefix("opencl:") else { throw BackendError.unknownDevice(name: name, known: known) }
      return try openCLDevice(named: name)
    }
  }

  static var candidates: [DeviceCandidate] { [DeviceCandidate(reference), cpuCandidate] + openCLCandidates }

  private static var cpuCandidate: DeviceCandidate {
    do {
      return DeviceCandidate(try device(named: "cpu"))
    } catch {
      return DeviceCandidate(
        name: "cpu", kind: Capabilities.Kind.cpu.rawValue, deviceName: "the processor", memoryByteCount: nil,
        reasonUnusable: "\(error)")
    }
  }

  private static var known: [String] {
    let usable = candidates.filter { $0.reasonUnusable == nil }.map(\.name)
    return usable + (usable.contains("opencl:0") ? ["opencl"] : []) + ["auto"]
  }

  private static func once(_ name: String, make: () throws -> any Backend) throws -> Device {
    try opened.withLock { opened in
      if let device = opened[name] { return device }
      let device = Device(backend: try make())
      opened[name] = device
      return device
    }
  }

  private static func nothing(_ reason: String) -> DeviceCandidate {
    DeviceCandidate(
      name: "opencl", kind: "none", deviceName: "no OpenCL device", memoryByteCount: nil, reasonUnusable: reason)
  }

  #if OpenCL
    /// Looked for once: drivers are slow to load and do not come and go.
    private static let discovery = OpenCLDiscovery()

    private static func openCLDevice(named name: String) throws -> Device {
      if let problem = discovery.problem { throw BackendError.unavailable(name: name, reason: problem) }
      guard discovery.names.contains(name) else { throw BackendError.unknownDevice(name: name, known: known) }
      return try once(name) { try discovery.open(name) }
    }

    /// A backend of its own that takes times; `nil` where the name is not that of an OpenCL device.
    static func openCLBackend(named name: String, recordingInto profile: Profile) throws -> (any Backend)? {
      name.hasPrefix("opencl") ? try discovery.open(name, recordingInto: profile) : nil
    }

    private static var openCLCandidates: [DeviceCandidate] {
      let found = discovery.candidates.map {
        DeviceCandidate(
          name: $0.name ?? "opencl", kind: $0.kind.rawValue, deviceName: $0.deviceName,
          memoryByteCount: $0.memoryByteCount, reasonUnusable: $0.reason)
      }
      return found.isEmpty ? [nothing(discovery.problem ?? "no driver offers a device")] : found
    }
  #else
    private static let absence = "this program was built without the OpenCL trait"

    private static func openCLDevice(named name: String) throws -> Device {
      throw BackendError.unavailable(name: name, reason: absence)
    }

    static func openCLBackend(named name: String, recordingInto profile: Profile) throws -> (any Backend)? { nil }

    private static var openCLCandidates: [DeviceCandidate] { [nothing(absence)] }
  #endif
}

extension DeviceCandidate {
  fileprivate init(_ device: Device) {
    let capabilities = device.capabilities
    self.init(
      name: device.name, kind: capabilities.kind.rawValue, deviceName: capabilities.deviceName,
      memoryByteCount: capabilities.memoryByteCount, reasonUnusable: nil)
  }
}
