import ArgumentParser
import Martlet

/// Shows what happens inside a network.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show what happens inside a network.",
    discussion: """
      Examples:
        martlet explain backprop                        the gradient of a 2-3-2 network, number by number
        martlet explain network 8-6-6-4 --svg net.svg   a drawing, of sizes, a recipe or saved weights
        martlet explain gradients cnn.safetensors       gradients per layer, dead and saturated units
        martlet explain features cnn.safetensors 7      kernels, and what the layers make of test sample 7
        martlet explain name fit_generator              what a name of Keras or PyTorch is called here
      """,
    subcommands: [
      ExplainBackprop.self, ExplainNetwork.self, ExplainGradients.self, ExplainFeatures.self, ExplainName.self,
    ])
}

/// Sizes of layers as people write them: `2-3-2`.
struct LayerSizes: ExpressibleByArgument {
  let values: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count >= 2, parts.allSatisfy({ (1...4096).contains($0 ?? 0) }) else { return nil }
    values = parts.compactMap(\.self)
  }

  init(_ values: [Int]) { self.values = values }

  var defaultValueDescription: String { values.map(String.init).joined(separator: "-") }
}

extension Backpropagation.Unit: ExpressibleByArgument {}
