import MartletBackend

// Random numbers: each element is a function of the key and its row-major position, the same on every backend.
extension Tensor {
  private static let keyTypes: [LaneType] = [.int32, .int32, .int32, .int32]

  private static let uniformProgram = ElementwiseProgram(inputs: [], parameters: [.float32, .float32] + keyTypes) {
    _, p in [p[0] + (p[1] - p[0]) * Lane.randomBits(firstParameter: 2).uniform()]
  }

  /// Numbers drawn evenly from a range.
  public static func uniform(
    _ shape: Shape, in range: Range<Float> = 0..<1, key: RandomKey, on device: Device = .current
  ) -> Tensor {
    map(
      uniformProgram, [], parameters: [.float32(range.lowerBound), .float32(range.upperBound)] + key.parameters,
      shape: shape, on: device, for: "uniform")
  }

  // Box and Muller: √(-2 ln u) cos(2πv) with u in (0, 1].
  private static let normalProgram = ElementwiseProgram(inputs: [], parameters: [.float32, .float32] + keyTypes) {
    _, p in
    let u = 1 - Lane.randomBits(firstParameter: 2).uniform()
    let v = Lane.randomBits(firstParameter: 2, salt: 1).uniform()
    let radius = (-2 * u.log()).squareRoot()
    return [p[0] + p[1] * (radius * (Lane(2 * Float.pi) * v).cos())]
  }

  /// Numbers from the normal distribution.
  ///
  /// - Source: Box and Muller 1958, "A note on the generation of random normal deviates".
  public static func normal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, key: RandomKey, on device: Device = .current
  ) -> Tensor {
    map(
      normalProgram, [], parameters: [.float32(mean), .float32(standardDeviation)] + key.parameters, shape: shape,
      on: device, for: "normal")
  }

  // The inverse of the normal distribution function at u between its values at ±2: √2·erf⁻¹(x) with |x| < 0.9545. The
  // polynomial in w = -ln(1 - x²) is the central branch of Giles 2012, "Approximating the erfinv function", which holds for
  // w < 5; here w is at most 2.42.
  private static let truncatedNormalProgram = ElementwiseProgram(
    inputs: [], parameters: [.float32, .float32] + keyTypes
  ) { _, p in
    let u = Lane.randomBits(firstParameter: 2).uniform()
    let x = (2 * u - 1 + 0x1p-24) * 0.954_499_7
    let w = -((1 - x) * (1 + x)).log() - 2.5
    var q: Lane = 2.810_226_36e-8
    for coefficient: Lane in [
      3.432_739_39e-7, -3.523_387_7e-6, -4.391_506_54e-6, 0.000_218_580_87, -0.001_253_725_03, -0.004_177_681_64,
      0.246_640_727, 1.501_409_41,
    ] {
      q = .fusedMultiplyAdd(q, w, coefficient)
    }
    return [p[0] + p[1] * (q * x * Lane(Float(2).squareRoot()))]
  }

  /// Numbers from the normal distribution with everything beyond two standard deviations cut off. `standardDeviation` is that
  /// of the distribution before the cut, as in Keras; afterwards it is 0.88 of it.
  public static func truncatedNormal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, key: RandomKey, on device: Device = .current
  ) -> Tensor {
    map(
      truncatedNormalProgram, [], parameters: [.float32(mean), .float32(standardDeviation)] + key.parameters,
      shape: shape, on: device, for: "truncatedNormal")
  }
}
