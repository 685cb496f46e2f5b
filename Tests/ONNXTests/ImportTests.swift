import Foundation
import MartletAutograd
import MartletBackend
import MartletLayerCases
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

@Suite("ONNX import") struct ImportTests {
  @Test(
    "gives back the numbers of a model that was exported, for every layer, on every device",
    arguments: LayerCase.all.filter { !($0.make() is Lambda) })
  func roundTrip(_ test: LayerCase) throws {
    for device in Device.underTest {
      try withDevice(device) {
        let layer = test.make()
        try layer.build(for: test.input, seed: 3)
        let x = test.inputs(3)
        _ = layer(x, mode: .training(seed: 1, step: 0))
        let model = try ONNX.load(ONNX.bytes(of: layer, inputShape: test.input))
        #expect(model.batchSize == nil)
        #expect(try model.outputShape(for: test.input) == test.output)
        expectClose(try model.run([x])[0], try layer(x).floats(), shape: layer(x).shape, within: 1e-5)
      }
    }
  }

  @Test("gives a model that learns: every weight has a gradient, and a step along it lowers the loss")
  func learning() throws {
    try withDevice(.reference) {
      let original = try Sequential(input: [6, 6, 1]) {
        Conv2D(4, kernel: 3, activation: .relu)
        BatchNorm()
        MaxPool2D()
        Flatten()
        Dropout(0.25)
        Dense(3)
      }
      let model = try ONNX.load(ONNX.bytes(of: original))
      #expect(model.trainableParameters.map(\.name).sorted() == original.trainableParameters.map(\.name).sorted())
      #expect(model.parameters.count == original.parameters.count)
      let x = sample([8, 6, 6, 1], seed: 4)
      let labels = Tensor((0..<8).map { Int32($0 % 3) }, shape: [8])
      let statistics = try #require(model.parameters.first { $0.role == .statistic })
      let before = try statistics.value.floats()
      var losses: [Float] = []
      for step in 0..<20 {
        let loss = model(x, mode: .training(seed: 1, step: step)).softmaxCrossEntropy(labels: labels, averaged: true)
        let gradients = loss.gradients()
        for parameter in model.trainableParameters {
          let gradient = try #require(gradients[parameter])
          parameter.assign(parameter.value.detached - gradient * 0.1)
        }
        losses.append(try loss.item())
      }
      #expect(try #require(losses.last) < 0.7 * losses[0])
      #expect(try statistics.value.floats() != before)
    }
  }
}
