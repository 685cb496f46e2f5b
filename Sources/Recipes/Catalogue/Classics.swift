import Martlet

// Learning before backpropagation, and beside it.
extension Recipe {
  static let classics: [Recipe] = [
    Recipe(
      "gates", in: .classics, "AND, OR, NOT, NAND and XOR of threshold units with weights set by hand",
      task: LogicTask(method: .byHand)),
    Recipe(
      "perceptron", in: .classics, "the perceptron rule on logic gates: converges, or proves that it never will",
      task: LogicTask(method: .perceptron)),
    Recipe(
      "hebb", in: .classics, "the Hebb rule on logic gates: one pass, and why XOR is beyond it",
      task: LogicTask(method: .hebb)),
    Recipe(
      "som", in: .classics, "a self-organizing map of digits, 15 × 15 units",
      task: MapTask(data: .mnist, side: 15, epochs: 2, batchSize: 32)),
    Recipe(
      "rbm", in: .classics, "a restricted Boltzmann machine of digits, by contrastive divergence",
      task: BoltzmannTask(data: .mnist, hidden: 256, epochs: 3, batchSize: 64, learningRate: 0.1)),
    Recipe(
      "dbn", in: .classics, "a deep belief network: two Boltzmann machines, then fine-tuned; about 97.5 % on MNIST",
      task: BeliefTask(
        hidden: [256, 256], pretrainingEpochs: 2,
        tuning: classifier(epochs: 4, batchSize: 128, learningRate: 0.002) { _ in [] })),
  ]
}
