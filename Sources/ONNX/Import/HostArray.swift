import Foundation
import MartletBackend
import MartletTensor
import Synchronization

/// A kind of elements, as far as arithmetic tells them apart: all floating-point types are float32 here, all integers int32 on a device.
enum ElementKind: Sendable {
  case float, integer, boolean

  var dtype: DType {
    switch self {
    case .float: .float32
    case .integer: .int32
    case .boolean: .bool
    }
  }

  /// - Throws: `ShapeError` where there is no such kind.
  init(dataType: Int) throws {
    switch dataType {
    case 1, 10, 11, 16: self = .float
    case 2...7, 12, 13: self = .integer
    case 9: self = .boolean
    default: throw ShapeError("elements of ONNX's type \(dataType) are not supported; numbers and booleans are")
    }
  }
}

/// An array in host memory: weights as they come from a file, and shapes, axes and indices, which are computed here because they
/// decide what is to be done on the device.
///
/// A class, so that what was brought to a device once is remembered there.
final class HostArray: Sendable {
  let shape: [Int]
  let kind: ElementKind
  /// The elements of a float array, row-major.
  let floats: [Float]
  /// The elements of the others; booleans are 0 or 1.
  let integers: [Int]
  /// The type of the elements in the file, where the array stands there: some operators round to it.
  let storedType: Int?
  private let uploaded = Mutex<[Device: Tensor]>([:])

  init(floats: [Float], shape: [Int]) {
    (self.shape, self.floats, integers, kind, storedType) = (shape, floats, [], .float, nil)
  }

  init(integers: [Int], shape: [Int], kind: ElementKind = .integer, storedType: Int? = nil) {
    (self.shape, self.integers, floats, self.kind, self.storedType) = (shape, integers, [], kind, storedType)
  }

  /// The empty array that an empty tensor stands for.
  convenience init(emptyLike tensor: Tensor) {
    if tensor.dtype == .float32 {
      self.init(floats: [], shape: Array(tensor.shape))
    } else {
      self.init(integers: [], shape: Array(tensor.shape), kind: tensor.dtype == .bool ? .boolean : .integer)
    }
  }

  convenience init(_ values: [Int]) { self.init(integers: values, shape: [values.count]) }

  var count: Int { kind == .float ? floats.count : integers.count }

  /// The only element.
  var scalar: Float? { count == 1 ? numbers[0] : nil }

  /// The elements as numbers, whatever they are.
  var numbers: [Float] { kind == .float ? floats : integers.map { Float($0) } }

  /// The array on a device.
  ///
  /// - Throws: `ShapeError` where it cannot be there.
  func tensor(on device: Device) throws -> Tensor {
    if let known = uploaded.withLock({ $0[device] }) { return known }
    let shape = try Limits.checked(shape)
    let tensor: Tensor
    switch kind {
    case .float: tensor = Tensor(floats, shape: shape, on: device)
    case .boolean: tensor = Tensor(integers.map { $0 != 0 }, shape: shape, on: device)
    case .integer:
      // Numbers beyond int32 stand for "as far as it goes".
      tensor = Tensor(integers.map { Int32(clamping: $0) }, shape: shape, on: device)
    }
    uploaded.withLock { $0[device] = tensor }
    return tensor
  }

  /// The elements at some positions, in another shape.
  func picked(_ positions: [Int], shape: [Int]) -> HostArray {
    kind == .float
      ? HostArray(floats: positions.map { floats[$0] }, shape: shape)
      : HostArray(integers: positions.map { integers[$0] }, shape: shape, kind: kind)
  }

  /// The same elements in another shape of as many.
  func reshaped(_ shape: [Int]) -> HostArray {
    kind == .float
      ? HostArray(floats: floats, shape: shape) : HostArray(integers: integers, shape: shape, kind: kind)
  }

  func cast(to target: ElementKind) -> HostArray {
    switch (kind, target) {
    case (.float, .float), (.integer, .integer), (.boolean, .boolean), (.boolean, .integer):
      kind == target ? self : HostArray(integers: integers, shape: shape)
    case (_, .float): HostArray(floats: numbers, shape: shape)
    case (.float, .integer): HostArray(integers: floats.map(Self.truncated), shape: shape)
    case (.float, .boolean): HostArray(integers: floats.map { $0 != 0 ? 1 : 0 }, shape: shape, kind: .boolean)
    case (.integer, .boolean): HostArray(integers: integers.map { $0 != 0 ? 1 : 0 }, shape: shape, kind: .boolean)
    }
  }

  private static func truncated(_ value: Float) -> Int {
    if value.isNaN { return 0 }
    return Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }
}

/// What an imported model may ask for: numbers from a file are checked here before anything is made of them.
enum Limits {
  /// Arrays with at most so many elements are also computed with in host memory.
  static let hostElements = 4096

  /// How many elements one result may have: a gigabyte. A few numbers in a file could otherwise ask for all memory there is.
  static let resultElements: Int = 0x1000_0000

  /// A shape of a tensor.
  ///
  /// - Throws: `ShapeError` where a tensor cannot have it.
  static func checked(_ extents: [Int]) throws -> Shape {
    guard extents.count <= Shape.maximumRank else {
      throw ShapeError("an array of \(extents.count) axes; up to \(Shape.maximumRank) are possible")
    }
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow, product <= Int(Int32.max) else {
        throw ShapeError(
          extent == 0
            ? "an empty array, of shape \(extents), is not supported"
            : "an array of shape \(extents); from 1 to \(Int32.max) elements are possible")
      }
      count = product
    }
    return Shape(extents)
  }

  /// The number of elements of a shape in host memory, where extents may be 0.
  static func hostCount(_ extents: [Int]) throws -> Int {
    var possible = 1
    for extent in extents {
      let (product, overflow) = possible.multipliedReportingOverflow(by: max(extent, 1))
      guard extent >= 0, !overflow, product <= hostElements else {
        throw ShapeError("a constant array of shape \(extents)")
      }
      possible = product
    }
    return extents.contains(0) ? 0 : possible
  }
}
