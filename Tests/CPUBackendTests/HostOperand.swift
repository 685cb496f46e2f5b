import MartletBackend
import MartletCPUBackend
import Testing

/// A tensor in host memory: one word per element of its storage, and where the view's elements are among them.
struct HostOperand: CustomStringConvertible, Sendable {
  var words: [UInt32]
  var layout: Layout
  var dtype: DType

  /// Words for a storage that the layout just fits into.
  init(_ layout: Layout, _ dtype: DType = .float32, seed: UInt64, hasSpecials: Bool = true) {
    let count = (layout.bounds?.upperBound ?? -1) + 1
    words = Self.words(count, dtype, seed: seed, hasSpecials: hasSpecials)
    self.layout = layout
    self.dtype = dtype
  }

  init(floats: [Float], _ shape: Shape) {
    words = floats.map(\.bitPattern)
    layout = Layout(contiguous: shape)
    dtype = .float32
  }

  init(integers: [Int32], _ shape: Shape) {
    words = integers.map { UInt32(bitPattern: $0) }
    layout = Layout(contiguous: shape)
    dtype = .int32
  }

  private static let specialFloats: [Float] = [
    0, -0.0, 1, -1, 2, 0.5, -2.5, 3.5, .infinity, -.infinity, .nan, 0x1p-149, -0x1p-130, .greatestFiniteMagnitude, 88.8,
    -104, 3e9, -3e9, 0x1p23,
  ]
  private static let specialIntegers: [Int32] = [0, 1, -1, 2, 7, 31, 32, -33, .min, .max]

  private static func words(_ count: Int, _ dtype: DType, seed: UInt64, hasSpecials: Bool) -> [UInt32] {
    let philox = Philox(seed: seed)
    return (0..<count).map { element in
      let word = philox.word(element: element, draw: 0, stream: 0)
      let isSpecial = hasSpecials && word % 5 == 0
      switch dtype {
      case .float32:
        let special = specialFloats[Int(word >> 8) % specialFloats.count]
        return (isSpecial ? special : (Philox.uniform(word) - 0.5) * 12).bitPattern
      case .int32:
        let special = specialIntegers[Int(word >> 8) % specialIntegers.count]
        return UInt32(bitPattern: isSpecial ? special : Int32(bitPattern: word) >> 20)
      case .bool: return word >> 31
      case .uint8: return word >> 24
      }
    }
  }

  var description: String { "\(dtype) \(layout.shape) strides \(layout.strides) from \(layout.offset)" }

  /// The word at a place of the view.
  subscript(_ coordinates: Shape) -> UInt32 {
    get { words[position(coordinates)] }
    set { words[position(coordinates)] = dtype == .uint8 ? newValue & 0xff : newValue }
  }

  private func position(_ coordinates: Shape) -> Int {
    layout.shape.indices.reduce(layout.offset) { $0 + coordinates[$1] * layout.strides[$1] }
  }

  var floats: [Float] { words.map { Float(bitPattern: $0) } }

  /// The operand on a backend.
  func uploaded(to backend: CPUBackend) -> View {
    let storage = backend.allocate(byteCount: max(64, words.count * dtype.byteCount))
    let isByte = dtype.byteCount == 1
    let bytes = isByte ? words.map { UInt8($0) } : words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    bytes.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
    return View(storage: storage, layout: layout, dtype: dtype)
  }

  /// This operand with the contents that a view on a backend has now.
  func downloaded(from view: View) throws -> HostOperand {
    var bytes = [UInt8](repeating: 0, count: words.count * dtype.byteCount)
    try bytes.withUnsafeMutableBytes { try view.storage.backend.download(view.storage, atByte: 0, into: $0) }
    var result = self
    for index in words.indices {
      result.words[index] =
        dtype.byteCount == 1
        ? UInt32(bytes[index])
        : bytes.withUnsafeBytes { $0.load(fromByteOffset: index * 4, as: UInt32.self) }
    }
    return result
  }

  /// Where this differs from another in more than the payload of a NaN; nil if nowhere.
  func difference(from expected: HostOperand) -> String? {
    for index in words.indices where words[index] != expected.words[index] {
      let (a, b) = (Float(bitPattern: words[index]), Float(bitPattern: expected.words[index]))
      if dtype == .float32 && a.isNaN && b.isNaN { continue }
      return dtype == .float32
        ? "at \(index): \(a) instead of \(b)" : "at \(index): \(words[index]) instead of \(expected.words[index])"
    }
    return nil
  }
}

extension Shape {
  /// All index tuples in row-major order.
  func forEachCoordinate(_ body: (_ element: Int, _ coordinates: Shape) -> Void) {
    var coordinates = Shape(repeating: 0, rank: rank)
    for element in 0..<elementCount {
      body(element, coordinates)
      for axis in indices.reversed() {
        coordinates[axis] += 1
        if coordinates[axis] < self[axis] { break }
        coordinates[axis] = 0
      }
    }
  }
}

/// What `map` has to write, element by element.
func evaluated(
  _ program: ElementwiseProgram, _ inputs: [HostOperand], _ parameters: [Scalar], into outputs: [HostOperand]
) -> [HostOperand] {
  var outputs = outputs
  var evaluator = ProgramEvaluator(program, parameters: parameters)
  outputs[0].layout.shape.forEachCoordinate { element, coordinates in
    for index in inputs.indices { evaluator.inputs[index] = inputs[index][coordinates] }
    evaluator.evaluate(element: element, coordinates: Array(coordinates))
    for index in outputs.indices { outputs[index][coordinates] = evaluator.output(index) }
  }
  return outputs
}

/// Expects that `map` writes, on every backend, what the evaluator computes, and nothing else.
func expectMap(
  _ program: ElementwiseProgram, _ inputs: [HostOperand], _ parameters: [Scalar] = [], into outputs: [HostOperand],
  on backends: [CPUBackend] = backendsUnderTest, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = evaluated(program, inputs, parameters, into: outputs)
  for backend in backends {
    let targets = outputs.map { $0.uploaded(to: backend) }
    backend.map(program, inputs: inputs.map { $0.uploaded(to: backend) }, parameters: parameters, outputs: targets)
    for (index, target) in targets.enumerated() {
      guard let difference = try outputs[index].downloaded(from: target).difference(from: expected[index]) else {
        continue
      }
      Issue.record(
        "\(backend.capabilities.deviceName), \(comment()) inputs \(inputs), output \(index) \(outputs[index]) \(difference)",
        sourceLocation: sourceLocation)
      return
    }
  }
}

extension Layout {
  /// Neighbours along one axis, the same along all others.
  init(shape: Shape, varyingAlong axis: Int, offset: Int = 0) {
    var strides = Strides(repeating: 0, rank: shape.rank)
    strides[axis] = 1
    self.init(shape: shape, strides: strides, offset: offset)
  }
}
