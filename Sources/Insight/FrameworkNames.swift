import MartletTensor

/// What courses call things in Keras, PyTorch and scikit-learn, and what they are called in Martlet: the rows of Docs/Migration.md,
/// and what `martlet explain name` looks up.
public enum FrameworkNames {
  /// One thing by its three names. A name that is missing is empty.
  public struct Row: Hashable, Sendable {
    /// What it is about.
    public let topic: String
    /// Keras, old names included, or scikit-learn.
    public let keras: String
    /// PyTorch.
    public let torch: String
    /// An expression that compiles.
    public let martlet: String

    init(_ topic: String, _ keras: String, _ torch: String, _ martlet: String) {
      (self.topic, self.keras, self.torch, self.martlet) = (topic, keras, torch, martlet)
    }
  }

  /// Groups of rows under their headings.
  public static let sections: [(heading: String, rows: [Row])] = [
    ("Data", data), ("Models", models), ("Layers", layers),
    ("First weights", initializers), ("Activations", activations), ("Losses", losses),
    ("Optimizers", optimizers), ("Training", training + rarer), ("Files and figures", files),
    ("Metrics", metrics), ("Without backpropagation, and beside it", classics),
  ]

  /// The rows with a name in them; capitals, underscores and what stands before the last point do not count.
  ///
  /// - Throws: `UnknownNameError` with the nearest name.
  public static func rows(for name: String) throws -> [Row] {
    let wanted = plain(name.split(separator: "(").first.map(String.init) ?? name)
    let all = sections.flatMap(\.rows)
    func rows(_ column: (Row) -> String) -> [Row] { all.filter { words(column($0)).contains { plain($0) == wanted } } }
    // Only who finds nothing there may have asked with Martlet's own name.
    let found = wanted.isEmpty ? nil : [rows { "\($0.keras) \($0.torch)" }, rows(\.martlet)].first { !$0.isEmpty }
    if let found { return found }
    throw UnknownNameError(
      kind: "name in the migration table", name: name, known: ["those of Docs/Migration.md"],
      others: all.flatMap { words("\($0.keras) \($0.torch)") }
    )
  }

  /// The table as Markdown, as it stands in Docs/Migration.md.
  package static var markdown: String {
    func cell(_ code: String) -> String {
      code.isEmpty ? "" : code.split(separator: ", ").map { "`\($0)`" }.joined(separator: ", ")
    }
    return sections.map { heading, rows in
      "## \(heading)\n| | Keras, scikit-learn | PyTorch | Martlet |\n|---|---|---|---|\n"
        + rows.map { "| \($0.topic) | \(cell($0.keras)) | \(cell($0.torch)) | `\($0.martlet)` |\n" }.joined()
    }.joined(separator: "\n") + "\n## Not there, and what to do instead\n| Elsewhere | Here |\n|---|---|\n"
      + absent.map { names, advice in
        "| \(names.split(separator: " ").map { "`\($0)`" }.joined(separator: ", ")) | \(advice) |\n"
      }.joined()
  }

  /// The identifiers in a piece of code.
  private static func words(_ code: String) -> [String] {
    code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
  }

  static func plain(_ name: String) -> String {
    (name.split(separator: ".").last.map(String.init) ?? name).lowercased().filter { $0 != "_" && $0 != "-" }
  }
}
