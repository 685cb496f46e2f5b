import MartletAutograd
import MartletInsight
import MartletLayers
import MartletLosses
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Networks of blocks and graphs are looked into") struct CompositionTests {
  @Test("a residual block: the layers inside have their own rows, and the gradient that goes by hand")
  func residual() throws {
    let inner = Dense(1, useBias: false)
    let model = try Sequential(input: [1]) { Residual { inner } }
    inner.kernel.assign(Tensor([2], shape: [1, 1]))
    // y = 3 + 2·3 = 9, loss 81, ∂w = 2·9·3.
    let report = try GradientReport(
      of: model, loss: MeanSquaredError(), inputs: Tensor([3], shape: [1, 1]), targets: Tensor([0], shape: [1, 1]))
    #expect(report.entries.map(\.layer) == ["residual/dense"])
    #expect(report.entries.map(\.parameter) == ["kernel"])
    #expect(report.entries[0].gradientSize == 54 && report.loss == 81)
  }

  @Test("maps and units of a residual network with a shortcut", arguments: Device.underTest)
  func residualPictures(on device: Device) throws {
    try withDevice(device) {
      let model = try Sequential(input: [4, 4, 1]) {
        Conv2D(2, kernel: 3, padding: .same, activation: .relu)
        Residual(shortcut: Conv2D(3, kernel: 1, stride: 2)) {
          Conv2D(3, kernel: 3, stride: 2, padding: .same, activation: .tanh)
        }
        Flatten()
        Dense(2)
      }
      let names = ["conv2d", "residual/conv2d", "residual/shortcut"]
      #expect(try FeatureSheet.kernels(of: model).map(\.layer) == names)
      let maps = try FeatureSheet.maps(of: model, for: sample([4, 4, 1]))
      #expect(maps.map(\.layer) == names)
      #expect(maps[1].caption == "3 maps of 2×2")
      let units = try UnitReport(of: model, inputs: sample([5, 4, 4, 1]))
      #expect(units.entries.map(\.layer) == ["conv2d", "residual/conv2d"])
    }
  }

  /// Two inputs of the sum are the same layer at work, and the input goes round it.
  private func graph() throws -> (model: Model, shared: Dense) {
    let shared = Dense(2, activation: .relu, name: "shared")
    let x = Symbol.input([2])
    let first = shared(x)
    let second = shared(first)
    let joined = Concatenate()([x, second])
    return (try Model(inputs: [x], outputs: [Dense(1)(joined)]), shared)
  }

  @Test("a graph: every layer at work, a shared one once among the gradients")
  func graphs() throws {
    let (model, shared) = try graph()
    shared.kernel.assign(Tensor([1, 0, 0, -1], shape: [2, 2]))
    let x = Tensor([1, 2, 3, 4], shape: [2, 2])
    let report = try GradientReport(
      of: model, loss: MeanSquaredError(), inputs: x, targets: Tensor([0, 0], shape: [2, 1]))
    #expect(report.entries.map(\.layer) == ["shared", "shared", "dense", "dense"])
    // The second unit is relu(-x) twice: always 0, both times.
    let units = try UnitReport(of: model, inputs: x)
    #expect(units.entries.map(\.layer) == ["shared", "shared"])
    #expect(units.entries.map(\.deadCount) == [1, 1])
  }

  @Test("a graph is drawn with the connections that pass over layers")
  func drawing() throws {
    let drawing = try NetworkDrawing(of: graph().model)
    let text = drawing.terminalPicture(width: 100)
    #expect(text.contains("input ──▶ concatenate") && text.contains("11 parameters"), "\(text)")
    #expect(drawing.svg.components(separatedBy: " C ").count == 2)
  }
}
