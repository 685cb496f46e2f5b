/// What the library is known to support. A case that is built of these alone fails the test when it turns up unsupported, so that
/// support cannot get lost unnoticed. Whoever adds an operation adds it here.
private let supported: [String: String] = [
  "tensor": """
  add subtract multiply divide pow maximum minimum equal not_equal less less_equal greater greater_equal where
  exp log sqrt rsqrt tanh sigmoid erf abs sign sin cos negate square
  sum mean max min var logsumexp argmax matmul
  transpose reshape slice strided_slice concat stack split pad flip tile gather one_hot cumsum top_k sort
  """,
  "activations": """
  relu leaky_relu elu selu sigmoid hard_sigmoid tanh softplus softsign silu gelu mish exponential softmax log_softmax maxout
  threshold step
  """,
  "layers": """
  dense conv1d conv2d depthwise_conv2d separable_conv2d conv2d_transpose max_pool2d average_pool2d global_average_pool2d
  global_max_pool2d batch_norm layer_norm group_norm multi_head_attention flatten zero_padding2d up_sampling2d
  embedding simple_rnn lstm gru bidirectional_lstm
  """,
  "losses": """
  mean_squared_error mean_absolute_error mean_absolute_percentage_error mean_squared_logarithmic_error huber log_cosh hinge
  squared_hinge categorical_hinge categorical_crossentropy sparse_categorical_crossentropy binary_crossentropy
  kullback_leibler_divergence poisson cosine_similarity ctc
  """,
  "optimizers": """
  sgd adagrad rmsprop adadelta adam adamw adamax nadam lion ftrl exponential_decay step_decay piecewise_constant_decay
  inverse_time_decay polynomial_decay cosine_decay cosine_decay_restarts linear_warmup
  """,
  "metrics": """
  accuracy categorical_accuracy binary_accuracy top_k_accuracy precision recall f1 confusion_matrix roc_auc average_precision
  pr_auc log_loss mean_squared_error root_mean_squared_error mean_absolute_error mean_absolute_percentage_error r2
  cosine_similarity mean_iou perplexity matthews_correlation cohen_kappa
  """,
  "networks": """
  train summary dense conv2d max_pool2d average_pool2d global_average_pool2d global_max_pool2d batch_norm flatten dropout
  embedding simple_rnn lstm gru bidirectional_lstm layer_norm
  sgd rmsprop adam adamw sparse_categorical_crossentropy mean_squared_error
  """,
  "data": """
  standard_scaler min_max_scaler robust_scaler normalizer one_hot_encoder label_encoder split_sizes class_weight_balanced
  random_over_sampler random_under_sampler
  """,
]

private let supportedOperations = supported.mapValues { Set($0.split(whereSeparator: \.isWhitespace).map(String.init)) }

extension Manifest.Case {
  /// Whether everything this case is made of is on the list.
  var isExpectedToBeSupported: Bool { ingredients.isSubset(of: supportedOperations[category] ?? []) }

  /// The operation, and what its attributes name: the layers, the loss and the optimizer of a network, the schedule of an
  /// optimizer.
  private var ingredients: Set<String> {
    var names: Set = [op]
    if case .array(let layers) = attributes["layers"] { names.formUnion(layers.compactMap { $0["layer"] }) }
    if let optimizer = attributes["optimizer"]?["name"] { names.insert(optimizer) }
    if let schedule = attributes["learning_rate"]?["schedule"] { names.insert(schedule) }
    if op == "train", case .string(let loss) = attributes["loss"] { names.insert(loss) }
    return names
  }
}

extension JSONValue {
  /// A text inside an object.
  fileprivate subscript(key: String) -> String? {
    if case .object(let members) = self, case .string(let text) = members[key] { return text }
    return nil
  }
}
