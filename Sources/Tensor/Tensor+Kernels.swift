import MartletBackend

// What the differentiable operations are made of: backend functions with broadcasting, checks and allocation, nothing noted on
// the tape. Mistakes of the caller stop the program with the operation and the shapes.
extension Tensor {
  /// A program at every element of the broadcast shape of its inputs; all outputs have that shape.
  ///
  /// - Parameters:
  ///   - shape: A shape the inputs are stretched to as well; needed where there are none.
  ///   - dtypes: Types of the outputs; by default those of their lanes.
  package static func mapped(
    _ program: ElementwiseProgram, _ inputs: [Tensor], parameters: [Scalar] = [], shape: Shape? = nil,
    dtypes: [DType]? = nil, on device: Device? = nil, for operation: StaticString = "map"
  ) -> [Tensor] {
    let device = device ?? inputs.first?.device ?? Device.current
    let target = commonShape(of: inputs, and: shape, on: device, for: operation)
    let outputs = program.outputTypes.enumerated().map { index, type in
      Tensor(undefined: target, dtypes?[index] ?? type.dtype, on: device)
    }
    if target.elementCount > 0 {
      device.backend.map(
        program, inputs: inputs.map { $0.broadcastView(to: target, for: operation) }, parameters: parameters,
        outputs: outputs.map(\.view))
    }
    return outputs
  }

  /// The only output of a program. See `mapped`.
  package static func map(
    _ program: ElementwiseProgram, _ inputs: Tensor..., parameters: [Scalar] = [], shape: Shape? = nil,
    dtype: DType? = nil, on device: Device? = nil, for operation: StaticString = "map"
  ) -> Tensor {
    map(program, inputs, parameters: parameters, shape: shape, dtype: dtype, on: device, for: operation)
  }

  /// The only output of a program of one input; what most operations are, without a list of tensors.
  package static func map(
    _ program: ElementwiseProgram, _ x: Tensor, parameters: [Scalar] = [], for operation: StaticString = "map"
  ) -> Tensor {
    let output = Tensor(undefined: x.layout.shape, program.outputTypes[0].dtype, on: x.storage.backend)
    if output.elementCount > 0 {
      output.backend.map(program, inputs: [x.view], parameters: parameters, outputs: [output.view])
    }
    return output
  }

  /// The only output of a program of two inputs of one shape, or else as in general.
  package static func map(
    _ program: ElementwiseProgram, _ a: Tensor, _ b: Tensor, parameters: [Scalar] = [],
    for operation: StaticString = "map"
  ) -> Tensor {
    if a.layout.shape != b.layout.shape { return map(program, [a, b], parameters: parameters, for: operation) }
    b.requireDevice(of: a, for: operation)
    let output = Tensor(undefined: a.layout.shape, program.outputTypes[0].dtype, on: a.storage.backend)
    if output.elementCount > 0 {
      output.backend.map(program, inputs: [a.view, b.view], parameters: parameters, outputs: [output.view])
    }
    return output
  }

  /// The only output of a program. See `mapped`.
  package static func map(
    _ program: ElementwiseProgram, _ inputs: [Tensor], parameters: [Scalar] = [], shape: Shape? = nil,
    dtype: DType? = nil, on device: Device? = nil, for operation: StaticString = "map"
  ) -> Tensor {
    let device = device ?? inputs.first?.device ?? Device.current
    let target = commonShape(of: inputs, and: shape, on: device, for: operation)
    require(!inputs.isEmpty || target.allSatisfy { $0 >= 0 }, "\(operation): shape \(target) has a negative extent")
    let output = Tensor(undefined: target, dtype ?? program.outputTypes[0].dtype, on: device)
    if target.elementCount > 0 {
      device.backend.map(
        program, inputs: inputs.map { $0.broadcastView(to: target, for: operation) }, parameters: parameters,
        outputs: [output.view])
    }
    return output
  }

  /// Writes the only output of a program into a part of an existing tensor, which nobody else may see yet.
  package func fill(
    _ part: Layout, with program: ElementwiseProgram, _ inputs: [Tensor], parameters: [Scalar] = [],
    for operation: StaticString
  ) {
    if part.shape.elementCount == 0 { return }
    backend.map(
      program, inputs: inputs.map { $0.broadcastView(to: part.shape, for: operation) }, parameters: parameters,
      outputs: [View(storage: storage, layout: part, dtype: dtype)])
  }

