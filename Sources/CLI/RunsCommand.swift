import ArgumentParser
import Foundation
import Martlet

/// Lists stored runs, and compares them.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List stored runs, or compare some.",
    discussion: """
      'martlet train RECIPE --run NAME' stores a run in runs/NAME; with MARTLET_RUNS=FOLDER every run is stored there.

      Examples:
        martlet runs
        martlet runs --runs ~/runs --json
        martlet runs compare first second

      A run whose process is gone is listed as killed; where it can go on, so is the command for it.
      """,
    subcommands: [ListCommand.self, CompareCommand.self], defaultSubcommand: ListCommand.self)

  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List stored runs, the latest last.",
      discussion: """
        Examples:
          martlet runs list
          martlet runs list --runs ~/runs --json
        """)

    @OptionGroup var runs: RunsOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
      let list = try RunList(in: runs.folder)
      for problem in list.problems { note("left out: \(problem)") }
      if json {
        return try writeJSON(["runs": list.entries.map(Line.init)], to: "-")
      }
      guard !list.entries.isEmpty else { return note("there are no runs in \(runs.folder)") }
      let figures = list.entries.flatMap { $0.record.figures.keys }
      let shown = ["test_accuracy", "test_loss"].filter(figures.contains)
      var table = TextTable(
        columns: ["run", "recipe", "status", "epochs"] + shown.map { $0.replacing("_", with: " ") } + [
          "seconds", "started",
        ])
      for entry in list.entries {
        let record = entry.record
        table.add(
          [entry.name, record.recipe, record.status.rawValue, "\(record.history.epochs.count)"]
            + shown.map { record.figures[$0].map(NumberText.value) ?? "" }
            + [NumberText.fixed(record.seconds, 1), Self.time(record.started)])
      }
      print(table)
      for entry in list.entries {
        guard let line = entry.record.lineToGoOn(in: entry.folder) else { continue }
        print("\n\(entry.name) was \(entry.record.progress); to go on:\n  \(line)")
      }
    }

    /// In the time zone of the reader.
    private static func time(_ date: Date) -> String {
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.dateFormat = "yyyy-MM-dd HH:mm"
      return formatter.string(from: date)
    }

    private struct Line: Encodable {
      let name, path, recipe, status: String
      let epochs: Int
      let seconds: Double
      let started: String
      let options: [String: String]
      let figures: [String: Double]
      let reason, resume: String?

      init(_ entry: RunList.Entry) {
        (name, path, recipe) = (entry.name, entry.folder.path, entry.record.recipe)
        status = entry.record.status.rawValue
        (epochs, seconds) = (entry.record.history.epochs.count, entry.record.seconds)
        started = entry.record.started.ISO8601Format()
        (options, figures) = (entry.record.options, entry.record.figures)
        (reason, resume) = (entry.record.reason, entry.record.lineToGoOn(in: entry.folder))
      }
    }
  }

  struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "compare", abstract: "Show what differs between runs, in options and in results.",
      discussion: """
        Examples:
          martlet runs compare first second
          martlet runs compare first second third --only accuracy --output accuracy.svg
        """)

    @Argument(help: ArgumentHelp("Two or more runs.", valueName: "run"), completion: .runs)
    var names: [String]

    @OptionGroup var runs: RunsOptions

    @Option(help: "The quantity whose curves are drawn; by default the validation loss.")
    var only: String?

    @Option(
      help: ArgumentHelp("Write the curves as a picture: .svg or .png.", valueName: "file"), completion: .pictures)
    var output: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
      if names.count < 2 { throw ValidationError("name two runs or more; 'martlet runs' lists them") }
      if let output {
        guard ["svg", "png"].contains(URL(fileURLWithPath: output).pathExtension.lowercased()) else {
          throw ValidationError("--output has to end in .svg or .png; got \(output)")
        }
        try requireWritable(output)
      }
    }

    func run() throws {
      let comparison = RunComparison(
        try names.map { name in
          let folder = try runs.run(named: name)
          return RunList.Entry(folder: folder, record: try folder.record())
        })
      let plot = comparison.plot(only)
      if let only, plot == nil {
        let known = Set(comparison.histories.flatMap(\.names)).sorted()
        throw ValidationError("\(UnknownNameError(kind: "quantity in these runs", name: only, known: known))")
      }
      if let output, let plot {
        if output.lowercased().hasSuffix(".png") {
          try Figure(plot).writePNG(to: output)
        } else {
          try Figure(plot).writeSVG(to: output)
        }
        note("wrote \(output)")
      }
      if json { return try writeJSON(Lists(comparison), to: "-") }
      print(Self.text(comparison))
      if let plot { print("\n" + Figure(plot).terminal()) }
    }

    static func text(_ comparison: RunComparison) -> String {
      func table(_ title: String, _ rows: [RunComparison.Row]) -> String {
        var table = TextTable(columns: [title] + comparison.names)
        for row in rows {
          table.add(
            [row.name] + row.values.enumerated().map { $0.element + (row.best.contains($0.offset) ? " *" : "") })
        }
        return "\(table)"
      }
      let settings =
        comparison.differences.isEmpty ? "all options are the same" : table("what differs", comparison.differences)
      return settings + "\n\n" + table("results (* best)", comparison.results)
    }

    private struct Lists: Encodable {
      let runs: [String]
      let differences, results: [String: [String]]

      init(_ comparison: RunComparison) {
        runs = comparison.names
        differences = Dictionary(comparison.differences.map { ($0.name, $0.values) }) { first, _ in first }
        results = Dictionary(comparison.results.map { ($0.name, $0.values) }) { first, _ in first }
      }
    }
  }
}
