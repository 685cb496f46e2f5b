import MartletBackend

/// A view resolved to memory, read and written one element at a time as the lane of a program.
///
/// Positions count elements from the view's offset. The view is checked against the block once, here.
struct Operand {
  let shape: Shape
  let strides: Strides
  let dtype: DType
  private let start: UnsafeMutableRawPointer

  init(_ view: View, in block: HostMemory.Block) {
    let size = view.dtype.byteCount
    if let bounds = view.layout.bounds {
      precondition(
        bounds.lowerBound >= 0 && (bounds.upperBound + 1) * size <= block.byteCount,
        "reference: a view of elements \(bounds) (\(view.dtype)) of a block of \(block.byteCount) bytes")
    }
    shape = view.shape
    strides = view.layout.strides
    dtype = view.dtype
    start = block.bytes + view.layout.offset * size
  }

  /// The element's bits as a lane: a byte becomes an int32, a truth value 0 or 1.
  func load(_ position: Int) -> UInt32 {
    switch dtype {
    case .float32, .int32: start.load(fromByteOffset: position * 4, as: UInt32.self)
    case .uint8: UInt32(start.load(fromByteOffset: position, as: UInt8.self))
    case .bool: start.load(fromByteOffset: position, as: UInt8.self) != 0 ? 1 : 0
    }
  }

  /// Stores a lane; a byte keeps the low eight bits.
  func store(_ bits: UInt32, at position: Int) {
    switch dtype {
    case .float32, .int32: start.storeBytes(of: bits, toByteOffset: position * 4, as: UInt32.self)
    case .uint8: start.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: position, as: UInt8.self)
    case .bool: start.storeBytes(of: bits != 0 ? 1 : 0, toByteOffset: position, as: UInt8.self)
    }
  }

  /// The elements as 32-bit values of one type.
  func values<Value>(as type: Value.Type) -> UnsafeMutablePointer<Value> {
    assert(MemoryLayout<Value>.size == dtype.byteCount)
    return start.assumingMemoryBound(to: type)
  }

  /// - Precondition: the elements are float32.
  var floats: UnsafeMutablePointer<Float> {
    precondition(dtype == .float32, "reference: float32 wanted, got \(dtype)")
    return start.assumingMemoryBound(to: Float.self)
  }
}

/// Visits the elements of a shape in row-major order, along all axes or some, and keeps up with the positions of several
/// operands.
struct Walk {
  private let shape: Shape
  private let strides: [Strides]
  /// Where each operand stands.
  private(set) var positions: [Int]
  /// The position along each axis.
  private(set) var coordinates: Shape
  /// The row-major index in the shape.
  private(set) var element = 0

  /// - Precondition: each operand has the shape.
  init(over shape: Shape, _ operands: [Operand]) {
    for operand in operands {
      precondition(operand.shape == shape, "reference: an operand of shape \(operand.shape) in a walk over \(shape)")
    }
    self.shape = shape
    strides = operands.map(\.strides) + [shape.contiguousStrides]
    positions = Array(repeating: 0, count: strides.count)
    coordinates = Shape(repeating: 0, rank: shape.rank)
  }

  /// Steps to the next element along `axes` (ascending), the others held; after the last it is back at the first.
  mutating func advance(along axes: [Int]) {
    for axis in axes.reversed() {
      let isLast = coordinates[axis] + 1 == shape[axis]
      let steps = isLast ? -coordinates[axis] : 1
      coordinates[axis] += steps
      for operand in positions.indices { positions[operand] += steps * strides[operand][axis] }
      if !isLast { break }
    }
    element = positions[strides.count - 1]
  }
}

/// Stores results in row-major order, through the epilogue where there is one.
struct ResultWriter {
  /// The bits of the results of the next element.
  var results: [UInt32]
  private var walk: Walk
  private var evaluator: ProgramEvaluator?
  private let inputs: [Operand]
  private let outputs: [Operand]
  private let axes: [Int]

  /// - Parameter inputs: The epilogue's further inputs.
  init(resultCount: Int, _ epilogue: Epilogue?, inputs: [Operand], outputs: [Operand]) {
    let shape = outputs[0].shape
    results = Array(repeating: 0, count: resultCount)
    walk = Walk(over: shape, inputs + outputs)
    evaluator = epilogue.map { ProgramEvaluator($0.program, parameters: $0.parameters) }
    self.inputs = inputs
    self.outputs = outputs
    axes = Array(shape.indices)
    precondition(
      outputs.count == epilogue?.program.outputs.count ?? resultCount
        && epilogue.map { $0.program.inputs.count == resultCount + inputs.count } ?? true,
      "reference: \(resultCount) results, \(inputs.count) epilogue inputs and \(outputs.count) outputs do not fit")
  }

  /// Stores `results` at the next element.
  mutating func writeNext() {
    evaluator?.inputs.replaceSubrange(0..<results.count, with: results)
    for (i, input) in inputs.enumerated() { evaluator?.inputs[results.count + i] = input.load(walk.positions[i]) }
    evaluator?.evaluate(element: walk.element, coordinates: walk.coordinates)
    for (i, output) in outputs.enumerated() {
      output.store(evaluator?.output(i) ?? results[i], at: walk.positions[inputs.count + i])
    }
    walk.advance(along: axes)
  }

  /// Stores a float32 result at the next element.
  mutating func writeNext(_ value: Float) {
    results[0] = value.bitPattern
    writeNext()
  }
}
