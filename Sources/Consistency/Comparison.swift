import MartletBackend

/// How results are judged.
public enum Comparison: String, Hashable, Codable, Sendable {
  /// Bit for bit against the canonical reference; NaN equals NaN.
  case exact
  /// Within error bounds of the Double reference, for backends that cannot follow the specified arithmetic.
  case bounded
}

/// One case with what the references say about it, computed once for any number of backends.
struct JudgedCase: Sendable {
  let test: Case
  private let comparison: Comparison
  private let expected: [[UInt8]]
  private let scales: [[UInt8]]?
  private let positions: [[Int]]

  struct Verdict: Sendable {
    var largestError = 0.0
    var difference: String?
  }

  /// `nil` where the case cannot be judged in this way.
  init?(_ test: Case, _ comparison: Comparison, by references: References) throws {
    if comparison == .bounded && test.tolerance == nil { return nil }
    self.test = test
    self.comparison = comparison
    switch comparison {
    case .exact:
      expected = try test.outcome(on: references.canonical)
      scales = nil
    case .bounded:
      expected = try test.outcome(on: references.accurate)
      scales = test.tolerance?.termCount == nil ? nil : try test.scale(on: references.accurate)
    }
    positions = test.outputs.map { test.operands[$0].positions }
  }

  /// Runs the case twice, and compares the results with what is expected and with each other.
  func verdict(on backend: any Backend) -> Verdict {
    do {
      let actual = try test.outcome(on: backend)
      var verdict = Verdict()
      for output in test.outputs.indices { compare(output, actual[output], &verdict) }
      if verdict.difference == nil, try test.outcome(on: backend) != actual {
        verdict.difference = "a second run gave other bits"
      }
      return verdict
    } catch {
      return Verdict(difference: "an error: \(error)")
    }
  }

  private func compare(_ output: Int, _ actual: [UInt8], _ verdict: inout Verdict) {
    // Both began with the same storage, so what lies outside the view agrees too.
    if actual == expected[output] { return }
    let operand = test.operands[test.outputs[output]]
    let name = test.outputs.count == 1 ? "" : "output \(output) "
    var untouched = operand.bytes
    let size = operand.dtype.byteCount
    for (element, position) in positions[output].enumerated() {
      for byte in position * size..<(position + 1) * size { untouched[byte] = actual[byte] }
      let wanted = HostOperand.bits(of: expected[output], operand.dtype, at: position)
      let got = HostOperand.bits(of: actual, operand.dtype, at: position)
      guard wanted != got else { continue }
      if operand.dtype == .float32 {
        let (a, b) = (Float(bitPattern: wanted), Float(bitPattern: got))
        if a.isNaN && b.isNaN { continue }
        verdict.largestError = max(verdict.largestError, error(of: b, from: a, output, position))
        if comparison == .bounded && isClose(a, b, output, position) { continue }
        verdict.difference =
          verdict.difference
          ?? "\(name)element \(coordinates(of: element, in: operand.layout.shape)): "
          + "expected \(described(a)), got \(described(b))"
      } else {
        verdict.difference =
          verdict.difference
          ?? "\(name)element \(coordinates(of: element, in: operand.layout.shape)): "
          + "expected \(Int32(bitPattern: wanted)), got \(Int32(bitPattern: got))"
      }
    }
    if let byte = untouched.indices.first(where: { untouched[$0] != actual[$0] }) {
      verdict.difference = verdict.difference ?? "\(name)byte \(byte) of the storage, outside the view, was written"
    }
  }

  /// In units in the last place of the expected value, or of the sum of magnitudes where there is one; at most 2³².
  private func error(of actual: Float, from expected: Float, _ output: Int, _ position: Int) -> Double {
    let unit = max(expected.magnitude, scale(output, position)).ulp
    let error = abs(Double(expected) - Double(actual)) / Double(max(unit, .leastNonzeroMagnitude))
    return error < 0x1p32 ? error : 0x1p32
  }

  private func scale(_ output: Int, _ position: Int) -> Float {
    scales.map { Float(bitPattern: HostOperand.bits(of: $0[output], .float32, at: position)) } ?? 0
  }

  private func isClose(_ expected: Float, _ actual: Float, _ output: Int, _ position: Int) -> Bool {
    guard let tolerance = test.tolerance else { return false }
    var bound = tolerance.ulp * Double(expected.ulp) + tolerance.absolute
    if let terms = tolerance.termCount, !expected.isNaN {
      let scale = scale(output, position)
      // Where a partial sum may overflow, the order of the terms decides whether it does.
      if !(scale * Float(terms)).isFinite { return true }
      bound += 4 * 0x1p-24 * Double(terms).squareRoot() * Double(scale)
    }
    if !expected.isFinite || !actual.isFinite { return expected == actual }
    // Such a device may also take subnormal numbers for zero.
    return abs(Double(expected) - Double(actual)) <= bound + 0x1p-126
  }

  private func described(_ value: Float) -> String { "\(value) (0x\(String(value.bitPattern, radix: 16)))" }

  private func coordinates(of element: Int, in shape: Shape) -> Shape {
    var result = shape
    var rest = element
    for axis in shape.indices.reversed() {
      result[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return result
  }
}
