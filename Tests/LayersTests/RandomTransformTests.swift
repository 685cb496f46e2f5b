import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("RandomTransform") struct RandomTransformTests {
  private func number(_ value: Float) -> Tensor { Tensor([value], shape: [1, 1, 1]) }

  @Test("moves, turns, enlarges and mirrors about the middle", arguments: Device.underTest)
  func definition(on device: Device) {
    withDevice(device) {
      let x = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
      func changed(
        down: Float = 0, right: Float = 0, angle: Float = 0, scale: Float = 1, side: Float? = nil,
        background: Float? = nil
      ) -> Tensor {
        RandomTransform.transformed(
          x, down: number(down), right: number(right), angle: number(angle), scale: number(scale),
          side: side.map(number), background: background)
      }
      expectClose(changed(), [1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 3, 3, 1])
      expectClose(changed(down: 1, background: 0), [0, 0, 0, 1, 2, 3, 4, 5, 6])
      expectClose(changed(right: 1), [1, 1, 2, 4, 4, 5, 7, 7, 8])
      expectClose(changed(right: -0.5), [1.5, 2.5, 3, 4.5, 5.5, 6, 7.5, 8.5, 9])
      expectClose(changed(side: -1), [3, 2, 1, 6, 5, 4, 9, 8, 7])
      // A quarter turn clockwise: what was left is on top.
      expectClose(changed(angle: .pi / 2), [7, 4, 1, 8, 5, 2, 9, 6, 3], within: 1e-5)
      expectClose(changed(scale: 2), [3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7])
    }
  }

  @Test("is the same on every device, another in every step, and nothing when predicting")
  func reproducible() throws {
    let layer = RandomTransform(shift: 0.2, rotation: 0.5, zoom: 0.2, mirrors: true, background: 0)
    let values = try sample([4, 6, 5, 2], on: .reference).floats()
    func changed(on device: Device, step: Int) throws -> [Float] {
      try layer(Tensor(values, shape: [4, 6, 5, 2], on: device), mode: .training(seed: 3, step: step)).floats()
    }
    let expected = try changed(on: .reference, step: 0)
    for device in Device.underTest {
      for (a, b) in zip(try changed(on: device, step: 0), expected) { #expect((a - b).magnitude < 1e-5) }
    }
    #expect(try changed(on: .reference, step: 1) != expected)
    let x = Tensor(values, shape: [4, 6, 5, 2], on: .reference)
    #expect(try layer(x).floats() == values)
    #expect(throws: ShapeError.self) { try layer.outputShape(for: [4, 4]) }
  }

  @Test("half of the images are mirrored, each for itself")
  func mirroring() throws {
    try withDevice(.reference) {
      let x = Tensor([1, 2], shape: [1, 1, 2, 1]).tiled([200, 1, 1, 1])
      let result = try RandomTransform(mirrors: true)(x, mode: .training(seed: 1, step: 0)).floats()
      let mirrored = stride(from: 0, to: 400, by: 2).count { result[$0] == 2 && result[$0 + 1] == 1 }
      let kept = stride(from: 0, to: 400, by: 2).count { result[$0] == 1 && result[$0 + 1] == 2 }
      #expect(mirrored + kept == 200 && (70...130).contains(mirrored))
    }
  }
}
