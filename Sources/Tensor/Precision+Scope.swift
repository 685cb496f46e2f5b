import MartletBackend

/// Runs code in which devices may compute contractions less exactly, where that is faster: on tensor cores of GPUs.
///
///     try withPrecision(.tensorFloat32) { try trainer.fit(dataset, epochs: 3) }
///
/// It holds for matrix products, convolutions and their gradients that are asked for inside, on any device, in the same task. A
/// device without such arithmetic computes them in float32 as always; `Device.computes(in:)` tells. Nothing but this function ever
/// chooses a level below `.float32`.
public func withPrecision<Result>(_ precision: Precision, _ body: () throws -> Result) rethrows -> Result {
  try Precision.$current.withValue(precision, operation: body)
}

extension Device {
  /// Whether contractions inside `withPrecision(precision)` are computed in that precision here, not in float32. The first call may
  /// compile and run a probe.
  public func computes(in precision: Precision) -> Bool { backend.computes(in: precision) }

  /// Why they are not, in words; `nil` where they are. The first call may compile and run a probe.
  public func refusal(of precision: Precision) -> String? { backend.refusal(of: precision) }
}
