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
  ]
}
