import MartletAutograd
import MartletBackend
import MartletTensor

/// Einstein's summation of one or two arrays, as one matrix product: axes in both operands and in the result become the batch, axes in
/// both alone are summed over.
enum Einsum {
  static func run(_ node: Invocation) throws -> Tensor {
    let equation = try node.string("equation", "").filter { $0 != " " }
    let sides = equation.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let inputs = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let operands = try node.inputs.indices.map { try node.floats($0) }
    guard inputs.count == operands.count, (1...2).contains(inputs.count), sides.count == 1 || sides[1].hasPrefix(">")
    else {
      throw ShapeError("the equation '\(equation)' for \(operands.count) arrays; one or two are possible")
    }
    var extents: [Character: Int] = [:]
    for (labels, operand) in zip(inputs, operands) {
      guard labels.allSatisfy(\.isLetter), Set(labels).count == labels.count, labels.count == operand.rank else {
        throw ShapeError(
          "'\(String(labels))' for shape \(operand.shape): ellipses and doubled letters are not supported")
      }
      for (label, extent) in zip(labels, operand.shape) {
        guard extents.updateValue(extent, forKey: label) ?? extent == extent else {
          throw ShapeError("'\(label)' has different extents in the equation '\(equation)'")
        }
      }
    }
    // Without a right side: letters that stand there once, in the order of the alphabet.
    let counts = Dictionary(inputs.joined().map { ($0, 1) }, uniquingKeysWith: +)
    let output = sides.count == 2 ? Array(sides[1].dropFirst()) : counts.filter { $0.value == 1 }.keys.sorted()
    guard Set(output).count == output.count, output.allSatisfy({ extents[$0] != nil }) else {
      throw ShapeError("the right side of the equation '\(equation)'")
    }
    // What stands in one operand alone and not in the result is summed over at once.
    let reduced = zip(inputs, operands).map { labels, operand -> (labels: [Character], tensor: Tensor) in
      let gone = labels.indices.filter { counts[labels[$0]] == 1 && !output.contains(labels[$0]) }
      if gone.isEmpty { return (labels, operand) }
      return (
        labels.indices.filter { !gone.contains($0) }.map { labels[$0] }, operand.sum(alongAxes: gone)
      )
    }
    func extent(_ labels: [Character]) -> [Int] { labels.map { extents[$0] ?? 1 } }
    let (a, b) = (reduced[0], reduced.count == 2 ? reduced[1] : (labels: [], tensor: Tensor(1, on: node.device)))
    let shared = a.labels.filter { b.labels.contains($0) }
    let (batch, summed) = (shared.filter { output.contains($0) }, shared.filter { !output.contains($0) })
    let left = a.labels.filter { !shared.contains($0) }
    let right = b.labels.filter { !shared.contains($0) }
    func matrices(_ operand: (labels: [Character], tensor: Tensor), _ rows: [Character], _ columns: [Character])
      -> Tensor
    {
      let order = (batch + rows + columns).compactMap { operand.labels.firstIndex(of: $0) }
      let sizes = [batch, rows, columns].map { extent($0).reduce(1, *) }
      return operand.tensor.transposed(order).reshaped(to: Shape(sizes))
    }
    let product = extent(batch + left + right)
    let shape = try node.allowed(product)
    _ = try node.allowed(product, work: Operators.work(shape, times: extent(summed).reduce(1, *)))
    let result = matrices(a, left, summed).matmul(matrices(b, summed, right)).reshaped(to: shape)
    let order = output.compactMap { (batch + left + right).firstIndex(of: $0) }
    return result.transposed(order)
  }
}
