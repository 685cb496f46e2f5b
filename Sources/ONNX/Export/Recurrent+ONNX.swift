import MartletAutograd
import MartletBackend
import MartletLayers

extension SimpleRNN: ONNXMaskingLayer {}
extension LSTM: ONNXMaskingLayer {}
extension GRU: ONNXMaskingLayer {}

extension RecurrentLayer {
  func onnx(_ x: ONNX.Value, mask: ONNX.Value?, in graph: ONNX.GraphBuilder) throws -> (ONNX.Value, mask: ONNX.Value?) {
    let result = try exported(x, mask: mask, inTimeOrder: false, in: graph)
    guard returnsSequences, let mask else { return (result, nil) }
    guard goesBackwards else { return (result, mask) }
    return (result, ONNX.Value(name: graph.flipped(mask.name, axis: 1), shape: mask.shape, elements: .bool))
  }

  /// The outputs of a recurrence.
  ///
  /// - Parameter inTimeOrder: Whether the outputs of a layer that goes backwards stand beside the steps they belong to, rather than in
  ///   the order of processing.
  fileprivate func exported(
    _ x: ONNX.Value, mask: ONNX.Value?, inTimeOrder: Bool, in graph: ONNX.GraphBuilder
  ) throws -> ONNX.Value {
    let x = graph.channelsLast(x)
    let names = rule.cell.gateCount == 1 ? [rule.activation] : [rule.recurrentActivation, rule.activation]
    let name =
      if mask == nil && names.allSatisfy({ $0.recurrentName != nil }) {
        try operatorOutput(x, inTimeOrder: inTimeOrder, in: graph)
      } else {
        try loopOutput(x, mask: mask, inTimeOrder: inTimeOrder, in: graph)
      }
    return ONNX.Value(name: name, shape: try outputShape(for: x.shape))
  }
}

// By ONNX's own operators, where they know the activations and no step is missing.
extension RecurrentLayer {
  private func operatorOutput(_ x: ONNX.Value, inTimeOrder: Bool, in graph: ONNX.GraphBuilder) throws -> String {
    let cell = rule.cell
    // The order of the gates: i, f, g, o here and i, o, f, g there; z, r, g in both.
    let order = cell == .lstm ? [0, 3, 1, 2] : Array(0..<cell.gateCount)
    func weights(_ parameter: Parameter) throws -> String {
      try graph.weights(parameter, as: "gates first") { array in
        let rows = array.reordered(blocks: order).transposed([1, 0])
        return rows.reshaped([1] + rows.shape)
      }
    }
    var inputs = [graph.transposed(x, [1, 0, 2]), try weights(kernel), try weights(recurrentKernel)]
    if let bias {
      inputs.append(
        try graph.weights(bias, as: "gates first") { array in
          // One for the input, one for the state, which is zero except for GRU.
          let own = array.reshaped([array.values.count / (cell.gateCount * units), cell.gateCount * units])
            .reordered(blocks: order).values
          let width = 2 * cell.gateCount * units
          return HostWeights(shape: [1, width], values: own + Array(repeating: 0, count: width - own.count))
        })
    }
    let activations =
      (cell == .simple ? [rule.activation] : [rule.recurrentActivation, rule.activation])
      + (cell == .lstm ? [rule.activation] : [])
    let known = activations.compactMap(\.recurrentName)
    let isGRU = cell == .gru || cell == .gruResettingBefore
    var attributes: [(String, ONNX.Attribute)] = [
      ("hidden_size", .int(units)), ("direction", .string(goesBackwards ? "reverse" : "forward")),
      ("activations", .strings(known.map(\.name))),
    ]
    let (alphas, betas) = (known.compactMap(\.alpha), known.compactMap(\.beta))
    if !alphas.isEmpty { attributes.append(("activation_alpha", .floats(alphas))) }
    if !betas.isEmpty { attributes.append(("activation_beta", .floats(betas))) }
    if isGRU { attributes.append(("linear_before_reset", .int(cell == .gru ? 1 : 0))) }
    let outputs = graph.node(cell == .lstm ? "LSTM" : isGRU ? "GRU" : "RNN", inputs, outputs: 2, attributes)
    guard returnsSequences else { return graph.node("Squeeze", [outputs[1], graph.constant([0])]) }
    // [time, directions, batch, units], in the order of time in both directions.
    let steps = graph.node(
      "Transpose", [graph.node("Squeeze", [outputs[0], graph.constant([1])])], ["perm": [1, 0, 2]])
    return goesBackwards && !inTimeOrder ? graph.flipped(steps, axis: 1) : steps
  }
}

