/// The extents of a tensor, outermost axis first: a list of at most eight integers without heap storage.
///
/// `Strides` is the same list type; strides may be zero (broadcast) or negative (flipped).
///
/// What every operation does with shapes is inlinable: it is done some hundred times in a training step.
public struct Shape: Sendable, RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral {
  /// The most axes a tensor can have.
  public static let maximumRank = 8

  // Eight integers rather than a vector of them, whose alignment would make a layout twice as large.
  @usableFromInline var extents: (Int, Int, Int, Int, Int, Int, Int, Int)
  @usableFromInline var axisCount: Int

  /// The number of axes.
  @inlinable public var rank: Int { axisCount }

  /// The shape of a scalar, `[]`.
  @inlinable public init() {
    extents = (0, 0, 0, 0, 0, 0, 0, 0)
    axisCount = 0
  }

  /// - Precondition: at most eight values.
  @inlinable public init(_ values: some Collection<Int>) {
    precondition(values.count <= Self.maximumRank, "Shape: at most \(Self.maximumRank) axes; got \(values.count)")
    self.init()
    for value in values { append(value) }
  }

  /// The shape with these extents, outermost first.
  @inlinable @inline(__always) public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The same value on each of `rank` axes.
  @inlinable public init(repeating value: Int, rank: Int) {
    self.init()
    for _ in 0..<rank { append(value) }
  }

  /// 0, the outermost axis.
  @inlinable public var startIndex: Int { 0 }
  /// The rank.
  @inlinable public var endIndex: Int { axisCount }

  /// The extent of an axis.
  @inlinable public subscript(axis: Int) -> Int {
    get {
      precondition(axis >= 0 && axis < axisCount, "Shape: axis \(axis) of rank \(axisCount)")
      return self[unchecked: axis]
    }
    set {
      precondition(axis >= 0 && axis < axisCount, "Shape: axis \(axis) of rank \(axisCount)")
      self[unchecked: axis] = newValue
    }
  }

  /// The extent of an axis that is known to be below 8.
  @inlinable subscript(unchecked axis: Int) -> Int {
    get { withUnsafeBytes(of: extents) { $0.load(fromByteOffset: axis &* 8, as: Int.self) } }
    set { withUnsafeMutableBytes(of: &extents) { $0.storeBytes(of: newValue, toByteOffset: axis &* 8, as: Int.self) } }
  }

  /// Adds an innermost axis.
  ///
  /// - Precondition: there are fewer than eight axes.
  @inlinable public mutating func append(_ value: Int) {
    precondition(axisCount < 8, "Shape: at most 8 axes")
    self[unchecked: axisCount] = value
    axisCount += 1
  }

  /// Adds an axis before `axis`.
  public mutating func insert(_ value: Int, at axis: Int) {
    append(value)
    var position = rank - 1
    while position > axis {
      self[unchecked: position] = self[unchecked: position - 1]
      position -= 1
    }
    self[unchecked: axis] = value
  }

  /// Removes an axis.
  public mutating func remove(at axis: Int) {
    precondition(axis >= 0 && axis < rank, "Shape: axis \(axis) of rank \(rank)")
    for position in axis..<(rank - 1) { self[unchecked: position] = self[unchecked: position + 1] }
    axisCount -= 1
    self[unchecked: rank] = 0
  }

  /// The product of the extents; 1 for a scalar.
  @inlinable public var elementCount: Int {
    var count = 1
    for axis in 0..<axisCount { count *= self[unchecked: axis] }
    return count
  }

  /// The strides of a row-major block of this shape: `[12, 4, 1]` for `[2, 3, 4]`.
  @inlinable public var contiguousStrides: Strides {
    var strides = self
    var stride = 1
    var axis = axisCount
    while axis > 0 {
      axis -= 1
      strides[unchecked: axis] = stride
      stride *= self[unchecked: axis]
    }
    return strides
  }
}

extension Shape: Hashable {
  /// Whether both have the same extents.
  @inlinable public static func == (a: Shape, b: Shape) -> Bool {
    if a.axisCount != b.axisCount { return false }
    for axis in 0..<a.axisCount where a[unchecked: axis] != b[unchecked: axis] { return false }
    return true
  }

  /// Feeds the extents.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for extent in self { hasher.combine(extent) }
  }
}

/// Elements to step over for one step along each axis.
public typealias Strides = Shape

extension Shape: CustomStringConvertible {
  /// The extents in brackets: `[2, 3, 4]`.
  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}

/// Why shapes, axes or element types do not fit. `description` says which operation, what it got and what it wants.
public struct ShapeError: Error, Hashable, CustomStringConvertible {
  /// What does not fit, with the values.
  public let description: String

  /// An error with this description.
  public init(_ description: String) { self.description = description }
}

extension Shape {
  /// The shape both operands take when combined element by element: axes are aligned from the last, and an extent of 1
  /// stretches (NumPy's rule).
  ///
  /// - Throws: `ShapeError` when two extents differ and neither is 1.
  public func broadcast(with other: Shape, for operation: @autoclosure () -> String = "broadcast") throws -> Shape {
    if self == other { return self }
    var result = rank >= other.rank ? self : other
    let shorter = rank >= other.rank ? other : self
    let lead = result.rank - shorter.rank
    for axis in shorter.indices {
      let (long, short) = (result[lead + axis], shorter[axis])
      guard long == short || long == 1 || short == 1 else {
        throw ShapeError("\(operation()): shapes \(self) and \(other) do not fit: \(long) against \(short)")
      }
      result[lead + axis] = long == 1 ? short : long
    }
    return result
  }

  /// The axis counted from the front; a negative one counts from the back.
  ///
  /// - Throws: `ShapeError` when there is no such axis.
  public func normalizedAxis(_ axis: Int, for operation: @autoclosure () -> String) throws -> Int {
    let normalized = axis < 0 ? axis + rank : axis
    guard normalized >= 0 && normalized < rank else {
      throw ShapeError("\(operation()): axis \(axis) does not exist in shape \(self)")
    }
    return normalized
  }

  /// The axes counted from the front, ascending; `nil` means all.
  ///
  /// - Throws: `ShapeError` for an axis that does not exist or is named twice.
  public func normalizedAxes(_ axes: [Int]?, for operation: @autoclosure () -> String) throws -> [Int] {
    guard let axes else { return Array(indices) }
    let sorted = try axes.map { try normalizedAxis($0, for: operation()) }.sorted()
    for (a, b) in zip(sorted, sorted.dropFirst()) where a == b {
      throw ShapeError("\(operation()): axis \(a) is named twice in \(axes)")
    }
    return sorted
  }

  /// This shape with each of `axes` set to 1, as a reduction that keeps its rank leaves it.
  public func reduced(along axes: [Int]) -> Shape {
    var result = self
    for axis in axes { result[axis] = 1 }
    return result
  }

  /// This shape without `axes` (ascending).
  public func removing(axes: [Int]) -> Shape {
    var result = self
    for axis in axes.reversed() { result.remove(at: axis) }
    return result
  }
}
