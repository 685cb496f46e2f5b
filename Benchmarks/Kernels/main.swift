// Times the CPU backend's kernels and prints them beside the machine's measured peak.
//
//     swift run -c release kernel-benchmarks [part of a name]

import MartletBackend
import MartletCPUBackend

let backend = try CPUBackend()
let wanted = CommandLine.arguments.dropFirst().first ?? ""
let peak = backend.measuredPeak()
print("\(backend.capabilities.deviceName): \(rounded(peak / 1e9)) GFLOP/s at most")

func rounded(_ value: Double, digits: Double = 10) -> Double { (value * digits).rounded() / digits }

/// A tensor of small numbers.
func tensor(_ shape: Shape, _ dtype: DType = .float32) -> View {
  let storage = backend.allocate(byteCount: shape.elementCount * dtype.byteCount)
  let elements = (0..<shape.elementCount).map { dtype == .float32 ? Float($0 % 17) / 8 - 1 : 0 }
  elements.withUnsafeBytes { backend.upload(.init(rebasing: $0.prefix(storage.byteCount)), to: storage, atByte: 0) }
  return View(storage: storage, layout: Layout(contiguous: shape), dtype: dtype)
}

/// Prints the shortest of many runs and the rate it means.
func measure(_ name: String, operations: Double, bytes: Double = 0, _ body: () -> Void) {
  guard name.contains(wanted) else { return }
  let clock = ContinuousClock()
  var best = Double.infinity
  let begin = clock.now
  repeat {
    let start = clock.now
    body()
    best = min(best, start.duration(to: clock.now) / .seconds(1))
  } while begin.duration(to: clock.now) < .milliseconds(250)
  let rate =
    bytes > 0
    ? "\(rounded(bytes / best / 1e9)) GB/s"
    : "\(rounded(operations / best / 1e9)) GFLOP/s, \(Int((100 * operations / best / peak).rounded())) %"
  print("\(name): \(rounded(best * 1e6)) µs, \(rate)")
}

func convolution(
  _ name: String, batch: Int, image: Int, channels: Int, filters: Int, kernel: Int, stride: Int = 1,
  padding: Padding = .valid, groups: Int = 1
) throws {
  let window = try Window(
    size: Extent2D(kernel), stride: Extent2D(stride), padding: padding, over: Extent2D(image), for: name)
  let output = window.outputExtent(over: Extent2D(image))
  let geometry = Convolution(window: window, groups: groups)
  let x = tensor([batch, image, image, channels])
  let w = tensor([kernel, kernel, channels / groups, filters])
  let y = tensor([batch, output.height, output.width, filters])
  let operations = Double(2 * batch * output.area * kernel * kernel * channels / groups * filters)
  var bias = tensor([filters])
  bias.layout = try bias.layout.broadcast(to: y.shape)
  let program = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [.maximum(x[0] + x[1], 0)] }
  measure("\(name) forward", operations: operations) {
    backend.conv2d(x, weights: w, geometry, epilogue: Epilogue(program, inputs: [bias]), output: y)
  }
  measure("\(name) data gradient", operations: operations) {
    backend.conv2dDataGradient(y, weights: w, geometry, inputGradient: x)
  }
  measure("\(name) weight gradient", operations: operations) {
    backend.conv2dWeightGradient(x, upstream: y, geometry, weightGradient: w)
  }
}

func pooling(_ name: String, batch: Int, image: Int, channels: Int) {
  let window = Window(size: Extent2D(2), stride: Extent2D(2))
  let output = window.outputExtent(over: Extent2D(image))
  let shape: Shape = [batch, output.height, output.width, channels]
  let x = tensor([batch, image, image, channels])
  let (y, index) = (tensor(shape), tensor(shape, .uint8))
  let bytes = Double(x.layout.elementCount * 4 + shape.elementCount * 5)
  measure("\(name) maximum", operations: 0, bytes: bytes) {
    backend.pool2d(x, .maximum, window, output: y, index: index)
  }
  measure("\(name) maximum backward", operations: 0, bytes: bytes) {
    backend.pool2dBackward(y, .maximum, window, index: index, inputGradient: x)
  }
  measure("\(name) average", operations: 0, bytes: bytes) {
    backend.pool2d(x, .average, window, output: y, index: nil)
  }
  measure("\(name) average backward", operations: 0, bytes: bytes) {
    backend.pool2dBackward(y, .average, window, index: nil, inputGradient: x)
  }
}

func product(_ name: String, rows: Int, steps: Int, columns: Int) {
  let operations = Double(2 * rows * steps * columns)
  let a = tensor([1, rows, steps])
  let b = tensor([1, steps, columns])
  let c = tensor([1, rows, columns])
  func transposed(_ view: View) -> View {
    View(storage: view.storage, layout: view.layout.transposed([0, 2, 1]), dtype: .float32)
  }
  measure("\(name) a·b", operations: operations) { backend.matmul(a, b, accumulate: false, epilogue: nil, into: c) }
  measure("\(name) aᵀ·c", operations: operations) {
    backend.matmul(transposed(a), c, accumulate: false, epilogue: nil, into: b)
  }
  measure("\(name) c·bᵀ", operations: operations) {
    backend.matmul(c, transposed(b), accumulate: false, epilogue: nil, into: a)
  }
}

try convolution("digits conv1", batch: 128, image: 28, channels: 1, filters: 32, kernel: 3)
try convolution("digits conv2", batch: 128, image: 13, channels: 32, filters: 64, kernel: 3)
pooling("digits pool1", batch: 128, image: 26, channels: 32)
pooling("digits pool2", batch: 128, image: 11, channels: 64)
product("digits dense", rows: 128, steps: 1600, columns: 10)
try convolution("one digit conv1", batch: 1, image: 28, channels: 1, filters: 32, kernel: 3)
try convolution("one digit conv2", batch: 1, image: 13, channels: 32, filters: 64, kernel: 3)
product("4³", rows: 4, steps: 4, columns: 4)
product("128×784×256", rows: 128, steps: 784, columns: 256)
for size in [32, 64, 256, 512, 1024] { product("\(size)³", rows: size, steps: size, columns: size) }
product("1×784×256", rows: 1, steps: 784, columns: 256)
try convolution("same 28×28", batch: 32, image: 28, channels: 1, filters: 32, kernel: 3, padding: .same)
try convolution("to one channel", batch: 32, image: 28, channels: 32, filters: 1, kernel: 3, padding: .same)
try convolution("same 32×32×64", batch: 8, image: 32, channels: 64, filters: 64, kernel: 3, padding: .same)
try convolution(
  "strided 56×56×64", batch: 2, image: 56, channels: 64, filters: 128, kernel: 3, stride: 2, padding: .same)
try convolution("photo stem", batch: 2, image: 112, channels: 3, filters: 64, kernel: 7, stride: 2, padding: .same)
try convolution("1×1×256", batch: 4, image: 14, channels: 256, filters: 256, kernel: 1)
try convolution("7×7×512", batch: 1, image: 7, channels: 512, filters: 512, kernel: 3, padding: .same)
try convolution(
  "depthwise 28×28×128", batch: 16, image: 28, channels: 128, filters: 128, kernel: 3, padding: .same, groups: 128)
measureVectors()
