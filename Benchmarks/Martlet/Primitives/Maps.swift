import Martlet

private let float = LaneType.float32
private let copy = ElementwiseProgram(inputs: [float]) { x, _ in x }

/// Element-wise programs: one stream of memory less or more, cheap and expensive functions, random numbers, an optimizer.
private let programs: [(name: String, program: ElementwiseProgram, parameters: [Scalar])] = [
  ("copy", copy, []),
  ("add", ElementwiseProgram(inputs: [float, float]) { x, _ in [x[0] + x[1]] }, []),
  ("relu-gradient", ElementwiseProgram(inputs: [float, float]) { x, _ in [.select(x[0] .> 0, x[1], 0)] }, []),
  ("exp", ElementwiseProgram(inputs: [float]) { x, _ in [x[0].exp()] }, []),
  ("tanh", ElementwiseProgram(inputs: [float]) { x, _ in [x[0].tanh()] }, []),
  (
    "dropout",
    ElementwiseProgram(inputs: [float], parameters: [.int32, .int32, .int32, .int32, float]) { x, p in
      [.select(Lane.randomBits(firstParameter: 0).uniform() .< p[4], x[0] * 2, 0)]
    }, RandomKey(seed: 1).parameters + [.float32(0.5)]
  ),
  (
    "adam",
    ElementwiseProgram(inputs: [float, float, float, float], parameters: [float, float, float, float]) { x, p in
      let m = p[1] * x[1] + (1 - p[1]) * x[3]
      let v = p[2] * x[2] + (1 - p[2]) * (x[3] * x[3])
      return [x[0] - p[0] * m / (v.squareRoot() + p[3]), m, v]
    }, [.float32(1e-3), .float32(0.9), .float32(0.999), .float32(1e-7)]
  ),
]

extension Catalogue {
  /// From what a call costs, through caches, to memory.
  private static let sizes: [(String, Int)] = [("1k", 1 << 10), ("64k", 1 << 16), ("4m", 1 << 22)]

  static let maps: [Primitive] =
    programs.flatMap { name, program, parameters in
      sizes.map { size, count in
        let operands = program.inputs.count + program.outputs.count
        return Primitive("map-\(name)-\(size)", [Shape](repeating: [count], count: operands)) { backend, views in
          backend.map(
            program, inputs: Array(views.prefix(program.inputs.count)), parameters: parameters,
            outputs: Array(views.dropFirst(program.inputs.count)))
        }
      }
    } + [broadcast, channelsFirst]

  /// The bias of a convolution, as an operand that repeats.
  private static var broadcast: Primitive {
    let shape: Shape = [128, 26, 26, 32]
    let add = ElementwiseProgram(inputs: [float, float]) { x, _ in [x[0] + x[1]] }
    return Primitive("map-add-bias", [shape, [32], shape]) { backend, views in
      let bias = views[1].seen(as: shape, strides: [0, 0, 0, 1])
      backend.map(add, inputs: [views[0], bias], parameters: [], outputs: [views[2]])
    }
  }

  private static var channelsFirst: Primitive {
    Primitive("map-channels-first", [[128, 26, 26, 32], [128, 32, 26, 26]]) { backend, views in
      backend.map(copy, inputs: [views[0].transposed([0, 3, 1, 2])], parameters: [], outputs: [views[1]])
    }
  }

  static let reductions: [Primitive] = [
    reduction("sum-bias-gradient", [128, 26, 26, 32], along: [0, 1, 2]),
    reduction("sum-all", [128, 26, 26, 32], along: [0, 1, 2, 3]),
    reduction("sum-rows", [4096, 784], along: [1]),
    reduction("sum-columns", [4096, 784], along: [0]),
    reduction("sum-middle", [64, 128, 64], along: [1]),
    reduction("maximum-rows", [4096, 784], along: [1], .maximum),
    reduction("argument-rows", [128, 10], along: [1], .argumentOfMaximum),
  ]

  private static func reduction(
    _ name: String, _ shape: Shape, along axes: [Int], _ combiner: Combiner = .sum
  ) -> Primitive {
    let result = Primitive.Operand(
      shape: shape.reduced(along: axes), dtype: combiner == .argumentOfMaximum ? .int32 : .float32)
    return Primitive("reduce-\(name)", [Primitive.Operand(shape: shape), result]) { backend, views in
      backend.reduce(
        copy, combiners: [combiner], axes: axes, inputs: [views[0]], parameters: [], epilogue: nil, outputs: [views[1]])
    }
  }
}
