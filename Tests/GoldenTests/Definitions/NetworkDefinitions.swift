import MartletAutograd
import MartletBackend
import MartletLayers
import MartletLosses
import MartletOptimizers
import MartletTensor

let networkDefinitions: Definitions = [
  "train": { run in
    let a = run.attributes
    let x = try run.input("x")
    let targets = try run.optionalInput("labels") ?? x
    let model = try Sequential(input: Shape(x.shape.dropFirst(2)), layers: try layers(a))
    for (name, parameter) in weights(of: model) { try run.bind(parameter, to: name) }
    let loss: any Loss = try trainingLoss(a)
    var optimizer = try trainingOptimizer(a)

    let initialOutput = model(x[0])
    var losses: [Tensor] = []
    for step in 0..<(try a.int("steps")) {
      let value = loss(model(x[step], mode: .training(seed: 0, step: step)), targets[step])
      losses.append(value.detached)
      optimizer.update(model, along: value.gradients())
    }
    var outputs: [String: Output] = [
      "losses": .tensor(Tensor.stacked(losses)), "initial_output": .tensor(initialOutput),
      "final_output": .tensor(model(x[0])),
    ]
    for (name, parameter) in weights(of: model) { outputs[name] = .tensor(parameter.value.detached) }
    return outputs
  },

  "summary": { run in
    let a = run.attributes
    let layers = try layers(a)
    let model = try Sequential(input: Shape(try a.ints("input_shape")), layers: layers)
    func scalar(_ count: Int) -> Output { .host(HostArray([Double(count)], shape: [], isInteger: true)) }
    var outputs = [
      "params_per_layer": .host(HostArray(layers.map(\.parameterCount))),
      "total_params": scalar(model.parameterCount),
      "trainable_params": scalar(model.trainableParameters.reduce(0) { $0 + $1.elementCount }),
    ]
    for (index, shape) in model.outputShapes.enumerated() {
      outputs["output_shape_\(index)"] = .host(HostArray(Array(shape)))
    }
    return outputs
  },
]

private func layers(_ a: Attributes) throws -> [any Layer] {
  try a.objects("layers").map { members in
    let layer = Attributes(members)
    let kind = try layer.string("layer")
    guard let make = layerMakers[kind] else { throw GoldenError.unsupported("layer \(kind)") }
    return try make(layer)
  }
}

/// The parameters of a model's layers as `w<layer index>_<parameter>`.
private func weights(of model: Sequential) -> [(name: String, parameter: Parameter)] {
  model.layers.enumerated().flatMap { index, layer in
    layer.parameters.map { ("w\(index)_\($0.goldenName)", $0) }
  }
}

private func trainingLoss(_ a: Attributes) throws -> any Loss {
  switch try a.string("loss") {
  case "sparse_categorical_crossentropy": return CategoricalCrossEntropy(fromLogits: true)
  case "mean_squared_error": return MeanSquaredError()
  case let other: throw GoldenError.unsupported("loss \(other)")
  }
}

private func trainingOptimizer(_ a: Attributes) throws -> any Optimizer {
  guard case .object(let members) = a.value("optimizer") else { throw GoldenError.malformed("no optimizer") }
  let name = try Attributes(members).string("name")
  guard let make = optimizerMakers[name] else { throw GoldenError.unsupported("optimizer \(name)") }
  return try make(Attributes(members))
}
