import ArgumentParser
import Foundation
import Martlet

/// Makes a page of a run.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make one HTML page of a stored run.",
    discussion: """
      Curves, confusion matrix, worst mistakes with their pictures, weights, the network, and how to do it again, in one file that
      needs nothing else and can be mailed.

      Examples:
        martlet train mnist-cnn --run first
        martlet report first                       writes runs/first/report.html
        martlet report first --output first.html
      """)

  @Argument(help: ArgumentHelp("The run: its name, or its folder.", valueName: "run"), completion: .runs)
  var name: String

  @OptionGroup var runs: RunsOptions

  @Option(
    help: ArgumentHelp("Where to write the page; by default report.html in the run's folder.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var output: String?

  @Flag(help: "Print the record as one JSON object instead, without pictures.")
  var json = false

  func validate() throws {
    if json && output != nil {
      throw ValidationError("--json prints the record, --output writes a page: use one of them")
    }
    if let output { try requireWritable(output) }
  }

  func run() throws {
    let folder = try runs.run(named: name)
    let record = try folder.record()
    if json {
      return try Output.write(try record.json(), toFile: "-")
    }
    let page = RunPage(name: folder.name, record: record, evidence: try folder.evidence())
    let place = output ?? folder.file("report.html")
    try page.write(to: place)
    note("wrote \(place)")
  }
}
