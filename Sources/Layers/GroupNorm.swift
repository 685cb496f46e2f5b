import MartletAutograd
import MartletBackend
import MartletTensor

/// Brings each sample's channels, in groups of neighbours, to mean 0 and variance 1 over space and the channels of a group, then scales
/// and shifts each channel by learned amounts. Does not depend on the batch, so it works for batches of one.
///
/// One group is layer normalization of images, as many groups as channels is instance normalization.
///
/// - Shape: `[batch, …, channels]` in, the same out; parameters are `[channels]`.
/// - Source: Wu and He 2018, arXiv:1803.08494; Keras' epsilon of 1e-3.
public struct GroupNorm: Layer {
  /// Into how many groups the channels fall.
  public let groups: Int
  /// Keeps the root away from 0.
  public let epsilon: Float
  /// The scale; starts at 1.
  public let gamma = Parameter(.ones)
  /// The shift; starts at 0.
  public let beta = Parameter(.zeros)
  /// What the layer is called; `nil` lets the model number it.
  public let name: String?

  /// - Precondition: `groups` and `epsilon` are positive.
  public init(groups: Int = 32, epsilon: Float = 1e-3, name: String? = nil) {
    require(groups > 0 && epsilon > 0, "GroupNorm: need groups and epsilon > 0; got \(groups), \(epsilon)")
    self.groups = groups
    self.epsilon = epsilon
    self.name = name
  }

  /// Keras' name of the type.
  public static var typeName: String { "GroupNormalization" }

  /// The shape of the result; see `Layer`.
  public func outputShape(for input: Shape) throws -> Shape {
    _ = try channels(of: input)
    return input
  }

  /// Makes the parameters for an input; see `Layer`.
  public func initializeParameters(for input: Shape) throws {
    let channels = try channels(of: input)
    for parameter in [gamma, beta] { try parameter.initialize(shape: [channels]) }
  }

  /// The result for a batch.
  public func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor {
    prepare(for: x, gamma)
    let channels = trapping { try self.channels(of: Shape(x.shape.dropFirst())) }
    let grouped: Shape = [x.shape[0], -1, groups, channels / groups]
    return x.reshaped(to: grouped).normalized(
      alongAxes: [1, 3], epsilon: epsilon, scale: gamma.value.reshaped(to: [groups, channels / groups]),
      offset: beta.value.reshaped(to: [groups, channels / groups])
    ).result.reshaped(to: x.shape)
  }

  private func channels(of input: Shape) throws -> Int {
    guard let channels = input.last, channels.isMultiple(of: groups) else {
      throw ShapeError("GroupNorm: the last axis of \(input) does not divide into \(groups) groups")
    }
    return channels
  }
}
