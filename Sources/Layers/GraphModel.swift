import MartletBackend
import MartletTensor

/// A model of any number of inputs and outputs, which knows what it takes.
package protocol GraphModel: Layer {
  /// The shape of one sample of each input; `nil` where one is open.
  var knownInputShapes: [Shape]? { get }

  /// The predictions for a batch of each input.
  ///
  /// - Throws: where a model that comes from a file cannot do its work.
  func predictions(_ inputs: [Tensor]) throws -> [Tensor]

  /// Makes the parameters that are not there yet, and checks those that are.
  ///
  /// - Throws: `ModelError`, `ShapeError`.
  func makeParameters() throws
}

extension Model: GraphModel {
  package var knownInputShapes: [Shape]? { inputShapes }

  package func predictions(_ inputs: [Tensor]) -> [Tensor] { self(inputs, mode: .inference) }
}
