// Every recipe as a short program: `swift run -c release Examples mnist-in-six-steps`. Each file stands for itself; data are looked for as
// `martlet train` does, in the folder that MARTLET_DATA names.
import Foundation

let examples: [(name: String, run: () throws -> Void)] = [
  ("mnist-in-six-steps", mnistInSixSteps), ("mnist-cnn", mnistConvolutions), ("mnist-lstm", mnistRows),
  ("mnist-resnet", mnistResidual), ("mnist-autoencoder", mnistAutoencoder), ("mnist-denoising", mnistDenoising),
  ("fashion-mnist", fashion), ("cats-dogs", catsAndDogs), ("titanic", titanic), ("clinical-trial", clinicalTrial),
  ("weight-height", weightAndHeight), ("house-price", housePrices), ("linear-regression", linearRegression),
  ("logistic-regression", logisticRegression), ("playground", playground), ("sentiment", sentiment),
  ("vae", variationalAutoencoder), ("gan", adversarialPair), ("char-rnn", characters), ("gates", logicGates),
  ("som", selfOrganizingMap), ("dbn", deepBeliefNetwork), ("list", listOfLayers), ("graph", graphOfLayers),
  ("by-hand", loopByHand),
]

if let name = CommandLine.arguments.dropFirst().first, let example = examples.first(where: { $0.name == name }) {
  try example.run()
} else {
  print("name one of: \(examples.map(\.name).joined(separator: ", "))")
}

/// A file in the folder that MARTLET_DATA names.
func dataFile(_ name: String) -> String { (ProcessInfo.processInfo.environment["MARTLET_DATA"] ?? ".") + "/" + name }
