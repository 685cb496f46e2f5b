import Foundation
import Testing

@Suite("Models that make up samples") struct GenerateTests {
  private func run(_ arguments: [String], in folder: TemporaryFolder) throws -> MartletProcess.Outcome {
    let outcome = try MartletProcess.run(arguments + ["--device", "cpu"], in: folder)
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  @Test("a text is learned, saved, measured and continued, the same for the same seed")
  func text() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(String(repeating: "to be or not to be\n", count: 60).utf8), to: "text")
    let training = try run(
      ["train", "char-rnn", "--data", "text", "--epochs", "1", "--batch-size", "2", "--save", "w"], in: folder)
    let measured = try run(["evaluate", "w", "--data", "text"], in: folder)
    let figure = try #require(training.output.split(separator: "\n").first { $0.contains("nats per character") })
    #expect(measured.output.contains(figure))

    let options = ["generate", "w", "--prompt", "to ", "--count", "20"]
    let first = try run(options, in: folder).output
    #expect(first.hasPrefix("to ") && first.count == 24)  // the prompt, 20 characters and the end of the line
    #expect(try run(options, in: folder).output == first)
    #expect(try run(options + ["--seed", "2", "--temperature", "3"], in: folder).output != first)
    _ = try run(options + ["--output", "story.txt"], in: folder)
    #expect(try String(contentsOfFile: folder.path("story.txt"), encoding: .utf8) == first)
    let report = try run(options + ["--json"], in: folder).output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
    #expect("to \(object["text"] ?? "")\n" == first)
  }

  @Test("pictures are made, in the terminal, as a sheet and as numbers", arguments: ["vae", "gan"])
  func pictures(recipe: String) throws {
    let folder = try TemporaryFolder()
    _ = try run(["train", recipe, "--limit", "60", "--epochs", "1", "--save", "w", "--quiet"], in: folder)
    #expect(try run(["generate", "w", "--count", "2"], in: folder).output.split(separator: "\n").count > 10)
    _ = try run(["generate", "w", "--count", "5", "--output", "sheet.png"], in: folder)
    // Three columns and two rows of 28 pixels with gaps of 2.
    let sheet = [UInt8](try Data(contentsOf: folder.url.appendingPathComponent("sheet.png")))
    #expect(sheet.count > 24 && sheet[16..<24].elementsEqual([0, 0, 0, 92, 0, 0, 0, 62]))
    let report = try run(["generate", "w", "--count", "3", "--json"], in: folder).output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
    let pictures = try #require(object["pictures"] as? [[String: Any]])
    #expect(pictures.count == 3 && (pictures[0]["pixels"] as? [Int])?.count == 784)
    let measured = try run(["evaluate", "w", "--limit", "60", "--json", "-"], in: folder).output
    #expect(measured.contains("\"metrics\""))
    let summary = try MartletProcess.run(["summary", recipe])
    #expect(summary.output.contains(recipe == "vae" ? "\"decoder\"" : "\"discriminator\""), "\(summary.errors)")
  }
}
