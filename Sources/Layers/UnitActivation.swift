extension Layer {
  /// The activation that a layer ends with, or that it is.
  package var unitActivation: Activation? {
    switch self {
    case let layer as Dense: layer.activation
    case let layer as Conv1D: layer.activation
    case let layer as Conv2D: layer.activation
    case let layer as DepthwiseConv2D: layer.activation
    case let layer as SeparableConv2D: layer.activation
    case let layer as ConvTransposed2D: layer.activation
    case let layer as SimpleRNN: layer.activation
    case let layer as LSTM: layer.activation
    case let layer as GRU: layer.activation
    case let layer as TimeDistributed: layer.layer.unitActivation
    case let activation as Activation: activation
    default: nil
    }
  }
}
