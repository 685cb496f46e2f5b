import MartletBackend
import MartletLayers
import Testing

@Suite("Initializers") struct InitializerTests {
  private func values(_ initializer: Initializer, _ shape: Shape, seed: UInt64 = 1) -> [Double] {
    initializer.values(shape: shape, seed: seed, name: "kernel").map(Double.init)
  }

  // Fan-in 9 · 8 = 72 and fan-out 9 · 40 = 360 for this kernel of 2880 elements.
  static let scaled: [(Initializer, variance: Double, bound: Double)] = [
    (.glorotUniform, 2.0 / 432, (6.0 / 432).squareRoot()),
    (.glorotNormal, 2.0 / 432, 2 * (2.0 / 432).squareRoot() / 0.8796),
    (.heUniform, 2.0 / 72, (6.0 / 72).squareRoot()),
    (.heNormal, 2.0 / 72, 2 * (2.0 / 72).squareRoot() / 0.8796),
    (.lecunUniform, 1.0 / 72, (3.0 / 72).squareRoot()),
    (.lecunNormal, 1.0 / 72, 2 * (1.0 / 72).squareRoot() / 0.8796),
    (.randomUniform(), 0.1 * 0.1 / 12, 0.05),
    (.randomNormal(), 0.0025, .infinity),
    (.truncatedNormal(), 0.0025 * 0.7737, 0.1),
  ]

  @Test("have the variance of their definition, within their bounds", arguments: scaled)
  func variance(_ initializer: Initializer, variance: Double, bound: Double) {
    let values = values(initializer, [3, 3, 8, 40])
    let mean = values.reduce(0, +) / 2880
    let measured = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2880
    // The sample variance of 2880 draws has a relative standard deviation of at most 2.7 %.
    #expect(abs(measured / variance - 1) < 0.1)
    #expect(abs(mean) < 4 * (variance / 2880).squareRoot())
    #expect(values.allSatisfy { abs($0) <= bound * 1.0001 })
  }

  @Test("are orthogonal rows or columns where asked", arguments: [[3, 5], [5, 3], [4, 4]] as [Shape])
  func orthogonal(shape: Shape) {
    let values = values(.orthogonal(gain: 2), shape)
    let (rows, columns) = (shape[0], shape[1])
    let vectors =
      rows <= columns
      ? (0..<rows).map { row in (0..<columns).map { values[row * columns + $0] } }
      : (0..<columns).map { column in (0..<rows).map { values[$0 * columns + column] } }
    for (i, a) in vectors.enumerated() {
      for (j, b) in vectors.enumerated() {
        let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (i == j ? 4 : 0)) < 1e-5)
      }
    }
  }

  @Test("differ from path to path and seed to seed, and nothing else")
  func identity() {
    let first = Initializer.heNormal.values(shape: [4, 4], seed: 1, name: "0.kernel")
    #expect(Initializer.heNormal.values(shape: [4, 4], seed: 1, name: "0.kernel") == first)
    #expect(Initializer.heNormal.values(shape: [4, 4], seed: 1, name: "1.kernel") != first)
    #expect(Initializer.heNormal.values(shape: [4, 4], seed: 2, name: "0.kernel") != first)
    #expect(values(.constant(3), [2]) == [3, 3] && values(.zeros, [1]) == [0] && values(.ones, [1]) == [1])
  }
}
