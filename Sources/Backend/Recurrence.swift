/// The products `c[t] = a[t] · b` of every step of a recurrence, each for a batch of matrices as in `matmul`.
public struct RecurrentProduct: Sendable {
  /// `[steps, batch, rows, k]`.
  public var a: View
  /// `[batch, k, columns]`, the same at every step.
  public var b: View
  /// `[steps, batch, rows, columns]`.
  public var c: View
  /// Begin the chains at what `c` holds instead of +0.
  public var accumulate: Bool

  /// A product of every step.
  public init(_ a: View, _ b: View, accumulate: Bool = false, into c: View) {
    self.a = a
    self.b = b
    self.c = c
    self.accumulate = accumulate
  }
}

extension Backend {
  /// One step after the other, by `matmul` and `map`: the definition.
  public func recurrence(
    _ products: [RecurrentProduct], _ program: ElementwiseProgram, inputs: [View], parameters: [Scalar],
    outputs: [View]
  ) {
    recurrenceByStep(products, program, inputs: inputs, parameters: parameters, outputs: outputs)
  }

  /// One step after the other, by `matmul` and `map`: the definition, for backends that refine it for some operands only.
  package func recurrenceByStep(
    _ products: [RecurrentProduct], _ program: ElementwiseProgram, inputs: [View], parameters: [Scalar],
    outputs: [View]
  ) {
    for step in 0..<(outputs.first?.shape[0] ?? 0) {
      for product in products where product.c.shape.elementCount > 0 {
        matmul(
          product.a.step(step), product.b, accumulate: product.accumulate, epilogue: nil, into: product.c.step(step))
      }
      map(
        program, inputs: inputs.map { $0.step(step) }, parameters: parameters, outputs: outputs.map { $0.step(step) })
    }
  }
}

extension View {
  /// The elements of one step, whose axis disappears.
  package func step(_ index: Int) -> View {
    var step = steps(index, 1)
    step.layout = step.layout.removingAxis(at: 0)
    return step
  }

  /// The elements of some steps.
  package func steps(_ start: Int, _ count: Int) -> View {
    var steps = self
    steps.layout = layout.sliced(axis: 0, from: start, count: count)
    return steps
  }
}
