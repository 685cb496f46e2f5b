import MartletBackend

// What the differentiable operations are made of: backend functions with broadcasting, checks and allocation, nothing noted on
// the tape. Mistakes of the caller trap with the operation and the shapes.
extension Tensor {
  /// A program at every element of the broadcast shape of its inputs; all outputs have that shape.
  ///
  /// - Parameter dtypes: Types of the outputs; by default those of their lanes.
  package static func mapped(
    _ program: ElementwiseProgram, _ inputs: [Tensor], parameters: [Scalar] = [], shape: Shape? = nil,
    dtypes: [DType]? = nil, on device: Device? = nil, for operation: StaticString = "map"
  ) -> [Tensor] {
    let device = device ?? inputs.first?.device ?? Device.current
    var target = shape ?? inputs.first?.shape ?? Shape()
    for input in inputs {
      input.requireDevice(device, for: operation)
      target = trapping { try target.broadcast(with: input.shape, for: "\(operation)") }
    }
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

  /// The first output of a program.
  package static func map(
    _ program: ElementwiseProgram, _ inputs: Tensor..., parameters: [Scalar] = [], shape: Shape? = nil,
    dtype: DType? = nil, on device: Device? = nil, for operation: StaticString = "map"
  ) -> Tensor {
    mapped(
      program, inputs, parameters: parameters, shape: shape, dtypes: dtype.map { [$0] }, on: device, for: operation)[0]
  }

  /// Combines along axes; the axes stay, with extent 1.
  package static func reduced(
    _ program: ElementwiseProgram, _ combiners: [Combiner], _ inputs: [Tensor], parameters: [Scalar] = [], axes: [Int],
    epilogue: Epilogue? = nil, for operation: StaticString = "reduce"
  ) -> [Tensor] {
    precondition(!inputs.isEmpty, "\(operation): no inputs")
    let device = inputs[0].device
    var source = inputs[0].shape
    for input in inputs {
      input.requireDevice(device, for: operation)
      source = trapping { try source.broadcast(with: input.shape, for: "\(operation)") }
    }
    let target = source.reduced(along: axes)
    let types =
      epilogue?.program.outputTypes
      ?? zip(program.outputTypes, combiners).map { type, combiner in
        combiner == .argumentOfMaximum || combiner == .argumentOfMinimum ? .int32 : type
      }
    let outputs = types.map { Tensor(undefined: target, $0.dtype, on: device) }
    if target.elementCount > 0 {
      device.backend.reduce(
        program, combiners: combiners, axes: axes,
        inputs: inputs.map { $0.broadcastView(to: source, for: operation) }, parameters: parameters, epilogue: epilogue,
        outputs: outputs.map(\.view))
    }
    return outputs
  }

  /// The same elements row-major and without gaps; itself where that is already so.
  package func contiguous() -> Tensor {
    if layout.isContiguous { return self }
    return Tensor.map(CommonPrograms.copy(dtype.laneType), detached, dtype: dtype, for: "contiguous")
  }

  package func broadcastView(to shape: Shape, for operation: StaticString) -> View {
    View(
      storage: storage, layout: trapping { try layout.broadcast(to: shape, for: "\(operation)") }, dtype: dtype)
  }

  /// - Precondition: the tensor is on this device.
  package func requireDevice(_ other: Device, for operation: StaticString) {
    precondition(
      storage.backend === other.backend,
      "\(operation): tensors on different devices, \(device.name) and \(other.name); move one with to(_:)")
  }
}

/// Runs a throwing check where a violation is the caller's mistake: traps with the error's description.
package func trapping<Result>(_ body: () throws -> Result) -> Result {
  do { return try body() } catch { preconditionFailure("\(error)") }
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
  private static let copies: [LaneType: ElementwiseProgram] = Dictionary(
    uniqueKeysWithValues: [LaneType.float32, .int32, .bool].map { type in
      (type, ElementwiseProgram(inputs: [type]) { x, _ in [x[0]] })
    })

  /// The identity on one type.
  package static func copy(_ type: LaneType) -> ElementwiseProgram {
    copies[type] ?? ElementwiseProgram(inputs: [type]) { x, _ in [x[0]] }
  }
}
