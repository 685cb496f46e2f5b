import MartletAutograd
import MartletBackend
import MartletInterchange

// Layers over sequences: what is written down, and how they are made of it.

extension LSTM: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put(recurrent: self, activation: activation)
    description.put("recurrentActivation", recurrentActivation)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let common = try RecurrentSettings(description, standardBias: .unitForgetBias)
    self.init(
      common.units, activation: try description.oneForOne("activation", units: common.units),
      recurrentActivation: try description.oneForOne("recurrentActivation", units: common.units),
      useBias: common.useBias, returnsSequences: common.returnsSequences, goesBackwards: common.goesBackwards,
      kernelInitializer: common.kernel, recurrentInitializer: common.recurrentKernel, biasInitializer: common.bias,
      name: description.name)
  }
}

extension GRU: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put(recurrent: self, activation: activation)
    description.put("recurrentActivation", recurrentActivation)
    description.put("resetsAfterProduct", resetsAfterProduct)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let common = try RecurrentSettings(description, standardBias: .zeros)
    self.init(
      common.units, activation: try description.oneForOne("activation", units: common.units),
      recurrentActivation: try description.oneForOne("recurrentActivation", units: common.units),
      useBias: common.useBias, resetsAfterProduct: try description.value("resetsAfterProduct"),
      returnsSequences: common.returnsSequences, goesBackwards: common.goesBackwards,
      kernelInitializer: common.kernel, recurrentInitializer: common.recurrentKernel, biasInitializer: common.bias,
      name: description.name)
  }
}

extension SimpleRNN: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put(recurrent: self, activation: activation)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let common = try RecurrentSettings(description, standardBias: .zeros)
    self.init(
      common.units, activation: try description.oneForOne("activation", units: common.units), useBias: common.useBias,
      returnsSequences: common.returnsSequences, goesBackwards: common.goesBackwards,
      kernelInitializer: common.kernel, recurrentInitializer: common.recurrentKernel, biasInitializer: common.bias,
      name: description.name)
  }
}

extension Bidirectional: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("merge", merge)
    try description.put("forward", layer: forward)
    try description.put("backward", layer: backward)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    guard let forward = try description.layer("forward") as? any RecurrentLayer,
      let backward = try description.layer("backward") as? any RecurrentLayer
    else { throw description.fault("its two layers have to be recurrent ones") }
    try description.require(
      forward.units == backward.units && forward.returnsSequences == backward.returnsSequences
        && forward.goesBackwards != backward.goesBackwards,
      "its two layers need the same number of units, both sequences or none, and opposite directions")
    self.init(forward, backward: backward, merge: try description.value("merge"), name: description.name)
  }
}

extension TimeDistributed: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { try description.put("layer", layer: layer) }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(try description.layer("layer"), name: description.name)
  }
}

/// What all recurrent layers have.
private struct RecurrentSettings {
  let units: Int
  let useBias, returnsSequences, goesBackwards: Bool
  let kernel, recurrentKernel, bias: Initializer

  init(_ description: LayerDescription, standardBias: Initializer) throws {
    units = try description.count("units")
    useBias = try description.value("useBias")
    returnsSequences = try description.value("returnsSequences")
    goesBackwards = try description.value("goesBackwards")
    kernel = try description.value("kernelInitializer")
    recurrentKernel = try description.value("recurrentInitializer")
    bias = try description.value("biasInitializer", default: standardBias)
  }
}

extension LayerDescription {
  fileprivate mutating func put(recurrent layer: some RecurrentLayer, activation: Activation) {
    put("units", layer.units)
    put("activation", activation)
    put("returnsSequences", layer.returnsSequences)
    put("goesBackwards", layer.goesBackwards)
    put("recurrentInitializer", layer.recurrentKernel.initializer)
    put(kernel: layer.kernel, bias: layer.bias)
  }

  /// An activation that gives as many columns as it gets.
  fileprivate func oneForOne(_ key: String, units: Int) throws -> Activation {
    let activation: Activation = try value(key)
    switch activation {
    case .glu, .maxout: throw fault("\(activation) changes the number of columns")
    default: _ = try activation.outputShape(for: [units])
    }
    return activation
  }
}
