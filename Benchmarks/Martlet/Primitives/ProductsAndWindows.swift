import Martlet

extension Catalogue {
  /// Products as a dense layer has them: forward, the gradient of the weights (the left factor turned) and of the input (the
  /// right one turned).
  static let products: [Primitive] = [
    (4, 4, 4), (32, 32, 32), (64, 64, 64), (1, 784, 256), (32, 784, 128), (128, 784, 256), (128, 1600, 10),
    (128, 156, 512), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024),
  ].flatMap { rows, steps, columns in
    let shapes: [Shape] = [[1, rows, steps], [1, steps, columns], [1, rows, columns]]
    func product(_ suffix: String, _ call: @escaping @Sendable (any Backend, [View]) -> Void) -> Primitive {
      Primitive(
        "product-\(rows)x\(steps)x\(columns)\(suffix)", shapes, operations: Double(2 * rows * steps * columns),
        call: call)
    }
    return [
      product("") { backend, views in
        backend.matmul(views[0], views[1], accumulate: false, epilogue: nil, into: views[2])
      },
      product("-weights") { backend, views in
        backend.matmul(
          views[0].transposed([0, 2, 1]), views[2], accumulate: false, epilogue: nil, into: views[1])
      },
      product("-input") { backend, views in
        backend.matmul(
          views[2], views[1].transposed([0, 2, 1]), accumulate: false, epilogue: nil, into: views[0])
      },
    ]
  }

  static let windows: [Primitive] =
    [
      ("digits1", ConvolutionShape(batch: 128, image: 28, channels: 1, filters: 32, kernel: 3), 0),
      ("digits2", ConvolutionShape(batch: 128, image: 13, channels: 32, filters: 64, kernel: 3), 0),
      ("digit1", ConvolutionShape(batch: 1, image: 28, channels: 1, filters: 32, kernel: 3), 0),
      ("digit2", ConvolutionShape(batch: 1, image: 13, channels: 32, filters: 64, kernel: 3), 0),
      ("same", ConvolutionShape(batch: 8, image: 32, channels: 64, filters: 64, kernel: 3), 1),
      ("to-one-channel", ConvolutionShape(batch: 32, image: 28, channels: 32, filters: 1, kernel: 3), 1),
      ("stride2", ConvolutionShape(batch: 2, image: 56, channels: 64, filters: 128, kernel: 3, stride: 2), 1),
      ("stem", ConvolutionShape(batch: 2, image: 112, channels: 3, filters: 64, kernel: 7, stride: 2), 3),
      ("1x1", ConvolutionShape(batch: 4, image: 14, channels: 256, filters: 256, kernel: 1), 0),
      ("7x7-deep", ConvolutionShape(batch: 1, image: 7, channels: 512, filters: 512, kernel: 3), 1),
      ("depthwise", ConvolutionShape(batch: 16, image: 28, channels: 128, filters: 128, kernel: 3, groups: 128), 1),
    ].flatMap(convolutions)
    + [("digits1", 128, 26, 32), ("digits2", 128, 11, 64)].flatMap(poolings)
    + [
      ("digits1", ConvolutionShape(batch: 128, image: 28, channels: 1, filters: 32, kernel: 3)),
      ("digits2", ConvolutionShape(batch: 128, image: 13, channels: 32, filters: 64, kernel: 3)),
    ].flatMap(pooledConvolutions)

  private static func convolutions(name: String, _ shape: ConvolutionShape, margin: Int) -> [Primitive] {
    let window = Window(
      size: Extent2D(shape.kernel), stride: Extent2D(shape.stride), margins: Margins(all: margin))
    let geometry = Convolution(window: window, groups: shape.groups)
    let output = window.outputExtent(over: Extent2D(shape.image))
    let result: Shape = [shape.batch, output.height, output.width, shape.filters]
    let operations = Double(2 * result.elementCount * shape.weightShape.dropLast().reduce(1, *))
    func pass(_ suffix: String, _ call: @escaping @Sendable (any Backend, [View]) -> Void) -> Primitive {
      Primitive(
        "conv2d-\(name)\(suffix)", [shape.inputShape, shape.weightShape, result], operations: operations, call: call)
    }
    return [
      pass("") { backend, views in
        backend.conv2d(views[0], weights: views[1], geometry, epilogue: nil, output: views[2])
      },
      pass("-input") { backend, views in
        backend.conv2dDataGradient(views[2], weights: views[1], geometry, inputGradient: views[0])
      },
      pass("-weights") { backend, views in
        backend.conv2dWeightGradient(views[0], upstream: views[2], geometry, weightGradient: views[1])
      },
    ]
  }

  private static func poolings(name: String, batch: Int, image: Int, channels: Int) -> [Primitive] {
    let window = Window(size: Extent2D(2), stride: Extent2D(2))
    let output = window.outputExtent(over: Extent2D(image))
    let input = Primitive.Operand(shape: [batch, image, image, channels])
    let result = Primitive.Operand(shape: [batch, output.height, output.width, channels])
    let index = Primitive.Operand(shape: result.shape, dtype: .uint8)
    return [
      Primitive("pool2d-\(name)-maximum", [input, result, index]) { backend, views in
        backend.pool2d(views[0], .maximum, window, output: views[1], index: views[2])
      },
      Primitive("pool2d-\(name)-maximum-backward", [input, result, index]) { backend, views in
        backend.pool2dBackward(views[1], .maximum, window, index: views[2], inputGradient: views[0])
      },
      Primitive("pool2d-\(name)-average", [input, result]) { backend, views in
        backend.pool2d(views[0], .average, window, output: views[1], index: nil)
      },
      Primitive("pool2d-\(name)-average-backward", [input, result]) { backend, views in
        backend.pool2dBackward(views[1], .average, window, index: nil, inputGradient: views[0])
      },
    ]
  }

  /// Convolution and maximum pooling as one, for two-by-two windows.
  private static func pooledConvolutions(name: String, _ shape: ConvolutionShape) -> [Primitive] {
    let geometry = Convolution(window: Window(size: Extent2D(shape.kernel)))
    let pooling = Window(size: Extent2D(2), stride: Extent2D(2))
    let convolved = geometry.window.outputExtent(over: Extent2D(shape.image))
    let pooled = pooling.outputExtent(over: convolved)
    let result: Shape = [shape.batch, pooled.height, pooled.width, shape.filters]
    let operands: [Primitive.Operand] = [
      .init(shape: shape.inputShape), .init(shape: shape.weightShape), .init(shape: result),
      .init(shape: result, dtype: .uint8),
    ]
    let multiplyAdds = shape.batch * convolved.area * shape.weightShape.elementCount
    func pass(_ suffix: String, _ call: @escaping @Sendable (any Backend, [View]) -> Void) -> Primitive {
      Primitive("conv2d-pooled-\(name)\(suffix)", operands, operations: Double(2 * multiplyAdds), call: call)
    }
    return [
      pass("") { backend, views in
        backend.conv2dMaxPooled(
          views[0], weights: views[1], geometry, epilogue: nil, pooling: pooling, output: views[2], index: views[3])
      },
      pass("-input") { backend, views in
        backend.conv2dMaxPooledDataGradient(
          views[2], index: views[3], pooling: pooling, weights: views[1], geometry, inputGradient: views[0])
      },
      pass("-weights") { backend, views in
        backend.conv2dMaxPooledWeightGradient(
          views[0], upstream: views[2], index: views[3], pooling: pooling, geometry, weightGradient: views[1])
      },
    ]
  }
}
