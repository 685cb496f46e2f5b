import MartletBackend
import MartletTensor

/// A function of one element and its gradient.
package protocol UnaryFormula: SendableMetatype {
  /// - Parameter p: Run-time arguments.
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V
  /// What x receives when the result y = `value(x)` receives `upstream`. Whichever of x and y it does not read is not kept.
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V
}

/// A unary formula made into programs: one backend call forward, one backward.
///
/// A class, so that noting an operation on the tape costs one reference to it.
package final class UnaryOperation: Sendable {
  package let name: StaticString
  /// The formula on symbolic lanes, to be put into larger programs.
  package let lanes: @Sendable (Lane, [Lane]) -> Lane
  /// The gradient on symbolic lanes, from the upstream and the output, for formulas without arguments that read only these.
  let gradientLanes: @Sendable (_ upstream: Lane, _ output: Lane) -> Lane
  private let composedGradient: @Sendable (_ upstream: Tensor, _ x: Tensor, _ y: Tensor, [Float]) -> Tensor
  private let forward: ElementwiseProgram
  private let integerForward: ElementwiseProgram?
  private let backward: GradientProgram

  /// - Parameters:
  ///   - parameterCount: How many run-time arguments the formula reads.
  ///   - acceptsIntegers: Whether the formula holds for int32 too (without gradient).
  package init<Formula: UnaryFormula>(
    _ name: StaticString, _ formula: Formula.Type, parameterCount: Int = 0, acceptsIntegers: Bool = false
  ) {
    self.name = name
    lanes = { Formula.value($0, $1) }
    gradientLanes = { Formula.gradient($0, x: $1, y: $1, []) }
    composedGradient = { Formula.gradient($0, x: $1, y: $2, $3) }
    let floats = [LaneType](repeating: .float32, count: parameterCount)
    forward = ElementwiseProgram(inputs: [.float32], parameters: floats) { [Formula.value($0[0], $1)] }
    integerForward =
      acceptsIntegers
      ? ElementwiseProgram(inputs: [.int32], parameters: floats.map { _ in .int32 }) { [Formula.value($0[0], $1)] }
      : nil
    backward = GradientProgram(operandCount: 2, parameters: floats) { upstream, operands, p in
      Formula.gradient(upstream, x: operands[0], y: operands[1], p)
    }
  }

  /// Whether the gradient can do without the operand.
  package var gradientReadsOutputOnly: Bool { !backward.reads[0] }

  package func callAsFunction(_ x: Tensor, _ parameters: Float...) -> Tensor {
    if x.dtype == .int32, let integerForward {
      return Tensor.map(integerForward, x, parameters: parameters.map { x.scalar($0, for: name) }, for: name)
    }
    require(x.dtype == .float32, "\(name): not for \(x.dtype); convert with cast(to:)")
    let y = Tensor.map(forward, x, parameters: parameters.map(Scalar.float32), for: name)
    return recorded(y, x, parameters)
  }

  /// Notes that y is the result for x.
  package func recorded(_ y: Tensor, _ x: Tensor, _ parameters: [Float]) -> Tensor {
    guard let source = x.node, Recording.isEnabled else { return y.detached }
    let kept = backward.reads[0] ? x : nil
    let edge = TapeNode.Edge(source: source) { [self] upstream, output in
      if backward.isUpstream { return upstream }
      if Recording.isEnabled { return composedGradient(upstream, kept ?? upstream, output ?? upstream, parameters) }
      return backward(upstream, [kept, output], parameters.map(Scalar.float32), for: name)
    }
    return y.onTape(name, [edge], keepingOutput: backward.reads[1])
  }
}

/// The program of a gradient `(upstream, operands…) → result`, and which of the operands it reads. A class, to be shared.
final class GradientProgram: Sendable {
  let program: ElementwiseProgram
  let reads: [Bool]
  /// Whether the result is the upstream itself.
  let isUpstream: Bool

  init(
    operandCount: Int, parameters: [LaneType] = [],
    _ formula: (_ upstream: Lane, _ operands: [Lane], _ parameters: [Lane]) -> Lane
  ) {
    let complete = ElementwiseProgram(
      inputs: [LaneType](repeating: .float32, count: 1 + operandCount), parameters: parameters
    ) { [formula($0[0], Array($0[1...]), $1)] }
    let inputs = Set(complete.instructions.filter { $0.opcode == .input }.map { Int($0.immediate) })
    let reads = (0..<operandCount).map { inputs.contains($0 + 1) }
    let count = reads.count { $0 }
    program = ElementwiseProgram(
      inputs: [LaneType](repeating: .float32, count: 1 + count), parameters: parameters
    ) { x, p in
      var next = 0
      let operands = reads.map { isRead -> Lane in
        if isRead { next += 1 }
        return isRead ? x[next] : x[0]
      }
      return [formula(x[0], operands, p)]
    }
    self.reads = reads
    isUpstream = program.instructions[program.outputs[0]].opcode == .input && inputs == [0]
  }

  private func inputs(_ upstream: Tensor, _ operands: [Tensor?]) -> [Tensor] {
    var inputs = [upstream]
    for (operand, isRead) in zip(operands, reads) where isRead {
      guard let operand else { preconditionFailure("the tape lost an operand") }
      inputs.append(operand)
    }
    return inputs
  }

  func callAsFunction(
    _ upstream: Tensor, _ operands: [Tensor?], _ parameters: [Scalar] = [], for operation: StaticString
  ) -> Tensor {
    Tensor.map(program, inputs(upstream, operands), parameters: parameters, for: operation)
  }

  /// The same, summed over the copies of an operand of this shape that was stretched; one backend call too.
  func callAsFunction(
    _ upstream: Tensor, _ operands: [Tensor?], summedTo shape: Shape, for operation: StaticString
  ) -> Tensor {
    if isUpstream { return upstream.detached.summed(to: shape) }
    if shape == upstream.shape { return self(upstream, operands, for: operation) }
    let axes = upstream.shape.axesStretched(from: shape)
    let sums = Tensor.reduced(program, [.sum], inputs(upstream, operands), axes: axes, for: operation)
    return sums[0].rearranged(to: shape)
  }
}

extension Shape {
  /// The axes along which `source` was stretched or repeated to give this shape, ascending.
  func axesStretched(from source: Shape) -> [Int] {
    let lead = rank - source.rank
    return indices.filter { $0 < lead || (source[$0 - lead] == 1 && self[$0] != 1) }
  }
}

extension Tensor {
  /// A number as a run-time argument of this tensor's lane type.
  func scalar(_ value: Float, for operation: StaticString) -> MartletBackend.Scalar {
    switch dtype.laneType {
    case .float32: return .float32(value)
    case .int32:
      require(
        value == value.rounded() && value.magnitude <= 0x1p24,
        "\(operation): the number \(value) with a tensor of \(dtype); it has to be whole and at most 2²⁴")
      return .int32(Int32(value))
    case .bool: return .bool(value != 0)
    }
  }
}
