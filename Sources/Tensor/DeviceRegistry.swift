import Foundation
import MartletBackend
import MartletCPUBackend
import MartletReferenceBackend
import Synchronization

/// The backends of this process, one of each, made when first asked for: tensors of one device can only meet if there is one
/// backend behind it.
enum DeviceRegistry {
  private static let opened = Mutex<[String: Device]>([:])

  /// The slow and simple backend.
  static let reference = Device(backend: ReferenceBackend(checksMemory: false))

  /// The device for a name.
  static func device(named name: String) throws -> Device {
    switch name {
    case "reference": return reference
    case "cpu": return try once(name) { try CPUBackend() }
    default:
      throw BackendError.unknownDevice(name: name, known: known)
    }
  }

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

  static var candidates: [DeviceCandidate] {
    [DeviceCandidate(reference), DeviceCandidate(cpu)]
  }

  private static var known: [String] {
    candidates.filter { $0.reasonUnusable == nil && $0.kind != "none" }.map(\.name) + ["auto"]
  }

  private static func once(_ name: String, make: () throws -> any Backend) throws -> Device {
    try opened.withLock { opened in
      if let device = opened[name] { return device }
      let device = Device(backend: try make())
      opened[name] = device
      return device
    }
  }
}

extension DeviceCandidate {
  fileprivate init(_ device: Device) {
    let capabilities = device.capabilities
    self.init(
      name: device.name, kind: capabilities.kind.rawValue, deviceName: capabilities.deviceName,
      memoryByteCount: capabilities.memoryByteCount, reasonUnusable: nil)
  }
}
