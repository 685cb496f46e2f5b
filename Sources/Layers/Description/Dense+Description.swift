import MartletAutograd
import MartletInterchange

// Layers of units and functions: what is written down, and how they are made of it.

extension Dense: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("units", units)
    description.put("activation", activation)
    description.put(kernel: kernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let start = try description.initializers()
    self.init(
      try description.count("units"), activation: try description.value("activation"), useBias: start.useBias,
      kernelInitializer: start.kernel, biasInitializer: start.bias, name: description.name)
  }
}

extension Maxout: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("units", units)
    description.put("pieces", pieces)
    description.put(kernel: kernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let start = try description.initializers()
    self.init(
      try description.count("units"), pieces: try description.count("pieces"), useBias: start.useBias,
      kernelInitializer: start.kernel, name: description.name)
  }
}

extension RBF: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("units", units)
    if case .constant(let value) = gamma.initializer { description.put("gamma", value) }
    description.put("centersInitializer", centers.initializer)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let gamma: Float = try description.value("gamma", default: 1)
    try description.require(gamma > 0, "gamma has to be above 0, not \(gamma)")
    self.init(
      try description.count("units"), gamma: gamma, centersInitializer: try description.value("centersInitializer"),
      name: description.name)
  }
}

extension Embedding: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("count", count)
    description.put("dimension", dimension)
    description.put("masksZero", masksZero)
    description.put("initializer", embeddings.initializer)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(
      try description.count("count"), try description.count("dimension"),
      masksZero: try description.value("masksZero"), initializer: try description.value("initializer"),
      name: description.name)
  }
}

extension PReLU: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("sharedAxes", sharedAxes)
    description.put("alphaInitializer", alpha.initializer)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(
      sharedAxes: try description.value("sharedAxes"), alphaInitializer: try description.value("alphaInitializer"),
      name: description.name)
  }
}

extension MultiHeadAttention: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("heads", headCount)
    description.put("keySize", keySize)
    description.put("valueSize", valueSize)
    if let outputSize { description.put("outputSize", outputSize) }
    description.put("isCausal", isCausal)
    description.put("dropout", dropout)
    description.put(kernel: queryKernel, bias: queryBias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let dropout = try description.rate("dropout")
    let start = try description.initializers()
    let hasOutputSize = (try description.optional("outputSize") as Int?) != nil
    self.init(
      heads: try description.count("heads"), keySize: try description.count("keySize"),
      valueSize: try description.count("valueSize"),
      outputSize: hasOutputSize ? try description.count("outputSize") : nil,
      isCausal: try description.value("isCausal"), dropout: dropout, useBias: start.useBias,
      kernelInitializer: start.kernel, name: description.name)
  }
}

extension Activation: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { description.put("function", self) }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self = try description.value("function") }
}

extension Rescaling: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("scale", scale)
    description.put("offset", offset)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(
      scale: try description.value("scale"), offset: try description.value("offset", default: 0),
      name: description.name)
  }
}

extension LayerDescription {
  /// Notes how kernel and bias begin, and whether there is a bias.
  mutating func put(kernel: Parameter, bias: Parameter?) {
    put("kernelInitializer", kernel.initializer)
    put("useBias", bias != nil)
    if let bias { put("biasInitializer", bias.initializer) }
  }

  func initializers() throws -> (kernel: Initializer, useBias: Bool, bias: Initializer) {
    (
      try value("kernelInitializer", default: .glorotUniform), try value("useBias", default: true),
      try value("biasInitializer", default: .zeros)
    )
  }

  /// A share from 0 to less than 1.
  func rate(_ key: String) throws -> Float {
    let rate: Float = try value(key)
    try require(rate >= 0 && rate < 1, "its setting '\(key)' has to be in 0..<1, not \(rate)")
    return rate
  }
}
