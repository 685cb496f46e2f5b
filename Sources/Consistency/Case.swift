import MartletBackend

/// One call of a backend function with everything it needs, to be run on any backend.
struct Case: Sendable {
  /// What the operands do not tell: the program, the window, the combiner.
  var setting: String
  /// Inputs and outputs. Outputs hold what was there before.
  var operands: [HostOperand]
  /// Which operands are written.
  var outputs: [Int]
  /// How far a backend that does not follow the specified arithmetic may be from the Double reference; `nil` where errors
  /// can grow without bound, so that only canonical backends run the case.
  var tolerance: Tolerance? = .exact
  /// Makes the call.
  var call: @Sendable (any Backend, [View]) -> Void

  /// The whole storage of each output after the call.
  ///
  /// - Throws: What stuck to the backend, including writes outside the blocks it was given where it checks for those.
  func outcome(on backend: any Backend) throws -> [[UInt8]] { try outcome(on: backend, operands: operands) }

  /// The outcome with the magnitude of each input: for a sum of products, the sum of their magnitudes.
  func scale(on reference: any Backend) throws -> [[UInt8]] {
    try outcome(on: reference, operands: operands.map(\.magnitudes))
  }

  private func outcome(on backend: any Backend, operands: [HostOperand]) throws -> [[UInt8]] {
    let results = try {
      let views = operands.map { $0.placed(on: backend) }
      call(backend, views)
      return try outputs.map { output in
        var bytes = [UInt8](repeating: 0, count: operands[output].bytes.count)
        try bytes.withUnsafeMutableBytes { try backend.download(views[output].storage, atByte: 0, into: $0) }
        return bytes
      }
    }()
    // The storages are gone; a checking backend has looked at their guard zones.
    try backend.synchronize()
    return results
  }

  var summary: String {
    let described = operands.enumerated().map { (outputs.contains($0) ? "→ " : "") + $1.summary }
    return ([setting] + described).joined(separator: ", ")
  }
}

/// How far a float32 result may be from the expected one; the parts add up. Results of other types have to be equal.
struct Tolerance: Sendable {
  /// In units in the last place of the expected value.
  var ulp = 0.0
  var absolute = 0.0
  /// For a sum of this many terms: `4·2⁻²⁴·√terms` times the sum of the terms' magnitudes.
  var termCount: Int?

  static let exact = Tolerance()
}
