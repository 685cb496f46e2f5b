import MartletBackend

extension ReferenceBackend {
  package func gather(_ table: View, indices: View, output: View) {
    guard let operands = launch([table, indices, output]) else { return }
    let (table, indices, output) = (operands[0], operands[1], operands[2])
    let (outer, n, inner, m) = (table.shape[0], table.shape[1], table.shape[2], indices.shape[0])
    precondition(
      output.shape == [outer, m, inner] && output.dtype == table.dtype && indices.dtype == .int32,
      "reference: gather from \(table.shape) by \(indices.shape) into \(output.shape)")
    for o in 0..<outer {
      for j in 0..<m {
        let row = Int(Int32(bitPattern: indices.load(j * indices.strides[0])))
        for i in 0..<inner {
          let from = o * table.strides[0] + row * table.strides[1] + i * table.strides[2]
          let to = o * output.strides[0] + j * output.strides[1] + i * output.strides[2]
          output.store(row >= 0 && row < n ? table.load(from) : 0, at: to)
        }
      }
    }
  }

  package func scatterAdd(_ updates: View, indices: View, output: View) {
    guard let operands = launch([updates, indices, output]) else { return }
    func run<Value, Sum>(_ widened: (Value) -> Sum, _ add: (Sum, Sum) -> Sum, _ rounded: (Sum) -> Value) {
      scatter(operands[0], operands[1], operands[2], widened, add, rounded)
    }
    switch (updates.dtype, arithmetic) {
    case (.float32, .accurate): run({ (x: Float) in Double(x) }, { $0 + $1 }, { Float($0) })
    case (.float32, .canonical): run({ (x: Float) in x }, { $0 + $1 }, { $0 })
    case (.int32, _): run({ (x: Int32) in x }, { $0 &+ $1 }, { $0 })
    default: preconditionFailure("reference: scatterAdd of \(updates.dtype)")
    }
  }

  private func scatter<Value, Sum>(
    _ updates: Operand, _ indices: Operand, _ output: Operand, _ widened: (Value) -> Sum, _ add: (Sum, Sum) -> Sum,
    _ rounded: (Sum) -> Value
  ) {
    let (outer, m, inner, n) = (updates.shape[0], updates.shape[1], updates.shape[2], output.shape[1])
    precondition(
      output.shape == [outer, n, inner] && indices.shape == [m] && output.dtype == updates.dtype
        && indices.dtype == .int32,
      "reference: scatterAdd of \(updates.shape) by \(indices.shape) into \(output.shape)")
    let (source, target) = (updates.values(as: Value.self), output.values(as: Value.self))
    for o in 0..<outer {
      for i in 0..<inner {
        // One column of the output: its elements widened, added to in ascending j, and rounded back.
        let start = target + (o * output.strides[0] + i * output.strides[2])
        var column = (0..<n).map { widened(start[$0 * output.strides[1]]) }
        for j in 0..<m {
          let row = Int(Int32(bitPattern: indices.load(j * indices.strides[0])))
          guard row >= 0 && row < n else { continue }
          let update = source[o * updates.strides[0] + j * updates.strides[1] + i * updates.strides[2]]
          column[row] = add(column[row], widened(update))
        }
        for row in 0..<n { start[row * output.strides[1]] = rounded(column[row]) }
      }
    }
  }
}
