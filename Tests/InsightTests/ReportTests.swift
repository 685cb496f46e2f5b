import MartletAutograd
import MartletInsight
import MartletLayers
import MartletLosses
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Reports on layers") struct ReportTests {
  @Test("sizes of gradients are root mean squares, worked by hand", arguments: Device.underTest)
  func gradientSizes(on device: Device) throws {
    try withDevice(device) {
      let (first, last) = (Dense(1), Dense(1, useBias: false))
      let model = try Sequential(input: [2], layers: [first, last])
      first.kernel.assign(Tensor([3, -1], shape: [2, 1]))
      first.bias?.assign(Tensor([0]))
      last.kernel.assign(Tensor([0.5], shape: [1, 1]))
      // h = 3·1 - 1·1 = 2, y = 1, loss (1 - 0)² = 1; ∂y = 2, ∂w₂ = 2·2, ∂h = 1, ∂w₁ = (1, 1), ∂b = 1.
      let report = try GradientReport(
        of: model, loss: MeanSquaredError(), inputs: Tensor([1, 1], shape: [1, 2]), targets: Tensor([0], shape: [1, 1]))
      #expect(report.loss == 1)
      #expect(report.entries.map(\.layer) == ["dense", "dense", "dense_1"])
      #expect(report.entries.map(\.parameter) == ["kernel", "bias", "kernel"])
      #expect(report.entries.map(\.gradientSize) == [1, 1, 4])
      #expect(report.entries.map(\.weightSize) == [Double(5).squareRoot(), 0, 0.5])
      #expect(report.entries[0].gradientNorm == Double(2).squareRoot())
      #expect(report.firstToLast == 0.25)
      #expect(report.verdict.contains("0.25 of the last one's: learning reaches every layer"))
    }
  }

  @Test("a deep stack of sigmoids is seen to vanish, and the look changes nothing")
  func vanishing() throws {
    let model = try Sequential(input: [4], seed: 2) {
      BatchNorm()
      for _ in 0..<10 { Dense(8, activation: .sigmoid) }
      Dense(2)
    }
    let before = model.weights.tensors
    let x = sample([16, 4])
    let report = try GradientReport(
      of: model, loss: CategoricalCrossEntropy(fromLogits: true), inputs: x,
      targets: Tensor((0..<16).map { Int32($0 % 2) }, shape: [16]))
    #expect(report.verdict.hasPrefix("Vanishing: "), "\(report)")
    #expect(report.description.contains("█"))
    for (name, value) in model.weights.tensors { #expect(try value.floats() == before[name]?.floats()) }
  }

  @Test(
    "dead units give zero for every sample; saturated ones stand at an end of their range", arguments: Device.underTest)
  func units(on device: Device) throws {
    try withDevice(device) {
      let (rectified, bent) = (Dense(3, activation: .relu), Dense(2, activation: .tanh))
      let model = try Sequential(input: [1], layers: [rectified, bent, Dense(1)])
      // Outputs for 1 and 2: 1 0 0, 2 0 0: the second is dead, the third too; then tanh(x) and tanh(100 x).
      rectified.kernel.assign(Tensor([1, -1, 0], shape: [1, 3]))
      rectified.bias?.assign(Tensor([0, 0, -1]))
      bent.kernel.assign(Tensor([0.5, 100, 0, 0, 0, 0], shape: [3, 2]))
      bent.bias?.assign(Tensor([0, 0]))
      let report = try UnitReport(of: model, inputs: Tensor([1, 2], shape: [2, 1]))
      #expect(report.entries.map(\.layer) == ["dense", "dense_1"])  // The last layer is linear.
      #expect(report.entries.map(\.deadCount) == [2, nil])
      #expect(report.entries.map(\.saturatedShare) == [nil, 0.5])
      #expect(report.entries[0].activeShare == 2.0 / 6)
      #expect(report.verdict.contains("units of dense never fire"))
      #expect(report.description.contains("dead: 0 for all 2 samples"))
    }
  }

  @Test("units of a convolution are its filters, counted over all places")
  func filters() throws {
    let convolution = Conv2D(2, kernel: 1, activation: .relu)
    let model = try Sequential(input: [2, 2, 1], layers: [convolution, Flatten()])
    convolution.kernel.assign(Tensor([1, -1], shape: [1, 1, 1, 2]))
    let report = try UnitReport(of: model, inputs: Tensor([0, 0, 0, 1], shape: [1, 2, 2, 1]))
    #expect(report.entries.map(\.unitCount) == [2])
    #expect(report.entries[0].deadCount == 1)
    #expect(report.entries[0].activeShare == 1.0 / 8)
  }
}
