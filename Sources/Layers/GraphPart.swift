import MartletBackend
import MartletTensor

// Layers of one and of several inputs under one roof.
extension GraphPart {
  var name: String? {
    switch self {
    case .layer(let layer): layer.name
    case .combination(let layer): layer.name
    }
  }

  package var typeName: String {
    switch self {
    case .layer(let layer): type(of: layer).typeName
    case .combination(let layer): type(of: layer).typeName
    }
  }

  /// The layer itself, for those who look for parameters inside.
  var content: any Sendable {
    switch self {
    case .layer(let layer): layer
    case .combination(let layer): layer
    }
  }

  var parameters: [Parameter] { ParameterVisitor.objects(in: content).compactMap { $0.object as? Parameter } }

  /// The shape of the result for one sample.
  ///
  /// - Throws: `ShapeError`.
  func outputShape(for inputs: [Shape]) throws -> Shape {
    switch self {
    case .layer(let layer): try layer.outputShape(for: inputs[0])
    case .combination(let layer): try layer.outputShape(for: inputs)
    }
  }

  /// Makes the parameters.
  ///
  /// - Returns: the shape of the result for one sample.
  /// - Throws: `ShapeError`.
  func build(for inputs: [Shape]) throws -> Shape {
    switch self {
    case .layer(let layer):
      let output = try layer.outputShape(for: inputs[0])
      try layer.initializeParameters(for: inputs[0])
      return output
    case .combination(let layer):
      let output = try layer.outputShape(for: inputs)
      try layer.initializeParameters(for: inputs)
      return output
    }
  }

  func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor {
    switch self {
    case .layer(let layer): layer(inputs[0], mode: mode)
    case .combination(let layer): layer(inputs, mode: mode)
    }
  }
}
