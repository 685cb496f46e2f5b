/// Exponentials, logarithms, circular functions and their like, defined operation by operation so that every backend
/// can give the same bits: only correctly rounded additions, multiplications, fused multiply-adds, divisions, comparisons and
/// integer operations, in the order written here. The vector kernels and the OpenCL kernels spell out the same steps.
///
/// Errors against the exact value, in units in the last place (ULP), are given with each function as measured.
/// The polynomials are near-minimax fits (Chebyshev interpolation at 100 bits, coefficients then rounded).
public enum Elementary {
  // Adding 1.5·2²³ pushes the fraction out of a Float: rounds to the nearest whole number, halves to even, for |x| < 2²².
  private static let roundingShift: Float = 0x1.8p23
  private static let log2e: Float = 0x1.715476p+0
  // ln 2 in two parts; the first has 16 bits, so that n·ln2High is exact for every exponent n.
  private static let ln2High: Float = 0x1.62e4p-1
  private static let ln2Low: Float = 0x1.7f7d1cp-20

  @inline(__always) private static func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

  /// `2ⁿ` for whole n from -126 to 127, made by writing the exponent field.
  @inline(__always) private static func powerOfTwo(_ n: Int32) -> Float {
    Float(bitPattern: UInt32(bitPattern: (n &+ 127) &<< 23))
  }

  /// `y·2ⁿ` for n from -252 to 254, in two steps so that neither factor leaves the range of normal numbers.
  @inline(__always) private static func scale(_ y: Float, _ n: Int32) -> Float {
    let half = n >> 1
    return y * powerOfTwo(half) * powerOfTwo(n &- half)
  }

  /// `eʳ - 1` for |r| ≤ 0.35: `r + r²·q(r)`.
  @inline(__always) private static func expm1Reduced(_ r: Float) -> Float {
    var q: Float = 0x1.a1256cp-13
    q = fma(q, r, 0x1.6d43b0p-10)
    q = fma(q, r, 0x1.1110e0p-7)
    q = fma(q, r, 0x1.5554e8p-5)
    q = fma(q, r, 0x1.555556p-3)
    q = fma(q, r, 0x1p-1)
    return fma(r * r, q, r)
  }

  /// `eˣ`; 1 ULP. Infinite above 88.73, 0 below -104.
  public static func exp(_ x: Float) -> Float {
    if x.isNaN { return x }
    let bounded = x > 89 ? 89 : x < -105 ? -105 : x
    let n = fma(bounded, log2e, roundingShift) - roundingShift
    var r = fma(n, -ln2High, bounded)
    r = fma(n, -ln2Low, r)
    return scale(expm1Reduced(r) + 1, Int32(n))
  }

  /// `eˣ - 1`, accurate near zero; 4 ULP.
  public static func expm1(_ x: Float) -> Float {
    x.magnitude < 0.34375 ? expm1Reduced(x) : exp(x) - 1
  }

  /// `ln x`; 1 ULP. `ln 0 = -∞`, NaN below zero.
  public static func log(_ x: Float) -> Float {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    let isSubnormal = x < 0x1p-126
    let bits = Int32(bitPattern: (isSubnormal ? x * 0x1p24 : x).bitPattern)
    // The mantissa moves to [√½, √2): subtract the bits of √½, and the exponent that remains is the one to take out.
    let shifted = bits &- 0x3f35_04f3
    let exponent = (shifted >> 23) &- (isSubnormal ? 24 : 0)
    let m = Float(bitPattern: UInt32(bitPattern: (shifted & 0x007f_ffff) &+ 0x3f35_04f3))
    let e = Float(exponent)
    let f = m - 1
    var p: Float = 0x1.1d8ea6p-4
    p = fma(p, f, -0x1.d635bcp-4)
    p = fma(p, f, 0x1.dea282p-4)
    p = fma(p, f, -0x1.fcf4c6p-4)
    p = fma(p, f, 0x1.23d21ap-3)
    p = fma(p, f, -0x1.555b4ap-3)
    p = fma(p, f, 0x1.999d5ap-3)
    p = fma(p, f, -0x1.fffffcp-3)
    p = fma(p, f, 0x1.555554p-2)
    let square = f * f
    var y = f * square * p
    y = fma(e, ln2Low, y)
    y = fma(-0.5, square, y)
    return fma(e, ln2High, f + y)
  }

