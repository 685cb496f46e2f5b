import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletTensor

extension ParameterVisitor {
  /// Gives the parameters of layers that were not built yet the values that weights have for their paths. Building then only compares shapes,
  /// and draws nothing.
  ///
  /// - Throws: `ModelError.weightsDoNotFit` naming one that is missing.
  fileprivate static func fill(_ model: any Layer, with weights: Weights) throws {
    let parameters = objects(in: model)
    for (path, object) in parameters { object.settle(path: path, seed: 0) }
    for (path, object) in parameters {
      guard let parameter = object as? Parameter, !parameter.isInitialized else { continue }
      guard let value = weights.tensors[path] else {
        throw ModelError.weightsDoNotFit(source: "the set of weights", reason: "it lacks \(path)")
      }
      parameter.assign(value)
    }
  }
}

/// What a model is made of, as data: layers by type, name and settings, and how they are connected. From it and the weights the model
/// is made again, without the program that made it first.
public struct Architecture: Equatable, Sendable {
  /// The description.
  public let json: JSON
  /// The types of the layers in it, where it was made of a model: they need not be named to make it again.
  private let ownTypes: [any DescribedLayer.Type]

  /// The architecture of a model.
  ///
  /// - Throws: `DescriptionError` naming a layer that cannot be written down: a `Lambda`, or one of your own that is no
  ///   `DescribedLayer`.
  public init(of model: any Layer) throws { (json, ownTypes) = try LayerDescription.json(of: model, at: "") }

  /// An architecture that was written down.
  public init(json: JSON) { (self.json, ownTypes) = (json, []) }

  /// By what is written down.
  public static func == (a: Architecture, b: Architecture) -> Bool { a.json == b.json }

  /// The model with these weights.
  ///
  /// Parameters get their values from `weights` and from nowhere else, so a description cannot ask for more memory than there
  /// are weights.
  ///
  /// - Parameters:
  ///   - input: The shape of one sample, for a model that does not know it: a block, or a single layer.
  ///   - types: Layers beside those here that may occur.
  /// - Throws: `DescriptionError` where a layer cannot be; `ModelError` and `ShapeError` where layers do not fit each other or the
  ///   weights.
  public func model(
    input: Shape? = nil, weights: Weights, layers types: [any DescribedLayer.Type] = []
  ) throws -> any Layer {
    let known = Dictionary((Self.types + ownTypes + types).map { ($0.describedType, $0) }) { _, last in last }
    let model = try LayerDescription.layer(json, at: "", types: known)
    try ParameterVisitor.fill(model, with: weights)
    if let graph = model as? any GraphModel, input == nil || graph.knownInputShapes != nil {
      try graph.makeParameters()
    } else if let input = (model as? Sequential)?.inputShape ?? input {
      guard input.isPossibleSample else { throw ModelError.impossibleInput(input) }
      _ = try model.outputShape(for: input)
      try model.initializeParameters(for: input)
    }
    try model.restore(weights)
    return model
  }

  /// Layers one after the other with these weights, as `model(input:weights:layers:)` does it.
  ///
  /// - Throws: `ModelError` where layers do not fit each other or the weights.
  package static func sequential(input: Shape, layers: [any Layer], weights: Weights) throws -> Sequential {
    try ParameterVisitor.fill(Sequential { layers }, with: weights)
    let model = try Sequential(input: input, layers: layers)
    try model.restore(weights)
    return model
  }

  /// Every layer that can be in an architecture.
  package static let types: [any DescribedLayer.Type] = [
    Activation.self, Add.self, Average.self, AveragePool2D.self, BatchNorm.self, Bidirectional.self, Concatenate.self,
    Conv1D.self, Conv2D.self, ConvTransposed2D.self, Dense.self, DepthwiseConv2D.self, Dropout.self, Embedding.self,
    Flatten.self, GRU.self, GaussianNoise.self, GlobalAveragePool2D.self, GlobalMaxPool2D.self, GroupNorm.self,
    LSTM.self, LayerNorm.self, Masking.self, MaxPool2D.self, Maximum.self, Maxout.self, Minimum.self, Model.self,
    MultiHeadAttention.self, Multiply.self, PReLU.self, RBF.self, RandomTransform.self, Rescaling.self, Reshape.self,
    Residual.self, SeparableConv2D.self, Sequential.self, SimpleRNN.self, Subtract.self, TimeDistributed.self,
    UpSampling2D.self, ZeroPadding2D.self,
  ]
}
