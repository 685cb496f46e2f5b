import Foundation
import MartletBackend
import MartletLayerCases
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

@Suite("ONNX export") struct ExportTests {
  @Test(
    "gives models that onnx accepts and onnxruntime runs to the same numbers, for every layer",
    .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
  func everyLayer() throws {
    let exchange = try Exchange()
    defer { exchange.remove() }
    for (index, test) in LayerCase.all.enumerated() {
      let layer = test.make()
      if layer is Lambda { continue }
      try withDevice(.reference) {
        try layer.build(for: test.input, seed: 3)
        let x = test.inputs(3)
        // So that statistics are none of their first values.
        _ = layer(x, mode: .training(seed: 1, step: 0))
        try exchange.add(
          "\(index) \(test.testDescription)", layer, inputShape: test.input, inputs: [x], outputs: [layer(x)])
      }
    }
    #expect(try exchange.problems() == [])
  }
}
