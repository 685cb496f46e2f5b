import MartletBackend
import Testing

@Suite("Window") struct WindowTests {
  private func window(
    _ size: Int, stride: Int = 1, dilation: Int = 1, _ padding: Padding, over image: Int
  ) throws -> (margins: Margins, output: Int) {
    let window = try Window(
      size: Extent2D(size), stride: Extent2D(stride), dilation: Extent2D(dilation), padding: padding,
      over: Extent2D(image), for: "test")
    return (window.margins, window.outputExtent(over: Extent2D(image)).height)
  }

  @Test("takes as many positions as fit")
  func valid() throws {
    #expect(try window(3, .valid, over: 28).output == 26)
    #expect(try window(2, stride: 2, .valid, over: 13).output == 6)
    #expect(try window(3, dilation: 2, .valid, over: 5).output == 1)
    #expect(try window(5, stride: 3, .valid, over: 5).output == 1)
  }

  // TensorFlow's rule: ceil(28 / 2) = 14 positions; of an odd total the larger half goes to the end.
  @Test("padded to the same size yields ceil(image / stride)")
  func same() throws {
    let dense = try window(3, .same, over: 28)
    #expect(dense.output == 28 && dense.margins == Margins(all: 1))
    let even = try window(3, stride: 2, .same, over: 28)
    #expect(even.output == 14 && even.margins == Margins(top: 0, bottom: 1, left: 0, right: 1))
    let odd = try window(3, stride: 2, .same, over: 7)
    #expect(odd.output == 4 && odd.margins == Margins(all: 1))
    let wide = try window(3, dilation: 3, .same, over: 4)
    #expect(wide.output == 4 && wide.margins == Margins(all: 3))
    let sparse = try window(1, stride: 3, .same, over: 7)
    #expect(sparse.output == 3 && sparse.margins == Margins())
  }

  @Test("always yields ceil(image / stride) when padded so, and never has more margin than it needs")
  func sameProperty() throws {
    for image in 1...9 {
      for size in 1...5 {
        for stride in 1...4 {
          for dilation in 1...3 {
            let (margins, output) = try window(size, stride: stride, dilation: dilation, .same, over: image)
            #expect(output == (image + stride - 1) / stride)
            let (before, after) = (margins.top, margins.bottom)
            #expect(after == before || after == before + 1)
            let end = (output - 1) * stride + (size - 1) * dilation + 1
            #expect(before + after == 0 || before + after + image == end)
          }
        }
      }
    }
  }

  @Test("that does not fit, or is no window at all, is an error that says so")
  func errors() {
    #expect {
      try window(5, .valid, over: 4)
    } throws: {
      "\($0)".hasPrefix("test: a window of 5×5 (dilation 1×1) does not fit into an image of 4×4")
    }
    #expect(throws: ShapeError.self) { try window(0, .valid, over: 4) }
    #expect(throws: ShapeError.self) { try window(2, stride: 0, .valid, over: 4) }
    #expect(throws: ShapeError.self) { try window(2, dilation: -1, .same, over: 4) }
    #expect(throws: ShapeError.self) { try window(2, .explicit(Margins(top: -1)), over: 4) }
    #expect(throws: ShapeError.self) { try window(2, .same, over: 0) }
  }

  @Test("with absurd numbers is an error as well", arguments: [Int.max, Int.max / 2, 1 << 40] as [Int])
  func overflow(huge: Int) {
    #expect(throws: ShapeError.self) { try window(huge, dilation: huge, .valid, over: 4) }
    #expect(throws: ShapeError.self) { try window(2, stride: huge, .same, over: 4) }
    #expect(throws: ShapeError.self) { try window(2, .explicit(Margins(all: huge)), over: 4) }
    #expect(throws: ShapeError.self) { try window(2, .same, over: huge) }
  }

  @Test("weight gradients are cut by shape alone: at most sixteen slices, few where weights are many")
  func slices() {
    #expect(Convolution.weightGradientSlices(batch: 128, weightCount: 288) == 16)
    #expect(Convolution.weightGradientSlices(batch: 5, weightCount: 288) == 5)
    #expect(Convolution.weightGradientSlices(batch: 128, weightCount: 1 << 17) == 2)
    #expect(Convolution.weightGradientSlices(batch: 128, weightCount: 1 << 24) == 1)
    #expect(Convolution.weightGradientSlices(batch: 0, weightCount: 0) == 1)
  }
}
