import MartletBackend
import MartletTensor

// a + b, a - b, a · b, a / b, element by element with broadcasting. Where an operand was stretched, its gradient is summed over the
// copies (`summed(to:)`).

extension Tensor {
  private enum Program {
    static let add = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] + x[1]] }
    static let subtract = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] - x[1]] }
    static let multiply = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] * x[1]] }
    static let divide = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] / x[1]] }
    static let negate = ElementwiseProgram(inputs: [.float32]) { x, _ in [-x[0]] }
  }

  /// `a + b`.   ∂L/∂a = upstream, ∂L/∂b = upstream.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    map(Program.add, a, b, for: "add")
      .recorded("add", (a, { $0.summed(to: a.shape) }), (b, { $0.summed(to: b.shape) }))
  }

  /// `a · b`, element by element.   ∂L/∂a = upstream · b, ∂L/∂b = upstream · a.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    map(Program.multiply, a, b, for: "multiply")
      .recorded("multiply", (a, { ($0 * b).summed(to: a.shape) }), (b, { ($0 * a).summed(to: b.shape) }))
  }
}
