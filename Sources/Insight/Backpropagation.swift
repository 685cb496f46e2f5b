import Foundation

/// The derivation of backpropagation with numbers: a small network of dense layers, one sample, and every quantity on the way from
/// the input to the derivative of the cost for each weight.
///
///     zⱼ = Σₖ wⱼₖ aₖ + bⱼ        aⱼ = g(zⱼ)        C = Σⱼ (aⱼ - yⱼ)²
///     δⱼ = ∂C/∂zⱼ = g′(zⱼ) · 2 (aⱼ - yⱼ)      in the last layer
///     δⱼ = ∂C/∂zⱼ = g′(zⱼ) · Σᵢ wᵢⱼ δᵢ         before it, i over the next layer
///     ∂C/∂wⱼₖ = δⱼ aₖ,  ∂C/∂bⱼ = δⱼ
///
/// In Double and in plain loops, so that it is an independent witness for the tape.
public struct Backpropagation: Hashable, Sendable {
  /// What one layer computes. Indices are those of the formulas: `weights[j][k]` leads to unit `j` from unit `k` of the layer before.
  public struct Layer: Hashable, Sendable {
    /// `[units][units before]`.
    public var weights: [[Double]]
    /// `[units]`.
    public var biases: [Double]
    /// The weighted sums.
    public internal(set) var z: [Double] = []
    /// The outputs.
    public internal(set) var a: [Double] = []
    /// `g′(z)`.
    public internal(set) var slopes: [Double] = []
    /// `∂C/∂a`.
    public internal(set) var costByOutput: [Double] = []
    /// `∂C/∂z`.
    public internal(set) var delta: [Double] = []
    /// `∂C/∂w`, as the weights.
    public internal(set) var weightGradients: [[Double]] = []

    /// A layer with these weights.
    ///
    /// - Precondition: there is at least one unit, as many biases as units, and as many weights for each.
    public init(weights: [[Double]], biases: [Double]) {
      precondition(
        !weights.isEmpty && weights.count == biases.count
          && weights.allSatisfy { !$0.isEmpty && $0.count == weights[0].count },
        "Backpropagation: \(weights.map(\.count)) weights for \(biases.count) biases")
      self.weights = weights
      self.biases = biases
    }
  }

  /// What a unit makes of its weighted sum.
  public enum Unit: String, Hashable, Sendable, CaseIterable {
    case sigmoid, tanh, relu, linear

    /// `g(z)`.
    public func callAsFunction(_ z: Double) -> Double {
      switch self {
      case .sigmoid: 1 / (1 + exp(-z))
      case .tanh: Foundation.tanh(z)
      case .relu: max(z, 0)
      case .linear: z
      }
    }

    /// `g′(z)`, from `z` and `a = g(z)`.
    func slope(at z: Double, output a: Double) -> Double {
      switch self {
      case .sigmoid: a * (1 - a)
      case .tanh: 1 - a * a
      case .relu: z > 0 ? 1 : 0
      case .linear: 1
      }
    }
  }

  /// The activation of every layer.
  public let unit: Unit
  /// The sample.
  public let input: [Double]
  /// What the network should answer.
  public let target: [Double]
  /// Without the input.
  public private(set) var layers: [Layer]
  /// `C`.
  public private(set) var cost: Double = 0

  /// Computes everything for one sample.
  ///
  /// - Precondition: there is a layer, and input, layers and target fit each other.
  public init(layers: [Layer], unit: Unit = .sigmoid, input: [Double], target: [Double]) {
    let sizes = [input.count] + layers.map(\.biases.count)
    precondition(
      !layers.isEmpty && target.count == sizes[sizes.count - 1]
        && zip(layers, sizes).allSatisfy { $0.weights[0].count == $1 },
      "Backpropagation: input of \(input.count), layers of \(layers.map(\.biases.count)), target of \(target.count)")
    (self.layers, self.unit, self.input, self.target) = (layers, unit, input, target)
    forward()
    backward()
  }

  /// A network of these sizes, the input's included, with weights between -1 and 1 in steps of a hundredth, drawn for a seed, so that
  /// they can be followed by hand.
  ///
  /// - Precondition: there are two sizes or more, all positive, and they fit input and target.
  public init(sizes: [Int], unit: Unit = .sigmoid, input: [Double], target: [Double], seed: UInt64 = 1) {
    precondition(sizes.count >= 2 && sizes.allSatisfy { $0 > 0 }, "Backpropagation: sizes \(sizes)")
    var state = seed
    func draw() -> Double {
      // Knuth's MMIX generator; its upper bits are good enough for an example.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int((state >> 33) % 201) - 100) / 100
    }
    let layers = zip(sizes, sizes.dropFirst()).map { before, count in
      Layer(weights: (0..<count).map { _ in (0..<before).map { _ in draw() } }, biases: (0..<count).map { _ in draw() })
    }
    self.init(layers: layers, unit: unit, input: input, target: target)
  }

  /// The outputs of the layer before a layer: the input before the first.
  public func inputs(ofLayer index: Int) -> [Double] { index == 0 ? input : layers[index - 1].a }

  private mutating func forward() {
    for index in layers.indices {
      let before = inputs(ofLayer: index)
      layers[index].z = zip(layers[index].weights, layers[index].biases).map { weights, bias in
        zip(weights, before).reduce(bias) { $0 + $1.0 * $1.1 }
      }
      layers[index].a = layers[index].z.map { unit($0) }
      layers[index].slopes = zip(layers[index].z, layers[index].a).map { unit.slope(at: $0, output: $1) }
    }
    cost = zip(layers[layers.count - 1].a, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  private mutating func backward() {
    for index in layers.indices.reversed() {
      if index == layers.count - 1 {
        layers[index].costByOutput = zip(layers[index].a, target).map { 2 * ($0 - $1) }
      } else {
        let next = layers[index + 1]
        layers[index].costByOutput = layers[index].a.indices.map { j in
          next.delta.indices.reduce(0) { $0 + next.weights[$1][j] * next.delta[$1] }
        }
      }
      layers[index].delta = zip(layers[index].slopes, layers[index].costByOutput).map(*)
      layers[index].weightGradients = layers[index].delta.map { delta in
        inputs(ofLayer: index).map { delta * $0 }
      }
    }
  }
}

// What checks it, and what it is for.
extension Backpropagation {
  /// `(C(w + h) - C(w - h)) / 2h` for one weight; `from` is `nil` for the bias.
  ///
  /// - Precondition: there is such a weight.
  public func differenceQuotient(layer: Int, to unit: Int, from source: Int?, step: Double = 1e-5) -> Double {
    func cost(changedBy change: Double) -> Double {
      var changed = layers
      if let source {
        changed[layer].weights[unit][source] += change
      } else {
        changed[layer].biases[unit] += change
      }
      return Backpropagation(layers: changed, unit: self.unit, input: input, target: target).cost
    }
    return (cost(changedBy: step) - cost(changedBy: -step)) / (2 * step)
  }

  /// The network after one step of gradient descent: `w - rate · ∂C/∂w`.
  public func stepped(rate: Double) -> Backpropagation {
    let changed = layers.map { layer in
      Layer(
        weights: zip(layer.weights, layer.weightGradients).map { zip($0, $1).map { $0 - rate * $1 } },
        biases: zip(layer.biases, layer.delta).map { $0 - rate * $1 })
    }
    return Backpropagation(layers: changed, unit: unit, input: input, target: target)
  }
}
