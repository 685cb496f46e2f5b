import MartletBackend

// Changing tensors where they are: what optimizers and moving averages do.
extension Tensor {
  /// Replaces states by what a program makes of them: in place where nobody else refers to a state's storage, otherwise in
  /// new storage, so that no other tensor ever sees a change.
  ///
  /// - Parameters:
  ///   - state, others: The states, all of one shape; the program's first inputs, in this order, and its outputs.
  ///   - program: Its further inputs are `inputs`, broadcast to the states' shape.
  ///   - parameters: Run-time arguments of the program.
  package static func update(
    _ state: inout Tensor, _ others: inout [Tensor], with program: ElementwiseProgram, inputs: [Tensor],
    parameters: [Scalar] = []
  ) {
    let operands = operands(&state, &others, inputs, for: program)
    if operands.outputs[0].shape.elementCount > 0 {
      state.backend.map(program, inputs: operands.inputs, parameters: parameters, outputs: operands.outputs)
    }
  }

  /// What one call of the general form changes, and with what.
  package struct Change {
    package var state: Tensor
    package var others: [Tensor]
    package let inputs: [Tensor]

    package init(_ state: Tensor, _ others: [Tensor], inputs: [Tensor]) {
      self.state = state
      self.others = others
      self.inputs = inputs
    }

    fileprivate mutating func operands(for program: ElementwiseProgram) -> MapOperands {
      Tensor.operands(&state, &others, inputs, for: program)
    }
  }

  /// Replaces several sets of states, all on one device, in one call of the backend.
  package static func update(_ changes: inout [Change], with program: ElementwiseProgram, parameters: [Scalar] = []) {
    guard let backend = changes.first?.state.backend else { return }
    var sets: [MapOperands] = []
    sets.reserveCapacity(changes.count)
    for index in changes.indices {
      let operands = changes[index].operands(for: program)
      require(changes[index].state.backend === backend, "update: states on several devices")
      if operands.outputs[0].shape.elementCount > 0 { sets.append(operands) }
    }
    backend.mapEach(program, sets, parameters: parameters)
  }

  /// The states before and after as operands, in new storage where somebody else refers to the old one.
  fileprivate static func operands(
    _ state: inout Tensor, _ others: inout [Tensor], _ inputs: [Tensor], for program: ElementwiseProgram
  ) -> MapOperands {
    let shape = state.shape
    require(
      others.allSatisfy { $0.shape == shape } && program.outputs.count == 1 + others.count,
      "update: states of shapes \(shape), \(others.map(\.shape)) for a program with \(program.outputs.count) outputs")
    for tensor in others { tensor.requireDevice(of: state, for: "update") }
    for tensor in inputs { tensor.requireDevice(of: state, for: "update") }
    // Views count as references: they are taken after each state has been asked.
    var renewals = state.isInPlaceTarget ? 0 : 1
    for index in others.indices where !others[index].isInPlaceTarget { renewals |= 2 << index }
    var operands = MapOperands(inputs: [], outputs: [])
    operands.inputs.reserveCapacity(1 + others.count + inputs.count)
    operands.inputs.append(state.view)
    for tensor in others { operands.inputs.append(tensor.view) }
    for tensor in inputs { operands.inputs.append(tensor.broadcastView(to: shape, for: "update")) }
    if renewals == 0 {
      operands.outputs = Array(operands.inputs[...others.count])
      return operands
    }
    func renew(_ state: inout Tensor, _ number: Int) {
      if renewals >> number & 1 == 0 { return }
      let renewed = Tensor(undefined: shape, state.dtype, on: state.backend)
      state.storage = renewed.storage
      state.layout = renewed.layout
    }
    renew(&state, 0)
    for index in others.indices { renew(&others[index], 1 + index) }
    operands.outputs = [state.view] + others.map(\.view)
    return operands
  }

  /// Replaces one state. See the general form.
  package static func update(
    _ state: inout Tensor, with program: ElementwiseProgram, inputs: [Tensor], parameters: [Scalar] = []
  ) {
    var none: [Tensor] = []
    update(&state, &none, with: program, inputs: inputs, parameters: parameters)
  }

  private var isInPlaceTarget: Bool {
    mutating get {
      isKnownUniquelyReferenced(&storage) && layout.offset == 0 && layout.isContiguous
    }
  }
}
