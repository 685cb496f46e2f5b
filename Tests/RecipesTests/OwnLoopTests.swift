import Foundation
import Martlet
import MartletRecipes
import MartletTestSupport
import Testing

@Suite("Recipes with a loop of their own") struct OwnLoopTests {
  private static func run(_ name: String, _ change: (inout RunSettings) -> Void = { _ in }) throws -> RunOutcome {
    var settings = RunSettings(device: .cpu)
    change(&settings)
    return try #require(Recipe.named(name)).run(with: settings)
  }

  @Test("gates by hand are right about everything, XOR with two layers included")
  func gates() throws {
    let outcome = try Self.run("gates")
    #expect(outcome.figures.count == 5 && outcome.figures.values.allSatisfy { $0 == 0 })
  }

  @Test("the perceptron rule learns all gates but XOR, of which it says why")
  func perceptron() throws {
    let outcome = try Self.run("perceptron")
    for gate in ["and", "or", "not", "nand"] { #expect(outcome.figures["\(gate)_mistakes"] == 0) }
    #expect(outcome.figures["xor_mistakes"] ?? 0 > 0)
    #expect(outcome.text.contains("never converges"))
  }

  @Test("the Hebb rule learns AND and OR, and says why it cannot learn XOR")
  func hebb() throws {
    let outcome = try Self.run("hebb")
    #expect(outcome.figures["and_mistakes"] == 0 && outcome.figures["or_mistakes"] == 0)
    #expect(outcome.figures["xor_mistakes"] == 2)
    #expect(outcome.text.contains("correlates with no input"))
  }

  @Test("a text that is missing, or too short, is an error with a remedy")
  func texts() throws {
    #expect {
      try Self.run("char-rnn") { $0.data = "/nowhere/at/all.txt" }
    } throws: {
      "\($0)".contains("/nowhere/at/all.txt") && "\($0)".contains("--data")
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "martlet-short-\(UUID()).txt")
    defer { try? FileManager.default.removeItem(at: file) }
    for text in ["", "a", "ab\r\n"] {
      try text.write(to: file, atomically: true, encoding: .utf8)
      #expect(throws: (any Error).self) { try Self.run("char-rnn") { $0.data = file.path } }
    }
    try String(repeating: "to be or not to be\n", count: 60).write(to: file, atomically: true, encoding: .utf8)
    let outcome = try Self.run("char-rnn") {
      $0.data = file.path
      $0.epochs = 1
      $0.batchSize = 2
    }
    #expect(outcome.figures["test_loss"] ?? 99 < 4 && outcome.text.contains("nats per character"))
  }
}