  /// `ln(1 + x)`, accurate near zero; 3 ULP. Kahan's correction: the rounding of `1 + x` is divided out again.
  public static func log1p(_ x: Float) -> Float {
    let u = 1 + x
    if u == 1 { return x }
    if u == .infinity { return u }
    return log(u) * (x / (u - 1))
  }

  /// The quadrant of x and what is left of it: `x = n·π/2 + r`, |r| ≤ π/4. Three parts of π/2 (72 bits) keep r exact to
  /// rounding for |x| ≤ 10⁵; beyond 2²²·π/2 the result means nothing.
  @inline(__always) private static func quadrant(_ x: Float) -> (n: Int32, r: Float) {
    let n = fma(x, 0x1.45f306p-1, roundingShift) - roundingShift
    var r = fma(n, -0x1.921fb6p+0, x)
    r = fma(n, 0x1.777a5cp-25, r)
    r = fma(n, 0x1.ee59dap-50, r)
    return (n.magnitude < 0x1p23 ? Int32(n) : 0, r)
  }

  @inline(__always) private static func sinReduced(_ r: Float) -> Float {
    let z = r * r
    var p: Float = 0x1.6dbcfcp-19
    p = fma(p, z, -0x1.a013a4p-13)
    p = fma(p, z, 0x1.11110ep-7)
    p = fma(p, z, -0x1.555556p-3)
    return fma(r * z, p, r)
  }

  @inline(__always) private static func cosReduced(_ r: Float) -> Float {
    let z = r * r
    var p: Float = -0x1.25239ap-22
    p = fma(p, z, 0x1.a015c2p-16)
    p = fma(p, z, -0x1.6c16c0p-10)
    p = fma(p, z, 0x1.555556p-5)
    return fma(z * z, p, fma(z, -0.5, 1))
  }

  /// `sin x`; 2 ULP for |x| ≤ 10⁵. NaN for infinities.
  public static func sin(_ x: Float) -> Float {
    let (n, r) = quadrant(x)
    let y = n & 1 == 0 ? sinReduced(r) : cosReduced(r)
    return n & 2 == 0 ? y : -y
  }

  /// `cos x`; 2 ULP for |x| ≤ 10⁵. NaN for infinities.
  public static func cos(_ x: Float) -> Float {
    let (n, r) = quadrant(x)
    let y = n & 1 == 0 ? cosReduced(r) : sinReduced(r)
    return (n &+ 1) & 2 == 0 ? y : -y
  }

  /// `tanh x`; 2 ULP. A polynomial below 0.625, `1 - 2/(e²ˣ + 1)` above.
  public static func tanh(_ x: Float) -> Float {
    let a = x.magnitude
    if a < 0.625 {
      let z = x * x
      var p: Float = 0x1.2c83c0p-9
      p = fma(p, z, -0x1.116a16p-7)
      p = fma(p, z, 0x1.64a976p-6)
      p = fma(p, z, -0x1.ba08c4p-5)
      p = fma(p, z, 0x1.1110eap-3)
      p = fma(p, z, -0x1.555556p-2)
      return fma(x * z, p, x)
    }
    let y = 1 - 2 / (exp(a + a) + 1)
    return x < 0 ? -y : y
  }

  /// `erf x = 2/√π ∫₀ˣ e^(-t²) dt`; 3 ULP. A polynomial below 1, `1 - e^p(x)` up to 4, 1 beyond.
  public static func erf(_ x: Float) -> Float {
    let a = x.magnitude
    if a < 1 {
      let z = x * x
      var p: Float = -0x1.445f48p-17
      p = fma(p, z, 0x1.d88750p-14)
      p = fma(p, z, -0x1.bccf66p-11)
      p = fma(p, z, 0x1.562a60p-8)
      p = fma(p, z, -0x1.b829c8p-6)
      p = fma(p, z, 0x1.ce2f08p-4)
      p = fma(p, z, -0x1.812746p-2)
      p = fma(p, z, 0x1.20dd76p+0)
      return x * p
    }
    let t: Float = a > 4 ? 4 : a
    var p: Float = 0x1.b7de4cp-20
    p = fma(p, t, -0x1.829c0ap-15)
    p = fma(p, t, 0x1.390718p-11)
    p = fma(p, t, -0x1.380018p-8)
    p = fma(p, t, 0x1.b0efd8p-6)
    p = fma(p, t, -0x1.c2e934p-4)
    p = fma(p, t, -0x1.437df2p-1)
    p = fma(p, t, -0x1.215732p+0)
    p = fma(p, t, 0x1.5080ccp-12)
    let y = 1 - exp(a.isNaN ? a : p)
    return x < 0 ? -y : y
  }

