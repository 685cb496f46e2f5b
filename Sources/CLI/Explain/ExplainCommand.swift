import ArgumentParser
import Martlet

/// Shows what happens inside a network.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show what happens inside a network.",
    discussion: """
      Examples:
        martlet explain backprop                        a gradient, number by number
        martlet explain network 8-6-6-4 --svg net.svg   a drawing
        martlet explain gradients first                 per layer; dead units
        martlet explain features first 7                kernels and maps
        martlet explain name fit_generator              Keras' and PyTorch's names
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
