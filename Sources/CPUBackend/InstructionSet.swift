import CMartletKernels
import MartletBackend

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

  /// The name of the environment variable that chooses one.
  public static let environmentVariable = "MARTLET_ISA"

  /// Whether this machine can run it.
  public var isAvailable: Bool { martlet_isa_available(kernelTable) }

  /// What this machine can run, fastest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The fastest instruction set of this machine.
  public static var best: InstructionSet { available.first ?? .portable }

  /// The instruction set of a name such as `avx2`.
  ///
  /// - Throws: `BackendError.invalidSetting` if there is none of that name or this machine cannot run it.
  public init(named name: String) throws {
    guard let set = InstructionSet(rawValue: name), set.isAvailable else { throw Self.refusal(of: name) }
    self = set
  }

  /// The instruction set itself, if this machine can run it.
  ///
  /// - Throws: `BackendError.invalidSetting` otherwise.
  public func checked() throws -> InstructionSet {
    guard isAvailable else { throw Self.refusal(of: rawValue) }
    return self
  }

  private static func refusal(of name: String) -> BackendError {
    let choices = available.map(\.rawValue).joined(separator: ", ")
    return .invalidSetting(name: environmentVariable, value: name, reason: "this machine can run \(choices)")
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
