import MartletBackend
import MartletTensor

/// Activations that a contraction applies to its results before they are stored: those whose derivative follows from the output,
/// so that going backwards needs nothing else.
public enum FusedActivation: Hashable, Sendable, CaseIterable {
  case none, relu, relu6, sigmoid, tanh, softplus, hardSigmoid

  /// The same activation as an operation of its own; `nil` for `none`.
  var operation: UnaryOperation? {
    switch self {
    case .none: nil
    case .relu: ActivationOperation.relu
    case .relu6: ActivationOperation.relu6
    case .sigmoid: ActivationOperation.sigmoid
    case .tanh: ActivationOperation.tanh
    case .softplus: ActivationOperation.softplus
    case .hardSigmoid: ActivationOperation.hardSigmoid
    }
  }

  private struct Key: Hashable {
    let activation: FusedActivation
    let addsBias: Bool
  }

  private static let epilogues = ProgramCache<Key> { key in
    ElementwiseProgram(inputs: [LaneType](repeating: .float32, count: key.addsBias ? 2 : 1)) { x, _ in
      let sum = key.addsBias ? x[0] + x[1] : x[0]
      return [key.activation.operation?.lanes(sum, []) ?? sum]
    }
  }

  /// What a contraction has to do to its results; `nil` for nothing.
  func epilogue(bias: Tensor?, outputShape: Shape, on device: Device, for operation: StaticString) -> Epilogue? {
    if self == .none && bias == nil { return nil }
    if let bias {
      bias.requireDevice(device, for: operation)
      require(
        bias.dtype == .float32 && bias.shape == [outputShape[outputShape.rank - 1]],
        "\(operation): a bias of type \(bias.dtype) and shape \(bias.shape) for \(outputShape[outputShape.rank - 1]) "
          + "outputs")
    }
    return Epilogue(
      FusedActivation.epilogues[Key(activation: self, addsBias: bias != nil)],
      inputs: bias.map { [$0.broadcastView(to: outputShape, for: operation)] } ?? [])
  }
}

extension Tensor {
  /// Notes the bias and the activation that a contraction applied to this result. The tape sees three operations; the values
  /// between them never existed, and no gradient formula reads them.
  func recordedFused(_ bias: Tensor?, _ activation: FusedActivation) -> Tensor {
    var result = self
    if let bias {
      result = result.recorded("add bias", (self, { $0 }), (bias, { [shape = bias.shape] in $0.summed(to: shape) }))
    }
    guard let operation = activation.operation else { return result }
    assert(operation.gradientReadsOutputOnly, "\(operation.name) cannot be fused")
    return operation.recorded(detached, result, [])
  }
}