// By a loop over the steps, which can do anything.
extension RecurrentLayer {
  private func loopOutput(
    _ x: ONNX.Value, mask: ONNX.Value?, inTimeOrder: Bool, in graph: ONNX.GraphBuilder
  ) throws -> String {
    let cell = rule.cell
    let columns = cell.gateCount * units
    // What does not depend on the state is computed for all steps at once.
    var projected = graph.node("MatMul", [x.name, try graph.weights(kernel)])
    var stateBias: String?
    if let bias {
      let inputBias = try graph.weights(bias, as: "for the input") {
        HostWeights(shape: [columns], values: Array($0.values.prefix(columns)))
      }
      projected = graph.node("Add", [projected, inputBias])
      if cell == .gru {
        stateBias = try graph.weights(bias, as: "for the state") {
          HostWeights(shape: [columns], values: Array($0.values.suffix(columns)))
        }
      }
    }
    let batch = graph.node("Shape", [x.name], ["start": 0, "end": 1])
    let zeros = graph.node(
      "ConstantOfShape", [graph.node("Concat", [batch, graph.constant([units])], ["axis": 0])])
    let body = try graph.subgraph(
      inputs: (0..<cell.stateCount).map { ("state\($0)", ONNX.Elements.float32) } + [("step", .float32)]
        + (mask == nil ? [] : [("isThere", .bool)])
    ) { inner, inputs in
      try step(inputs, stateBias: stateBias, hasMask: mask != nil, in: inner)
    }
    let sequences = [projected] + (mask.map { [$0.name] } ?? [])
    let direction = goesBackwards ? 1 : 0
    let outputs = graph.node(
      "Scan", Array(repeating: zeros, count: cell.stateCount) + sequences, outputs: cell.stateCount + 1,
      [
        "body": .graph(body), "num_scan_inputs": .int(sequences.count),
        "scan_input_axes": .ints(Array(repeating: 1, count: sequences.count)),
        "scan_input_directions": .ints(Array(repeating: direction, count: sequences.count)),
        "scan_output_axes": [1], "scan_output_directions": .ints([inTimeOrder ? direction : 0]),
      ])
    return returnsSequences ? outputs[cell.stateCount] : outputs[0]
  }

  /// One step: the new states, and h once more as the step's output.
  private func step(
    _ inputs: [String], stateBias: String?, hasMask: Bool, in graph: ONNX.GraphBuilder
  ) throws -> [String] {
    let cell = rule.cell
    let states = Array(inputs.prefix(cell.stateCount))
    let (h, x) = (states[0], inputs[cell.stateCount])
    let R = try graph.weights(recurrentKernel)
    func activated(_ name: String, _ activation: Activation) throws -> String {
      try activation.onnx(ONNX.Value(name: name, shape: [units]), in: graph).name
    }
    func gate(_ name: String) throws -> String { try activated(name, rule.recurrentActivation) }
    func parts(_ name: String, _ count: Int) -> [String] {
      graph.node(
        "Split", [name, graph.constant(Array(repeating: units, count: count))], outputs: count, ["axis": 1])
    }
    func sum(_ a: String, _ b: String) -> String { graph.node("Add", [a, b]) }
    func product(_ a: String, _ b: String) -> String { graph.node("Mul", [a, b]) }
    var new: [String]
    switch cell {
    case .simple:
      new = [try activated(sum(x, graph.node("MatMul", [h, R])), rule.activation)]
    case .lstm:
      let gates = parts(sum(x, graph.node("MatMul", [h, R])), 4)
      let (input, forget, output) = (try gate(gates[0]), try gate(gates[1]), try gate(gates[3]))
      let c = sum(product(forget, states[1]), product(input, try activated(gates[2], rule.activation)))
      new = [product(output, try activated(c, rule.activation)), c]
    case .gru:
      var fromState = graph.node("MatMul", [h, R])
      if let stateBias { fromState = sum(fromState, stateBias) }
      let (own, fed) = (parts(fromState, 3), parts(x, 3))
      let (z, r) = (try gate(sum(fed[0], own[0])), try gate(sum(fed[1], own[1])))
      let g = try activated(sum(fed[2], product(r, own[2])), rule.activation)
      new = [sum(g, product(z, graph.node("Sub", [h, g])))]
    case .gruResettingBefore:
      let blocks = graph.node(
        "Split", [R, graph.constant([2 * units, units])], outputs: 2, ["axis": 1])
      let (own, fed) = (parts(graph.node("MatMul", [h, blocks[0]]), 2), parts(x, 3))
      let (z, r) = (try gate(sum(fed[0], own[0])), try gate(sum(fed[1], own[1])))
      let g = try activated(sum(fed[2], graph.node("MatMul", [product(r, h), blocks[1]])), rule.activation)
      new = [sum(g, product(z, graph.node("Sub", [h, g])))]
    }
    if hasMask {
      // A missing step keeps the state.
      let isThere = graph.node("Unsqueeze", [inputs[cell.stateCount + 1], graph.constant([1])])
      new = zip(new, states).map { graph.node("Where", [isThere, $0, $1]) }
    }
    return new + [graph.node("Identity", [new[0]])]
  }
}

