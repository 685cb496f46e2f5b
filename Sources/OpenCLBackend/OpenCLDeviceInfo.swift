#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// What a driver says about one of its devices.
  ///
  /// `@unchecked Sendable`: the identifier is a handle that the driver keeps alive for the whole process.
  package struct OpenCLDeviceInfo: @unchecked Sendable {
    package let identifier: cl_device_id
    package let platformName: String
    package let name: String
    package let driverVersion: String
    package let kind: Capabilities.Kind
    package let computeUnits: Int
    package let clockMegahertz: Int
    package let memoryByteCount: Int
    package let maximumAllocation: Int
    package let localMemoryByteCount: Int
    package let maximumGroupSize: Int
    /// Of all arguments of a kernel; a kilobyte at least.
    package let maximumParameterByteCount: Int
    package let extensions: Set<String>
    package let roundsDivisionCorrectly: Bool
    package let hasFusedMultiplyAdd: Bool
    private let isAvailable: Bool
    private let hasCompiler: Bool
    private let isLittleEndian: Bool
    private let profile: String
    private let version: String

    package init(_ identifier: cl_device_id, platformName: String, library: OpenCLLibrary) {
      let query = DeviceQuery(identifier: identifier, library: library)
      self.identifier = identifier
      self.platformName = platformName
      name = query.string(CL_DEVICE_NAME)
      driverVersion = query.string(CL_DRIVER_VERSION)
      version = query.string(CL_DEVICE_VERSION)
      profile = query.string(CL_DEVICE_PROFILE)
      extensions = Set(query.string(CL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init))
      let type = query.integer(CL_DEVICE_TYPE, as: cl_device_type.self)
      kind =
        type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0
        ? .gpu : type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 ? .cpu : .accelerator
      computeUnits = Int(query.integer(CL_DEVICE_MAX_COMPUTE_UNITS, as: cl_uint.self))
      clockMegahertz = Int(query.integer(CL_DEVICE_MAX_CLOCK_FREQUENCY, as: cl_uint.self))
      memoryByteCount = Int(clamping: query.integer(CL_DEVICE_GLOBAL_MEM_SIZE, as: cl_ulong.self))
      maximumAllocation = Int(clamping: query.integer(CL_DEVICE_MAX_MEM_ALLOC_SIZE, as: cl_ulong.self))
      localMemoryByteCount = Int(clamping: query.integer(CL_DEVICE_LOCAL_MEM_SIZE, as: cl_ulong.self))
      maximumParameterByteCount = max(1024, query.integer(CL_DEVICE_MAX_PARAMETER_SIZE, as: Int.self))
      maximumGroupSize = query.integer(CL_DEVICE_MAX_WORK_GROUP_SIZE, as: Int.self)
      let single = query.integer(CL_DEVICE_SINGLE_FP_CONFIG, as: cl_device_fp_config.self)
      roundsDivisionCorrectly = single & cl_device_fp_config(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0
      hasFusedMultiplyAdd = single & cl_device_fp_config(CL_FP_FMA) != 0
      isAvailable = query.integer(CL_DEVICE_AVAILABLE, as: cl_bool.self) != 0
      hasCompiler = query.integer(CL_DEVICE_COMPILER_AVAILABLE, as: cl_bool.self) != 0
      isLittleEndian = query.integer(CL_DEVICE_ENDIAN_LITTLE, as: cl_bool.self) != 0
    }

    /// Why Martlet cannot compute on the device, or `nil`.
    package var rejection: String? {
      if !isAvailable { return "the driver says it is not available" }
      if !hasCompiler { return "its driver has no compiler for OpenCL C" }
      if !isLittleEndian { return "it is big-endian" }
      if profile != "FULL_PROFILE" { return "it offers the profile '\(profile)', and the full profile is needed" }
      let number = version.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
      if number < 1.2 { return "it reports '\(version)', and OpenCL 1.2 is needed" }
      return nil
    }

    /// What programs compiled for the device, and figures measured on it, depend on. Drivers for processors compile for the very
    /// model.
    package var identity: [String] {
      var identity = [platformName, name, version, driverVersion]
      if kind == .cpu { identity.append(Self.processor) }
      return identity
    }

    /// Whether the driver confuses the programs of several queues.
    ///
    /// PoCL (seen in 3.1) keeps one compiled form of a program and group size per width of grid, and counts the users of a form by
    /// program and group size alone. Where one queue runs a narrow grid while another first runs a wider one of the same program,
    /// it ends the process with "found->ref_count > 0".
    package var confusesQueues: Bool { platformName == "Portable Computing Language" }

    private static let processor: String = {
      guard let file = fopen("/proc/cpuinfo", "r") else { return "" }
      defer { fclose(file) }
      var lines: [String] = []
      var line: UnsafeMutablePointer<CChar>?
      var capacity = 0
      defer { free(line) }
      // The first processor's lines end with an empty one.
      while getline(&line, &capacity, file) > 1, let line {
        let text = String(cString: line)
        if text.hasPrefix("model") || text.hasPrefix("flags") || text.hasPrefix("Features") { lines.append(text) }
      }
      return lines.joined()
    }()

    /// A guess at the arithmetic it can do, for ranking: compute units × lanes per unit × clock.
    package var estimatedRate: Int {
      let lanes = kind == .gpu ? (platformName.contains("NVIDIA") ? 128 : 64) : 16
      return computeUnits * lanes * max(clockMegahertz, 1)
    }
  }

  /// Reads properties of a device; a property the driver does not answer reads as empty or zero.
  private struct DeviceQuery {
    let identifier: cl_device_id
    let library: OpenCLLibrary

    func string(_ property: Int32) -> String {
      var size = 0
      let property = cl_device_info(property)
      guard library.functions.getDeviceInfo(identifier, property, 0, nil, &size) == OpenCLStatus.success, size > 0
      else {
        return ""
      }
      var bytes = [UInt8](repeating: 0, count: size)
      guard library.functions.getDeviceInfo(identifier, property, size, &bytes, nil) == OpenCLStatus.success else {
        return ""
      }
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).trimmingWhitespace()
    }

    func integer<Value: FixedWidthInteger>(_ property: Int32, as type: Value.Type) -> Value {
      var value: Value = 0
      let status = library.functions.getDeviceInfo(
        identifier, cl_device_info(property), MemoryLayout<Value>.size, &value, nil)
      return status == OpenCLStatus.success ? value : 0
    }
  }

  extension String {
    /// The text without blanks at either end, which some drivers leave around names.
    package func trimmingWhitespace() -> String {
      let kept = drop { $0.isWhitespace }
      guard let last = kept.lastIndex(where: { !$0.isWhitespace }) else { return "" }
      return String(kept[...last])
    }
  }
#endif
