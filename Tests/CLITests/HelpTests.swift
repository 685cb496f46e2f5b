import Testing

@Suite("Help") struct HelpTests {
  static let commands = [
    "train", "evaluate", "predict", "generate", "summary", "convert", "doctor", "devices", "runs", "runs list",
    "runs compare", "plot", "report", "explain", "explain backprop", "explain network", "explain features",
    "explain gradients", "explain name", "check", "bench", "tune",
  ]

  @Test("of every command has examples that name it", arguments: commands)
  func examples(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try MartletProcess.run(words + ["--help"])
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasSuffix("Examples:") })
    // Longer lines would be broken in a terminal of 80 columns.
    #expect(lines[(start + 1)...].prefix { !$0.isEmpty }.allSatisfy { $0.hasPrefix("  ") }, "\(outcome.output)")
    #expect(lines.count { $0.contains("  martlet \(command)") } >= 2, "\(outcome.output)")
  }

  @Test("says what the exit codes mean, and how to have completions")
  func overview() throws {
    let help = try MartletProcess.run(["--help"]).output
    for text in ["Exit codes", "130", "141", "64", "--generate-completion-script"] { #expect(help.contains(text)) }
    let none = try MartletProcess.run([])
    #expect(none.status == 0 && none.output.contains("SUBCOMMANDS"), "\(none.status)")
  }

  @Test(
    "is near where a name was mistyped",
    arguments: [
      ("trian", "did you mean 'train'?"), ("runs comparre a b", "did you mean 'compare'?"),
      ("explain bakprop", "did you mean 'backprop'?"), ("train mnist-cn", "did you mean 'mnist-cnn'?"),
      ("doctor titanik", "did you mean 'titanic'?"), ("summary mnist-cn", "did you mean 'mnist-cnn'?"),
      ("train xor --devise cpu", "Did you mean '--device'?"), ("train xor --device cpuu", "did you mean 'cpu'?"),
      ("check --operation matmull", "did you mean 'matmul'?"), ("explain name Adan", "Adam"),
      ("bench modles", "did you mean 'models'?"), ("train xor --precision bfloat61", "bfloat16"),
    ])
  func suggestions(line: String, expected: String) throws {
    let outcome = try MartletProcess.run(line.split(separator: " ").map(String.init))
    #expect(outcome.status == 64 || outcome.status == 1)
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
  }
}
