import MartletBackend
import MartletTensor

// Softmax, its logarithm, and the cross-entropy of logits against class labels.

private let weighted = ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] * x[1]] }
// upstream, y, Σ upstream · y
private let softmaxGradient = ElementwiseProgram(inputs: [.float32, .float32, .float32]) { x, _ in
  [(x[0] - x[2]) * x[1]]
}
// upstream, ln y, Σ upstream
private let logSoftmaxGradient = ElementwiseProgram(inputs: [.float32, .float32, .float32]) { x, _ in
  [x[0] - x[1].exp() * x[2]]
}

extension Tensor {
  /// `eˣ / Σ eˣ` along an axis without overflow.   ∂L/∂x = y · (upstream - Σ upstream · y).
  public func softmax(alongAxis axis: Int = -1) -> Tensor {
    requireFloat("softmax")
    return alongRows(of: axis, for: "softmax") { x in
      [
        x.softmaxRows(logarithmic: false).recorded(
          "softmax",
          usingOutput: (
            x,
            { upstream, y in
              if Recording.isEnabled {
                return y * (upstream - (upstream * y).sum(alongAxes: [1], keepingRank: true))
              }
              let total = Tensor.reduced(weighted, [.sum], [upstream, y], axes: [1], for: "softmax")[0]
              return Tensor.map(softmaxGradient, upstream, y, total, for: "softmax")
            }
          ))
      ]
    }[0]
  }

  /// `x - ln Σ eˣ` along an axis without overflow.   ∂L/∂x = upstream - eʸ · Σ upstream.
  public func logSoftmax(alongAxis axis: Int = -1) -> Tensor {
    requireFloat("logSoftmax")
    return alongRows(of: axis, for: "logSoftmax") { x in
      [
        x.softmaxRows(logarithmic: true).recorded(
          "logSoftmax",
          usingOutput: (
            x,
            { upstream, y in
              let total = upstream.sum(alongAxes: [1], keepingRank: true)
              if Recording.isEnabled { return upstream - y.exp() * total }
              return Tensor.map(logSoftmaxGradient, upstream, y, total, for: "logSoftmax")
            }
          ))
      ]
    }[0]
  }

  private func softmaxRows(logarithmic: Bool) -> Tensor {
    let result = Tensor(undefined: shape, .float32, on: device)
    if elementCount > 0 { backend.softmaxRows(view, logarithmic: logarithmic, output: result.view) }
    return result
  }
}

// MARK: Cross-entropy

private let chosenLoss = ElementwiseProgram(inputs: [.float32, .int32]) { x, _ in
  [.select(x[1] .== .coordinate(axis: 1), -x[0], 0)]
}
private let quotient = ElementwiseProgram(inputs: [.float32], parameters: [.float32]) { [$0[0] / $1[0]] }
// ln softmax, label, upstream; the number of classes, a factor.
private let crossEntropyGradient = ElementwiseProgram(
  inputs: [.float32, .int32, .float32], parameters: [.int32, .float32]
) { x, p in
  let difference = x[0].exp() - (x[1] .== .coordinate(axis: 1)).cast(to: .float32)
  let isClass = (.integer(0) .<= x[1]) & (x[1] .< p[0])
  return [.select(isClass, difference * (x[2] * p[1]), 0)]
}

extension Tensor {
  /// The cross-entropy `-ln softmax(logits)[label]` of each row of logits against its class, in few passes and without overflow.
  /// ∂L/∂logits = upstream · (softmax - oneHot(label)).
  ///
  /// - Parameters:
  ///   - labels: int32 (or uint8); a label outside the classes gives no loss and no gradient.
  ///   - averaged: Whether to give the mean over all rows instead, a scalar; rows without a class count too.
  /// - Shape: logits `[…, classes]`, labels and result `[…]`.
  public func softmaxCrossEntropy(labels: Tensor, averaged: Bool = false) -> Tensor {
    requireFloat("softmaxCrossEntropy")
    labels.requireDevice(device, for: "softmaxCrossEntropy")
    require(
      rank > 0 && labels.shape == Shape(shape.dropLast()) && labels.dtype.laneType == .int32,
      "softmaxCrossEntropy: logits of shape \(shape) with \(labels.dtype) labels of shape \(labels.shape); "
        + "one int32 label per row of logits is needed")
    let classes = shape[rank - 1]
    let count = labels.elementCount
    let x = reshaped(to: [count, classes])
    let labels = labels.detached.reshaped(to: [count, 1])
    let logarithms = x.softmaxRows(logarithmic: true)
    let factor: Float = averaged ? 1 / Float(count) : 1
    let loss = Tensor.reduced(
      chosenLoss, [.sum], [logarithms, labels], axes: averaged ? [0, 1] : [1],
      epilogue: averaged ? Epilogue(quotient, parameters: [.float32(Float(count))]) : nil, for: "softmaxCrossEntropy")[
        0]
    return loss.recorded(
      "softmaxCrossEntropy",
      (
        x,
        { upstream in
          if Recording.isEnabled {
            let isClass = (labels .>= 0) & (labels .< Float(classes))
            let difference = x.softmax() - labels.reshaped(to: [count]).oneHot(depth: classes)
            return Tensor.select(isClass, difference * (upstream * factor), 0)
          }
          return Tensor.map(
            crossEntropyGradient, logarithms, labels, upstream,
            parameters: [.int32(Int32(truncatingIfNeeded: classes)), .float32(factor)], for: "softmaxCrossEntropy")
        }
      )
    ).reshaped(to: averaged ? [] : Shape(shape.dropLast()))
  }
}
