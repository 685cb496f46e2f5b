import Martlet

/// Units that fire at a threshold, the perceptron rule, the Hebb rule, and what none of them can do alone.
func logicGates() throws {
  for gate in LogicGate.allCases {
    var perceptron = Perceptron(inputCount: gate.inputs[0].count)
    print(gate.rawValue, try perceptron.learn(gate.inputs, targets: gate.targets))
  }
  let x = Tensor([0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
  print("xor of three units set by hand", try LogicGate.xor.layers().reduce(x) { $1($0) }.floats())

  var rule = HebbRule(inputCount: 2)
  let bipolar = x * 2 - 1
  let targets = Tensor(LogicGate.or.targets) * 2 - 1
  rule.learn(bipolar, targets: targets)
  print("or by the Hebb rule, mistakes:", try rule.mistakes(bipolar, targets: targets))
}

/// A grid of units that arranges digits by how they look.
func selfOrganizingMap() throws {
  let mnist = try MNIST.load()
  var map = SelfOrganizingMap(rows: 15, columns: 15, features: 784, seed: 1)
  try map.fit(mnist.train, epochs: 2, batchSize: 32, seed: 1)
  try map.picture(width: 28, height: 28).writePNG(to: "map.png")
}

/// Boltzmann machines that learn without labels, one on top of the other, and then all together with labels.
func deepBeliefNetwork() throws {
  let mnist = try MNIST.load()
  let network = DeepBeliefNetwork(visible: 784, hidden: [256, 256], seed: 1)
  try network.pretrain(mnist.train, epochs: 2, seed: 1)
  let classifier = try network.classifier(input: [28, 28, 1], classCount: 10, seed: 1)
  let trainer = Trainer(classifier, loss: .softmaxCrossEntropy, optimizer: Adam(), metrics: [.accuracy])
  try trainer.fit(mnist.train, epochs: 4, batchSize: 128, seed: 1)
  print("test", try trainer.evaluate(mnist.test))
}
