import MartletAutograd
import MartletBackend
import MartletData
import MartletLayers
import MartletTensor

/// A model of text, character by character: which one comes next, given all before it.
///
///     hₜ = LSTM(embedding(xₜ), hₜ₋₁)        one or several layers
///     P(xₜ₊₁ | x₁ … xₜ) = softmax(dense(hₜ))
///
/// It goes on from a state, a value that its caller keeps, so a text of any length can be read in parts.
///
/// - Shape: codes `[batch, time]` in, logits `[batch, time, codeCount]` out.
/// - Source: Graves 2013, "Generating sequences with recurrent neural networks", arXiv:1308.0850.
public struct CharacterModel: Layer {
  /// The characters and their codes.
  public let vocabulary: Vocabulary
  private let embedding: Embedding
  private let recurrent: [LSTM]
  private let dropouts: [Dropout]
  private let output: Dense

  /// What the layers remember of the text so far: h and c of each. `nil` is the beginning of a text.
  public typealias State = [[Tensor]]

  /// Makes an untrained model.
  ///
  /// - Parameters:
  ///   - units: The size of each LSTM's state, one LSTM per number.
  ///   - embeddingSize: The length of the vector that stands for a character.
  ///   - dropout: The share of each layer's output that is left out while learning.
  /// - Throws: `ShapeError` where a parameter would be too large.
  /// - Precondition: there is a number of units, all sizes are positive, and `dropout` is in 0..<1.
  public init(
    vocabulary: Vocabulary, units: [Int] = [256], embeddingSize: Int = 64, dropout: Float = 0, seed: UInt64 = 0
  ) throws {
    require(!units.isEmpty, "CharacterModel: need at least one LSTM")
    self.vocabulary = vocabulary
    embedding = Embedding(vocabulary.codeCount, embeddingSize)
    recurrent = units.map { LSTM($0, returnsSequences: true) }
    dropouts = units.map { _ in Dropout(dropout) }
    output = Dense(vocabulary.codeCount)
    try build(for: [1], seed: seed)
  }

  /// Logits for the code that follows each of the codes, and the state after the last.
  ///
  /// - Parameter codes: int32, `[batch, time]`.
  /// - Precondition: a state has the batch of the codes.
  public func callAsFunction(
    _ codes: Tensor, after state: State?, mode: Mode = .inference
  ) -> (logits: Tensor, state: State) {
    var x = embedding(codes, mode: mode)
    var newState: State = []
    for (index, layer) in recurrent.enumerated() {
      let result = layer(x, state: state?[index], mode: mode)
      x = dropouts[index](result.output, mode: mode)
      newState.append(result.state)
    }
    return (output(x, mode: mode), newState)
  }

  /// Logits for texts from their beginnings.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { self(x, after: nil, mode: mode).logits }

  /// One logit per code, for each code that is read; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    guard input.rank == 1 else { throw ShapeError("CharacterModel reads codes [time], not \(input)") }
    return [input[0], vocabulary.codeCount]
  }

  /// Makes the parameters; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    try embedding.initializeParameters(for: input)
    var features = embedding.dimension
    for layer in recurrent {
      try layer.initializeParameters(for: [1, features])
      features = layer.units
    }
    try output.initializeParameters(for: [1, features])
  }
}

// Writing.
extension CharacterModel {
  /// Text that goes on from a prompt, each character drawn from the probabilities that the model gives after all before it.
  ///
  ///     P(x) ∝ exp(logitₓ / temperature)
  ///
  /// Below 1 the temperature makes likely characters likelier; at 0 always the likeliest is taken. The same seed gives the same text
  /// on every device.
  ///
  /// - Returns: the new characters, without the prompt. A prompt without characters stands for a line break.
  /// - Throws: `BackendError`.
  /// - Precondition: `count` and `temperature` are not negative.
  public func text(continuing prompt: String, count: Int, temperature: Float = 1, seed: UInt64 = 0) throws -> String {
    require(
      count >= 0 && temperature >= 0,
      "CharacterModel: need count, temperature ≥ 0; got \(count), \(temperature)")
    let device = output.kernel.value.device
    var generator = PhiloxGenerator(seed: seed, stream: 0x7E87)
    let codes = vocabulary.encoded([prompt.isEmpty ? "\n" : prompt])[0]
    var next = Tensor(codes, shape: [1, codes.count], on: device)
    var state: State?
    var written: [Int32] = []
    while written.count < count {
      let result = withoutGradient { self(next, after: state) }
      state = result.state
      let last = result.logits.sliced(axis: 1, from: result.logits.shape[1] - 1, count: 1)
      let code = Self.draw(from: try last.floats(), temperature: temperature, using: &generator)
      written.append(code)
      next = Tensor([code], shape: [1, 1], on: device)
    }
    return vocabulary.decoded(written)
  }

  /// A code drawn by inverting the distribution function; never one of those that stand for no character.
  private static func draw(
    from logits: [Float], temperature: Float, using generator: inout PhiloxGenerator
  ) -> Int32 {
    let candidates = logits.indices.filter { $0 > Vocabulary.unknown }
    // In every case one number is used up, so that texts of different temperatures stay comparable.
    let uniform = Philox.uniform(UInt32(truncatingIfNeeded: generator.next()))
    guard let best = candidates.max(by: { logits[$0] < logits[$1] }) else { return Vocabulary.unknown }
    guard temperature > 0 else { return Int32(best) }
    let weights = candidates.map { Elementary.exp((logits[$0] - logits[best]) / temperature) }
    var rest = uniform * weights.reduce(0, +)
    for (code, weight) in zip(candidates, weights) {
      rest -= weight
      if rest < 0 { return Int32(code) }
    }
    return Int32(best)
  }
}
