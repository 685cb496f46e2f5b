import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

/// Layers with one input and one output, `x` and `y`; the same names stand in the lists of layers of networks.
let layerMakers: [String: @Sendable (Attributes) throws -> any Layer] = [
  "dense": { a in
    Dense(try a.int("units"), activation: try activation(a), useBias: try a.bool("use_bias", default: true))
  },
  "conv2d": { a in
    Conv2D(
      try a.int("filters"), kernel: try extent("kernel_size", a), stride: try extent("strides", a, default: 1),
      padding: try padding(a), dilation: try extent("dilation_rate", a, default: 1),
      groups: try a.int("groups", default: 1), activation: try activation(a),
      useBias: try a.bool("use_bias", default: true))
  },
  "conv1d": { a in
    let name = try a.string("padding", default: "valid")
    guard let padding = SequencePadding(rawValue: name) else { throw GoldenError.unsupported("padding \(name)") }
    return Conv1D(
      try a.int("filters"), kernel: try single("kernel_size", a), stride: try single("strides", a, default: 1),
      padding: padding, dilation: try single("dilation_rate", a, default: 1), groups: try a.int("groups", default: 1),
      activation: try activation(a), useBias: try a.bool("use_bias", default: true))
  },
  "depthwise_conv2d": { a in
    DepthwiseConv2D(
      kernel: try extent("kernel_size", a), stride: try extent("strides", a, default: 1), padding: try padding(a),
      dilation: try extent("dilation_rate", a, default: 1), depthMultiplier: try a.int("depth_multiplier", default: 1),
      activation: try activation(a), useBias: try a.bool("use_bias", default: true))
  },
  "separable_conv2d": { a in
    SeparableConv2D(
      try a.int("filters"), kernel: try extent("kernel_size", a), stride: try extent("strides", a, default: 1),
      padding: try padding(a), depthMultiplier: try a.int("depth_multiplier", default: 1),
      activation: try activation(a), useBias: try a.bool("use_bias", default: true))
  },
  "conv2d_transpose": { a in
    ConvTransposed2D(
      try a.int("filters"), kernel: try extent("kernel_size", a), stride: try extent("strides", a, default: 1),
      padding: try padding(a), activation: try activation(a), useBias: try a.bool("use_bias", default: true))
  },
  "max_pool2d": { a in
    let size = try extent("pool_size", a, default: 2)
    return MaxPool2D(size, stride: try optionalExtent("strides", a), padding: try padding(a))
  },
  "average_pool2d": { a in
    let size = try extent("pool_size", a, default: 2)
    return AveragePool2D(size, stride: try optionalExtent("strides", a), padding: try padding(a))
  },
  "global_average_pool2d": { a in GlobalAveragePool2D(keepingRank: try a.bool("keepdims", default: false)) },
  "global_max_pool2d": { a in GlobalMaxPool2D(keepingRank: try a.bool("keepdims", default: false)) },
  "batch_norm": { a in
    BatchNorm(
      momentum: try a.float("momentum", default: 0.99), epsilon: try a.float("epsilon", default: 1e-3),
      center: try a.bool("center", default: true), scale: try a.bool("scale", default: true))
  },
  "layer_norm": { a in
    LayerNorm(
      axes: try a.ints("axis", default: [-1]), epsilon: try a.float("epsilon", default: 1e-3),
      center: try a.bool("center", default: true), scale: try a.bool("scale", default: true))
  },
  "group_norm": { a in
    GroupNorm(groups: try a.int("groups", default: 32), epsilon: try a.float("epsilon", default: 1e-3))
  },
  "zero_padding2d": { a in
    let sides = try a.pairs("padding")
    guard sides.count == 2 else { throw GoldenError.malformed("padding has to be [[top, bottom], [left, right]]") }
    return ZeroPadding2D(Margins(top: sides[0].0, bottom: sides[0].1, left: sides[1].0, right: sides[1].1))
  },
  "up_sampling2d": { a in
    let name = try a.string("interpolation", default: "nearest")
    guard let interpolation = UpSampling2D.Interpolation(rawValue: name) else {
      throw GoldenError.unsupported("interpolation \(name)")
    }
    return UpSampling2D(try extent("size", a, default: 2), interpolation: interpolation)
  },
  "simple_rnn": { a in
    SimpleRNN(
      try a.int("units"), activation: try activation(a, default: "tanh"),
      returnsSequences: try a.bool("return_sequences", default: false),
      goesBackwards: try a.bool("go_backwards", default: false))
  },
  "lstm": { a in
    LSTM(
      try a.int("units"), activation: try activation(a, default: "tanh"),
      recurrentActivation: try activation(a, "recurrent_activation", default: "sigmoid"),
      returnsSequences: try a.bool("return_sequences", default: false),
      goesBackwards: try a.bool("go_backwards", default: false))
  },
  "gru": { a in
    GRU(
      try a.int("units"), activation: try activation(a, default: "tanh"),
      recurrentActivation: try activation(a, "recurrent_activation", default: "sigmoid"),
      resetsAfterProduct: try a.bool("reset_after", default: true),
      returnsSequences: try a.bool("return_sequences", default: false),
      goesBackwards: try a.bool("go_backwards", default: false))
  },
  "bidirectional_lstm": { a in
    let name = try a.string("merge_mode", default: "concat")
    guard let merge = Bidirectional.Merge(rawValue: name) else { throw GoldenError.unsupported("merge_mode \(name)") }
    return Bidirectional(
      LSTM(try a.int("units"), returnsSequences: try a.bool("return_sequences", default: false)), merge: merge)
  },
  "embedding": { a in Embedding(try a.int("input_dim"), try a.int("output_dim")) },
  "flatten": { _ in Flatten() },
  "dropout": { a in Dropout(try a.float("rate")) },
]