extension Bidirectional: ONNXMaskingLayer {
  func onnx(_ x: ONNX.Value, mask: ONNX.Value?, in graph: ONNX.GraphBuilder) throws -> (ONNX.Value, mask: ONNX.Value?) {
    func read(_ layer: any RecurrentLayer, _ name: String) throws -> String {
      try graph.within(name) {
        let y = try layer.exported(x, mask: mask, inTimeOrder: true, in: graph).name
        guard let mask, forward.returnsSequences else { return y }
        let isThere = graph.node("Unsqueeze", [mask.name, graph.constant([2])])
        return graph.node("Where", [isThere, y, graph.constant(0)])
      }
    }
    let both = [try read(forward, "forward"), try read(backward, "backward")]
    let merged =
      switch merge {
      case .concat: graph.node("Concat", both, ["axis": -1])
      case .sum: graph.node("Add", both)
      case .mul: graph.node("Mul", both)
      case .ave: graph.node("Mean", both)
      }
    return (
      ONNX.Value(name: merged, shape: try outputShape(for: x.shape)), forward.returnsSequences ? mask : nil
    )
  }
}

extension Embedding: ONNXMaskingLayer {
  func onnx(_ x: ONNX.Value, mask: ONNX.Value?, in graph: ONNX.GraphBuilder) throws -> (ONNX.Value, mask: ONNX.Value?) {
    let indices = graph.cast(graph.channelsLast(x), to: x.elements == .int64 ? .int64 : .int32)
    let y = ONNX.Value(
      name: graph.node("Gather", [try graph.weights(embeddings), indices.name]), shape: try outputShape(for: x.shape))
    guard masksZero else { return (y, mask) }
    let zero = graph.cast(
      ONNX.Value(name: graph.constant(integer: 0), shape: [], elements: .int64), to: indices.elements)
    let isMissing = graph.node("Equal", [indices.name, zero.name])
    return (y, ONNX.Value(name: graph.node("Not", [isMissing]), shape: x.shape, elements: .bool))
  }
}

extension Masking: ONNXMaskingLayer {
  func onnx(_ x: ONNX.Value, mask: ONNX.Value?, in graph: ONNX.GraphBuilder) throws -> (ONNX.Value, mask: ONNX.Value?) {
    let x = graph.channelsLast(x)
    let isMissing = graph.node("Equal", [x.name, graph.constant(value)])
    let isThere = graph.node("Cast", [graph.node("Not", [isMissing])], ["to": .int(ONNX.Elements.float32.rawValue)])
    let axes = Array(2...x.shape.rank)
    func any(keepingAxes: Bool) -> String {
      let largest = graph.node("ReduceMax", [isThere], ["axes": .ints(axes), "keepdims": .int(keepingAxes ? 1 : 0)])
      return graph.node("Cast", [largest], ["to": .int(ONNX.Elements.bool.rawValue)])
    }
    let kept = graph.node("Where", [any(keepingAxes: true), x.name, graph.constant(0)])
    var own = any(keepingAxes: false)
    if let mask { own = graph.node("And", [mask.name, own]) }
    return (
      ONNX.Value(name: kept, shape: x.shape), ONNX.Value(name: own, shape: [x.shape[0]], elements: .bool)
    )
  }
}
