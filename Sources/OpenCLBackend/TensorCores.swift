#if OpenCL
  import CMartletOpenCLKernels
  import MartletBackend
  import Synchronization

  /// Products in less than float32: whether the device has instructions for them, or their twins in C are asked for.
  enum TensorCores: UInt64 {
    /// The twins of `mma.cl`, which run anywhere, slowly: for tests.
    case emulated
    /// The statements of NVIDIA's assembly.
    case native
  }

  /// What a device turned out to have, asked once per level.
  final class TensorCoreProbe: Sendable {
    private let connection: DeviceConnection
    private let isEmulating: Bool
    private let known = Mutex<[Precision: Answer]>([:])

    /// How a level is computed, or why it is not.
    private enum Answer {
      case mode(TensorCores)
      case refusal(String)
    }

    init(connection: DeviceConnection, isEmulating: Bool) {
      self.connection = connection
      self.isEmulating = isEmulating
    }

    /// How a level is computed; `nil` for float32, and where the device has nothing for it.
    func mode(of precision: Precision) -> TensorCores? {
      if precision == .float32 { return nil }
      if isEmulating { return .emulated }
      if case .mode(let mode) = answer(for: precision) { return mode }
      return nil
    }

    /// Why a level is not computed; `nil` where it is.
    func refusal(of precision: Precision) -> String? {
      if precision == .float32 || isEmulating { return nil }
      if case .refusal(let reason) = answer(for: precision) { return reason }
      return nil
    }

    private func answer(for precision: Precision) -> Answer {
      known.withLock { known in
        if let answer = known[precision] { return answer }
        let answer = ask(for: precision)
        known[precision] = answer
        return answer
      }
    }

    /// Whether the statement compiles and multiplies numbers right that are exact at any order and width of its sums.
    private func ask(for precision: Precision) -> Answer {
      let kernel: Kernel
      do throws(BackendError) {
        kernel = try KernelLibrary.build(Self.probe(precision, .native), on: connection)
      } catch {
        return .refusal("its driver does not compile the instruction mma.sync for this type")
      }
      let depth = precision.blockDepth
      func smallIntegers(_ count: Int, _ step: Int, _ period: Int) -> [Float] {
        (0..<count).map { position -> Float in
          let number = (position * step + position / depth) % period - period / 2
          return Float(number)
        }
      }
      let (a, b) = (smallIntegers(16 * depth, 7, 15), smallIntegers(8 * depth, 5, 13))
      var wanted = [Float](repeating: 0, count: 16 * 8)
      for row in 0..<16 {
        for column in 0..<8 {
          for k in 0..<depth { wanted[row * 8 + column] += a[row * depth + k] * b[k * 8 + column] }
        }
      }
      do throws(BackendError) {
        let got = try Self.run(kernel, a, b, on: connection)
        let wrong = zip(got, wanted).count { $0 != $1 }
        return wrong == 0
          ? .mode(.native)
          : .refusal("of \(wanted.count) sums that the instruction mma.sync was asked for, \(wrong) came out wrong")
      } catch {
        return .refusal("the instruction mma.sync fails there: \(error)")
      }
    }

    static func probe(_ precision: Precision, _ mode: TensorCores) -> KernelText {
      KernelText(
        function: "probe_mma", groupSize: 32,
        source: KernelSource.text(martlet_cl_prelude) + KernelSource.text(martlet_cl_mma)
          + KernelSource.text(martlet_cl_probe_mma),
        definitions: [
          ("WIDTH", "1"), ("INDEX", "int"), ("LEVEL", precision.kernelName), ("USE_PTX", mode == .native ? "1" : "0"),
        ])
    }

    /// Multiplies a block of 16 rows by one of 8 columns.
    static func run(_ kernel: Kernel, _ a: [Float], _ b: [Float], on connection: DeviceConnection) throws(BackendError)
      -> [Float]
    {
      var c = [Float](repeating: .nan, count: 16 * 8)
      var memory: [DeviceMemory] = []
      defer { memory.forEach(connection.giveBack) }
      for count in [a.count, b.count, c.count] {
        guard let block = connection.take(count * 4) else { break }
        memory.append(block)
      }
      try connection.check()
      a.withUnsafeBytes { connection.upload($0, to: memory[0].block, atByte: 0) }
      b.withUnsafeBytes { connection.upload($0, to: memory[1].block, atByte: 0) }
      connection.launch(kernel, groups: 1, memory.map { .buffer($0.block) })
      c.withUnsafeMutableBytes { connection.download(memory[2].block, atByte: 0, into: $0) }
      try connection.check()
      return c
    }
  }

  extension Precision {
    /// What `mma.cl` calls it.
    var kernelName: String { self == .bfloat16 ? "BFLOAT_16" : "TENSOR_FLOAT_32" }
    /// How many products an instruction adds to a sum.
    var blockDepth: Int { self == .bfloat16 ? 16 : 8 }
  }

  extension OpenCLBackend {
    /// Whether contractions at that level are not computed in float32; see `Backend`.
    public func computes(in precision: Precision) -> Bool {
      precision == .float32 || (profile.usesLocalMemory && tensorCores.mode(of: precision) != nil)
    }

    /// Why contractions at that level are computed in float32; see `Backend`.
    public func refusal(of precision: Precision) -> String? {
      if precision == .float32 { return nil }
      return profile.usesLocalMemory
        ? tensorCores.refusal(of: precision) : "kernels of profile cpu have no instructions for it"
    }

    /// How the level that holds for the caller is computed; `nil` for float32.
    var currentTensorCores: (precision: Precision, mode: TensorCores)? {
      let precision = Precision.current
      if precision == .float32 || !profile.usesLocalMemory { return nil }
      return tensorCores.mode(of: precision).map { (precision, $0) }
    }
  }
#endif
