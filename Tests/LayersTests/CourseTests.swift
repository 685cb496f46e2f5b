import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

/// Examples that introductory courses work through on slides, with the numbers printed there.
@Suite("Course examples") struct CourseTests {
  @Test("a dense layer on the pixels of a picture, then two convolutions: 68,770 parameters, row by row")
  func convolutionalNetwork() throws {
    let model = try Sequential(input: [20, 20, 3]) {
      Dense(16, activation: .relu)
      Conv2D(32, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D(2)
      Conv2D(64, kernel: 5, padding: .same, activation: .relu)
      Flatten()
      Dense(2, activation: .softmax())
    }
    #expect(model.layers.map(\.parameterCount) == [64, 4_640, 0, 51_264, 0, 12_802])
    #expect(
      model.outputShapes == [[20, 20, 16], [20, 20, 32], [10, 10, 32], [10, 10, 64], [6_400], [2]] as [Shape])
    #expect(model.parameterCount == 68_770)
    let lines = model.summary().split(separator: "\n").map(String.init)
    #expect(lines.contains("│ dense (Dense)                   │ (None, 20, 20, 16)     │            64 │"))
    #expect(lines.contains("│ conv2d_1 (Conv2D)               │ (None, 10, 10, 64)     │        51,264 │"))
    #expect(lines.contains(" Total params: 68,770 (268.63 KB)"))
    #expect(lines.contains(" Trainable params: 68,770 (268.63 KB)"))
    #expect(lines.contains(" Non-trainable params: 0 (0.00 B)"))
  }

  @Test("the six-step MNIST network has 101,770 parameters")
  func sixSteps() throws {
    let model = try Sequential(input: [28, 28]) {
      Flatten()
      Dense(128, activation: .relu)
      Dense(10, activation: .softmax())
    }
    #expect(model.layers.map(\.parameterCount) == [0, 100_480, 1_290])
    #expect(model.parameterCount == 101_770)
  }

  @Test("small nets drawn on slides: 2-3-2 has 17 parameters, 8-6-6-4 has 124, 1-16-32-2 has 642")
  func drawnNetworks() throws {
    for (sizes, count) in [([2, 3, 2], 17), ([8, 6, 6, 4], 124), ([1, 16, 32, 2], 642)] {
      #expect(try Sequential(input: [sizes[0]], layers: sizes.dropFirst().map { Dense($0) }).parameterCount == count)
    }
  }

  // Row 2 of the picture as the printed results demand it: 0 1 0 0 0 1 0.
  private static let picture: [Float] = [
    0, 0, 0, 0, 0, 0, 0,
    0, 1, 0, 0, 0, 1, 0,
    0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 1, 0, 0, 0,
    0, 1, 0, 0, 0, 1, 0,
    0, 0, 1, 1, 1, 0, 0,
    0, 0, 0, 0, 0, 0, 0,
  ]

  @Test("a 7×7 picture under a 3×3 kernel, pooled with partial windows, as a vector", arguments: Device.underTest)
  func convolutionPoolingFlattening(on device: Device) throws {
    let convolution = Conv2D(1, kernel: 3, useBias: false)
    try withDevice(device) {
      let model = try Sequential(input: [7, 7, 1], layers: [convolution, MaxPool2D(2, padding: .same), Flatten()])
      convolution.kernel.assign(Tensor([0, 0, 1, 1, 0, 0, 0, 1, 1], shape: [3, 3, 1, 1]))
      let x = Tensor(Self.picture, shape: [1, 7, 7, 1])
      let map: [Float] = [
        0, 1, 0, 0, 0,
        0, 1, 1, 1, 0,
        1, 0, 0, 2, 1,
        1, 4, 2, 1, 0,
        0, 0, 1, 2, 1,
      ]
      expectClose(convolution(x), map, shape: [1, 5, 5, 1], within: 0)
      // The last row and column of windows reach beyond the map and count what is inside.
      expectClose(MaxPool2D(2, padding: .same)(convolution(x)), [1, 1, 0, 4, 2, 1, 0, 2, 1], shape: [1, 3, 3, 1])
      expectClose(model(x), [1, 1, 0, 4, 2, 1, 0, 2, 1], shape: [1, 9], within: 0)
    }
  }
}