  /// Combines along axes (ascending); the axes stay, with extent 1. Without axes, a reduction over single elements.
  package static func reduced(
    _ program: ElementwiseProgram, _ combiners: [Combiner], _ inputs: [Tensor], parameters: [Scalar] = [], axes: [Int],
    epilogue: Epilogue? = nil, for operation: StaticString = "reduce"
  ) -> [Tensor] {
    require(!inputs.isEmpty, "\(operation): no inputs")
    let device = inputs[0].device
    var source = commonShape(of: inputs, and: nil, on: device, for: operation)
    let target = source.reduced(along: axes)
    var views = inputs.map { $0.broadcastView(to: source, for: operation) }
    var axes = axes
    var epilogue = epilogue
    // A backend wants at least one axis: an outermost one of extent 1 changes nothing.
    let isSingleton = axes.isEmpty
    if isSingleton {
      require(source.rank < Shape.maximumRank, "\(operation): no axes to reduce along")
      source.insert(1, at: 0)
      for index in views.indices { views[index].layout = views[index].layout.insertingAxis(at: 0) }
      for index in epilogue?.inputs.indices ?? 0..<0 {
        if let layout = epilogue?.inputs[index].layout { epilogue?.inputs[index].layout = layout.insertingAxis(at: 0) }
      }
      axes = [0]
    }
    let types =
      epilogue?.program.outputTypes
      ?? zip(program.outputTypes, combiners).map { type, combiner in
        combiner == .argumentOfMaximum || combiner == .argumentOfMinimum ? .int32 : type
      }
    let outputs = types.map { Tensor(undefined: source.reduced(along: axes), $0.dtype, on: device) }
    if target.elementCount > 0 {
      device.backend.reduce(
        program, combiners: combiners, axes: axes, inputs: views, parameters: parameters, epilogue: epilogue,
        outputs: outputs.map(\.view))
    }
    return isSingleton ? outputs.map { $0.viewed(as: $0.layout.removingAxis(at: 0)) } : outputs
  }

  /// The same elements row-major and without gaps; itself where that is already so.
  package func contiguous() -> Tensor {
    if layout.isContiguous { return self }
    return Tensor.map(CommonPrograms.copy(dtype.laneType), detached, dtype: dtype, for: "contiguous")
  }

  /// The elements under another shape of as many elements, copied where their order in memory does not allow a view. Constant.
  package func rearranged(to shape: Shape) -> Tensor {
    if let layout = layout.reshaped(to: shape) { return viewed(as: layout) }
    return contiguous().viewed(as: Layout(contiguous: shape))
  }

  package func broadcastView(to shape: Shape, for operation: StaticString) -> View {
    if layout.shape == shape { return view }
    return View(
      storage: storage, layout: trapping { try layout.broadcast(to: shape, for: "\(operation)") }, dtype: dtype)
  }

  /// - Precondition: the tensor is on this device.
  package func requireDevice(_ other: Device, for operation: StaticString) {
    require(
      storage.backend === other.backend,
      "\(operation): tensors on different devices, \(device.name) and \(other.name); move one with to(_:)")
  }

  /// - Precondition: both tensors are on one device.
  package func requireDevice(of other: Tensor, for operation: StaticString) {
    if storage.backend !== other.storage.backend { requireDevice(other.device, for: operation) }
  }

  private static func commonShape(
    of inputs: [Tensor], and shape: Shape?, on device: Device, for operation: StaticString
  ) -> Shape {
    var target = shape ?? inputs.first?.shape ?? Shape()
    for input in inputs {
      input.requireDevice(device, for: operation)
      if input.shape != target { target = trapping { try target.broadcast(with: input.shape, for: "\(operation)") } }
    }
    return target
  }
}

extension LaneType {
  /// The element type a lane of this type is stored as unless something else is asked for.
  package var dtype: DType {
    switch self {
    case .float32: .float32
    case .int32: .int32
    case .bool: .bool
    }
  }
}

/// Programs needed in many places.
package enum CommonPrograms {
  private static let floatCopy = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }
  private static let integerCopy = ElementwiseProgram(inputs: [.int32]) { x, _ in [x[0]] }
  private static let boolCopy = ElementwiseProgram(inputs: [.bool]) { x, _ in [x[0]] }
  private static let floatFill = ElementwiseProgram(inputs: [], parameters: [.float32]) { _, p in [p[0]] }
  private static let integerFill = ElementwiseProgram(inputs: [], parameters: [.int32]) { _, p in [p[0]] }
  private static let boolFill = ElementwiseProgram(inputs: [], parameters: [.bool]) { _, p in [p[0]] }

  /// The identity on one type.
  package static func copy(_ type: LaneType) -> ElementwiseProgram {
    switch type {
    case .float32: floatCopy
    case .int32: integerCopy
    case .bool: boolCopy
    }
  }

  /// Its only argument, everywhere.
  package static func fill(_ type: LaneType) -> ElementwiseProgram {
    switch type {
    case .float32: floatFill
    case .int32: integerFill
    case .bool: boolFill
    }
  }
}
