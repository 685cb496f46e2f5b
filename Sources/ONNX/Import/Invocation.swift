import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

/// What flows along an edge of an imported graph: a tensor, or an array that is known in host memory.
enum Operand: Sendable {
  case tensor(Tensor)
  case host(HostArray)

  var shape: [Int] {
    switch self {
    case .tensor(let tensor): Array(tensor.shape)
    case .host(let array): array.shape
    }
  }

  var kind: ElementKind {
    switch self {
    case .host(let array): array.kind
    case .tensor(let tensor):
      switch tensor.dtype {
      case .float32: .float
      case .bool: .boolean
      case .int32, .uint8: .integer
      }
    }
  }

  var host: HostArray? { if case .host(let array) = self { array } else { nil } }
}

/// A node at work: its operands, its settings and where it runs. Whatever it reads is checked before tensors are touched, because
/// tensors stop the program where shapes do not fit.
struct Invocation {
  let node: ImportedNode
  let inputs: [Operand?]
  /// The version of the operator set the node was written for.
  let version: Int
  let device: Device
  let mode: Mode
  let budget: Budget
  /// All values there are at this point, for operators with a graph inside.
  let values: [Operand?]

  /// Batch normalization's moving mean and variance, where they are parameters.
  var statistics: [Parameter]? { node.statistics.count == 2 ? node.statistics : nil }

  // MARK: Operands

  func operand(_ index: Int) throws -> Operand {
    guard let operand = optional(index) else { throw ShapeError("input \(index + 1) is missing") }
    return operand
  }

  func optional(_ index: Int) -> Operand? { index < inputs.count ? inputs[index] : nil }

  /// An operand as a tensor of any type.
  func tensor(_ index: Int) throws -> Tensor {
    switch try operand(index) {
    case .tensor(let tensor): tensor
    case .host(let array): try array.tensor(on: device)
    }
  }

  /// An operand as a tensor of floating-point numbers.
  func floats(_ index: Int) throws -> Tensor {
    let tensor = try tensor(index)
    guard tensor.dtype == .float32 else {
      throw ShapeError("input \(index + 1) is \(tensor.dtype); floating-point numbers are needed")
    }
    return tensor
  }

  func optionalFloats(_ index: Int) throws -> Tensor? { try optional(index).map { _ in try floats(index) } }

  /// An operand that has to be known in host memory, read back from the device if need be.
  func host(_ index: Int) throws -> HostArray { try hosted(try operand(index), named: "input \(index + 1)") }

  /// - Parameter limit: How many elements it may have.
  func hosted(_ operand: Operand, named name: String, limit: Int = Limits.hostElements) throws -> HostArray {
    switch operand {
    case .host(let array): return array
    case .tensor(let tensor):
      guard tensor.elementCount <= limit else {
        throw ShapeError("\(name) has \(tensor.elementCount) elements; it should be a few numbers")
      }
      let tensor = tensor.detached
      switch tensor.dtype {
      case .float32: return HostArray(floats: try tensor.floats(), shape: Array(tensor.shape))
      case .int32: return HostArray(integers: try tensor.int32s().map { Int($0) }, shape: Array(tensor.shape))
      case .uint8: return HostArray(integers: try tensor.bytes().map { Int($0) }, shape: Array(tensor.shape))
      case .bool:
        return HostArray(
          integers: try tensor.bools().map { $0 ? 1 : 0 }, shape: Array(tensor.shape), kind: .boolean)
      }
    }
  }

  /// Whole numbers in host memory: a shape, axes.
  func integers(_ index: Int) throws -> [Int] {
    let array = try host(index)
    guard array.kind == .integer else { throw ShapeError("input \(index + 1) has to be whole numbers") }
    return array.integers
  }

  func optionalIntegers(_ index: Int) throws -> [Int]? { try optional(index).map { _ in try integers(index) } }

  func number(_ index: Int) throws -> Float? {
    guard optional(index) != nil else { return nil }
    guard let number = try host(index).scalar else { throw ShapeError("input \(index + 1) has to be one number") }
    return number
  }

  /// All operands in host memory, where every one is there.
  var hosts: [HostArray]? {
    let hosts = inputs.compactMap { $0?.host }
    return hosts.count == inputs.count && !hosts.isEmpty ? hosts : nil
  }

  // MARK: Settings

  func int(_ name: String, _ standard: Int) throws -> Int { try node.int(name) ?? standard }
  func float(_ name: String, _ standard: Float) throws -> Float { try node.float(name) ?? standard }
  func string(_ name: String, _ standard: String) throws -> String { try node.string(name) ?? standard }
  func ints(_ name: String) throws -> [Int]? { try node.ints(name) }

  /// Whole numbers that are an input in newer versions and an attribute in older ones.
  func ints(_ name: String, orInput index: Int) throws -> [Int]? { try optionalIntegers(index) ?? ints(name) }

  /// An axis, counted from the front.
  func axis(_ axis: Int, rank: Int) throws -> Int {
    let normalized = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(normalized) else { throw ShapeError("axis \(axis) of an array with \(rank) axes") }
    return normalized
  }

  /// Axes, counted from the front, each once, ascending.
  func axes(_ axes: [Int], rank: Int) throws -> [Int] {
    let normalized = try axes.map { try axis($0, rank: rank) }.sorted()
    guard Set(normalized).count == normalized.count else { throw ShapeError("an axis is named twice in \(axes)") }
    return normalized
  }

  // MARK: Results

  /// A shape that a result may have, counted against what may be computed.
  func allowed(_ extents: [Int], work: Int? = nil) throws -> Shape {
    let shape = try Limits.checked(extents)
    guard shape.elementCount <= Limits.resultElements else {
      throw ShapeError(
        "a result of shape \(extents), more than \(Limits.resultElements) elements; run the model with smaller batches")
    }
    try budget.spend(max(shape.elementCount, work ?? 0))
    return shape
  }

  /// Operands of one type that fit each other.
  func aligned(_ a: Tensor, _ b: Tensor) throws -> (Tensor, Tensor) {
    guard a.dtype == b.dtype else { throw ShapeError("inputs of different types, \(a.dtype) and \(b.dtype)") }
    _ = try allowed(Array(a.shape.broadcast(with: b.shape, for: node.operation)))
    return (a, b)
  }
}

/// How much an imported model may compute while it is tried out. A class, because all nodes of a run spend of the same.
final class Budget {
  /// There was more to do than may be done.
  struct Exhausted: Error {}

  private var left: Int

  /// - Parameter elements: How many elements results may have together; contractions count as more.
  init(elements: Int) { left = elements }

  /// For runs whose size the caller decides.
  static var unlimited: Budget { Budget(elements: .max) }

  func spend(_ elements: Int) throws {
    guard elements <= left else { throw Exhausted() }
    if left != .max { left -= elements }
  }
}
