import MartletBackend
import MartletTensor

/// What `gradientCheck` found at the element where gradient and central differences are furthest apart.
public struct GradientCheckReport: Hashable, Sendable, CustomStringConvertible {
  /// Which of the inputs, and the row-major index of the element in it.
  public let input, element: Int
  /// The element from the tape, and from central differences.
  public let gradient, difference: Double
  /// How far the two may be apart there.
  public let allowed: Double
  /// How many elements were compared.
  public fileprivate(set) var count: Int

  /// The distance as a share of what is allowed; at most 1 where the gradient is right.
  public var severity: Double {
    let share = (gradient - difference).magnitude / allowed
    return share.isNaN ? .infinity : share
  }

  /// The finding in words.
  public var description: String {
    "input \(input), element \(element): the gradient is \(gradient), central differences give \(difference), "
      + "\((gradient - difference).magnitude) apart where \(allowed) is allowed (the worst of \(count))"
  }
}

/// A gradient that central differences do not confirm.
public struct GradientMismatch: Error, Hashable, CustomStringConvertible {
  /// The worst element.
  public let report: GradientCheckReport
  /// Where, and by how much.
  public var description: String { "gradient check failed: \(report)" }
}

/// Compares the gradient of a function with central differences at every element of its inputs.
///
/// The elements of the result are weighted with fixed numbers of mixed sign and added up in Double, so that a function of any
/// shape can be checked and no mistake cancels out. The difference is the five-point one,
/// `(f(x-2h) - 8f(x-h) + 8f(x+h) - f(x+2h)) / 12h` with `h = step · max(1, |x|)`. Choose points further than 2h from any kink.
/// It needs four evaluations per element: keep the tensors small, and prefer the reference device, whose sums are exact.
///
/// - Parameters:
///   - inputs: Where; inputs that are not float32 (labels, indices) are passed on as they are.
///   - step: With 1/64, the truncated terms (h⁴) and the rounding of Float (10⁻⁷/h) are both near 10⁻⁶ for functions that vary on a
///     scale of 1.
///   - tolerance: Allowed distance, relative to the largest element of the gradient for that input; rounding noise of the
///     differences is allowed on top.
///   - f: The function; evaluated many times, so random numbers have to come from a fixed key.
/// - Returns: The finding at the worst element.
/// - Throws: `GradientMismatch` where an element is further off, `BackendError` where the device fails.
@discardableResult
public func gradientCheck(
  at inputs: [Tensor], step: Double = 1.0 / 64, tolerance: Double = 1e-3, of f: ([Tensor]) throws -> Tensor
) throws -> GradientCheckReport {
  let leaves = inputs.map { $0.dtype == .float32 ? $0.detached.requiringGradient() : $0 }
  let value = try f(leaves)
  let weights = (0..<value.elementCount).map { index -> Float in
    let magnitude = 0.5 + Float((index * 7 + 3) % 11) / 10
    return index % 3 == 1 ? -magnitude : magnitude
  }
  let gradients = value.gradients(upstream: Tensor(weights, shape: value.shape, on: value.device))

  func weighted(_ values: [Float]) -> [Double] { zip(values, weights).map { Double($0) * Double($1) } }
  let magnitude = weighted(try value.floats()).reduce(0) { $0 + $1.magnitude }
  // Each of the values that enter a difference is rounded to 24 bits several times.
  let noise = 8 * 0x1p-24 * magnitude / step

  var worst: GradientCheckReport?
  var count = 0
  for (number, input) in inputs.enumerated() where input.dtype == .float32 {
    let values = try input.floats()
    let found = try gradients[leaves[number]]?.floats() ?? values.map { _ in 0 }
    let differences = try values.indices.map { index -> Double in
      let h = step * Swift.max(1, Double(values[index].magnitude))
      func evaluated(_ shift: Double) throws -> Double {
        var moved = values
        moved[index] = Float(Double(moved[index]) + shift * h)
        var arguments = inputs.map(\.detached)
        arguments[number] = Tensor(moved, shape: input.shape, on: input.device)
        return try withoutGradient { weighted(try f(arguments).floats()).reduce(0, +) }
      }
      let inner = try evaluated(1) - evaluated(-1)
      let outer = try evaluated(2) - evaluated(-2)
      return (8 * inner - outer) / (12 * h)
    }
    let scale = differences.reduce(0) { Swift.max($0, $1.magnitude) }
    for (index, difference) in differences.enumerated() {
      count += 1
      let report = GradientCheckReport(
        input: number, element: index, gradient: Double(found[index]), difference: difference,
        allowed: tolerance * scale + noise + 1e-12, count: count)
      if report.severity > worst?.severity ?? -1 { worst = report }
    }
  }
  worst?.count = count
  let report =
    worst
    ?? GradientCheckReport(input: 0, element: 0, gradient: 0, difference: 0, allowed: tolerance, count: 0)
  guard report.severity <= 1 else { throw GradientMismatch(report: report) }
  return report
}

/// Compares the gradient of a function of one tensor. See the form for several.
@discardableResult
public func gradientCheck(
  at x: Tensor, step: Double = 1.0 / 64, tolerance: Double = 1e-3, of f: (Tensor) throws -> Tensor
) throws -> GradientCheckReport {
  try gradientCheck(at: [x], step: step, tolerance: tolerance) { try f($0[0]) }
}
