#if OpenCL
  /// A status code of the driver and what it is called, in one place.
  package enum OpenCLStatus {
    package static let success: Int32 = 0
    package static let deviceNotFound: Int32 = -1
    package static let buildProgramFailure: Int32 = -11
    /// What a loader answers that found no driver.
    package static let platformNotFound: Int32 = -1001

    /// The constant's name in the OpenCL headers, without its prefix.
    package static func name(of code: Int32) -> String {
      names[code] ?? "unknown status"
    }

    /// The name, and what can be done where that is known.
    package static func meaning(of code: Int32) -> String {
      name(of: code) + (isOutOfMemory(code) ? ": out of memory; use a smaller batch or free tensors" : "")
    }

    /// Whether the code says that memory, on the device or the host, is short.
    package static func isOutOfMemory(_ code: Int32) -> Bool {
      [-4, -5, -6, -61].contains(code)
    }

    /// Whether the code says that the device, its context or its queue is gone. Drivers report a faulty access only at a
    /// later call: -5 where no memory was asked for, NVIDIA's -9999, or a queue or context that became invalid.
    package static func isDeviceLost(_ code: Int32) -> Bool {
      [-2, -5, -34, -36, -9999].contains(code)
    }

    private static let names: [Int32: String] = [
      0: "SUCCESS", -1: "DEVICE_NOT_FOUND", -2: "DEVICE_NOT_AVAILABLE", -3: "COMPILER_NOT_AVAILABLE",
      -4: "MEM_OBJECT_ALLOCATION_FAILURE", -5: "OUT_OF_RESOURCES", -6: "OUT_OF_HOST_MEMORY",
      -7: "PROFILING_INFO_NOT_AVAILABLE", -8: "MEM_COPY_OVERLAP", -9: "IMAGE_FORMAT_MISMATCH",
      -10: "IMAGE_FORMAT_NOT_SUPPORTED", -11: "BUILD_PROGRAM_FAILURE", -12: "MAP_FAILURE",
      -13: "MISALIGNED_SUB_BUFFER_OFFSET", -14: "EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
      -15: "COMPILE_PROGRAM_FAILURE", -16: "LINKER_NOT_AVAILABLE", -17: "LINK_PROGRAM_FAILURE",
      -18: "DEVICE_PARTITION_FAILED", -19: "KERNEL_ARG_INFO_NOT_AVAILABLE", -30: "INVALID_VALUE",
      -31: "INVALID_DEVICE_TYPE", -32: "INVALID_PLATFORM", -33: "INVALID_DEVICE", -34: "INVALID_CONTEXT",
      -35: "INVALID_QUEUE_PROPERTIES", -36: "INVALID_COMMAND_QUEUE", -37: "INVALID_HOST_PTR",
      -38: "INVALID_MEM_OBJECT", -39: "INVALID_IMAGE_FORMAT_DESCRIPTOR", -40: "INVALID_IMAGE_SIZE",
      -41: "INVALID_SAMPLER", -42: "INVALID_BINARY", -43: "INVALID_BUILD_OPTIONS", -44: "INVALID_PROGRAM",
      -45: "INVALID_PROGRAM_EXECUTABLE", -46: "INVALID_KERNEL_NAME", -47: "INVALID_KERNEL_DEFINITION",
      -48: "INVALID_KERNEL", -49: "INVALID_ARG_INDEX", -50: "INVALID_ARG_VALUE", -51: "INVALID_ARG_SIZE",
      -52: "INVALID_KERNEL_ARGS", -53: "INVALID_WORK_DIMENSION", -54: "INVALID_WORK_GROUP_SIZE",
      -55: "INVALID_WORK_ITEM_SIZE", -56: "INVALID_GLOBAL_OFFSET", -57: "INVALID_EVENT_WAIT_LIST",
      -58: "INVALID_EVENT", -59: "INVALID_OPERATION", -60: "INVALID_GL_OBJECT", -61: "INVALID_BUFFER_SIZE",
      -62: "INVALID_MIP_LEVEL", -63: "INVALID_GLOBAL_WORK_SIZE", -64: "INVALID_PROPERTY",
      -1001: "PLATFORM_NOT_FOUND_KHR", -9999: "illegal access reported by the NVIDIA driver",
    ]
  }
#endif
