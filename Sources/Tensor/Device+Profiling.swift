import MartletBackend

extension Device {
  /// Another device for the same hardware whose every call is recorded in a profile. Tensors of the two do not mix.
  ///
  /// On the CPU and the reference an event is a backend function; on OpenCL devices it is a kernel or a transfer, timed by the
  /// device itself. Recording costs up to a few microseconds per event.
  ///
  ///     let profile = Profile()
  ///     let device = try Device.named("opencl:0", recordingInto: profile)
  ///     …
  ///     try device.synchronize()
  ///     for row in profile.calls { print(row.name, row.nanoseconds) }
  ///
  /// - Throws: as `named(_:)`.
  public static func named(_ name: String, recordingInto profile: Profile) throws -> Device {
    let plain = try named(name)
    guard let backend = try DeviceRegistry.openCLBackend(named: plain.name, recordingInto: profile) else {
      return Device(backend: ProfilingBackend(plain.backend, into: profile))
    }
    return Device(backend: ProfilingBackend(backend, into: profile, timing: .onDevice))
  }
}
