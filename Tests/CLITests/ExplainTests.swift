import Foundation
import Testing

@Suite("What happens inside a network is explained") struct ExplainTests {
  @Test("backpropagation, number by number, in every activation")
  func backprop() throws {
    for unit in ["sigmoid", "tanh", "relu", "linear"] {
      let outcome = try MartletProcess.run(["explain", "backprop", "--unit", unit])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("A network of 2-3-2 units (\(unit)) with 17 parameters"))
    }
    let negative = try MartletProcess.run([
      "explain", "backprop", "--sizes", "1-1", "--unit", "linear", "--input", "-2", "--target", "-1.5",
    ])
    #expect(negative.output.contains("x = (-2.0000)\ny = (-1.5000)\n"), "\(negative.output)\(negative.errors)")
  }

  @Test("drawings of sizes, recipes and saved weights, in the terminal and as SVG")
  func network() throws {
    let folder = try TemporaryFolder()
    let sizes = try MartletProcess.run(["explain", "network", "8-6-6-4", "--svg", folder.path("net.svg")])
    #expect(sizes.status == 0, "\(sizes.errors)")
    #expect(sizes.output.contains("124 parameters"))
    #expect(try String(contentsOfFile: folder.path("net.svg"), encoding: .utf8).hasPrefix("<svg"))
    let recipe = try MartletProcess.run(["explain", "network", "mnist-cnn", "--width", "60"])
    #expect(recipe.output.contains("34,826 parameters"))
  }

  @Test("gradients and features of a recipe and of its saved weights")
  func weights() throws {
    let folder = try TemporaryFolder()
    let training = try MartletProcess.run(
      ["train", "mnist-cnn", "--limit", "200", "--epochs", "1", "--save", folder.path("w"), "--quiet"])
    #expect(training.status == 0, "\(training.errors)")
    for subject in ["mnist-cnn", folder.path("w")] {
      let gradients = try MartletProcess.run(["explain", "gradients", subject, "--samples", "20", "--limit", "50"])
      #expect(gradients.status == 0, "\(gradients.errors)")
      #expect(gradients.output.contains("conv2d_1") && gradients.output.contains("dead: 0 for all 20 samples"))
    }
    let features = try MartletProcess.run(
      ["explain", "features", folder.path("w"), "3", "--limit", "50", "--output", folder.path("sheets")])
    #expect(features.status == 0, "\(features.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("sheets")).sorted()
    #expect(
      files == [
        "conv2d-kernels.png", "conv2d-maps.png", "conv2d_1-kernels.png", "conv2d_1-maps.png", "max_pooling2d-maps.png",
        "max_pooling2d_1-maps.png",
      ])
  }

  @Test("names of other frameworks")
  func names() throws {
    let known = try MartletProcess.run(["explain", "name", "fit_generator"])
    #expect(known.status == 0)
    #expect(known.output.contains("trainer.fit("))
  }
}
