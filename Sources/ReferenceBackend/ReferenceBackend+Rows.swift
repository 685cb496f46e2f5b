import MartletBackend

extension ReferenceBackend {
  package func softmaxRows(_ input: View, logarithmic: Bool, output: View) {
    guard let operands = launch([input, output]) else { return }
    switch arithmetic {
    case .accurate: softmax(operands[0], logarithmic: logarithmic, operands[1], in: Double.self)
    case .canonical: softmax(operands[0], logarithmic: logarithmic, operands[1], in: Float.self)
    }
  }

  private func softmax<Sum: Accumulator>(_ input: Operand, logarithmic: Bool, _ output: Operand, in: Sum.Type) {
    checkRows(input, output)
    let columns = input.shape[1]
    for row in 0..<input.shape[0] {
      let x = input.floats + row * input.strides[0]
      let y = output.floats + row * output.strides[0]
      let (from, to) = (input.strides[1], output.strides[1])
      let largest = fold(count: columns, identity: -.infinity, { x[$0 * from] }, maximum)
      let total = Float(
        fold(count: columns, identity: 0, { Sum(Elementary.exp(x[$0 * from] - largest)) }, { $0 + $1 }))
      for i in 0..<columns {
        let shifted = x[i * from] - largest
        y[i * to] = logarithmic ? shifted - Elementary.log(total) : Elementary.exp(shifted) / total
      }
    }
  }

  package func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View) {
    guard let operands = launch([input, output]) else { return }
    func run<Value, Sum>(_ zero: Sum, _ add: (Sum, Value) -> Sum, _ rounded: (Sum) -> Value) {
      runningSums(operands[0], exclusive, reversed, operands[1], zero, add, rounded)
    }
    switch (input.dtype, arithmetic) {
    case (.float32, .accurate): run(0.0, { $0 + Double($1) }, { Float($0) })
    case (.float32, .canonical): run(Float(0), { $0 + $1 }, { $0 })
    case (.int32, _): run(Int32(0), { $0 &+ $1 }, { $0 })
    default: preconditionFailure("reference: scan of \(input.dtype)")
    }
  }

  private func runningSums<Value, Sum>(
    _ input: Operand, _ exclusive: Bool, _ reversed: Bool, _ output: Operand, _ zero: Sum,
    _ add: (Sum, Value) -> Sum, _ rounded: (Sum) -> Value
  ) {
    checkRows(input, output)
    let columns = input.shape[1]
    for row in 0..<input.shape[0] {
      let x = input.values(as: Value.self) + row * input.strides[0]
      let y = output.values(as: Value.self) + row * output.strides[0]
      var sum = zero
      for step in 0..<columns {
        let column = reversed ? columns - 1 - step : step
        let next = add(sum, x[column * input.strides[1]])
        y[column * output.strides[1]] = rounded(exclusive ? sum : next)
        sum = next
      }
    }
  }

  package func sort(_ input: View, descending: Bool, values: View, indices: View) {
    guard let operands = launch([input, values, indices]) else { return }
    switch input.dtype {
    case .float32:
      sort(operands, as: Float.self) { a, b in
        descending ? (a.isNaN ? !b.isNaN : a > b) : (b.isNaN ? !a.isNaN : a < b)
      }
    case .int32: sort(operands, as: Int32.self) { descending ? $0 > $1 : $0 < $1 }
    default: preconditionFailure("reference: sort of \(input.dtype)")
    }
  }

  private func sort<Value>(_ operands: [Operand], as: Value.Type, by precedes: (Value, Value) -> Bool) {
    let (input, values, indices) = (operands[0], operands[1], operands[2])
    checkRows(input, values)
    checkRows(input, indices)
    for row in 0..<input.shape[0] {
      let x = input.values(as: Value.self) + row * input.strides[0]
      let sorted = (0..<input.shape[1]).map { (column: $0, value: x[$0 * input.strides[1]]) }.sorted {
        // Equal elements keep their order, whatever the sort underneath does.
        precedes($0.value, $1.value) || !precedes($1.value, $0.value) && $0.column < $1.column
      }
      for (i, element) in sorted.enumerated() {
        values.values(as: Value.self)[row * values.strides[0] + i * values.strides[1]] = element.value
        indices.store(UInt32(element.column), at: row * indices.strides[0] + i * indices.strides[1])
      }
    }
  }

  private func checkRows(_ input: Operand, _ output: Operand) {
    precondition(
      input.shape.rank == 2 && input.shape == output.shape,
      "reference: rows of \(input.shape) into \(output.shape)")
  }
}
