import Foundation
import MartletBackend
import Testing

@Suite("Elementary functions") struct ElementaryTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let ours: @Sendable (Float) -> Float
    let exact: @Sendable (Double) -> Double
    let range: ClosedRange<Float>
    let ulp: Double
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "exp", ours: Elementary.exp, exact: { exp($0) }, range: -87...88.7, ulp: 1),
    Case(name: "expm1", ours: Elementary.expm1, exact: { expm1($0) }, range: -20...20, ulp: 4),
    Case(name: "log", ours: Elementary.log, exact: { log($0) }, range: 1e-37...3e38, ulp: 1),
    Case(name: "log near 1", ours: Elementary.log, exact: { log($0) }, range: 0.5...2, ulp: 1),
    Case(name: "log1p", ours: Elementary.log1p, exact: { log1p($0) }, range: -0.999...10, ulp: 3),
    Case(name: "sin", ours: Elementary.sin, exact: { sin($0) }, range: -1e5...1e5, ulp: 2),
    Case(name: "cos", ours: Elementary.cos, exact: { cos($0) }, range: -1e5...1e5, ulp: 2),
    Case(name: "sin near 0", ours: Elementary.sin, exact: { sin($0) }, range: -4...4, ulp: 2),
    Case(name: "tanh", ours: Elementary.tanh, exact: { tanh($0) }, range: -10...10, ulp: 2),
    Case(name: "erf", ours: Elementary.erf, exact: { erf($0) }, range: -5...5, ulp: 3),
    Case(
      name: "x^-2.7", ours: { Elementary.power($0, -2.7) }, exact: { pow($0, Double(Float(-2.7))) },
      range: 1e-12...1e12, ulp: 2),
    Case(name: "x^31", ours: { Elementary.power($0, 31) }, exact: { pow($0, 31) }, range: -15...15, ulp: 2),
    Case(
      name: "1.0001^x", ours: { Elementary.power(1.0001, $0) }, exact: { pow(Double(Float(1.0001)), $0) },
      range: -8e5...8e5, ulp: 2),
    Case(name: "square", ours: { Elementary.power($0, 2) }, exact: { $0 * $0 }, range: -1e15...1e15, ulp: 2),
  ]

  @Test("stay within their error bounds", arguments: cases)
  func accuracy(of test: Case) {
    var generator = PhiloxGenerator(seed: 7)
    var worst = 0.0
    for i in 0..<200_000 {
      // Half the points spread over the numbers of the range, half over its powers of two.
      let t = Float.random(in: 0...1, using: &generator)
      var x = test.range.lowerBound + (test.range.upperBound - test.range.lowerBound) * t
      if i % 2 == 0 { x = Float(bitPattern: UInt32(Float(x.bitPattern & 0x7f80_0000) * t)) }
      guard test.range.contains(x) else { continue }
      let exact = test.exact(Double(x))
      let spacing = Double(max(Float(exact).ulp, 0x1p-149))
      worst = max(worst, abs(Double(test.ours(x)) - exact) / spacing)
    }
    #expect(worst <= test.ulp)
  }

  @Test("handle zeros, infinities and NaN")
  func specialValues() {
    #expect(Elementary.exp(-.infinity) == 0 && Elementary.exp(.infinity) == .infinity && Elementary.exp(.nan).isNaN)
    #expect(Elementary.expm1(-.infinity) == -1 && Elementary.expm1(0) == 0)
    #expect(Elementary.log(0) == -.infinity && Elementary.log(-1).isNaN && Elementary.log(.infinity) == .infinity)
    #expect(
      Elementary.log1p(-1) == -.infinity && Elementary.log1p(.infinity) == .infinity && Elementary.log1p(-2).isNaN)
    #expect(Elementary.sin(.infinity).isNaN && Elementary.cos(.nan).isNaN && Elementary.cos(0) == 1)
    #expect(Elementary.tanh(.infinity) == 1 && Elementary.tanh(-.infinity) == -1 && Elementary.tanh(.nan).isNaN)
    #expect(Elementary.erf(.infinity) == 1 && Elementary.erf(-.infinity) == -1 && Elementary.erf(.nan).isNaN)
  }

  // The table of the C standard, annex F.10.4.4.
  @Test("power follows the C standard at its edges")
  func powerEdges() {
    let pow = Elementary.power
    #expect(pow(0, 0) == 1 && pow(.nan, 0) == 1 && pow(1, .nan) == 1 && pow(-2, 3) == -8 && pow(-2, 2) == 4)
    #expect(pow(-2, 0.5).isNaN && pow(0, -1) == .infinity && pow(-0.0, -1) == -.infinity && pow(-0.0, 3).sign == .minus)
    #expect(pow(-1, .infinity) == 1 && pow(0.5, .infinity) == 0 && pow(2, -.infinity) == 0)
    #expect(
      pow(-.infinity, 3) == -.infinity && pow(-.infinity, -2) == 0 && pow(2, 128) == .infinity
        && pow(2, -149) == 0x1p-149)
  }
}
