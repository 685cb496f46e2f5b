/// What can go wrong in the world below a tensor: devices, drivers and memory.
///
/// The first error of a backend sticks to it, its outputs are undefined from then on, and the error is thrown at the next
/// `download` or `synchronize`.
public enum BackendError: Error, Hashable, CustomStringConvertible {
  /// A block could not be had even after cached blocks had been given back.
  case outOfMemory(backend: String, requested: Int, inUse: Int, cached: Int)
  /// A block was written to outside its bounds; found by the guard zones of `MARTLET_CHECK_MEMORY=1`.
  case memoryOverrun(backend: String, byteCount: Int, offset: Int)
  /// The device's compiler rejected a kernel; `log` is what it said.
  case kernelBuild(device: String, kernel: String, options: String, log: String)
  /// A call into the driver failed.
  case driver(device: String, call: String, code: Int32, meaning: String)
  /// The device no longer answers; tensors on it are gone.
  case deviceLost(device: String, detail: String)
  /// The backend or device exists but cannot be used here.
  case unavailable(name: String, reason: String)
  /// No backend or device has this name.
  case unknownDevice(name: String, known: [String])
  /// A setting, such as an instruction set or a thread count, that this machine cannot honour.
  case invalidSetting(name: String, value: String, reason: String)

  /// What happened, where, and what to do about it.
  public var description: String {
    switch self {
    case .outOfMemory(let backend, let requested, let inUse, let cached):
      "\(backend): out of memory: \(requested) bytes asked for, \(inUse) in use, \(cached) cached; "
        + "use a smaller batch or free tensors"
    case .memoryOverrun(let backend, let byteCount, let offset):
      "\(backend): a block of \(byteCount) bytes was written to at byte \(offset), outside its bounds"
    case .kernelBuild(let device, let kernel, let options, let log):
      "\(device): building kernel \(kernel) failed (options \(options.isEmpty ? "none" : options)); "
        + "use another device, such as cpu, or another version of the driver. The compiler says:\n\(log)"
    case .driver(let device, let call, let code, let meaning):
      "\(device): \(call) failed with \(code) (\(meaning)); use another device if it goes on, such as cpu"
    case .deviceLost(let device, let detail):
      "\(device): the device was lost (\(detail)); restart the program or use another device"
    case .unavailable(let name, let reason):
      "\(name) is not available: \(reason)"
    case .unknownDevice(let name, let known):
      "there is no device named '\(name)'; "
        + (Spelling.nearest(to: name, among: known).map { "did you mean '\($0)'? Known" } ?? "known")
        + " are \(known.joined(separator: ", "))"
    case .invalidSetting(let name, let value, let reason):
      "\(name)=\(value) is not possible: \(reason)"
    }
  }
}
