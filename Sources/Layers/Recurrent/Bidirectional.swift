import MartletAutograd
import MartletBackend
import MartletTensor

/// Two recurrent layers over the same sequences, one in each direction, and their results together.
///
///     Bidirectional(LSTM(64, returnsSequences: true))
///
/// Sequences of the layer that reads backwards are turned round before they meet. With a mask, outputs at missing steps are zero.
///
/// - Shape: as the layer, with twice the units where results are concatenated.
/// - Source: Schuster and Paliwal 1997.
public struct Bidirectional: MaskingLayer {
  /// How two results become one.
  public enum Merge: String, Hashable, Sendable, CaseIterable {
    /// Side by side.
    case concat
    /// Added.
    case sum
    /// Multiplied.
    case mul
    /// Their mean.
    case ave
  }

  /// The layer that reads as given.
  public let forward: any RecurrentLayer
  /// The layer that reads the other way.
  public let backward: any RecurrentLayer
  /// How two results become one.
  public let merge: Merge
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Parameters:
  ///   - layer: The layer that reads as given.
  ///   - backward: The layer that reads the other way; by default one of the same kind.
  /// - Precondition: both have as many units, return the same, and read in different directions.
  public init(
    _ layer: any RecurrentLayer, backward: (any RecurrentLayer)? = nil, merge: Merge = .concat, name: String? = nil
  ) {
    let backward = backward ?? layer.reversed()
    require(
      layer.units == backward.units && layer.returnsSequences == backward.returnsSequences
        && layer.goesBackwards != backward.goesBackwards,
      "Bidirectional: the layers need the same number of units (\(layer.units) and \(backward.units)), both sequences or none "
        + "(\(layer.returnsSequences) and \(backward.returnsSequences)), and opposite directions")
    forward = layer
    self.backward = backward
    self.merge = merge
    self.name = name
  }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    var output = try forward.outputShape(for: input)
    if merge == .concat { output[output.rank - 1] *= 2 }
    return output
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    try forward.initializeParameters(for: input)
    try backward.initializeParameters(for: input)
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { masked(x, mask: nil, mode: mode).output }

  /// The result for a batch with missing steps, and its mask if it still has steps.
  public func masked(_ x: Tensor, mask: Tensor?, mode: Mode) -> (output: Tensor, mask: Tensor?) {
    (self(x, state: nil, mask: mask, mode: mode).output, forward.returnsSequences ? mask : nil)
  }

  /// The result for a batch that begins with given states, and the states it ends with: first those of the layer that reads as given.
  public func callAsFunction(
    _ x: Tensor, state: (forward: [Tensor], backward: [Tensor])?, mask: Tensor? = nil, mode: Mode = .inference
  ) -> (output: Tensor, state: (forward: [Tensor], backward: [Tensor])) {
    let first = forward(x, state: state?.forward, mask: mask, mode: mode)
    let second = backward(x, state: state?.backward, mask: mask, mode: mode)
    var outputs = [(first.output, forward.goesBackwards), (second.output, backward.goesBackwards)].map {
      forward.returnsSequences && $1 ? $0.flipped(alongAxes: [1]) : $0
    }
    if let mask, forward.returnsSequences {
      let isThere = mask.cast(to: .bool).expanded(at: 2)
      outputs = outputs.map { Tensor.select(isThere.broadcast(to: $0.shape), $0, 0) }
    }
    return (merged(outputs[0], outputs[1]), (first.state, second.state))
  }

  private func merged(_ a: Tensor, _ b: Tensor) -> Tensor {
    switch merge {
    case .concat: Tensor.concatenated([a, b], alongAxis: -1)
    case .sum: a + b
    case .mul: a * b
    case .ave: (a + b) * 0.5
    }
  }
}
