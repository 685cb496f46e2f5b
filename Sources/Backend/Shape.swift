/// The extents of a tensor, outermost axis first: a list of at most eight integers without heap storage.
///
/// `Strides` is the same list type; strides may be zero (broadcast) or negative (flipped).
public struct Shape: Hashable, Sendable, RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral {
  /// The most axes a tensor can have.
  public static let maximumRank = 8

  private var extents: SIMD8<Int>
  /// The number of axes.
  public private(set) var rank: Int

  /// The shape of a scalar, `[]`.
  public init() {
    extents = .zero
    rank = 0
  }

  /// - Precondition: at most eight values.
  public init(_ values: some Collection<Int>) {
    precondition(values.count <= Self.maximumRank, "Shape: at most \(Self.maximumRank) axes; got \(values.count)")
    self.init()
    for value in values { append(value) }
  }

  /// The shape with these extents, outermost first.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The same value on each of `rank` axes.
  public init(repeating value: Int, rank: Int) {
    self.init()
    for _ in 0..<rank { append(value) }
  }

  /// 0, the outermost axis.
  public var startIndex: Int { 0 }
  /// The rank.
  public var endIndex: Int { rank }

  /// The extent of an axis.
  public subscript(axis: Int) -> Int {
    get {
      precondition(axis >= 0 && axis < rank, "Shape: axis \(axis) of rank \(rank)")
      return extents[axis]
    }
    set {
      precondition(axis >= 0 && axis < rank, "Shape: axis \(axis) of rank \(rank)")
      extents[axis] = newValue
    }
  }

  /// Adds an innermost axis.
  ///
  /// - Precondition: there are fewer than eight axes.
  public mutating func append(_ value: Int) {
    precondition(rank < Self.maximumRank, "Shape: at most \(Self.maximumRank) axes")
    extents[rank] = value
    rank += 1
  }

  /// Adds an axis before `axis`.
  public mutating func insert(_ value: Int, at axis: Int) {
    append(value)
    var position = rank - 1
    while position > axis {
      extents[position] = extents[position - 1]
      position -= 1
    }
    extents[axis] = value
  }

  /// Removes an axis.
  public mutating func remove(at axis: Int) {
    precondition(axis >= 0 && axis < rank, "Shape: axis \(axis) of rank \(rank)")
    for position in axis..<(rank - 1) { extents[position] = extents[position + 1] }
    rank -= 1
    extents[rank] = 0
  }

  /// The product of the extents; 1 for a scalar.
  public var elementCount: Int { reduce(1, *) }

  /// The strides of a row-major block of this shape: `[12, 4, 1]` for `[2, 3, 4]`.
  public var contiguousStrides: Strides {
    var strides = self
    var stride = 1
    for axis in indices.reversed() {
      strides[axis] = stride
      stride *= self[axis]
    }
    return strides
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
  public func broadcast(with other: Shape, for operation: String = "broadcast") throws -> Shape {
    if self == other { return self }
    var result = rank >= other.rank ? self : other
    let shorter = rank >= other.rank ? other : self
    let lead = result.rank - shorter.rank
    for axis in shorter.indices {
      let (long, short) = (result[lead + axis], shorter[axis])
      guard long == short || long == 1 || short == 1 else {
        throw ShapeError("\(operation): shapes \(self) and \(other) do not fit: \(long) against \(short)")
      }
      result[lead + axis] = long == 1 ? short : long
    }
    return result
  }

  /// The axis counted from the front; a negative one counts from the back.
  ///
  /// - Throws: `ShapeError` when there is no such axis.
  public func normalizedAxis(_ axis: Int, for operation: String) throws -> Int {
    let normalized = axis < 0 ? axis + rank : axis
    guard normalized >= 0 && normalized < rank else {
      throw ShapeError("\(operation): axis \(axis) does not exist in shape \(self)")
    }
    return normalized
  }

  /// The axes counted from the front, ascending; `nil` means all.
  ///
  /// - Throws: `ShapeError` for an axis that does not exist or is named twice.
  public func normalizedAxes(_ axes: [Int]?, for operation: String) throws -> [Int] {
    guard let axes else { return Array(indices) }
    let sorted = try axes.map { try normalizedAxis($0, for: operation) }.sorted()
    for (a, b) in zip(sorted, sorted.dropFirst()) where a == b {
      throw ShapeError("\(operation): axis \(a) is named twice in \(axes)")
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
