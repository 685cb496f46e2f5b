#if OpenCL
  import MartletBackend

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// How kernels are written for a device. All profiles give the same bits.
  public enum OpenCLProfile: String, CaseIterable, Hashable, Sendable {
    /// Work-groups that share tiles in local memory, one element or a small register tile per item.
    case gpu
    /// For devices that run on processors: one item per group, no local memory and no barriers, vector types.
    case cpu
    /// The structure of `gpu` at small tiles, so that a processor can check the kernels a GPU will run.
    case test

    /// Elements an item computes at once where they lie side by side.
    var vectorWidth: Int { self == .cpu ? 8 : 1 }
    /// Items per group of kernels that do not choose a tile: a power of two, on a device that takes groups of so many at most.
    func groupSize(upTo limit: Int) -> Int {
      var size = self == .cpu ? 1 : self == .gpu ? 256 : 64
      while size > max(1, limit) { size /= 2 }
      return size
    }
    /// Whether items of a group cooperate through local memory.
    var usesLocalMemory: Bool { self != .cpu }

    /// The profile that `MARTLET_CL_PROFILE` names, or else the one that suits the kind of device.
    ///
    /// - Throws: `BackendError.invalidSetting` if the variable names none.
    public static func chosenByEnvironment(for kind: Capabilities.Kind) throws(BackendError) -> OpenCLProfile {
      guard let value = environment("MARTLET_CL_PROFILE") else { return kind == .cpu ? .cpu : .gpu }
      guard let profile = OpenCLProfile(rawValue: value) else {
        let known = allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidSetting(name: "MARTLET_CL_PROFILE", value: value, reason: "the profiles are \(known)")
      }
      return profile
    }
  }

  /// A variable of the environment, `nil` where it is not set or empty.
  func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
#endif
