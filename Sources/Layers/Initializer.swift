import Foundation
import MartletBackend

/// How the first value of a parameter is made. Random ones depend on the seed, the parameter's path and the element alone.
///
/// Fans are counted as in Keras: for a kernel `[…, in, out]`, fan-in is the number of elements that feed one output, fan-out the
/// number that one input feeds. Normal distributions for Glorot, He and LeCun are cut off at two standard deviations and scaled
/// so that the variance is as stated.
public enum Initializer: Hashable, Sendable {
  /// 0.
  case zeros
  /// 1.
  case ones
  /// One value for all elements.
  case constant(Float)
  /// Uniform between two values.
  case randomUniform(minimum: Float = -0.05, maximum: Float = 0.05)
  /// Normal.
  case randomNormal(mean: Float = 0, standardDeviation: Float = 0.05)
  /// Normal, drawn again where it lies more than two standard deviations from the mean.
  case truncatedNormal(mean: Float = 0, standardDeviation: Float = 0.05)
  /// Variance 2 / (fan-in + fan-out), uniform. Glorot and Bengio 2010.
  case glorotUniform
  /// Variance 2 / (fan-in + fan-out), truncated normal.
  case glorotNormal
  /// Variance 2 / fan-in, uniform; made for ReLU. He et al. 2015.
  case heUniform
  /// Variance 2 / fan-in, truncated normal.
  case heNormal
  /// Variance 1 / fan-in, uniform. LeCun et al. 1998.
  case lecunUniform
  /// Variance 1 / fan-in, truncated normal; made for SELU.
  case lecunNormal
  /// Rows (or columns, whichever are fewer) that are perpendicular and of length `gain`. Saxe et al. 2014.
  case orthogonal(gain: Float = 1)
  /// 0, but 1 in the second of four equal parts: the bias of an LSTM whose gates begin by remembering. Jozefowicz et al. 2015.
  case unitForgetBias
}

extension Initializer {
  /// The elements of a parameter, row-major, computed on the host in the arithmetic that all backends share.
  package func values(shape: Shape, seed: UInt64, name: String) -> [Float] {
    let count = shape.elementCount
    let draws = InitialDraws(seed: seed, stream: RandomStream.number(of: name))
    let fans = Fans(of: shape)
    switch self {
    case .zeros: return [Float](repeating: 0, count: count)
    case .ones: return [Float](repeating: 1, count: count)
    case .constant(let value): return [Float](repeating: value, count: count)
    case .randomUniform(let minimum, let maximum):
      return (0..<count).map { minimum + draws.uniform($0) * (maximum - minimum) }
    case .randomNormal(let mean, let deviation): return (0..<count).map { mean + draws.normal($0) * deviation }
    case .truncatedNormal(let mean, let deviation):
      return (0..<count).map { mean + draws.truncatedNormal($0) * deviation }
    case .glorotUniform: return draws.uniform(count, variance: 2 / (fans.input + fans.output))
    case .glorotNormal: return draws.truncatedNormal(count, variance: 2 / (fans.input + fans.output))
    case .heUniform: return draws.uniform(count, variance: 2 / fans.input)
    case .heNormal: return draws.truncatedNormal(count, variance: 2 / fans.input)
    case .lecunUniform: return draws.uniform(count, variance: 1 / fans.input)
    case .lecunNormal: return draws.truncatedNormal(count, variance: 1 / fans.input)
    case .orthogonal(let gain): return draws.orthogonal(shape, gain: Double(gain))
    case .unitForgetBias: return (0..<count).map { (count / 4..<count / 2).contains($0) ? 1 : 0 }
    }
  }
}

/// How many elements feed one output and are fed by one input of a kernel.
private struct Fans {
  let input, output: Double

  init(of shape: Shape) {
    switch shape.rank {
    case 0: (input, output) = (1, 1)
    case 1: (input, output) = (Double(shape[0]), Double(shape[0]))
    default:
      let taps = Double(shape.dropLast(2).reduce(1, *))
      (input, output) = (taps * Double(shape[shape.rank - 2]), taps * Double(shape[shape.rank - 1]))
    }
  }
}

/// The random numbers of one parameter. Elements are independent of each other: `normal(7)` needs no `normal(6)`.
private struct InitialDraws {
  private let philox: Philox
  private let stream: UInt32

  init(seed: UInt64, stream: UInt32) {
    philox = Philox(seed: seed)
    self.stream = stream
  }

  func uniform(_ element: Int) -> Float { Philox.uniform(philox.word(element: element, draw: 0, stream: stream)) }

  /// Box and Muller's method. The attempt tells apart the draws of an element that is drawn again.
  func normal(_ element: Int, attempt: UInt32 = 0) -> Float {
    let radius = philox.word(element: element, salt: 2 * attempt, draw: 1, stream: stream)
    let angle = philox.word(element: element, salt: 2 * attempt + 1, draw: 1, stream: stream)
    // 1 - u is in (0, 1]: its logarithm is finite.
    return (-2 * Elementary.log(1 - Philox.uniform(radius))).squareRoot()
      * Elementary.cos(2 * .pi * Philox.uniform(angle))
  }

  func truncatedNormal(_ element: Int) -> Float {
    var attempt: UInt32 = 0
    while true {
      let value = normal(element, attempt: attempt)
      if abs(value) <= 2 { return value }
      attempt += 1
    }
  }

  func uniform(_ count: Int, variance: Double) -> [Float] {
    let limit = Float((3 * variance).squareRoot())
    return (0..<count).map { (2 * uniform($0) - 1) * limit }
  }

  func truncatedNormal(_ count: Int, variance: Double) -> [Float] {
    // Cutting a standard normal at ±2 leaves a standard deviation of 0.8796….
    let deviation = Float(variance.squareRoot() / 0.879_625_661_034_239_78)
    return (0..<count).map { truncatedNormal($0) * deviation }
  }

  /// Gram and Schmidt's method, each row against the earlier ones twice, in Double: once leaves errors that grow with the rows.
  func orthogonal(_ shape: Shape, gain: Double) -> [Float] {
    let columns = shape.last ?? 1
    let rows = shape.elementCount / max(columns, 1)
    let (short, long) = (min(rows, columns), max(rows, columns))
    var vectors: [[Double]] = []
    for row in 0..<short {
      var vector = (0..<long).map { Double(normal(row * long + $0)) }
      for _ in 0..<2 {
        for earlier in vectors {
          let projection = zip(vector, earlier).reduce(0) { $0 + $1.0 * $1.1 }
          for i in vector.indices { vector[i] -= projection * earlier[i] }
        }
      }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      vectors.append(vector.map { $0 / length })
    }
    return (0..<rows * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      return Float(gain * (rows <= columns ? vectors[row][column] : vectors[column][row]))
    }
  }
}
