import MartletAutograd
import MartletBackend
import MartletInterchange

// Layers that normalize, drop and disturb: what is written down, and how they are made of it.

extension BatchNorm: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("momentum", momentum)
    description.put("epsilon", epsilon)
    description.put("center", beta != nil)
    description.put("scale", gamma != nil)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let momentum: Float = try description.value("momentum")
    try description.require((0...1).contains(momentum), "its momentum has to be in 0...1, not \(momentum)")
    self.init(
      momentum: momentum, epsilon: try description.epsilon(), center: try description.value("center"),
      scale: try description.value("scale"), name: description.name)
  }
}

extension LayerNorm: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("axes", axes)
    description.put("epsilon", epsilon)
    description.put("center", beta != nil)
    description.put("scale", gamma != nil)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let axes: [Int] = try description.value("axes")
    try description.require(!axes.isEmpty, "it needs axes")
    self.init(
      axes: axes, epsilon: try description.epsilon(), center: try description.value("center"),
      scale: try description.value("scale"), name: description.name)
  }
}

extension GroupNorm: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("groups", groups)
    description.put("epsilon", epsilon)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(groups: try description.count("groups"), epsilon: try description.epsilon(), name: description.name)
  }
}

extension Dropout: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { description.put("rate", rate) }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(try description.rate("rate"), name: description.name)
  }
}

extension GaussianNoise: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("standardDeviation", standardDeviation)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let deviation: Float = try description.value("standardDeviation")
    try description.require(deviation >= 0, "its standard deviation cannot be \(deviation)")
    self.init(deviation, name: description.name)
  }
}

extension RandomTransform: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("shift", shift)
    description.put("rotation", rotation)
    description.put("zoom", zoom)
    description.put("mirrors", mirrors)
    if let background { description.put("background", background) }
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let (shift, rotation): (Float, Float) = (try description.value("shift"), try description.value("rotation"))
    try description.require(shift >= 0 && rotation >= 0, "its shift and rotation cannot be \(shift) and \(rotation)")
    self.init(
      shift: shift, rotation: rotation, zoom: try description.rate("zoom"), mirrors: try description.value("mirrors"),
      background: try description.optional("background"), name: description.name)
  }
}

extension Masking: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { description.put("value", value) }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(value: try description.value("value"), name: description.name)
  }
}

extension Flatten: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {}

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws { self.init(name: description.name) }
}

extension Reshape: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { description.put("shape", shape) }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let shape: [Int] = try description.value("shape")
    var known = 1
    for extent in shape where extent != -1 {
      let (product, overflow) = known.multipliedReportingOverflow(by: extent)
      try description.require(extent > 0 && !overflow, "its shape cannot be \(shape)")
      known = product
    }
    try description.require(
      shape.count < Shape.maximumRank && shape.count { $0 == -1 } <= 1, "its shape cannot be \(shape)")
    self.init(Shape(shape), name: description.name)
  }
}

extension LayerDescription {
  fileprivate func epsilon() throws -> Float {
    let epsilon: Float = try value("epsilon")
    try require(epsilon > 0, "its epsilon has to be above 0, not \(epsilon)")
    return epsilon
  }
}
