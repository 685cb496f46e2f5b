import MartletBackend

extension ReferenceBackend {
  package func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
    precondition(
      inputs.map(\.dtype.laneType) == program.inputs && outputs.map(\.dtype.laneType) == program.outputTypes,
      "reference: map wants \(program.inputs) → \(program.outputTypes), got \(inputs.map(\.dtype)) → \(outputs.map(\.dtype))"
    )
    guard let operands = launch(inputs + outputs) else { return }
    let shape = outputs[0].shape
    let axes = Array(shape.indices)
    var evaluator = ProgramEvaluator(program, parameters: parameters)
    var walk = Walk(over: shape, operands)
    for _ in 0..<shape.elementCount {
      for input in inputs.indices { evaluator.inputs[input] = operands[input].load(walk.positions[input]) }
      evaluator.evaluate(element: walk.element, coordinates: walk.coordinates)
      for output in outputs.indices {
        let position = inputs.count + output
        operands[position].store(evaluator.output(output), at: walk.positions[position])
      }
      walk.advance(along: axes)
    }
  }

  package func reduce(
    _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
    epilogue: Epilogue?, outputs: [View]
  ) {
    precondition(
      inputs.map(\.dtype.laneType) == program.inputs && combiners.count == program.outputs.count,
      "reference: reduce wants \(program.inputs) and \(program.outputs.count) combiners, got \(inputs.map(\.dtype)) and \(combiners)"
    )
    guard let sources = launch(inputs), let further = operands(epilogue?.inputs ?? []), let targets = operands(outputs)
    else { return }
    let shape = inputs[0].shape
    let outer = shape.indices.filter { !axes.contains($0) }
    let rangeCount = axes.reduce(1) { $0 * shape[$1] }
    precondition(
      outputs[0].shape == shape.reduced(along: axes),
      "reference: reducing \(shape) along \(axes) into \(outputs[0].shape)")

    var evaluator = ProgramEvaluator(program, parameters: parameters)
    var walk = Walk(over: shape, sources)
    var writer = ResultWriter(resultCount: combiners.count, epilogue, inputs: further, outputs: targets)
    var ranges = combiners.map { _ in [UInt32](repeating: 0, count: rangeCount) }
    for _ in 0..<outputs[0].shape.elementCount {
      for i in 0..<rangeCount {
        for input in inputs.indices { evaluator.inputs[input] = sources[input].load(walk.positions[input]) }
        evaluator.evaluate(element: walk.element, coordinates: walk.coordinates)
        for result in combiners.indices { ranges[result][i] = evaluator.output(result) }
        walk.advance(along: axes)
      }
      for result in combiners.indices {
        writer.results[result] = combined(ranges[result], by: combiners[result], as: program.outputTypes[result])
      }
      writer.writeNext()
      walk.advance(along: outer)
    }
  }

  /// One reduced range, its bits to the bits of the result.
  private func combined(_ range: [UInt32], by combiner: Combiner, as type: LaneType) -> UInt32 {
    switch (type, arithmetic) {
    case (.float32, .accurate): combined(range, by: combiner, in: Double.self)
    case (.float32, .canonical): combined(range, by: combiner, in: Float.self)
    case (.int32, _): combined(range, by: combiner)
    case (.bool, _): preconditionFailure("reference: \(combiner) of truth values; cast them to int32")
    }
  }

  private func combined<Sum: Accumulator>(_ range: [UInt32], by combiner: Combiner, in: Sum.Type) -> UInt32 {
    func value(_ i: Int) -> Float { Float(bitPattern: range[i]) }
    func sum(_ i: Int) -> Sum { Sum(value(i)) }
    return switch combiner {
    case .sum: Float(fold(count: range.count, identity: 0, sum, +)).bitPattern
    case .product: Float(fold(count: range.count, identity: 1, sum, *)).bitPattern
    case .maximum: fold(count: range.count, identity: -Float.infinity, value, maximum).bitPattern
    case .minimum: fold(count: range.count, identity: Float.infinity, value, minimum).bitPattern
    case .argumentOfMaximum: firstIndex(of: range.count) { value($0).isNaN ? !value($1).isNaN : value($0) > value($1) }
    case .argumentOfMinimum: firstIndex(of: range.count) { value($0).isNaN ? !value($1).isNaN : value($0) < value($1) }
    }
  }

  private func combined(_ range: [UInt32], by combiner: Combiner) -> UInt32 {
    func value(_ i: Int) -> Int32 { Int32(bitPattern: range[i]) }
    return switch combiner {
    case .sum: UInt32(bitPattern: fold(count: range.count, identity: 0, value, &+))
    case .product: UInt32(bitPattern: fold(count: range.count, identity: 1, value, &*))
    case .maximum: UInt32(bitPattern: fold(count: range.count, identity: .min, value, max))
    case .minimum: UInt32(bitPattern: fold(count: range.count, identity: .max, value, min))
    case .argumentOfMaximum: firstIndex(of: range.count) { value($0) > value($1) }
    case .argumentOfMinimum: firstIndex(of: range.count) { value($0) < value($1) }
    }
  }

  /// The first index that no other precedes; 0 for an empty range. Comparisons do not round: any order gives the same.
  private func firstIndex(of count: Int, where precedes: (Int, Int) -> Bool) -> UInt32 {
    var best = 0
    for i in 0..<count where precedes(i, best) { best = i }
    return UInt32(truncatingIfNeeded: best)
  }
}
