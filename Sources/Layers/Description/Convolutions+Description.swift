import MartletAutograd
import MartletBackend
import MartletInterchange

// Layers that slide over images and sequences: what is written down, and how they are made of it.

extension Conv2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("filters", filters)
    description.put("kernelSize", kernelSize)
    description.put("stride", stride)
    description.put("padding", padding)
    description.put("dilation", dilation)
    description.put("groups", groups)
    description.put("activation", activation)
    description.put(kernel: kernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let (filters, groups) = try description.filtersAndGroups()
    let start = try description.initializers()
    self.init(
      filters, kernel: try description.extent("kernelSize"), stride: try description.extent("stride"),
      padding: try description.value("padding"), dilation: try description.extent("dilation"), groups: groups,
      activation: try description.value("activation"), useBias: start.useBias, kernelInitializer: start.kernel,
      biasInitializer: start.bias, name: description.name)
  }
}

extension Conv1D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("filters", filters)
    description.put("kernelSize", kernelSize)
    description.put("stride", stride)
    description.put("padding", padding)
    description.put("dilation", dilation)
    description.put("groups", groups)
    description.put("activation", activation)
    description.put(kernel: kernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let (filters, groups) = try description.filtersAndGroups()
    let start = try description.initializers()
    self.init(
      filters, kernel: try description.count("kernelSize"), stride: try description.count("stride"),
      padding: try description.value("padding"), dilation: try description.count("dilation"), groups: groups,
      activation: try description.value("activation"), useBias: start.useBias, kernelInitializer: start.kernel,
      biasInitializer: start.bias, name: description.name)
  }
}

extension ConvTransposed2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("filters", filters)
    description.put("kernelSize", kernelSize)
    description.put("stride", stride)
    description.put("padding", padding)
    description.put("activation", activation)
    description.put(kernel: kernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let start = try description.initializers()
    self.init(
      try description.count("filters"), kernel: try description.extent("kernelSize"),
      stride: try description.extent("stride"), padding: try description.value("padding"),
      activation: try description.value("activation"), useBias: start.useBias, kernelInitializer: start.kernel,
      biasInitializer: start.bias, name: description.name)
  }
}

extension DepthwiseConv2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("kernelSize", kernelSize)
    description.put("stride", stride)
    description.put("padding", padding)
    description.put("dilation", dilation)
    description.put("depthMultiplier", depthMultiplier)
    description.put("activation", activation)
    description.put(kernel: kernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let start = try description.initializers()
    self.init(
      kernel: try description.extent("kernelSize"), stride: try description.extent("stride"),
      padding: try description.value("padding"), dilation: try description.extent("dilation"),
      depthMultiplier: try description.count("depthMultiplier"), activation: try description.value("activation"),
      useBias: start.useBias, kernelInitializer: start.kernel, biasInitializer: start.bias, name: description.name)
  }
}

extension SeparableConv2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("filters", filters)
    description.put("kernelSize", kernelSize)
    description.put("stride", stride)
    description.put("padding", padding)
    description.put("depthMultiplier", depthMultiplier)
    description.put("activation", activation)
    description.put(kernel: depthwiseKernel, bias: bias)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let start = try description.initializers()
    self.init(
      try description.count("filters"), kernel: try description.extent("kernelSize"),
      stride: try description.extent("stride"), padding: try description.value("padding"),
      depthMultiplier: try description.count("depthMultiplier"), activation: try description.value("activation"),
      useBias: start.useBias, kernelInitializer: start.kernel, biasInitializer: start.bias, name: description.name)
  }
}

extension MaxPool2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put(size: size, stride: stride, padding: padding)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(
      try description.extent("size"), stride: try description.extent("stride"),
      padding: try description.value("padding"), name: description.name)
  }
}

extension AveragePool2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put(size: size, stride: stride, padding: padding)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(
      try description.extent("size"), stride: try description.extent("stride"),
      padding: try description.value("padding"), name: description.name)
  }
}

extension GlobalAveragePool2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("keepingRank", keepingRank)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(keepingRank: try description.value("keepingRank"), name: description.name)
  }
}

extension GlobalMaxPool2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("keepingRank", keepingRank)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(keepingRank: try description.value("keepingRank"), name: description.name)
  }
}

extension UpSampling2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put("size", size)
    description.put("interpolation", interpolation)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(
      try description.extent("size"), interpolation: try description.value("interpolation"), name: description.name)
  }
}

extension ZeroPadding2D: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws { description.put("margins", margins) }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    self.init(try description.value("margins"), name: description.name)
  }
}

extension LayerDescription {
  fileprivate mutating func put(size: Extent2D, stride: Extent2D, padding: Padding) {
    put("size", size)
    put("stride", stride)
    put("padding", padding)
  }

  fileprivate func filtersAndGroups() throws -> (filters: Int, groups: Int) {
    let (filters, groups) = (try count("filters"), try count("groups"))
    try require(filters.isMultiple(of: groups), "\(filters) filters do not divide into \(groups) groups")
    return (filters, groups)
  }
}
