import MartletAutograd
import MartletBackend
import MartletTensor

/// The sum of its inputs, which have one shape.
public struct Add: CombiningLayer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor { joined(inputs, for: "Add", +) }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape { try commonShape(of: inputs, for: "Add") }
}

/// The first input less the second.
public struct Subtract: CombiningLayer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor { joined(inputs, for: "Subtract", -) }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs.count == 2 else { throw ShapeError("Subtract takes two inputs; got \(inputs.count)") }
    return try commonShape(of: inputs, for: "Subtract")
  }
}

/// The product of its inputs, element by element; they have one shape.
public struct Multiply: CombiningLayer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor { joined(inputs, for: "Multiply", *) }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape { try commonShape(of: inputs, for: "Multiply") }
}

/// The mean of its inputs, which have one shape.
public struct Average: CombiningLayer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor {
    joined(inputs, for: "Average", +) / Float(inputs.count)
  }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape { try commonShape(of: inputs, for: "Average") }
}

/// The largest of its inputs, element by element; they have one shape, and the gradient goes to the first of the largest.
public struct Maximum: CombiningLayer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor {
    joined(inputs, for: "Maximum") { Tensor.maximum($0, $1) }
  }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape { try commonShape(of: inputs, for: "Maximum") }
}

/// The smallest of its inputs, element by element; they have one shape, and the gradient goes to the first of the smallest.
public struct Minimum: CombiningLayer {
  /// What it is called in paths and summaries.
  public let name: String?

  /// Makes the layer.
  public init(name: String? = nil) { self.name = name }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor {
    joined(inputs, for: "Minimum") { Tensor.minimum($0, $1) }
  }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape { try commonShape(of: inputs, for: "Minimum") }
}

/// Its inputs one after the other along an axis; the other axes have the same extents.
public struct Concatenate: CombiningLayer {
  /// Along which axis, with the batch counted as axis 0.
  public let axis: Int
  /// What it is called in paths and summaries.
  public let name: String?

  /// - Parameter axis: With the batch counted as axis 0; negative ones count from the back.
  public init(axis: Int = -1, name: String? = nil) {
    self.axis = axis
    self.name = name
  }

  /// The result for a batch of each input.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor { .concatenated(inputs, alongAxis: axis) }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard let first = inputs.first else { throw ShapeError("Concatenate needs at least one input") }
    let batches = inputs.map { Shape([1] + Array($0)) }
    guard try Shape([1] + Array(first)).normalizedAxis(axis, for: "Concatenate") != 0 else {
      throw ShapeError("Concatenate: axis 0 counts samples; name another axis of \(first)")
    }
    return Shape(try Shape.concatenatedShape(batches, alongAxis: axis).dropFirst())
  }
}

extension CombiningLayer {
  fileprivate func commonShape(of inputs: [Shape], for layer: String) throws -> Shape {
    guard let first = inputs.first else { throw ShapeError("\(layer) needs at least one input") }
    guard inputs.allSatisfy({ $0 == first }) else {
      let shapes = inputs.map { "\($0)" }.joined(separator: ", ")
      throw ShapeError("\(layer): inputs of different shapes, \(shapes); bring them to one shape first")
    }
    return first
  }

  fileprivate func joined(_ inputs: [Tensor], for layer: String, _ operation: (Tensor, Tensor) -> Tensor) -> Tensor {
    guard let first = inputs.first else { fatalError("\(layer): needs at least one input") }
    return inputs.dropFirst().reduce(first, operation)
  }
}
