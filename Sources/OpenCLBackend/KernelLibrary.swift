#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// The sources that kernels are made from, one idea per file under `Kernels/OpenCL/kernels`.
  enum KernelFamily: UInt8, Hashable, Sendable {
    case probe, elementwise, elementwiseEach, reduceInner, reduceOuter, reduceChunks, softmax, scan, sortBlocks,
      sortMerge
    case gather, scatterAdd, pool, poolBackward
    case contraction, depthwise, planar, recurrence
  }

  /// What makes one compiled kernel different from another of its family.
  struct KernelKey: Hashable, Sendable {
    var family: KernelFamily
    /// Compile-time choices: types, classes of strides, tile sizes, fingerprints of programs.
    var choices: [UInt64]

    init(_ family: KernelFamily, _ choices: [UInt64]) {
      self.family = family
      self.choices = choices
    }
  }

  /// A kernel to compile: its function, its flat source text and what is defined on the command line.
  struct KernelText {
    var function: String
    var groupSize: Int
    var source: String
    var definitions: [(name: String, value: String)]
    /// How much memory beyond registers an item may need; beyond that the kernel counts as one that the device cannot run.
    var mostPrivateByteCount = Int.max
  }

  /// Compiles kernels when they are first needed and keeps them. A kernel that did not compile fails the same way each time; where
  /// memory was short it is tried again when it is next needed.
  final class KernelLibrary: Sendable {
    private struct State {
      var kernels: [KernelKey: Result<Kernel, BackendError>] = [:]
      var builds = 0
      var loads = 0
    }

    private let connection: DeviceConnection
    private let cache: ProgramCache?
    private let state = Mutex(State())

    init(connection: DeviceConnection, cache: ProgramCache?) {
      self.connection = connection
      self.cache = cache
    }

    /// Programs that came compiled from the cache.
    var loads: Int { state.withLock { $0.loads } }

    /// Programs compiled so far.
    var builds: Int { state.withLock { $0.builds } }

    /// The kernel for a key, compiled from `text()` the first time; `nil` where that failed, with the error recorded unless there is
    /// another one to try.
    func kernel(_ key: KernelKey, isLast: Bool = true, _ text: () -> KernelText) -> Kernel? {
      // The lock is held while the driver compiles: two threads that want one kernel build it once.
      let result = state.withLock { state in
        if let known = state.kernels[key] { return known }
        let made: Result<Kernel, BackendError>
        do throws(BackendError) {
          let text = text()
          if let cache, let kernel = Self.load(text, from: cache, on: connection) {
            state.loads += 1
            made = .success(kernel)
          } else {
            state.builds += 1
            made = .success(try Self.build(text, on: connection, keepingIn: cache))
          }
        } catch {
          made = .failure(error)
        }
        if !made.isForLackOfMemory { state.kernels[key] = made }
        return made
      }
      switch result {
      case .success(let kernel): return kernel
      case .failure(let error):
        if isLast { connection.record(error) }
        return nil
      }
    }

    static func build(_ text: KernelText, on connection: DeviceConnection, keepingIn cache: ProgramCache? = nil)
      throws(BackendError) -> Kernel
    {
      let library = connection.library
      let options = options(for: text, on: connection)
      var status: Int32 = 0
      let created = text.source.withCString { pointer in
        var pointer: UnsafePointer<CChar>? = pointer
        return library.functions.createProgramWithSource(connection.context, 1, &pointer, nil, &status)
      }
      guard let program = created else {
        throw .driver(
          device: connection.name, call: "clCreateProgramWithSource", code: status,
          meaning: OpenCLStatus.name(of: status))
      }
      var device: cl_device_id? = connection.info.identifier
      status = library.functions.buildProgram(program, 1, &device, options, nil, nil)
      guard status == OpenCLStatus.success else {
        var log = Self.log(of: program, on: connection)
        log += "\n" + quotedLines(of: text.source, namedIn: log)
        if status != OpenCLStatus.buildProgramFailure { log += "(\(status), \(OpenCLStatus.name(of: status)))" }
        _ = library.functions.releaseProgram(program)
        throw .kernelBuild(
          device: "\(connection.name) (\(connection.info.name), driver \(connection.info.driverVersion))",
          kernel: text.function, options: options, log: log.trimmingWhitespace())
      }
      if let cache, let binary = binary(of: program, library) {
        cache.store(binary, for: cacheKey(for: text, options, on: connection))
      }
      return try kernel(text, of: program, on: connection)
    }

    private static func options(for text: KernelText, on connection: DeviceConnection) -> String {
      var options = "-cl-std=CL1.2"
      if connection.info.roundsDivisionCorrectly { options += " -cl-fp32-correctly-rounded-divide-sqrt" }
      if let number = connection.programNumber, number.value > 0 { options += " -DCONNECTION=\(number.value)" }
      if let more = environment("MARTLET_CL_OPTIONS") { options += " " + more }
      for (name, value) in text.definitions { options += " -D\(name)=\(value)" }
      return options
    }

    /// The kernel of a program that is built; the program is released where there is none.
    private static func kernel(_ text: KernelText, of program: cl_program, on connection: DeviceConnection)
      throws(BackendError) -> Kernel
    {
      let library = connection.library
      var status: Int32 = 0
      guard let kernel = library.functions.createKernel(program, text.function, &status) else {
        _ = library.functions.releaseProgram(program)
        throw .driver(
          device: connection.name, call: "clCreateKernel(\(text.function))", code: status,
          meaning: OpenCLStatus.name(of: status))
      }
      let made = Kernel(
        name: text.function, groupSize: text.groupSize, handle: kernel, program: program, library: library)
      // A driver tells only now how large a group its registers allow, and what does not fit them.
      func ask<Value: FixedWidthInteger>(_ property: Int32, as type: Value.Type) -> Value? {
        var value: Value = 0
        let status = library.functions.getKernelWorkGroupInfo(
          kernel, connection.info.identifier, cl_kernel_work_group_info(property), MemoryLayout<Value>.size, &value, nil
        )
        return status == OpenCLStatus.success ? value : nil
      }
      if let largest = ask(CL_KERNEL_WORK_GROUP_SIZE, as: Int.self), largest < text.groupSize {
        throw connection.tooSmall(for: text.function, groupSize: text.groupSize, largest: largest)
      }
      if text.mostPrivateByteCount < Int.max, let spilled = ask(CL_KERNEL_PRIVATE_MEM_SIZE, as: UInt64.self),
        spilled > text.mostPrivateByteCount
      {
        throw .driver(
          device: connection.name, call: "choosing kernel \(text.function)", code: -54,
          meaning: "an item needs \(spilled) bytes beyond its registers")
      }
      return made
    }

    // MARK: The cache

    /// A kernel from the cache; `nil` where it is not there or the driver does not take it.
    private static func load(_ text: KernelText, from cache: ProgramCache, on connection: DeviceConnection) -> Kernel? {
      let functions = connection.library.functions
      let key = cacheKey(for: text, options(for: text, on: connection), on: connection)
      guard let binary = cache.binary(for: key) else { return nil }
      var device: cl_device_id? = connection.info.identifier
      var (status, binaryStatus): (Int32, Int32) = (0, 0)
      let created = binary.withUnsafeBufferPointer { bytes in
        var (pointer, size) = (bytes.baseAddress, bytes.count)
        return functions.createProgramWithBinary(
          connection.context, 1, &device, &size, &pointer, &binaryStatus, &status)
      }
      guard let program = created, status == OpenCLStatus.success, binaryStatus == OpenCLStatus.success else {
        if let created { _ = functions.releaseProgram(created) }
        cache.remove(key)
        return nil
      }
      guard functions.buildProgram(program, 1, &device, nil, nil, nil) == OpenCLStatus.success else {
        _ = functions.releaseProgram(program)
        cache.remove(key)
        return nil
      }
      return try? kernel(text, of: program, on: connection)
    }

    /// Everything a binary depends on.
    private static func cacheKey(for text: KernelText, _ options: String, on connection: DeviceConnection) -> String {
      (["martlet program 1", text.function, options] + connection.info.identity + [text.source]).joined(separator: "\n")
    }

    private static func binary(of program: cl_program, _ library: OpenCLLibrary) -> [UInt8]? {
      var size = 0
      let word = MemoryLayout<Int>.size
      guard
        library.functions.getProgramInfo(program, cl_program_info(CL_PROGRAM_BINARY_SIZES), word, &size, nil)
          == OpenCLStatus.success, size > 0
      else { return nil }
      var bytes = [UInt8](repeating: 0, count: size)
      let status = bytes.withUnsafeMutableBufferPointer { buffer in
        var pointer = buffer.baseAddress
        return library.functions.getProgramInfo(program, cl_program_info(CL_PROGRAM_BINARIES), word, &pointer, nil)
      }
      return status == OpenCLStatus.success ? bytes : nil
    }

    private static func log(of program: cl_program, on connection: DeviceConnection) -> String {
      let functions = connection.library.functions
      let property = cl_program_build_info(CL_PROGRAM_BUILD_LOG)
      var size = 0
      guard
        functions.getProgramBuildInfo(program, connection.info.identifier, property, 0, nil, &size)
          == OpenCLStatus.success, size > 1
      else { return emptyLog(connection) }
      var bytes = [UInt8](repeating: 0, count: size)
      _ = functions.getProgramBuildInfo(program, connection.info.identifier, property, size, &bytes, nil)
      let log = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self).trimmingWhitespace()
      return log.isEmpty ? emptyLog(connection) : log
    }

    private static func emptyLog(_ connection: DeviceConnection) -> String {
      connection.info.platformName.contains("NVIDIA")
        ? "the driver left no log; NVIDIA's compiler needs libnvidia-nvvm.so.4" : "the driver left no log"
    }

    /// The source lines that a log points at (`…:12:5: error`), each with its neighbours.
    static func quotedLines(of source: String, namedIn log: String) -> String {
      let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
      var numbers: [Int] = []
      for message in log.split(separator: "\n") where message.contains("error") {
        let fields = message.split(separator: ":", omittingEmptySubsequences: false)
        if let number = fields.lazy.compactMap({ Int($0) }).first, (1...lines.count).contains(number),
          !numbers.contains(number)
        {
          numbers.append(number)
        }
      }
      return numbers.prefix(4).map { number in
        (max(1, number - 1)...min(lines.count, number + 1)).map { line in
          "\(line == number ? ">" : " ") \(line): \(lines[line - 1])"
        }.joined(separator: "\n")
      }.joined(separator: "\n\n")
    }
  }

  extension Result where Success == Kernel, Failure == BackendError {
    /// Whether there is no kernel because the driver had no memory for making it.
    fileprivate var isForLackOfMemory: Bool {
      if case .failure(.driver(_, _, let code, _)) = self { return OpenCLStatus.isOutOfMemory(code) }
      return false
    }
  }

  /// The embedded sources.
  enum KernelSource {
    /// The text of an embedded source. Compilers of drivers are only sure to read ASCII, and the comments hold more.
    static func text(_ source: martlet_opencl_source) -> String {
      guard let pointer = martlet_opencl_source(source) else { return "" }
      let bytes = UnsafeRawBufferPointer(start: pointer, count: length(pointer))
      return String(decoding: bytes.map { $0 < 128 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func length(_ pointer: UnsafePointer<CChar>) -> Int {
      var count = 0
      while pointer[count] != 0 { count += 1 }
      return count
    }

    /// Puts text where the template has a line `//{name}`, keeping its indentation.
    static func fill(_ template: String, _ texts: [String: [String]]) -> String {
      var result: [String] = []
      for line in template.split(separator: "\n", omittingEmptySubsequences: false) {
        let indentation = line.prefix { $0 == " " }
        let rest = line.dropFirst(indentation.count)
        if rest.hasPrefix("//{"), let end = rest.firstIndex(of: "}"),
          let lines = texts[String(rest[rest.index(rest.startIndex, offsetBy: 3)..<end])]
        {
          result += lines.map { indentation + $0 }
        } else {
          result.append(String(line))
        }
      }
      return result.joined(separator: "\n")
    }
  }
#endif
