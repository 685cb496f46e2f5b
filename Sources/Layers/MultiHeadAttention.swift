import MartletAutograd
import MartletBackend
import MartletTensor

/// Each place of a sequence collects from another sequence (or its own) what it is looking for, with several heads that look for
/// different things.
///
///     weights = softmax(q · kᵀ / √keySize)          q, k, v: projections of query, key and value, for each head
///     y = [weights · v of all heads] · outputKernel + outputBias
///
/// As a layer of one input it is self-attention: query, value and key are the same. In a `Model` it takes `[query, value]` or
/// `[query, value, key]`; called directly it also takes a mask and gives the weights.
///
/// - Shape: query `[batch, targets, features]`, value and key `[batch, sources, features]`, each with features of its own; the
///   result is `[batch, targets, outputSize]`, the weights `[batch, heads, targets, sources]`. Kernels
///   `[features, heads, size]` and `[heads, valueSize, outputSize]`, as in Keras.
/// - Source: Vaswani et al. 2017, arXiv:1706.03762.
public struct MultiHeadAttention: Layer {
  /// How many heads look, each for something else.
  public let headCount: Int
  /// The length of a head's queries and keys.
  public let keySize: Int
  /// The length of a head's values.
  public let valueSize: Int
  /// The number of outputs; by default as many as the query has features.
  public let outputSize: Int?
  /// Whether places see only themselves and earlier ones.
  public let isCausal: Bool
  /// The share of the weights that is dropped while learning.
  public let dropout: Float
  /// `[query features, heads, keySize]`.
  public let queryKernel: Parameter
  /// `[heads, keySize]`.
  public let queryBias: Parameter?
  /// `[key features, heads, keySize]`.
  public let keyKernel: Parameter
  /// `[heads, keySize]`.
  public let keyBias: Parameter?
  /// `[value features, heads, valueSize]`.
  public let valueKernel: Parameter
  /// `[heads, valueSize]`.
  public let valueBias: Parameter?
  /// `[heads, valueSize, outputSize]`.
  public let outputKernel: Parameter
  /// `[outputSize]`.
  public let outputBias: Parameter?
  /// What it is called in paths and summaries.
  public let name: String?
  private let stream = RandomStream()

  /// - Parameters:
  ///   - keySize: The length of a head's queries and keys; often features / heads.
  ///   - valueSize: The length of a head's values; by default `keySize`.
  ///   - outputSize: The number of outputs; by default as many as the query has features.
  ///   - isCausal: Whether places see only themselves and earlier ones.
  ///   - dropout: The share of the weights that is dropped while learning.
  /// - Precondition: sizes are positive, `dropout` is in 0..<1.
  public init(
    heads: Int, keySize: Int, valueSize: Int? = nil, outputSize: Int? = nil, isCausal: Bool = false,
    dropout: Float = 0, useBias: Bool = true, kernelInitializer: Initializer = .glorotUniform, name: String? = nil
  ) {
    require(
      min(heads, keySize, valueSize ?? 1, outputSize ?? 1) > 0 && dropout >= 0 && dropout < 1,
      "MultiHeadAttention: need heads, sizes > 0 and dropout in 0..<1; got \(heads) heads, sizes \(keySize), "
        + "\(valueSize ?? keySize) and \(outputSize ?? 1), dropout \(dropout)")
    headCount = heads
    self.keySize = keySize
    self.valueSize = valueSize ?? keySize
    self.outputSize = outputSize
    self.isCausal = isCausal
    self.dropout = dropout
    self.name = name
    (queryKernel, keyKernel) = (Parameter(kernelInitializer), Parameter(kernelInitializer))
    (valueKernel, outputKernel) = (Parameter(kernelInitializer), Parameter(kernelInitializer))
    queryBias = useBias ? Parameter(.zeros) : nil
    keyBias = useBias ? Parameter(.zeros) : nil
    valueBias = useBias ? Parameter(.zeros) : nil
    outputBias = useBias ? Parameter(.zeros) : nil
  }

  /// The name of the type.
  public static var typeName: String { "MultiHeadAttention" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape { try outputShape(for: [input, input]) }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws { try initializeParameters(for: [input, input]) }

  /// Self-attention for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    attended(query: x, value: x, mask: nil, mode: mode).result
  }