let layerDefinitions: Definitions = singleInputDefinitions.merging(attentionDefinitions) { $1 }

private let attentionDefinitions: Definitions = [
  "multi_head_attention": { run in
    let a = run.attributes
    let keySize = try a.int("key_dim")
    let layer = MultiHeadAttention(
      heads: try a.int("num_heads"), keySize: keySize, valueSize: try a.int("value_dim", default: keySize),
      outputSize: try a.optionalInt("output_dim"), isCausal: try a.bool("causal", default: false),
      useBias: try a.bool("use_bias", default: true))
    let (query, value) = (try run.input("query"), try run.input("value"))
    let key = try run.optionalInput("key")
    let shapes = [query, value, key ?? value].map { Shape($0.shape.dropFirst()) }
    try layer.build(for: shapes)
    for parameter in layer.parameters { try run.bind(parameter, to: parameter.goldenName) }
    let (result, weights) = layer.attended(
      query: query, value: value, key: key, mask: try run.optionalInput("mask"))
    return ["y": .tensor(result), "scores": .tensor(weights)]
  }
]

private let singleInputDefinitions: Definitions = layerMakers.mapValues { make in
  { run in
    let x = try run.input(run.has("indices") ? "indices" : "x")
    let layer = try make(run.attributes)
    try layer.build(for: Shape(x.shape.dropFirst()))
    for parameter in layer.parameters { try run.bind(parameter, to: parameter.goldenName) }
    if let layer = layer as? any RecurrentLayer { return try recurrentOutputs(layer, x, run) }
    if let layer = layer as? Bidirectional {
      return y(layer.masked(x, mask: try run.optionalInput("mask"), mode: .inference).output)
    }
    let isTraining = try run.attributes.bool("training", default: false)
    var outputs = y(layer(x, mode: isTraining ? .training(seed: 0, step: 0) : .inference))
    for parameter in layer.parameters where parameter.role == .statistic {
      outputs["new_\(parameter.goldenName)"] = .tensor(parameter.value)
    }
    return outputs
  }
}

/// The output and the final state of a recurrent layer.
private func recurrentOutputs(_ layer: any RecurrentLayer, _ x: Tensor, _ run: CaseRun) throws -> [String: Output] {
  let state = try ["h0", "c0"].compactMap { try run.optionalInput($0) }
  let result = layer(x, state: state.isEmpty ? nil : state, mask: try run.optionalInput("mask"))
  var outputs = y(result.output)
  for (name, part) in zip(["h", "c"], result.state) { outputs[name] = .tensor(part) }
  return outputs
}

extension Parameter {
  /// The last part of its path in the golden spelling: `2.movingMean` is `moving_mean`, `1.forward.kernel` is `forward_kernel`.
  var goldenName: String {
    let parts = name.split(separator: ".").suffix(2)
    let isDirected = parts.count == 2 && ["forward", "backward"].contains(parts.first)
    let name = isDirected ? parts.joined(separator: "_") : String(parts.last ?? "")
    return name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}

extension CaseRun {
  /// Gives a parameter the value of an input. Where the gradient of that input is asked for, it is the parameter's.
  func bind(_ parameter: Parameter, to name: String) throws {
    parameter.assign(try tensor(try host(name)))
    if leaves[name] != nil { leaves[name] = parameter.value }
  }
}

private func activation(
  _ a: Attributes, _ attribute: String = "activation", default fallback: String = "linear"
) throws -> Activation {
  let name = try a.string(attribute, default: fallback)
  do {
    return try Activation(named: name)
  } catch let error as UnknownNameError {
    throw GoldenError.unsupported(error.description)
  }
}

private func padding(_ a: Attributes) throws -> Padding {
  switch try a.string("padding", default: "valid") {
  case "valid": return .valid
  case "same": return .same
  case let other: throw GoldenError.unsupported("padding \(other)")
  }
}

private func extent(_ name: String, _ a: Attributes, default fallback: Extent2D? = nil) throws -> Extent2D {
  guard let extent = try optionalExtent(name, a) ?? fallback else {
    throw GoldenError.malformed("attribute \(name) is missing")
  }
  return extent
}

/// One number, or a list of one.
private func single(_ name: String, _ a: Attributes, default fallback: Int? = nil) throws -> Int {
  let values = try a.ints(name, default: fallback.map { [$0] })
  guard values.count == 1 else { throw GoldenError.malformed("\(name) has to be one number; got \(values)") }
  return values[0]
}

/// `[height, width]`, or one number for both.
private func optionalExtent(_ name: String, _ a: Attributes) throws -> Extent2D? {
  guard let values = try a.optionalInts(name), let first = values.first, let last = values.last else { return nil }
  return Extent2D(first, last)
}
