import MartletAutograd
import MartletBackend
import MartletTensor

// Graphs inside nodes: conditions and loops. They see the values of the graph around them. What decides is read back from the device.
extension Operators {
  static let control: [String: Function] = ["If": condition, "Loop": loop, "Scan": scan]

  /// More rounds than anything that is computed step by step has; a file could otherwise ask for a run without end.
  private static let mostRounds: Int = 0x10_0000

  private static func condition(_ node: Invocation) throws -> [Operand] {
    let branch = try node.truth(0) ? "then_branch" : "else_branch"
    guard let graph = node.node.graphs[branch] else { throw ShapeError("'\(branch)' is missing") }
    guard graph.inputs.isEmpty else { throw ShapeError("'\(branch)' has inputs") }
    return try node.run(graph, [])
  }

  /// Values handed from round to round, and others collected, until a number of rounds or a condition ends it.
  private static func loop(_ node: Invocation) throws -> [Operand] {
    guard let body = node.node.graphs["body"] else { throw ShapeError("'body' is missing") }
    let carriedCount = node.inputs.count - 2
    let collectedCount = body.outputs.count - 1 - carriedCount
    guard carriedCount >= 0, body.inputs.count == carriedCount + 2, collectedCount >= 0 else {
      throw ShapeError(
        "the body has \(body.inputs.count) inputs and \(body.outputs.count) outputs for \(carriedCount) values that are carried"
      )
    }
    var rounds = Int.max
    if node.optional(0) != nil {
      guard let given = try node.integers(0).first else { throw ShapeError("the number of rounds is empty") }
      rounds = given
    }
    var goesOn = try node.optional(1) == nil || node.truth(1)
    var carried = try (0..<carriedCount).map { try node.operand($0 + 2) }
    var collected = Array(repeating: Collected(), count: collectedCount)
    var round = 0
    while goesOn && round < rounds {
      guard round < mostRounds else { throw ShapeError("more than \(mostRounds) rounds") }
      // A round costs more than the few numbers it may be about.
      try node.budget.spend(1000)
      let counter = Operand.host(HostArray(integers: [round], shape: []))
      let proceed = Operand.host(HostArray(integers: [1], shape: [], kind: .boolean))
      let results = try node.run(body, [counter, proceed] + carried)
      goesOn = try node.truth(results[0], named: "the condition of the body")
      carried = Array(results[1..<1 + carriedCount])
      for index in collected.indices { try collected[index].add(results[1 + carriedCount + index], node) }
      round += 1
    }
    return carried + (try collected.map { try $0.stacked(alongAxis: 0, reversed: false, node) })
  }

  /// A graph run once per step, which hands states from step to step, and whose other outputs are stacked.
  private static func scan(_ node: Invocation) throws -> [Operand] {
    guard let body = node.node.graphs["body"] else { throw ShapeError("'body' is missing") }
    guard node.version >= 9 else { throw ShapeError("Scan before version 9 of the operator set had other rules") }
    guard let scanned = try node.node.int("num_scan_inputs"), scanned > 0, scanned <= node.inputs.count
    else { throw ShapeError("'num_scan_inputs' does not fit \(node.inputs.count) inputs") }
    let stateCount = node.inputs.count - scanned
    let outputCount = body.outputs.count - stateCount
    guard body.inputs.count == node.inputs.count, outputCount >= 0 else {
      throw ShapeError("the body has \(body.inputs.count) inputs and \(body.outputs.count) outputs")
    }
    func settings(_ name: String, _ count: Int) throws -> [Int] {
      let values = try node.ints(name) ?? Array(repeating: 0, count: count)
      guard values.count == count else { throw ShapeError("'\(name)' has \(values.count) numbers for \(count)") }
      return values
    }
    let axes = try settings("scan_input_axes", scanned)
    let directions = try settings("scan_input_directions", scanned)
    let outputAxes = try settings("scan_output_axes", outputCount)
    let outputDirections = try settings("scan_output_directions", outputCount)
    var states = try (0..<stateCount).map { try node.operand($0) }
    let sequences = try zip(axes, 0..<scanned).map { axis, index in
      let tensor = try node.tensor(stateCount + index)
      return (tensor, try node.axis(axis, rank: tensor.rank))
    }
    let lengths = sequences.map { $0.0.shape[$0.1] }
    guard let steps = lengths.first, lengths.allSatisfy({ $0 == steps }) else {
      throw ShapeError("sequences of different lengths, \(lengths)")
    }
    var collected = Array(repeating: Collected(), count: outputCount)
    for step in 0..<steps {
      try node.budget.spend(1)
      let elements = zip(sequences, directions).map { sequence, direction -> Operand in
        let place = direction == 0 ? step : steps - 1 - step
        return .tensor(sequence.0.sliced(axis: sequence.1, from: place, count: 1).squeezed(at: sequence.1))
      }
      let results = try node.run(body, states + elements)
      states = Array(results.prefix(stateCount))
      for index in collected.indices { try collected[index].add(results[stateCount + index], node) }
    }
    let outputs = try collected.enumerated().map { index, parts in
      try parts.stacked(alongAxis: outputAxes[index], reversed: outputDirections[index] != 0, node)
    }
    return states + outputs
  }

  /// What the rounds of a loop leave behind, one under the other.
  private struct Collected {
    private var parts: [Tensor] = []
    private var elementCount = 0

    mutating func add(_ operand: Operand, _ node: Invocation) throws {
      let part: Tensor
      switch operand {
      case .tensor(let tensor): part = tensor
      case .host(let array): part = try array.tensor(on: node.device)
      }
      elementCount += part.elementCount
      guard elementCount <= Limits.resultElements else {
        throw ShapeError("its rounds leave more than \(Limits.resultElements) elements")
      }
      if let first = parts.first, part.shape != first.shape || part.dtype != first.dtype {
        throw ShapeError("its rounds give outputs of different shapes, \(first.shape) and \(part.shape)")
      }
      parts.append(part)
    }

    func stacked(alongAxis axis: Int, reversed: Bool, _ node: Invocation) throws -> Operand {
      // Without a round there is nothing, whatever it would be.
      guard let first = parts.first else { return .host(HostArray(floats: [], shape: [0])) }
      let axis = try node.axis(axis, rank: first.rank + 1)
      _ = try node.allowed(Array(first.shape) + [parts.count])
      return .tensor(.stacked(reversed ? parts.reversed() : parts, alongAxis: axis))
    }
  }
}

extension Invocation {
  /// Runs a graph inside the node.
  func run(_ graph: ImportedGraph, _ inputs: [Operand]) throws -> [Operand] {
    try graph.run(inputs, version: version, device: device, mode: mode, budget: budget, outer: values)
  }

  /// An operand that is one boolean.
  func truth(_ index: Int) throws -> Bool { try truth(try operand(index), named: "input \(index + 1)") }

  func truth(_ operand: Operand, named name: String) throws -> Bool {
    let array = try hosted(operand, named: name)
    guard array.kind == .boolean, array.count == 1 else {
      throw ShapeError("\(name) has to be one boolean; it is \(array.kind) of shape \(array.shape)")
    }
    return array.integers[0] != 0
  }
}
