import CMartletKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The vector instructions that the kernels use. Every choice computes the same bits; they differ in speed only.
public enum InstructionSet: String, CaseIterable, Hashable, Sendable {
  /// AVX-512 (F, VL, BW, DQ) with FMA: 16 lanes.
  case avx512
  /// AVX2 with FMA: 8 lanes.
  case avx2
  /// Arm Advanced SIMD: 4 lanes.
  case neon
  /// Plain C, for any processor.
  case portable

  /// Whether this machine can run it.
  public var isAvailable: Bool { martlet_isa_available(kernelTable) }

  /// What this machine can run, fastest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The fastest instruction set of this machine.
  public static var best: InstructionSet { available.first ?? .portable }

  /// Reads the environment variable `MARTLET_ISA`, or else takes the best.
  ///
  /// - Throws: `InstructionSetError` if the variable names none, or one that this machine lacks.
  public static func chosenByEnvironment() throws -> InstructionSet {
    guard let value = getenv("MARTLET_ISA") else { return best }
    let name = String(cString: value)
    guard let set = InstructionSet(rawValue: name) else { throw InstructionSetError.unknown(name) }
    return try set.checked()
  }

  /// The instruction set itself, if this machine can run it.
  ///
  /// - Throws: `InstructionSetError.unavailable` otherwise.
  public func checked() throws -> InstructionSet {
    guard isAvailable else { throw InstructionSetError.unavailable(self) }
    return self
  }

  /// The name of its tables in C.
  package var kernelTable: martlet_isa {
    switch self {
    case .avx512: martlet_isa_avx512
    case .avx2: martlet_isa_avx2
    case .neon: martlet_isa_neon
    case .portable: martlet_isa_portable
    }
  }
}

/// Why an instruction set that was asked for cannot be used.
public enum InstructionSetError: Error, Hashable, CustomStringConvertible {
  /// There is no instruction set of that name.
  case unknown(String)
  /// This machine cannot run it.
  case unavailable(InstructionSet)

  /// What is wrong, and what can be chosen instead.
  public var description: String {
    let choices = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    switch self {
    case .unknown(let name): return "There is no instruction set “\(name)”; this machine has \(choices)."
    case .unavailable(let set): return "This machine cannot run \(set.rawValue) kernels; it has \(choices)."
    }
  }
}
