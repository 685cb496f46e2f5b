/// What the suite found about one operation on one backend.
public struct OperationReport: Hashable, Codable, Sendable {
  /// The operation, for example `conv2d`.
  public let operation: String
  /// How many generated cases ran.
  public internal(set) var caseCount = 0
  /// How many of them failed.
  public internal(set) var failureCount = 0
  /// The largest difference between a float32 result and what it was compared with, in units in the last place of the
  /// latter, for sums judged by bounds in those of the sum of the terms' magnitudes; at most 2³². Zero where bits had to be
  /// equal and were.
  public internal(set) var largestError = 0.0
  /// The first failures; at most five.
  public internal(set) var failures: [Failure] = []

  /// Whether every case agreed.
  public var passes: Bool { failureCount == 0 }

  /// One case that disagreed, made as small as shrinking could.
  public struct Failure: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The seed of the suite and the number of the case: what it takes to run it again.
    public let seed: UInt64
    /// The number of the case among those of its operation.
    public let caseIndex: Int
    /// Shapes, layouts and settings.
    public let setting: String
    /// The first difference: where, what was expected and what came.
    public let difference: String

    /// All of it on two lines.
    public var description: String { "seed \(seed), case \(caseIndex): \(setting)\n  \(difference)" }
  }
}
