import MartletAutograd
import MartletLayers
import MartletTensor

extension Backpropagation {
  /// The same gradients from the tape: `∂C/∂w` as `weightGradients`, and `∂C/∂b`, for each layer.
  ///
  /// - Throws: `BackendError` when the device fails.
  public func tapeGradients(on device: Device = .reference) throws -> [(weights: [[Double]], biases: [Double])] {
    try withDevice(device) {
      let dense = layers.map { Dense($0.biases.count, activation: unit.activation) }
      let model = try Sequential(input: [input.count], layers: dense)
      for (layer, own) in zip(dense, layers) {
        // A kernel has a row for each input and a column for each unit.
        layer.kernel.assign(
          Tensor(
            own.weights[0].indices.flatMap { k in own.weights.map { Float($0[k]) } },
            shape: [own.weights[0].count, own.weights.count]))
        layer.bias?.assign(Tensor(own.biases.map { Float($0) }))
      }
      let output = model(Tensor(input.map { Float($0) }, shape: [1, input.count]))
      let error = output - Tensor(target.map { Float($0) }, shape: [1, target.count])
      let gradients = error.squared().sum().gradients()
      return try zip(dense, layers).map { layer, own in
        let kernel = try gradients[layer.kernel].map { try $0.transposed([1, 0]).floats() } ?? []
        let bias = try layer.bias.flatMap { gradients[$0] }.map { try $0.floats() } ?? []
        let width = own.weights[0].count
        let weights = own.weights.indices.map { j in kernel[j * width..<(j + 1) * width].map { Double($0) } }
        return (weights: weights, biases: bias.map { Double($0) })
      }
    }
  }
}

extension Backpropagation.Unit {
  fileprivate var activation: Activation {
    switch self {
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .relu: .relu
    case .linear: .linear
    }
  }
}
