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
    let shape = state.shape
    let device = state.device
    require(
      others.allSatisfy { $0.shape == shape } && program.outputs.count == 1 + others.count,
      "update: states of shapes \(shape), \(others.map(\.shape)) for a program with \(program.outputs.count) outputs")
    for tensor in others + inputs { tensor.requireDevice(device, for: "update") }
    let constants = inputs.map { $0.broadcastView(to: shape, for: "update") }
    // `detached` copies would count as references: views are taken one by one after each state has been asked.
    let isUnique = state.isInPlaceTarget
    let areUnique = others.indices.map { others[$0].isInPlaceTarget }
    let sources = [state.view] + others.map(\.view)
    func renew(_ state: inout Tensor, unless isUnique: Bool) {
      if isUnique { return }
      let renewed = Tensor(undefined: shape, state.dtype, on: device)
      state.storage = renewed.storage
      state.layout = renewed.layout
    }
    renew(&state, unless: isUnique)
    for index in others.indices { renew(&others[index], unless: areUnique[index]) }
    if shape.elementCount > 0 {
      device.backend.map(
        program, inputs: sources + constants, parameters: parameters, outputs: [state.view] + others.map(\.view))
    }
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
      isKnownUniquelyReferenced(&storage) && layout == Layout(contiguous: layout.shape)
    }
  }
}
