import MartletBackend
import MartletData
import MartletLayers
import MartletTensor
import MartletTraining

/// Restricted Boltzmann machines, each learning what the one below it says about the data. They learn one after another and without
/// targets; then they are the first layers of an ordinary network, which is trained from there with few labels or many.
///
///     let network = DeepBeliefNetwork(visible: 784, hidden: [256, 128], seed: 1)
///     try network.pretrain(digits)
///     let classifier = try network.classifier(input: [28, 28, 1], classCount: 10)
///     try Trainer(classifier, loss: .softmaxCrossEntropy).fit(digits, epochs: 3)
///
/// - Source: Hinton, Osindero and Teh 2006, "A fast learning algorithm for deep belief nets"; fine-tuning by gradient descent: Hinton and
///   Salakhutdinov 2006.
public struct DeepBeliefNetwork: Sendable {
  /// The machines, from the data upwards.
  public let machines: [RestrictedBoltzmannMachine]

  /// Untrained machines, one for each number of hidden units.
  ///
  /// - Precondition: there is a number of hidden units, and all numbers are positive.
  public init(visible: Int, hidden: [Int], seed: UInt64 = 0) {
    require(!hidden.isEmpty, "DeepBeliefNetwork: need at least one layer of hidden units")
    machines = zip([visible] + hidden, hidden).enumerated().map { index, sizes in
      RestrictedBoltzmannMachine(visible: sizes.0, hidden: sizes.1, seed: seed &+ UInt64(index))
    }
  }

  /// Trains the machines one after another by contrastive divergence, each on the hidden probabilities of those below.
  ///
  /// - Returns: a history for each machine that was begun.
  /// - Throws: `TrainingError` where samples do not fit or there are none, `BackendError`.
  @discardableResult
  public func pretrain(
    _ dataset: Dataset, epochs: Int = 5, batchSize: Int = 64, seed: UInt64 = 0, on device: Device = .current,
    progress: ProgressStyle = .automatic, stoppingWhen shouldStop: () -> Bool = { false }
  ) throws -> [History] {
    var histories: [History] = []
    for (index, machine) in machines.enumerated() where histories.last?.wasInterrupted != true {
      histories.append(
        try machine.fit(
          dataset, above: Array(machines[..<index]), epochs: epochs, batchSize: batchSize,
          seed: seed &+ UInt64(index), on: device, progress: progress, stoppingWhen: shouldStop))
    }
    return histories
  }

  /// A network that begins with the machines' weights, which it shares, and ends with one untrained output per class (logits).
  ///
  /// - Throws: `ModelError` where an input does not have as many values as the lowest machine has visible units.
  public func classifier(input: Shape, classCount: Int, seed: UInt64 = 0) throws -> Sequential {
    try Sequential(input: input, layers: [Flatten()] + machines + [Dense(classCount)], seed: seed)
  }
}
