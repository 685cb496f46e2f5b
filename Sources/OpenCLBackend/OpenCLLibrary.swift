#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend

  /// The functions of an OpenCL loader, opened when it is first asked for: a program that can use OpenCL starts, and says what
  /// is missing, on a machine that has none.
  ///
  /// `@unchecked Sendable`: a table of C function pointers that nobody changes once it is in use; OpenCL promises that all of
  /// them but `clSetKernelArg` may be called from any thread, and `DeviceConnection` calls that one under a lock.
  public struct OpenCLLibrary: @unchecked Sendable {
    /// What the backend calls. Tests replace entries to see what happens when a driver fails.
    package var functions: martlet_opencl_functions

    /// The names an OpenCL loader goes by, the versioned one first: it is there without development packages.
    package static let loaderNames = ["libOpenCL.so.1", "libOpenCL.so"]

    package init(functions: martlet_opencl_functions) {
      self.functions = functions
    }

    /// Opens the loader.
    ///
    /// - Throws: `BackendError.unavailable` with what the system said about each name.
    public static func open() throws(BackendError) -> OpenCLLibrary {
      try open(names: loaderNames)
    }

    package static func open(names: [String]) throws(BackendError) -> OpenCLLibrary {
      var functions = martlet_opencl_functions()
      var reasons: [String] = []
      for name in names {
        var reason: UnsafePointer<CChar>?
        if martlet_opencl_load(name, &functions, &reason) { return OpenCLLibrary(functions: functions) }
        if let reason { reasons.append(String(cString: reason)) }
      }
      throw .unavailable(
        name: "OpenCL",
        reason: "the loader could not be opened (\(reasons.joined(separator: "; "))); "
          + "install an OpenCL loader such as the package ocl-icd-libopencl1, and a driver such as pocl-opencl-icd")
    }
  }
#endif
