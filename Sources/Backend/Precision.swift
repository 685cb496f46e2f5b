/// How exactly contractions (`matmul`, convolutions, their gradients) have to be computed.
///
/// A level is a permission, not an order: a device that has no faster arithmetic of that kind computes in float32. Sums, and all
/// other operations, are float32 at every level, and so are tensors.
public enum Precision: String, CaseIterable, Hashable, Sendable {
  /// Each product and sum rounded to float32: the specified arithmetic.
  case float32
  /// Factors may be rounded to 10 bits of mantissa (to nearest, ties away from zero): relative errors of a product up to 2⁻¹⁰.
  case tensorFloat32
  /// Factors may be rounded to bfloat16, 7 bits of mantissa (to nearest, ties to even): relative errors of a product up to 2⁻⁷.
  case bfloat16

  /// What the innermost `withPrecision` around the caller says.
  @TaskLocal package static var current = Precision.float32
}

extension Backend {
  /// Float32 only; see `Backend`.
  public func refusal(of precision: Precision) -> String? {
    precision == .float32 ? nil : "it has no instructions for it"
  }

  /// See `Backend`.
  public func computes(in precision: Precision) -> Bool { refusal(of: precision) == nil }
}
