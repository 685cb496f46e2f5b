import CMartletKernels
import MartletBackend

/// Where the elements of one operand of a program come from or go to.
struct OperandSource {
  var layout: Layout
  private let address: UnsafeMutableRawPointer?
  private let source: martlet_source
  private var key = martlet_random_key()

  init(_ view: MemoryView) {
    layout = view.layout
    address = view.address
    source =
      switch view.dtype {
      case .float32, .int32: martlet_words
      case .bool: martlet_truths
      case .uint8: martlet_bytes
      }
  }

  /// What an instruction reads; nil if it reads nothing.
  ///
  /// A coordinate is a view of the natural numbers that moves along one axis only; random words are a view of one endless
  /// sequence. So strides, broadcasts and reordered axes mean the same for all operands.
  init?(_ instruction: Instruction, shape: Shape, inputs: [MemoryView], parameters: [Scalar]) {
    switch instruction.opcode {
    case .input: self.init(inputs[Int(instruction.immediate)])
    case .coordinate:
      var strides = Strides(repeating: 0, rank: shape.rank)
      strides[Int(instruction.immediate)] = 1
      self.init(Layout(shape: shape, strides: strides), martlet_naturals)
    case .randomBits:
      self.init(Layout(contiguous: shape), martlet_random)
      let first = Int(instruction.immediate & 0xff)
      key.seed = (parameters[first].bits, parameters[first + 1].bits)
      key.salt = instruction.immediate >> 8
      key.stream = parameters[first + 2].bits
      key.draw = parameters[first + 3].bits
    default: return nil
    }
  }

  private init(_ layout: Layout, _ source: martlet_source) {
    self.layout = layout
    self.source = source
    address = nil
  }

  /// The operand, but for its axes and access.
  fileprivate var operand: martlet_operand {
    var operand = martlet_operand()
    operand.base = address?.assumingMemoryBound(to: CChar.self)
    operand.source = UInt8(source.rawValue)
    operand.key = key
    return operand
  }
}

/// How a program walks over its operands: which axes there are after merging, and how each operand is reached.
struct Arrangement {
  private(set) var operands: [martlet_operand] = []
  /// The extent of the common last axis where rows are walked one by one; 0 where elements are simply counted through.
  private(set) var rowLength = 0

  /// Shorter rows are not worth a walk of their own: chunks then span rows, and operands that do not lie in order go
  /// through registers.
  private static let shortestRow = 256
  private static let longestPeriod = 1024

  /// - Parameter allowsRows: Whether rows may be walked one by one.
  init(_ sources: [OperandSource], shape: Shape, allowsRows: Bool) {
    operands.reserveCapacity(sources.count)
    if sources.allSatisfy({ $0.layout.isContiguous || $0.layout.isUniform }) {
      let count = shape.elementCount
      for source in sources {
        let stride = source.layout.isContiguous ? 1 : 0
        operands.append(Self.operand(source, rank: 1, extents: [count], strides: [stride]))
      }
      for index in operands.indices { classify(&operands[index]) }
      return
    }
    let space = IterationSpace(sources.map(\.layout))
    let rank = space.shape.rank
    if allowsRows, rank >= 2, space.shape[rank - 1] >= Self.shortestRow { rowLength = space.shape[rank - 1] }
    for (index, source) in sources.enumerated() {
      var operand = Self.operand(source, rank: rank, extents: space.shape, strides: space.strides[index])
      if rowLength > 0 {
        classifyRow(&operand, stride: space.strides[index][rank - 1])
      } else {
        Self.mergeAxes(&operand, space.shape, space.strides[index])
        classify(&operand)
      }
      operands.append(operand)
    }
  }

  private static func operand(_ source: OperandSource, rank: Int, extents: Shape, strides: Strides) -> martlet_operand {
    var operand = source.operand
    operand.rank = Int32(rank)
    for axis in 0..<rank { martlet_operand_set_axis(&operand, axis, extents[axis], strides[axis]) }
    return operand
  }

  /// Merges the axes that one operand alone allows to merge.
  private static func mergeAxes(_ operand: inout martlet_operand, _ extents: Shape, _ strides: Strides) {
    var shape = Shape()
    var merged = Strides()
    for axis in extents.indices {
      let last = shape.rank - 1
      if last >= 0, merged[last] == strides[axis] * extents[axis] {
        shape[last] *= extents[axis]
        merged[last] = strides[axis]
      } else {
        shape.append(extents[axis])
        merged.append(strides[axis])
      }
    }
    operand.rank = Int32(shape.rank)
    for axis in shape.indices { martlet_operand_set_axis(&operand, axis, shape[axis], merged[axis]) }
  }

  private func classify(_ operand: inout martlet_operand) {
    let isWords = operand.source == UInt8(martlet_words.rawValue)
    let access: martlet_access
    switch (operand.rank, operand.strides.0, operand.strides.1) {
    case (0, _, _), (1, 0, _): access = martlet_access_scalar
    case (1, 1, _) where isWords: access = martlet_access_direct
    case (2, 0, 1) where operand.shape.1 <= Self.longestPeriod: access = martlet_access_periodic
    default: access = martlet_access_fetched
    }
    operand.access = UInt8(access.rawValue)
  }

  private func classifyRow(_ operand: inout martlet_operand, stride: Int) {
    let isWords = operand.source == UInt8(martlet_words.rawValue)
    let access =
      switch stride {
      case 0: martlet_access_scalar
      case 1 where isWords: martlet_access_direct
      default: martlet_access_fetched
      }
    operand.access = UInt8(access.rawValue)
  }
}

extension Layout {
  /// Whether all elements are the same one.
  var isUniform: Bool {
    for axis in shape.indices where shape[axis] != 1 && strides[axis] != 0 { return false }
    return true
  }
}