  /// The result for a batch, and how much each place looks at which.
  ///
  /// - Parameters:
  ///   - key: What queries are compared with; by default the values themselves.
  ///   - mask: `[batch, targets, sources]`, bool or int32, or a shape that stretches to it: a target sees a source where it is
  ///     true or not 0. A target that sees nothing has weights 0.
  /// - Precondition: shapes are as `MultiHeadAttention` describes them.
  public func attended(
    query: Tensor, value: Tensor, key: Tensor? = nil, mask: Tensor? = nil, mode: Mode = .inference
  ) -> (result: Tensor, weights: Tensor) {
    let key = key ?? value
    require(
      query.rank == 3 && value.rank == 3 && key.rank == 3 && key.shape.prefix(2).elementsEqual(value.shape.prefix(2)),
      "MultiHeadAttention: query \(query.shape), value \(value.shape) and key \(key.shape) have to be "
        + "[batch, length, features], value and key of one length")
    if !queryKernel.isInitialized {
      trapping { try initializeParameters(for: [query, value, key].map { Shape($0.shape.dropFirst()) }) }
    }
    let (batch, targets) = (query.shape[0], query.shape[1])
    let q = projected(query, queryKernel, queryBias, size: keySize) * (1 / Float(keySize).squareRoot())
    let k = projected(key, keyKernel, keyBias, size: keySize)
    let v = projected(value, valueKernel, valueBias, size: valueSize)
    let weights = weights(
      q.matmul(k, transposingRight: true), mask: visible(mask, targets, value.shape[1], query.device))
    var counted = weights
    if case .training(let key) = mode, dropout > 0 { counted = weights.dropout(rate: dropout, key: stream.key(key)) }
    let joined = counted.matmul(v).swappingAxes(1, 2).reshaped(to: [batch, targets, headCount * valueSize])
    let kernel = outputKernel.value
    let outputs = kernel.shape[2]
    return (joined.dense(kernel.reshaped(to: [headCount * valueSize, outputs]), bias: outputBias?.value), weights)
  }

  /// `[batch, heads, length, size]`.
  private func projected(_ x: Tensor, _ kernel: Parameter, _ bias: Parameter?, size: Int) -> Tensor {
    let width = headCount * size
    let kernel = kernel.value
    return x.dense(kernel.reshaped(to: [kernel.shape[0], width]), bias: bias?.value.reshaped(to: [width]))
      .reshaped(to: [x.shape[0], x.shape[1], headCount, size]).swappingAxes(1, 2)
  }

  /// What targets see, bool `[batch or 1, 1, targets, sources]`; `nil` for everything.
  private func visible(_ mask: Tensor?, _ targets: Int, _ sources: Int, _ device: Device) -> Tensor? {
    let given = mask.map { $0.cast(to: .bool).expanded(at: -3) }
    guard isCausal else { return given }
    let earlier = Tensor.range(targets, on: device).expanded(at: 1) .>= Tensor.range(sources, on: device)
    return given.map { $0 & earlier } ?? earlier
  }

  private func weights(_ scores: Tensor, mask: Tensor?) -> Tensor {
    guard let mask else { return scores.softmax() }
    // Far below any score, and finite so that a row without anything to see is no NaN.
    let weights = Tensor.select(mask, scores, -1e30).softmax()
    return Tensor.select(mask, weights, 0)
  }
}

extension MultiHeadAttention: CombiningLayer {
  /// The result for query, value and (where it is another) key; see `CombiningLayer`.
  public func callAsFunction(_ inputs: [Tensor], mode: Mode) -> Tensor {
    require(
      inputs.count == 2 || inputs.count == 3,
      "MultiHeadAttention: takes query and value, or query, value and key; got \(inputs.count) inputs")
    return attended(
      query: inputs[0], value: inputs[1], key: inputs.count == 3 ? inputs[2] : nil, mask: nil, mode: mode
    ).result
  }

  /// The shape of the result; see `CombiningLayer`.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let (query, _, _) = try sequences(inputs)
    return [query[0], outputSize ?? query[1]]
  }

  /// Makes the parameters; see `CombiningLayer`.
  public func initializeParameters(for inputs: [Shape]) throws {
    let (query, value, key) = try sequences(inputs)
    try queryKernel.initialize(shape: [query[1], headCount, keySize])
    try keyKernel.initialize(shape: [key[1], headCount, keySize])
    try valueKernel.initialize(shape: [value[1], headCount, valueSize])
    try outputKernel.initialize(shape: [headCount, valueSize, outputSize ?? query[1]])
    try queryBias?.initialize(shape: [headCount, keySize])
    try keyBias?.initialize(shape: [headCount, keySize])
    try valueBias?.initialize(shape: [headCount, valueSize])
    try outputBias?.initialize(shape: [outputSize ?? query[1]])
  }

  private func sequences(_ inputs: [Shape]) throws -> (query: Shape, value: Shape, key: Shape) {
    guard inputs.count == 2 || inputs.count == 3 else {
      throw ShapeError("MultiHeadAttention takes query and value, or query, value and key; got \(inputs.count) inputs")
    }
    let (query, value, key) = (inputs[0], inputs[1], inputs.count == 3 ? inputs[2] : inputs[1])
    guard query.rank == 2 && value.rank == 2 && key.rank == 2 && key[0] == value[0] else {
      throw ShapeError(
        "MultiHeadAttention needs sequences [length, features], value and key of one length; got query \(query), "
          + "value \(value), key \(key)")
    }
    return (query, value, key)
  }
}
