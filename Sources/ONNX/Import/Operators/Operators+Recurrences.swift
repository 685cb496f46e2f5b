import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let recurrences: [String: Function] = [
    "RNN": { try recurrence($0, .simple) },
    "LSTM": { try recurrence($0, .lstm) },
    "GRU": { try recurrence($0, try $0.int("linear_before_reset", 0) != 0 ? .gru : .gruResettingBefore) },
  ]

  // MARK: RNN, LSTM, GRU

  private static func recurrence(_ node: Invocation, _ cell: RecurrentCell) throws -> [Operand] {
    let isBatchFirst = try node.int("layout", 0) != 0
    let given = try node.floats(0)
    let (weights, recurrentWeights) = (try node.floats(1), try node.floats(2))
    let direction = try node.string("direction", "forward")
    guard ["forward", "reverse", "bidirectional"].contains(direction) else {
      throw ShapeError("the direction '\(direction)'")
    }
    let count = direction == "bidirectional" ? 2 : 1
    guard given.rank == 3, recurrentWeights.rank == 3 else {
      throw ShapeError("sequences of shape \(given.shape), recurrent weights of \(recurrentWeights.shape)")
    }
    let x = isBatchFirst ? given : given.swappingAxes(0, 1)
    let (batch, time, features) = (x.shape[0], x.shape[1], x.shape[2])
    let units = recurrentWeights.shape[2]
    let rows = cell.gateCount * units
    guard weights.shape == [count, rows, features], recurrentWeights.shape == [count, rows, units] else {
      throw ShapeError(
        "weights of \(weights.shape) and \(recurrentWeights.shape) for \(features) features in \(count) directions")
    }
    for refused in ["clip", "input_forget"] where node.node.attributes[refused] != nil {
      guard try refused == "input_forget" && node.int(refused, 0) == 0 else {
        throw ShapeError("'\(refused)' is not supported")
      }
    }
    guard node.optional(7) == nil else { throw ShapeError("peepholes are not supported") }
    let bias = try node.optionalFloats(3)
    if let bias, bias.shape != [count, 2 * rows] { throw ShapeError("a bias of shape \(bias.shape)") }
    var states: [Tensor] = []
    for index in 5..<5 + cell.stateCount {
      guard let state = try node.optionalFloats(index) else { continue }
      let turned = isBatchFirst && state.rank == 3 ? state.swappingAxes(0, 1) : state
      guard turned.shape == [count, batch, units] else { throw ShapeError("a first state of shape \(state.shape)") }
      states.append(turned)
    }
    if cell == .lstm && states.count == 1 {
      // Only one of the two was given.
      let zeros = Tensor.zeros([count, batch, units], on: node.device)
      states = node.optional(5) == nil ? [zeros, states[0]] : [states[0], zeros]
    }
    _ = try node.allowed([count, batch, time, units], work: work([batch, time, rows], times: units + features))
    let mask = try node.optional(4).map { _ -> Tensor in
      let lengths = try node.tensor(4)
      guard lengths.shape == [batch], lengths.dtype == .int32 else {
        throw ShapeError("lengths of shape \(lengths.shape)")
      }
      return Tensor.range(time, on: node.device).expanded(at: 0) .< lengths.expanded(at: 1)
    }
    let functions = try activations(node, cell, directions: count)
    var outputs: [Tensor] = []
    var finals: [[Tensor]] = []
    for index in 0..<count {
      let goesBackwards = direction == "reverse" || index == 1
      let (output, state) = x.recurrent(
        cell, kernel: turned(weights[index], cell, units),
        recurrentKernel: turned(recurrentWeights[index], cell, units),
        bias: bias.map { turned(bias: $0[index], cell, units) }, initialState: states.map { $0[index] }, mask: mask,
        activation: functions[index].activation, recurrentActivation: functions[index].recurrent,
        goesBackwards: goesBackwards, returnsSequences: true)
      // In the order of time, and nothing where there is no step.
      var steps = goesBackwards ? output.flipped(alongAxes: [1]) : output
      if let mask { steps = Tensor.select(mask.expanded(at: 2).broadcast(to: steps.shape), steps, 0) }
      outputs.append(steps)
      finals.append(state)
    }
    // [batch, time, directions, units]
    let all = Tensor.stacked(outputs, alongAxis: 2)
    let last = (0..<cell.stateCount).map { part in
      Tensor.stacked(finals.map { $0[part] }, alongAxis: isBatchFirst ? 1 : 0)
    }
    return ([isBatchFirst ? all : all.transposed([1, 2, 0, 3])] + last).map { .tensor($0) }
  }

  /// `[gates · units, …]` in ONNX's order of gates as `[…, gates · units]` in Martlet's: i, o, f, g becomes i, f, g, o.
  private static func turned(_ weights: Tensor, _ cell: RecurrentCell, _ units: Int) -> Tensor {
    let columns = weights.rank == 2 ? weights.transposed() : weights
    guard cell == .lstm else { return columns }
    let gates = columns.split(parts: 4, alongAxis: -1)
    return .concatenated([gates[0], gates[2], gates[3], gates[1]], alongAxis: columns.rank - 1)
  }

  /// The bias for the input and that for the state: one after the other in ONNX; added up here, except for GRU, which needs both.
  private static func turned(bias: Tensor, _ cell: RecurrentCell, _ units: Int) -> Tensor {
    let both = bias.split(parts: 2, alongAxis: 0)
    if cell == .gru { return .stacked(both) }
    return turned(both[0] + both[1], cell, units)
  }

  private typealias CellActivations = (activation: RecurrentActivation, recurrent: RecurrentActivation)

  private static func activations(
    _ node: Invocation, _ cell: RecurrentCell, directions: Int
  ) throws -> [CellActivations] {
    let standard = cell == .simple ? ["Tanh"] : cell == .lstm ? ["Sigmoid", "Tanh", "Tanh"] : ["Sigmoid", "Tanh"]
    let names = try node.node.strings("activations") ?? Array(repeating: standard, count: directions).flatMap { $0 }
    guard names.count == standard.count * directions else { throw ShapeError("activations \(names)") }
    var alphas = (try node.node.floats("activation_alpha") ?? [])[...]
    var betas = (try node.node.floats("activation_beta") ?? [])[...]
    let made = try names.map { try activation($0, &alphas, &betas) }
    return try (0..<directions).map { direction in
      let own = Array(made[direction * standard.count..<(direction + 1) * standard.count])
      let ownNames = Array(names[direction * standard.count..<(direction + 1) * standard.count])
      guard cell != .lstm || ownNames[1].lowercased() == ownNames[2].lowercased() else {
        throw ShapeError("different activations for the candidate and the output, \(ownNames), are not supported")
      }
      return cell == .simple ? (own[0], RecurrentActivation(FusedActivation.none) { $0 }) : (own[1], own[0])
    }
  }

  /// The activation with a name, whose settings are the next ones of the lists.
  private static func activation(
    _ name: String, _ alphas: inout ArraySlice<Float>, _ betas: inout ArraySlice<Float>
  ) throws -> RecurrentActivation {
    switch name.lowercased() {
    case "relu": return RecurrentActivation(.relu) { $0.relu() }
    case "tanh": return RecurrentActivation(.tanh) { $0.tanh() }
    case "sigmoid": return RecurrentActivation(.sigmoid) { $0.sigmoid() }
    case "softplus": return RecurrentActivation(.softplus) { $0.softplus() }
    case "softsign": return RecurrentActivation(nil) { $0.softsign() }
    case "leakyrelu":
      let alpha = alphas.popFirst() ?? 0.01
      return RecurrentActivation(nil) { $0.leakyRelu(negativeSlope: alpha) }
    case "elu":
      let alpha = alphas.popFirst() ?? 1
      return RecurrentActivation(nil) { $0.elu(alpha: alpha) }
    case "thresholdedrelu":
      let alpha = alphas.popFirst() ?? 1
      return RecurrentActivation(nil) { $0.threshold(alpha) }
    case "hardsigmoid":
      let (alpha, beta) = (alphas.popFirst() ?? 0.2, betas.popFirst() ?? 0.5)
      return RecurrentActivation(nil) { ($0 * alpha + beta).clamped(to: 0...1) }
    case "scaledtanh":
      let (alpha, beta) = (alphas.popFirst() ?? 1, betas.popFirst() ?? 1)
      return RecurrentActivation(nil) { ($0 * beta).tanh() * alpha }
    case "affine":
      let (alpha, beta) = (alphas.popFirst() ?? 1, betas.popFirst() ?? 0)
      return RecurrentActivation(nil) { $0 * alpha + beta }
    default: throw ShapeError("the activation '\(name)' is not supported")
    }
  }
}
