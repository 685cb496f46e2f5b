#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// A device that some OpenCL driver offers, usable or not.
  public struct OpenCLCandidate: Sendable {
    /// The name a user selects it by, `opencl:0` being the best; `nil` for a device that cannot be used.
    public let name: String?
    /// What the driver calls the device, the driver itself, and its version.
    public let deviceName, platformName, driverVersion: String
    /// Whether it is a GPU, a processor or something else.
    public let kind: Capabilities.Kind
    /// Its memory.
    public let memoryByteCount: Int
    /// Why it cannot be used; `nil` for a usable one.
    public let reason: String?
    package let info: OpenCLDeviceInfo

    /// Opens the device.
    ///
    /// - Parameters:
    ///   - profile: How kernels are written; `nil` asks the variable `MARTLET_CL_PROFILE`, then the kind of device.
    ///   - checksMemory: Whether blocks arrive full of NaN and writing behind one is an error, which costs transfers and waits;
    ///     `nil` asks whether the variable `MARTLET_CHECK_MEMORY` is 1.
    ///   - log: Receives when each command ran, which costs a few microseconds per command.
    /// - Throws: `BackendError` with what the driver did not do.
    public func open(
      library: OpenCLLibrary, profile: OpenCLProfile? = nil, checksMemory: Bool? = nil,
      recordingInto log: Profile? = nil
    ) throws(BackendError) -> OpenCLBackend {
      try open(library: library, OpenCLSettings(profile: profile, checksMemory: checksMemory, log: log))
    }

    func open(library: OpenCLLibrary, _ settings: OpenCLSettings) throws(BackendError) -> OpenCLBackend {
      guard let name else { throw .unavailable(name: deviceName, reason: reason ?? "unknown") }
      return try OpenCLBackend(name: name, info: info, library: library, settings)
    }
  }

  /// Every OpenCL device of this machine, best first. Looking for devices never fails: what is missing is `problem`, and what
  /// is wrong with a device stands beside it.
  public struct OpenCLDiscovery: Sendable {
    /// GPUs first, then accelerators, then processors; the faster first. Devices that cannot be used come last.
    public let candidates: [OpenCLCandidate]
    /// Why there is no usable device at all, and what to do about it; `nil` where there is one.
    public let problem: String?
    private let library: OpenCLLibrary?

    /// Looks for a loader, its drivers and their devices.
    public init() {
      do throws(BackendError) {
        self.init(library: try OpenCLLibrary.open())
      } catch {
        self.init(candidates: [], problem: error.description, library: nil)
      }
    }

    private init(candidates: [OpenCLCandidate], problem: String?, library: OpenCLLibrary?) {
      self.candidates = candidates
      self.problem = problem
      self.library = library
    }

    /// Looks for devices through a loader that is already open.
    public init(library: OpenCLLibrary) {
      let (platforms, platformProblem) = Self.platforms(library)
      var found: [OpenCLDeviceInfo] = []
      var problems = platformProblem.map { [$0] } ?? []
      for platform in platforms {
        let name = Self.platformName(platform, library)
        let (devices, problem) = Self.devices(of: platform, name: name, library)
        if let problem { problems.append(problem) }
        found += devices.map { OpenCLDeviceInfo($0, platformName: name, library: library) }
      }
      let usable = found.enumerated().filter { $0.element.rejection == nil }
        .sorted { Self.rank($0.element, $0.offset) < Self.rank($1.element, $1.offset) }.map(\.element)
      let candidates =
        usable.enumerated().map { OpenCLCandidate(name: "opencl:\($0.offset)", $0.element) }
        + found.filter { $0.rejection != nil }.map { OpenCLCandidate(name: nil, $0) }
      let problem =
        usable.isEmpty
        ? (problems + candidates.map { "\($0.deviceName): \($0.reason ?? "")" }).joined(separator: "; ") : nil
      self.init(candidates: candidates, problem: problem, library: library)
    }

    /// The names of usable devices, best first.
    public var names: [String] { candidates.compactMap(\.name) }

    /// Opens a device by its name; `opencl` alone is the best. The other parameters are those of a candidate.
    ///
    /// - Throws: `BackendError.unavailable` where there is no OpenCL device, `unknownDevice` where there is none of that name, or
    ///   whatever the driver did not do.
    public func open(
      _ name: String, profile: OpenCLProfile? = nil, checksMemory: Bool? = nil, recordingInto log: Profile? = nil
    ) throws(BackendError) -> OpenCLBackend {
      try open(name, OpenCLSettings(profile: profile, checksMemory: checksMemory, log: log))
    }

    /// The same with settings that otherwise only the environment has.
    package func open(_ name: String, _ settings: OpenCLSettings) throws(BackendError) -> OpenCLBackend {
      if let problem { throw .unavailable(name: name, reason: problem) }
      guard let library, let candidate = candidates.first(where: { $0.name == (name == "opencl" ? "opencl:0" : name) })
      else { throw .unknownDevice(name: name, known: names) }
      return try candidate.open(library: library, settings)
    }

    // A GPU before an accelerator before a processor; among equals the higher rate.
    private static func rank(_ device: OpenCLDeviceInfo, _ position: Int) -> (Int, Int, Int) {
      let kind = device.kind == .gpu ? 0 : device.kind == .accelerator ? 1 : 2
      return (kind, -device.estimatedRate, position)
    }

    private static func platforms(_ library: OpenCLLibrary) -> ([cl_platform_id], problem: String?) {
      var count: cl_uint = 0
      let status = library.functions.getPlatformIDs(0, nil, &count)
      if status == OpenCLStatus.platformNotFound || (status == OpenCLStatus.success && count == 0) {
        return ([], "the OpenCL loader found no driver; install one (for processors: pocl-opencl-icd)" + driverHint())
      }
      guard status == OpenCLStatus.success else {
        return ([], "asking for OpenCL drivers failed with \(status) (\(OpenCLStatus.name(of: status)))")
      }
      var platforms = [cl_platform_id?](repeating: nil, count: Int(count))
      let second = library.functions.getPlatformIDs(count, &platforms, nil)
      guard second == OpenCLStatus.success else {
        return ([], "asking for OpenCL drivers failed with \(second) (\(OpenCLStatus.name(of: second)))")
      }
      return (platforms.compactMap { $0 }, nil)
    }

    /// Containers often see NVIDIA's driver without the file that announces it.
    private static func driverHint() -> String {
      guard let driver = dlopen("libnvidia-opencl.so.1", RTLD_LAZY) else { return "" }
      dlclose(driver)
      return
        "; libnvidia-opencl.so.1 is here but not announced: put its name into /etc/OpenCL/vendors/nvidia.icd, or into "
        + "a file *.icd in a folder that OCL_ICD_VENDORS names"
    }

    private static func platformName(_ platform: cl_platform_id, _ library: OpenCLLibrary) -> String {
      var size = 0
      let property = cl_platform_info(CL_PLATFORM_NAME)
      guard library.functions.getPlatformInfo(platform, property, 0, nil, &size) == OpenCLStatus.success else {
        return ""
      }
      var bytes = [UInt8](repeating: 0, count: size)
      guard library.functions.getPlatformInfo(platform, property, size, &bytes, nil) == OpenCLStatus.success else {
        return ""
      }
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).trimmingWhitespace()
    }

    private static func devices(
      of platform: cl_platform_id, name: String, _ library: OpenCLLibrary
    ) -> ([cl_device_id], problem: String?) {
      var count: cl_uint = 0
      let all = cl_device_type(CL_DEVICE_TYPE_ALL)
      let status = library.functions.getDeviceIDs(platform, all, 0, nil, &count)
      if status == OpenCLStatus.deviceNotFound || (status == OpenCLStatus.success && count == 0) {
        return ([], "the driver '\(name)' has no device")
      }
      var devices = [cl_device_id?](repeating: nil, count: Int(count))
      let second =
        status == OpenCLStatus.success ? library.functions.getDeviceIDs(platform, all, count, &devices, nil) : status
      guard second == OpenCLStatus.success else {
        return ([], "asking the driver '\(name)' for devices failed with \(second) (\(OpenCLStatus.name(of: second)))")
      }
      return (devices.compactMap { $0 }, nil)
    }
  }

  extension OpenCLCandidate {
    fileprivate init(name: String?, _ info: OpenCLDeviceInfo) {
      self.init(
        name: name, deviceName: info.name, platformName: info.platformName, driverVersion: info.driverVersion,
        kind: info.kind, memoryByteCount: info.memoryByteCount, reason: info.rejection, info: info)
    }
  }
#endif
