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
  private let extents: [Int]
  /// For each axis what a step adds to each position: those of the operands, then the row-major index.
  private let steps: [Int]
  /// Where each operand stands, and last the row-major index in the shape.
  private(set) var positions: [Int]
  /// The position along each axis.
  private(set) var coordinates: [Int]

  /// The row-major index in the shape.
  var element: Int { positions[positions.count - 1] }

  /// - Precondition: each operand has the shape.
  init(over shape: Shape, _ operands: [Operand]) {
    for operand in operands {
      precondition(operand.shape == shape, "reference: an operand of shape \(operand.shape) in a walk over \(shape)")
    }
    let strides = operands.map(\.strides) + [shape.contiguousStrides]
    extents = Array(shape)
    steps = shape.indices.flatMap { axis in strides.map { $0[axis] } }
    positions = Array(repeating: 0, count: strides.count)
    coordinates = Array(repeating: 0, count: shape.rank)
  }

  /// Steps to the next element along `axes` (ascending), the others held; after the last it is back at the first.
  mutating func advance(along axes: [Int]) {
    var remaining = axes.count
    while remaining > 0 {
      remaining -= 1
      let axis = axes[remaining]
      let isLast = coordinates[axis] + 1 == extents[axis]
      let count = isLast ? -coordinates[axis] : 1
      coordinates[axis] += count
      let first = axis * positions.count
      for operand in 0..<positions.count { positions[operand] += count * steps[first + operand] }
      if !isLast { return }
    }
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
    if evaluator != nil { evaluateEpilogue() }
    for i in outputs.indices {
      outputs[i].store(evaluator?.output(i) ?? results[i], at: walk.positions[inputs.count + i])
    }
    walk.advance(along: axes)
  }

  private mutating func evaluateEpilogue() {
    for i in results.indices { evaluator?.inputs[i] = results[i] }
    for i in inputs.indices { evaluator?.inputs[results.count + i] = inputs[i].load(walk.positions[i]) }
    evaluator?.evaluate(element: walk.element, coordinates: walk.coordinates)
  }

  /// Stores a float32 result at the next element.
  mutating func writeNext(_ value: Float) {
    results[0] = value.bitPattern
    writeNext()
  }
}
