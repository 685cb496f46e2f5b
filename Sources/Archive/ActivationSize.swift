import MartletBackend
import MartletLayers
import MartletONNX

/// How many numbers one sample takes between two layers, without making them: a file of a few bytes may describe layers that make
/// terabytes out of nothing.
enum ActivationSize {
  /// The most anywhere in a model.
  ///
  /// - Throws: `ShapeError`, `ModelError`.
  static func largest(in model: any Layer, for inputs: [Shape]) throws -> Int {
    let first = inputs.map(\.elementCount).max() ?? 0
    if let graph = model as? Model { return max(first, try largest(in: graph)) }
    // Bounds its own results, which do not follow from shapes alone.
    if model is ONNXModel { return first }
    return max(first, try largest(in: model, for: inputs[0]))
  }

  private static func largest(in layer: any Layer, for input: Shape) throws -> Int {
    let own = try layer.outputShape(for: input).elementCount
    switch layer {
    case let block as Sequential:
      var (shape, most) = (input, own)
      for inner in block.layers {
        most = max(most, try largest(in: inner, for: shape))
        shape = try inner.outputShape(for: shape)
      }
      return most
    case let residual as Residual:
      return max(
        own, try largest(in: residual.body, for: input),
        try residual.shortcut.map { try largest(in: $0, for: input) } ?? 0)
    case let distributed as TimeDistributed:
      return max(own, input[0] * (try largest(in: distributed.layer, for: Shape(input.dropFirst()))))
    case let graph as Model: return max(own, try largest(in: graph))
    // Scores of every step with every other, for each head.
    case let attention as MultiHeadAttention: return max(own, attention.headCount * input[0] * input[0])
    // Distances by feature.
    case is RBF: return own * (input.last ?? 1)
    case let recurrent as any RecurrentLayer: return max(own, 4 * recurrent.units * input[0])
    case let maxout as Maxout: return own * maxout.pieces
    default: return own
    }
  }

  private static func largest(in graph: Model) throws -> Int {
    try graph.stepShapes.reduce(0) { most, step in
      guard let layer = step.layer else { return max(most, step.output.elementCount) }
      return max(most, try largest(in: layer, for: step.inputs[0]))
    }
  }
}
