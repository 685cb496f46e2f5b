import MartletAutograd
import MartletTensor

let activationDefinitions: Definitions = [
  "relu": unary { $0.relu() },
  "leaky_relu": { run in
    y(try run.input("x").leakyRelu(negativeSlope: try run.attributes.float("negative_slope")))
  },
  "elu": { run in y(try run.input("x").elu(alpha: try run.attributes.float("alpha", default: 1))) },
  "sigmoid": unary { $0.sigmoid() },
  "hard_sigmoid": unary { $0.hardSigmoid() },
  "tanh": unary { $0.tanh() },
  "softplus": unary { $0.softplus() },
  "softsign": unary { $0.softsign() },
  "silu": unary { $0.silu() },
  "gelu": { run in y(try run.input("x").gelu(approximate: try run.attributes.bool("approximate", default: false))) },
  "mish": unary { $0.mish() },
  "exponential": unary { $0.exp() },
  "softmax": { run in y(try run.input("x").softmax(alongAxis: try run.attributes.int("axis", default: -1))) },
  "log_softmax": { run in y(try run.input("x").logSoftmax(alongAxis: try run.attributes.int("axis", default: -1))) },
  "selu": { run in
    let (alpha, scale) = (try run.attributes.optionalDouble("alpha"), try run.attributes.optionalDouble("scale"))
    let x = try run.input("x")
    guard let alpha, let scale else { return y(x.selu()) }
    return y(x.selu(alpha: Float(alpha), scale: Float(scale)))
  },
  "maxout": { run in
    let axis = try run.attributes.int("axis", default: -1)
    return y(try run.input("x").maxout(units: try run.attributes.int("num_units"), alongAxis: axis))
  },
  "threshold": { run in
    let value = try run.attributes.float("value")
    return y(try run.input("x").threshold(try run.attributes.float("threshold"), value: value))
  },
  "step": { run in y(try run.input("x").step(threshold: try run.attributes.float("threshold", default: 0))) },
]
