import ArgumentParser
import Martlet

/// Translates a name of another framework.
struct ExplainName: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "name",
    abstract: "Say what a name of Keras, PyTorch or scikit-learn is called in Martlet.",
    discussion: """
      Capitals and underscores do not count.

      Examples:
        martlet explain name fit_generator
        martlet explain name CrossEntropyLoss
      """)

  @Argument(help: "The name.")
  var name: String

  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Row: Encodable {
    let topic: String
    let martlet: String
    let keras: String?
    let torch: String?
  }

  func run() throws {
    let rows: [FrameworkNames.Row]
    do {
      rows = try FrameworkNames.rows(for: name)
    } catch let error as UnknownNameError {
      guard let advice = FrameworkNames.advice(insteadOf: name) else { throw error }
      if json { return try writeJSON(["advice": advice], to: "-") }
      return print("\(name) has no counterpart: \(advice)")
    }
    if json {
      let rows = rows.map { row in
        Row(
          topic: row.topic, martlet: row.martlet, keras: row.keras.isEmpty ? nil : row.keras,
          torch: row.torch.isEmpty ? nil : row.torch)
      }
      return try writeJSON(["names": rows], to: "-")
    }
    for row in rows {
      print("\(row.topic): \(row.martlet)")
      if !row.keras.isEmpty { print("  Keras    \(row.keras)") }
      if !row.torch.isEmpty { print("  PyTorch  \(row.torch)") }
    }
  }
}
