import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Every operation") struct OperationTests {
  @Test("has the gradient that central differences find", arguments: OperationCase.all)
  func firstDerivative(of operation: OperationCase) throws {
    try gradientCheck(at: operation.inputs(.reference), of: operation.function)
  }

  @Test("has a gradient with the right gradient", arguments: OperationCase.all)
  func secondDerivative(of operation: OperationCase) throws {
    let inputs = operation.inputs(.reference)
    try gradientCheck(at: inputs, tolerance: 3e-3) { inputs in
      let found = valueWithGradients(at: inputs, differentiable: true) { inputs in
        let y = operation.function(inputs)
        // Weights keep sums like those of a softmax from being constant.
        return (y * sample(y.shape, seed: 9, on: y.device)).sum()
      }
      return Tensor.concatenated(found.gradients.map { $0.flattened(fromAxis: 0) }, alongAxis: 0)
    }
  }

  @Test("gives the same value and gradient on every device", arguments: OperationCase.all, Device.underTest)
  func devices(_ operation: OperationCase, on device: Device) throws {
    if device == .reference { return }
    func run(_ device: Device) throws -> [Tensor] {
      let inputs = operation.inputs(device).map { $0.requiringGradient() }
      let y = operation.function(inputs)
      let gradients = y.gradients(upstream: sample(y.shape, seed: 9, on: device))
      return [y] + inputs.map { gradients[$0] ?? .zeros($0.shape, on: device) }
    }
    for (actual, expected) in zip(try run(device), try run(.reference)) {
      expectClose(actual, try expected.floats(), shape: expected.shape, within: 1e-5)
    }
  }

  @Test("gives the same gradient whether or not the gradient is itself recorded", arguments: OperationCase.all)
  func composedGradient(of operation: OperationCase) throws {
    func run(differentiable: Bool) -> [Tensor] {
      let inputs = operation.inputs(.reference).map { $0.requiringGradient() }
      let y = operation.function(inputs)
      let gradients = y.gradients(upstream: sample(y.shape, seed: 9, on: .reference), differentiable: differentiable)
      return inputs.map { gradients[$0] ?? .zeros($0.shape, on: .reference) }
    }
    for (composed, fused) in zip(run(differentiable: true), run(differentiable: false)) {
      expectClose(composed, try fused.floats(), shape: fused.shape, within: 2e-6)
    }
  }
}
