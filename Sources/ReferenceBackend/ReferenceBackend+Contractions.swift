import MartletBackend

extension ReferenceBackend {
  package func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View) {
    guard let operands = launch([a, b, c]), let further = self.operands(epilogue?.inputs ?? []) else { return }
    var writer = ResultWriter(resultCount: 1, epilogue, inputs: further, outputs: [operands[2]])
    switch arithmetic {
    case .accurate: multiply(operands[0], operands[1], operands[2], accumulate: accumulate, &writer, in: Double.self)
    case .canonical: multiply(operands[0], operands[1], operands[2], accumulate: accumulate, &writer, in: Float.self)
    }
  }

  private func multiply<Sum: Accumulator>(
    _ a: Operand, _ b: Operand, _ c: Operand, accumulate: Bool, _ writer: inout ResultWriter, in: Sum.Type
  ) {
    let (batch, m, k, n) = (a.shape[0], a.shape[1], a.shape[2], b.shape[2])
    precondition(
      b.shape == [batch, k, n] && c.shape == [batch, m, n],
      "reference: matmul \(a.shape) × \(b.shape) into \(c.shape)")
    let (x, y, z) = (a.floats, b.floats, c.floats)
    // The sums of a row advance side by side; each of them is a chain in ascending k.
    var row = [Sum](repeating: 0, count: n)
    for batch in 0..<batch {
      for i in 0..<m {
        for j in 0..<n {
          row[j] = accumulate ? Sum(z[batch * c.strides[0] + i * c.strides[1] + j * c.strides[2]]) : 0
        }
        for k in 0..<k {
          let factor = x[batch * a.strides[0] + i * a.strides[1] + k * a.strides[2]]
          let others = y + (batch * b.strides[0] + k * b.strides[1])
          let step = b.strides[2]
          for j in 0..<n { row[j].add(factor, times: others[j * step]) }
        }
        for j in 0..<n { writer.writeNext(Float(row[j])) }
      }
    }
  }
}
