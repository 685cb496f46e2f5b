/// `|actual - expected| <= atol + rtol · |expected|`, element by element; NaN equals NaN and an infinity the same infinity.
///
/// - Returns: What differs most, in words; `nil` when everything agrees.
func difference(of actual: HostArray, from expected: HostArray, rtol: Double, atol: Double) -> String? {
  guard actual.shape == expected.shape else { return "shape \(actual.shape), expected \(expected.shape)" }
  var worst: (index: Int, excess: Double)?
  for (index, (a, e)) in zip(actual.values, expected.values).enumerated() {
    if a.isNaN && e.isNaN || a == e { continue }
    let tolerance = atol + rtol * abs(e)
    let error = abs(a - e)
    if error <= tolerance && e.isFinite { continue }
    // The share of the tolerance that was used, infinite where a number meets NaN or an infinity.
    let excess = error.isFinite && tolerance > 0 ? error / tolerance : .infinity
    if excess > worst?.excess ?? -1 { worst = (index, excess) }
  }
  guard let worst else { return nil }
  let (a, e) = (actual.values[worst.index], expected.values[worst.index])
  return "element \(position(worst.index, in: expected.shape)): \(a), expected \(e), error \(abs(a - e)), "
    + "allowed \(atol + rtol * abs(e))"
}

/// A place in a row-major array as indices: `[1, 0, 2]`.
private func position(_ index: Int, in shape: [Int]) -> [Int] {
  var rest = index
  return shape.reversed().map { extent in
    defer { rest /= extent }
    return rest % extent
  }.reversed()
}
