import Foundation
import Testing

@Suite("--json") struct JSONTests {
  /// In a folder with a network `w.martlet`, a text model `g`, and a run `first`.
  static let commands: [[String]] = [
    ["train", "xor", "--epochs", "1", "--device", "cpu", "--json", "-"],
    ["train", "xor", "--json", "--epochs", "1", "--device", "cpu"],
    ["train", "gates", "--json", "-"],
    ["train", "xor", "--epochs", "1", "--device", "cpu", "--profile", "--trace", "trace", "--json", "-"],
    ["train", "--list", "--json"],
    ["evaluate", "w.martlet", "--device", "cpu", "--json"], ["evaluate", "g", "--data", "text", "--json", "-"],
    ["predict", "first", "0", "1,2", "--device", "cpu", "--json"],
    ["generate", "g", "--count", "5", "--device", "cpu", "--json"],
    ["generate", "g", "--count", "5", "--device", "cpu", "--output", "story", "--json"],
    ["summary", "xor", "--json"], ["summary", "w.martlet", "--json"],
    ["convert", "w.martlet", "w.npz", "--json"],
    ["doctor", "xor", "--device", "cpu", "--json"], ["doctor", "weight-height", "--device", "cpu", "--json"],
    ["devices", "--json"], ["runs", "--json"], ["runs", "list", "--json"],
    ["runs", "compare", "first", "second", "--json"],
    ["runs", "compare", "first", "second", "--output", "curves.svg", "--json"],
    ["plot", "first", "--json"], ["report", "first", "--json"],
    ["explain", "backprop", "--json"], ["explain", "network", "2-3-2", "--json"],
    ["explain", "network", "xor", "--svg", "net.svg", "--json"], ["explain", "gradients", "xor", "--json"],
    ["explain", "features", "mnist-cnn", "--json"], ["explain", "name", "Adam", "--json"],
    ["explain", "name", "SpectralNormalization", "--json"],
    ["check", "--device", "cpu", "--operation", "memory", "--effort", "brief", "--json"],
    ["check", "--list", "--json"],
    ["bench", "matmul-10x784x256", "--quick", "--no-roofline", "--json"], ["bench", "--list", "--json", "-"],
  ]

  @Test("is one object on standard output, and nothing else")
  func oneObject() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(String(repeating: "to be or not to be\n", count: 60).utf8), to: "text")
    for arguments in [
      ["xor", "--epochs", "1", "--save", "w.martlet"], ["xor", "--epochs", "1", "--run", "first"],
      ["xor", "--epochs", "1", "--run", "second"],
      ["char-rnn", "--data", "text", "--epochs", "1", "--batch-size", "2", "--save", "g"],
    ] {
      let outcome = try MartletProcess.run(["train"] + arguments + ["--device", "cpu", "--quiet"], in: folder)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    for arguments in Self.commands {
      let outcome = try MartletProcess.run(arguments, in: folder)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
      let object = try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      #expect(object is [String: Any], "\(arguments): \(outcome.output.prefix(400))")
    }
  }

  @Test("leaves standard output empty where there is no result")
  func nothing() throws {
    for arguments in [
      ["train", "xor", "--save", "no/such/folder/w", "--json"], ["evaluate", "nothing", "--json", "-"],
      ["report", "nothing", "--json"], ["generate", "nothing", "--json"], ["plot", "nothing", "--json"],
      ["predict", "nothing", "1", "--json", "--output", "-"], ["tune", "--device", "cpu", "--json"],
    ] {
      let outcome = try MartletProcess.run(arguments)
      #expect(
        outcome.status != 0 && outcome.output.isEmpty && !outcome.errors.isEmpty, "\(arguments): \(outcome.output)")
    }
  }
}
