import MartletBackend
import MartletTensor

// Comparisons, logic, choosing, and changing the element type. Comparisons and logic give bool tensors, which have no gradients.

private enum Operation {
  static let equal = Comparison("equal") { $0 .== $1 }
  static let notEqual = Comparison("notEqual") { $0 .!= $1 }
  static let less = Comparison("less", ordersBools: false) { $0 .< $1 }
  static let lessOrEqual = Comparison("lessOrEqual", ordersBools: false) { $0 .<= $1 }
  static let greater = Comparison("greater", ordersBools: false) { $0 .> $1 }
  static let greaterOrEqual = Comparison("greaterOrEqual", ordersBools: false) { $0 .>= $1 }
  static let and = ElementwiseProgram(inputs: [.bool, .bool]) { x, _ in [x[0] & x[1]] }
  static let or = ElementwiseProgram(inputs: [.bool, .bool]) { x, _ in [x[0] | x[1]] }
  static let not = ElementwiseProgram(inputs: [.bool]) { x, _ in [!x[0]] }
  static let maximum = BinaryOperation("maximum", Maximum.self)
  static let minimum = BinaryOperation("minimum", Minimum.self)
  static let maximumWithNumber = UnaryOperation(
    "maximum", MaximumWithNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let minimumWithNumber = UnaryOperation(
    "minimum", MinimumWithNumber.self, parameterCount: 1, acceptsIntegers: true)
  static let clamp = UnaryOperation("clamped", Clamp.self, parameterCount: 2, acceptsIntegers: true)
}

/// One comparison for each element type, of two tensors or of a tensor with a number.
private struct Comparison {
  let name: StaticString
  let ordersBools: Bool
  let programs: [LaneType: ElementwiseProgram]
  let programsWithNumber: [LaneType: ElementwiseProgram]

  init(_ name: StaticString, ordersBools: Bool = true, _ holds: (Lane, Lane) -> Lane) {
    self.name = name
    self.ordersBools = ordersBools
    let types: [LaneType] = ordersBools ? [.float32, .int32, .bool] : [.float32, .int32]
    programs = Dictionary(
      uniqueKeysWithValues: types.map { type in
        (type, ElementwiseProgram(inputs: [type, type]) { x, _ in [holds(x[0], x[1])] })
      })
    programsWithNumber = Dictionary(
      uniqueKeysWithValues: types.map { type in
        (type, ElementwiseProgram(inputs: [type], parameters: [type]) { x, p in [holds(x[0], p[0])] })
      })
  }

  func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    guard a.dtype.laneType == b.dtype.laneType, let program = programs[a.dtype.laneType] else {
      fatalError("\(name): not for \(a.dtype) with \(b.dtype); convert with cast(to:)")
    }
    return Tensor.map(program, a, b, for: name)
  }

  func callAsFunction(_ a: Tensor, _ b: Float) -> Tensor {
    guard let program = programsWithNumber[a.dtype.laneType] else { fatalError("\(name): not for \(a.dtype)") }
    return Tensor.map(program, a, parameters: [a.scalar(b, for: name)], for: name)
  }
}

extension Tensor {
  /// Whether a = b, element by element with broadcasting; NaN equals nothing.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { Operation.equal(a, b) }
  /// Whether a ≠ b.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { Operation.notEqual(a, b) }
  /// Whether a < b.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { Operation.less(a, b) }
  /// Whether a ≤ b.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { Operation.lessOrEqual(a, b) }
  /// Whether a > b.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { Operation.greater(a, b) }
  /// Whether a ≥ b.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { Operation.greaterOrEqual(a, b) }
  /// Whether a equals a number.
  public static func .== (a: Tensor, b: Float) -> Tensor { Operation.equal(a, b) }
  /// Whether a differs from a number.
  public static func .!= (a: Tensor, b: Float) -> Tensor { Operation.notEqual(a, b) }
  /// Whether a is below a number.
  public static func .< (a: Tensor, b: Float) -> Tensor { Operation.less(a, b) }
  /// Whether a is at most a number.
  public static func .<= (a: Tensor, b: Float) -> Tensor { Operation.lessOrEqual(a, b) }
  /// Whether a is above a number.
  public static func .> (a: Tensor, b: Float) -> Tensor { Operation.greater(a, b) }
  /// Whether a is at least a number.
  public static func .>= (a: Tensor, b: Float) -> Tensor { Operation.greaterOrEqual(a, b) }

  /// Whether both hold; bool tensors with broadcasting.
  public static func & (a: Tensor, b: Tensor) -> Tensor {
    require(a.dtype == .bool && b.dtype == .bool, "and: bool tensors only; got \(a.dtype) and \(b.dtype)")
    return map(Operation.and, a, b, for: "and")
  }

  /// Whether at least one holds; bool tensors with broadcasting.
  public static func | (a: Tensor, b: Tensor) -> Tensor {
    require(a.dtype == .bool && b.dtype == .bool, "or: bool tensors only; got \(a.dtype) and \(b.dtype)")
    return map(Operation.or, a, b, for: "or")
  }

  /// Whether it does not hold; bool tensors.
  public static prefix func ! (a: Tensor) -> Tensor {
    require(a.dtype == .bool, "not: bool tensors only; got \(a.dtype)")
    return map(Operation.not, a, for: "not")
  }
}

// MARK: Choosing

private enum Maximum: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { .maximum(a, b) }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { .select(b .> a, 0, upstream) }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { .select(b .> a, upstream, 0) }
}

