#if OpenCL
  import MartletBackend

  /// How a device is opened. What is `nil` is asked of the environment; `Docs/OpenCLBackend.md` has the variables.
  package struct OpenCLSettings: Sendable {
    /// How kernels are written for the device.
    package var profile: OpenCLProfile?
    /// Whether blocks arrive full of NaN and writing behind one is an error.
    package var checksMemory: Bool?
    /// Receives when each command ran.
    package var log: Profile?
    /// Where compiled programs are kept.
    package var programCache: ProgramCache?
    /// Tiles that were measured on the device.
    package var tiles: TileTable?
    /// Whether products of reduced precision are computed without tensor cores, by the C twins of their instructions.
    package var emulatesTensorCores: Bool?

    package init(
      profile: OpenCLProfile? = nil, checksMemory: Bool? = nil, log: Profile? = nil, programCache: ProgramCache? = nil,
      tiles: TileTable? = nil, emulatesTensorCores: Bool? = nil
    ) {
      self.profile = profile
      self.checksMemory = checksMemory
      self.log = log
      self.programCache = programCache
      self.tiles = tiles
      self.emulatesTensorCores = emulatesTensorCores
    }
  }
#endif
