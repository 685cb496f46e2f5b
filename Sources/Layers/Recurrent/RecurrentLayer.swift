import MartletAutograd
import MartletBackend
import MartletTensor

/// A layer that reads sequences step by step and carries a state along: `SimpleRNN`, `LSTM`, `GRU`.
///
/// As a part of a model it begins every sequence with zeros. Whoever wants to go on where the last batch ended keeps the state, which
/// is a value:
///
///     var state: [Tensor]?
///     for x in parts {
///       let result = lstm(x, state: state)
///       state = result.state.map(\.detached)       // gradients stop here
///     }
///
/// - Shape: `[batch, time, features]` in; `[batch, units]` out, or `[batch, time, units]` with `returnsSequences`.
public protocol RecurrentLayer: MaskingLayer {
  /// The size of the state.
  var units: Int { get }
  /// Whether the result has every step's output or only the last.
  var returnsSequences: Bool { get }
  /// Whether the last step is read first; results are then in the order of processing, as in Keras.
  var goesBackwards: Bool { get }
  /// For what is read: `[features, gates · units]`.
  var kernel: Parameter { get }
  /// For the state: `[units, gates · units]`.
  var recurrentKernel: Parameter { get }
  /// `[gates · units]`; `[2, 3 · units]` for GRU.
  var bias: Parameter? { get }

  /// The same kind of layer with parameters of its own, reading the other way.
  func reversed() -> Self

  /// What happens at a step.
  var rule: RecurrentRule { get }
}

/// What a recurrent layer computes at a step; made by the layers of this module.
public struct RecurrentRule: Sendable {
  package let cell: RecurrentCell
  package let activation: Activation
  package let recurrentActivation: Activation
}

extension RecurrentLayer {
  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    try checkSequence(input)
    return returnsSequences ? [input[0], units] : [units]
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    try checkSequence(input)
    let columns = rule.cell.gateCount * units
    try kernel.initialize(shape: [input[1], columns])
    try recurrentKernel.initialize(shape: [units, columns])
    try bias?.initialize(shape: rule.cell.biasShape(units: units))
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { self(x, state: nil, mode: mode).output }

  /// The result for a batch with missing steps, and the mask of the result if it still has steps.
  public func masked(_ x: Tensor, mask: Tensor?, mode: Mode) -> (output: Tensor, mask: Tensor?) {
    let output = self(x, state: nil, mask: mask, mode: mode).output
    guard returnsSequences, let mask else { return (output, nil) }
    return (output, goesBackwards ? mask.flipped(alongAxes: [1]) : mask)
  }

  /// The result for a batch that begins with a given state, and the state it ends with.
  ///
  /// - Parameters:
  ///   - state: `[batch, units]`: h, and for LSTM also c; `nil` for zeros.
  ///   - mask: `[batch, time]`, 0 or false where a step is missing: it keeps the state and repeats the output before it, zeros before
  ///     the first step that is there.
  public func callAsFunction(
    _ x: Tensor, state: [Tensor]?, mask: Tensor? = nil, mode: Mode = .inference
  ) -> (output: Tensor, state: [Tensor]) {
    prepare(for: x, kernel)
    return x.recurrent(
      rule.cell, kernel: kernel.value, recurrentKernel: recurrentKernel.value, bias: bias?.value,
      initialState: state ?? [], mask: mask, activation: rule.activation.recurrent(mode),
      recurrentActivation: rule.recurrentActivation.recurrent(mode), goesBackwards: goesBackwards,
      returnsSequences: returnsSequences)
  }

  private func checkSequence(_ input: Shape) throws {
    guard input.rank == 2 else {
      throw ShapeError(
        "\(Self.typeName) needs sequences [time, features], not \(input); Embedding makes them of indices, Reshape of values, and "
          + "a recurrent layer before needs returnsSequences")
    }
  }
}

extension Activation {
  /// As recurrent cells use it.
  ///
  /// - Precondition: the number of columns stays.
  fileprivate func recurrent(_ mode: Mode) -> RecurrentActivation {
    RecurrentActivation(fused) { self($0, mode: mode) }
  }

  /// - Precondition: it is one that a recurrent layer can use.
  func requireOneForOne(for layer: String) {
    switch self {
    case .glu, .maxout: require(false, "\(layer): \(self) changes the number of columns")
    default: break
    }
  }
}