private enum Minimum: BinaryFormula {
  static func value<V: Algebra>(_ a: V, _ b: V) -> V { .minimum(a, b) }
  static func leftGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { .select(b .< a, 0, upstream) }
  static func rightGradient<V: Algebra>(_ upstream: V, a: V, b: V, y: V) -> V { .select(b .< a, upstream, 0) }
}

private enum MaximumWithNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .maximum(x, p[0]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .< p[0], 0, upstream)
  }
}

private enum MinimumWithNumber: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .minimum(x, p[0]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .> p[0], 0, upstream)
  }
}

private enum Clamp: UnaryFormula {
  static func value<V: Algebra>(_ x: V, _ p: [V.Scalar]) -> V { .minimum(.maximum(x, p[0]), p[1]) }
  static func gradient<V: Algebra>(_ upstream: V, x: V, y: V, _ p: [V.Scalar]) -> V {
    .select(x .< p[0], 0, .select(x .> p[1], 0, upstream))
  }
}

private enum Selection {
  static let programs = choices { ElementwiseProgram(inputs: [.bool, $0, $0]) { x, _ in [.select(x[0], x[1], x[2])] } }
  static let withNumberSecond = choices {
    ElementwiseProgram(inputs: [.bool, $0], parameters: [$0]) { x, p in [.select(x[0], x[1], p[0])] }
  }
  static let withNumberFirst = choices {
    ElementwiseProgram(inputs: [.bool, $0], parameters: [$0]) { x, p in [.select(x[0], p[0], x[1])] }
  }

  private static func choices(_ make: (LaneType) -> ElementwiseProgram) -> [ElementwiseProgram] {
    [make(.float32), make(.int32), make(.bool)]
  }
}

extension Tensor {
  /// The larger of two, element by element with broadcasting; NaN if one of them is. The gradient goes to the larger, to `a`
  /// where they are equal.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { Operation.maximum(a, b) }
  /// The smaller of two, element by element with broadcasting; NaN if one of them is. The gradient goes to the smaller, to `a`
  /// where they are equal.
  public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { Operation.minimum(a, b) }
  /// The larger of an element and a number. The gradient passes where the element is not below the number.
  public static func maximum(_ a: Tensor, _ b: Float) -> Tensor { Operation.maximumWithNumber(a, b) }
  /// The smaller of an element and a number. The gradient passes where the element is not above the number.
  public static func minimum(_ a: Tensor, _ b: Float) -> Tensor { Operation.minimumWithNumber(a, b) }

  /// The nearest number in a range. The gradient passes for elements inside, the bounds included.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    Operation.clamp(self, range.lowerBound, range.upperBound)
  }

  /// `yes` where the condition holds, else `no`, all three broadcast.   ∂L/∂yes = upstream where it holds, ∂L/∂no = elsewhere.
  ///
  /// - Precondition: the condition is bool, `yes` and `no` have one type.
  public static func select(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) -> Tensor {
    require(
      condition.dtype == .bool && yes.dtype == no.dtype,
      "select: needs a bool condition and two tensors of one type; got \(condition.dtype), \(yes.dtype), \(no.dtype)")
    let condition = condition.detached
    return map(
      Selection.programs[Int(yes.dtype.laneType.rawValue)], condition, yes, no, dtype: yes.dtype, for: "select"
    ).recorded(
      "select", (yes, { [shape = yes.shape] in select(condition, $0, 0).summed(to: shape) }),
      (no, { [shape = no.shape] in select(condition, 0, $0).summed(to: shape) }))
  }

  /// `yes` where the condition holds, else a number.
  public static func select(_ condition: Tensor, _ yes: Tensor, _ no: Float) -> Tensor {
    require(condition.dtype == .bool, "select: needs a bool condition; got \(condition.dtype)")
    let condition = condition.detached
    return map(
      Selection.withNumberSecond[Int(yes.dtype.laneType.rawValue)], condition, yes,
      parameters: [yes.scalar(no, for: "select")], dtype: yes.dtype, for: "select"
    ).recorded("select", (yes, { [shape = yes.shape] in select(condition, $0, 0).summed(to: shape) }))
  }

  /// A number where the condition holds, else `no`.
  public static func select(_ condition: Tensor, _ yes: Float, _ no: Tensor) -> Tensor {
    require(condition.dtype == .bool, "select: needs a bool condition; got \(condition.dtype)")
    let condition = condition.detached
    return map(
      Selection.withNumberFirst[Int(no.dtype.laneType.rawValue)], condition, no,
      parameters: [no.scalar(yes, for: "select")], dtype: no.dtype, for: "select"
    ).recorded("select", (no, { [shape = no.shape] in select(condition, 0, $0).summed(to: shape) }))
  }
}

// MARK: Element types

private enum Casts {
  static let programs: [LaneType: [DType: ElementwiseProgram]] = Dictionary(
    uniqueKeysWithValues: [LaneType.float32, .int32, .bool].map { source in
      let targets = DType.allCases.map { target in
        let program = ElementwiseProgram(inputs: [source]) { x, _ in
          let value = x[0].cast(to: target.laneType)
          return [target == .uint8 ? .minimum(.maximum(value, .integer(0)), .integer(255)) : value]
        }
        return (target, program)
      }
      return (source, Dictionary(uniqueKeysWithValues: targets))
    })
}

extension Tensor {
  /// The elements converted to another type; itself where it has it already. To int32 it truncates and saturates (NaN gives 0),
  /// to uint8 it is limited to 0…255 as well, to bool it is `≠ 0`. Gradients do not pass a conversion.
  public func cast(to target: DType) -> Tensor {
    if target == dtype { return self }
    guard let program = Casts.programs[dtype.laneType]?[target] else { fatalError("cast: \(dtype) to \(target)") }
    return Tensor.map(program, self, dtype: target, for: "cast")
  }
}