  /// `xʸ`; 2 ULP. `x⁰ = 1` and `1ʸ = 1` even for NaN; a negative x needs a whole y, else NaN; zeros and infinities as in C.
  ///
  /// `log₂ x` is carried in two Floats (about 45 bits), so that the error does not grow with the size of the result.
  public static func power(_ x: Float, _ y: Float) -> Float {
    if y == 0 || x == 1 { return 1 }
    if x.isNaN || y.isNaN { return .nan }
    let a = x.magnitude
    if y.magnitude == .infinity { return a == 1 ? 1 : (a > 1) == (y > 0) ? .infinity : 0 }
    let yIsWhole = y.magnitude >= 0x1p23 || y == y.rounded(.toNearestOrEven)
    let yIsOdd = yIsWhole && y.magnitude < 0x1p24 && Int32(y) & 1 == 1
    let sign: Float = x.sign == .minus && yIsOdd ? -1 : 1
    if a == 0 { return sign * (y > 0 ? 0 : .infinity) }
    if a == .infinity { return sign * (y > 0 ? .infinity : 0) }
    if x < 0 && !yIsWhole { return .nan }

    let isSubnormal = a < 0x1p-126
    let bits = Int32(bitPattern: (isSubnormal ? a * 0x1p24 : a).bitPattern)
    let shifted = bits &- 0x3f35_04f3
    let e = Float((shifted >> 23) &- (isSubnormal ? 24 : 0))
    let m = Float(bitPattern: UInt32(bitPattern: (shifted & 0x007f_ffff) &+ 0x3f35_04f3))
    // s = (m - 1)/(m + 1) in two parts; m - 1 is exact, m + 1 = d + dLow.
    let f = m - 1
    let d = m + 1
    let dLow = m - (d - 1)
    let s = f / d
    let sLow = fma(-s, dLow, fma(-s, d, f)) / d
    // log₂ m = 2/ln2 · (s + s³·P(s²)).
    let z = s * s
    var p: Float = 0x1.de0b02p-4
    p = fma(p, z, 0x1.245b28p-3)
    p = fma(p, z, 0x1.9999eep-3)
    p = fma(p, z, 0x1.555556p-2)
    let tail = fma(s * z, p, sLow)
    let high = s * 0x1.715476p+1
    var low = fma(s, 0x1.715476p+1, -high)
    low = fma(s, 0x1.4ae0c0p-25, low)
    low = fma(tail, 0x1.715476p+1, low)
    // Add the exponent, keeping what is rounded off, and normalise.
    let sum = e + high
    let rest = ((e - sum) + high) + low
    let logHigh = sum + rest
    let logLow = (sum - logHigh) + rest
    // y·log₂ x in two parts, then 2 to that power.
    let product = y * logHigh
    if product > 150 { return sign * .infinity }
    if product < -170 { return sign * 0 }
    let productLow = fma(y, logLow, fma(y, logHigh, -product))
    let n = (product + roundingShift) - roundingShift
    let r = (product - n) + productLow
    var q: Float = 0x1.00a646p-16
    q = fma(q, r, 0x1.444140p-13)
    q = fma(q, r, 0x1.5d879ep-10)
    q = fma(q, r, 0x1.3b2a1ap-7)
    q = fma(q, r, 0x1.c6b08ep-5)
    q = fma(q, r, 0x1.ebfbe0p-3)
    q = fma(q, r, 0x1.62e430p-1)
    return sign * scale(fma(q, r, 1), Int32(n))
  }
}
