import MartletAutograd
import MartletBackend
import MartletInterchange

// Layers made of layers: what is written down, and how they are made of it.

extension Sequential: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    if let inputShape { description.put("input", inputShape) }
    try description.put("layers", layers: parts)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let layers = try description.layers("layers")
    guard let input: Shape = try description.optional("input") else {
      self.init(name: description.name) { layers }
      return
    }
    try self.init(forSamplesOf: input, layers: layers, name: description.name)
  }
}

extension Residual: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    try description.put("body", layer: body)
    if let shortcut { try description.put("shortcut", layer: shortcut) }
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    guard let body = try description.layer("body") as? Sequential else {
      throw description.fault("its body has to be a Sequential")
    }
    self.init(shortcut: try description.optionalLayer("shortcut"), name: description.name) { body.layers }
  }
}

extension Add: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Subtract: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Multiply: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Average: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Maximum: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Minimum: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Concatenate: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { description.put("axis", axis) }
  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(axis: try description.value("axis"), name: description.name)
  }
}
