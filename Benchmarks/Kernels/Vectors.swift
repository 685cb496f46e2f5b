// Element-wise programs, reductions and rows: rates in bytes that have to move, beside those of a copy.

import MartletBackend
import MartletCPUBackend

private let float = LaneType.float32

private let copy = ElementwiseProgram(inputs: [float]) { x, _ in x }
private let add = ElementwiseProgram(inputs: [float, float]) { x, _ in [x[0] + x[1]] }
private let reluGradient = ElementwiseProgram(inputs: [float, float]) { x, _ in [.select(x[0] .> 0, x[1], 0)] }
private let biasRelu = ElementwiseProgram(inputs: [float, float]) { x, _ in [.maximum(x[0] + x[1], 0)] }
private let exp = ElementwiseProgram(inputs: [float]) { x, _ in [x[0].exp()] }
private let tanh = ElementwiseProgram(inputs: [float]) { x, _ in [x[0].tanh()] }
private let dropout = ElementwiseProgram(
  inputs: [float], parameters: [.int32, .int32, .int32, .int32, float]
) { x, p in
  [.select(Lane.randomBits(firstParameter: 0).uniform() .< p[4], x[0] * 2, 0)]
}
private let adam = ElementwiseProgram(
  inputs: [float, float, float, float], parameters: [float, float, float, float]
) { x, p in
  let m = p[1] * x[1] + (1 - p[1]) * x[3]
  let v = p[2] * x[2] + (1 - p[2]) * (x[3] * x[3])
  return [x[0] - p[0] * m / (v.squareRoot() + p[3]), m, v]
}

private func strided(_ view: View, _ shape: Shape, _ strides: Strides) -> View {
  View(storage: view.storage, layout: Layout(shape: shape, strides: strides), dtype: view.dtype)
}

@MainActor private func maps() {
  func map(
    _ name: String, _ program: ElementwiseProgram, _ inputs: [View], _ parameters: [Scalar] = [], into outputs: [View],
    elements: Int, streams: Int
  ) {
    measure(name, operations: 0, bytes: Double(4 * elements * streams)) {
      backend.map(program, inputs: inputs, parameters: parameters, outputs: outputs)
    }
  }
  // The activations of the first convolution on 128 digits: 11 MB.
  let shape: Shape = [128, 26, 26, 32]
  let count = shape.elementCount
  let (a, b, c) = (tensor(shape), tensor(shape), tensor(shape))
  map("map copy", copy, [a], into: [c], elements: count, streams: 2)
  map("map relu gradient", reluGradient, [a, b], into: [c], elements: count, streams: 3)
  map("map bias relu", biasRelu, [a, strided(b, shape, [0, 0, 0, 1])], into: [c], elements: count, streams: 2)
  map("map exp", exp, [a], into: [c], elements: count, streams: 2)
  let arguments = RandomKey(seed: 1).parameters + [.float32(0.5)]
  map("map dropout", dropout, [a], arguments, into: [c], elements: count, streams: 2)
  let turned = View(storage: a.storage, layout: a.layout.transposed([0, 3, 1, 2]), dtype: .float32)
  map(
    "map channels first", copy, [turned], into: [strided(c, turned.shape, turned.shape.contiguousStrides)],
    elements: count, streams: 2)
  let million = (0..<4).map { _ in tensor([1_000_000]) }
  let rates: [Scalar] = [.float32(1e-3), .float32(0.9), .float32(0.999), .float32(1e-7)]
  map("map Adam 1M", adam, million, rates, into: Array(million.prefix(3)), elements: 1_000_000, streams: 7)
  let small = (0..<2).map { _ in tensor([16_384]) }
  map("map exp in cache", exp, [small[0]], into: [small[1]], elements: 16_384, streams: 2)
  map("map tanh in cache", tanh, [small[0]], into: [small[1]], elements: 16_384, streams: 2)
  let tiny = (0..<3).map { _ in tensor([1000]) }
  map("map add 1000", add, [tiny[0], tiny[1]], into: [tiny[2]], elements: 1000, streams: 3)
}

@MainActor private func reductions() {
  func sum(_ name: String, _ shape: Shape, along axes: [Int], _ combiner: Combiner = .sum) {
    let x = tensor(shape)
    let y = tensor(shape.reduced(along: axes), combiner == .argumentOfMaximum ? .int32 : .float32)
    measure(name, operations: 0, bytes: Double(4 * shape.elementCount)) {
      backend.reduce(copy, combiners: [combiner], axes: axes, inputs: [x], parameters: [], epilogue: nil, outputs: [y])
    }
  }
  sum("reduce bias gradient", [128, 26, 26, 32], along: [0, 1, 2])
  sum("reduce all", [128, 26, 26, 32], along: [0, 1, 2, 3])
  sum("reduce rows of 784", [4096, 784], along: [1])
  sum("reduce rows of 784, maximum", [4096, 784], along: [1], .maximum)
  sum("reduce 128 rows of 10, argument", [128, 10], along: [1], .argumentOfMaximum)
  sum("reduce middle axis", [64, 128, 64], along: [1])
}

@MainActor private func rows() {
  for shape: Shape in [[128, 10], [1024, 1000]] {
    let (x, y) = (tensor(shape), tensor(shape))
    measure("softmax \(shape)", operations: 0, bytes: Double(8 * shape.elementCount)) {
      backend.softmaxRows(x, logarithmic: false, output: y)
    }
  }
  let (x, values, indices) = (tensor([100, 10_000]), tensor([100, 10_000]), tensor([100, 10_000], .int32))
  measure("sort 100 rows of 10000", operations: 0, bytes: 12e6) {
    backend.sort(x, descending: false, values: values, indices: indices)
  }
  let (table, positions, embedded) = (tensor([1, 10_000, 64]), tensor([4096], .int32), tensor([1, 4096, 64]))
  measure("gather", operations: 0, bytes: Double(8 * 4096 * 64)) {
    backend.gather(table, indices: positions, output: embedded)
  }
  measure("scatterAdd", operations: 0, bytes: Double(12 * 4096 * 64)) {
    backend.scatterAdd(embedded, indices: positions, output: table)
  }
}

/// Measures everything that is not a contraction or pooling.
@MainActor func measureVectors() {
  maps()
  reductions()
  rows()
}
