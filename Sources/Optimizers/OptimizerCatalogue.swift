/// Every optimizer in its variants: what the shared tests walk through.
package enum OptimizerCatalogue {
  package static let all: [any Optimizer] = [
    SGD(learningRate: 0.1),
    SGD(learningRate: 0.05, momentum: 0.9),
    SGD(learningRate: 0.05, momentum: 0.9, nesterov: true),
    RMSprop(learningRate: 0.02),
    RMSprop(learningRate: 0.02, momentum: 0.5, centered: true),
    Adam(learningRate: 0.05),
    Adam(learningRate: 0.05, amsgrad: true),
    AdamW(learningRate: 0.05),
    Adagrad(learningRate: 0.3),
    Adadelta(learningRate: ExponentialDecay(10, decaySteps: 100, decayRate: 0.5), epsilon: 1e-6),
    Adamax(learningRate: 0.05),
    Nadam(learningRate: 0.05),
    Lion(learningRate: ExponentialDecay(0.05, decaySteps: 50, decayRate: 0.5), beta2: 0.9),
    FTRL(learningRate: 1),
  ]
}
