import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("The gradient check") struct GradientCheckTests {
  /// x², with a gradient that is wrong at one element by a factor.
  private static func square(wrongBy factor: Float) -> @Sendable (Tensor) -> Tensor {
    { x in
      let factors = Tensor([1, 1, factor], on: x.device)
      return x.detached.squared().recorded("square", (x, { $0 * x.detached * 2 * factors }))
    }
  }

  @Test("accepts a right gradient and counts the elements")
  func right() throws {
    let report = try gradientCheck(at: Tensor([0.5, -2, 3], on: .reference), of: Self.square(wrongBy: 1))
    #expect(report.count == 3)
    #expect(report.severity <= 1)
  }

  @Test("finds an error of half a percent and names the element")
  func wrong() throws {
    let error = #expect(throws: GradientMismatch.self) {
      try gradientCheck(at: Tensor([0.5, -2, 3], on: .reference), of: Self.square(wrongBy: 1.005))
    }
    let report = try #require(error?.report)
    #expect(report.input == 0 && report.element == 2)
    #expect(abs(abs(report.gradient) / abs(report.difference) - 1.005) < 1e-4)
    #expect("\(report)".contains("input 0, element 2"))
  }

  @Test("does not accept NaN, or a gradient that is missing")
  func absent() throws {
    #expect(throws: GradientMismatch.self) {
      try gradientCheck(at: Tensor([0.5, -2, 3], on: .reference), of: Self.square(wrongBy: .nan))
    }
    #expect(throws: GradientMismatch.self) {
      try gradientCheck(at: Tensor([0.5], on: .reference)) { $0.detached.squared() }
    }
  }

  @Test("checks every float32 input and passes labels on")
  func severalInputs() throws {
    let labels = Tensor([1, 0] as [Int32], shape: [2], on: .reference)
    let inputs = [sample([2, 3], on: .reference), labels, sample([3], seed: 2, on: .reference)]
    let report = try gradientCheck(at: inputs) { ($0[0] * $0[2]).softmaxCrossEntropy(labels: $0[1]) }
    #expect(report.count == 9)
  }

  @Test("works on every device within Float's rounding", arguments: Device.underTest)
  func devices(on device: Device) throws {
    try gradientCheck(at: sample([2, 3], on: device)) { $0.tanh().sum(alongAxes: [0]) }
  }
}
