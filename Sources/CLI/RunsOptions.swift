import ArgumentParser
import Foundation
import Martlet

/// Where runs are, for every command that names one.
struct RunsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that runs are in; by default MARTLET_RUNS, else 'runs' here.", valueName: "folder"))
  var runs: String?

  /// The folder of runs.
  var folder: String { runs ?? Self.environmentFolder ?? "runs" }

  /// What MARTLET_RUNS says.
  static var environmentFolder: String? {
    ProcessInfo.processInfo.environment["MARTLET_RUNS"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Where a run is that a person named: a name lies in the folder of runs, unless there is such a file or folder; what has a slash is a path.
  func place(of name: String) -> String {
    if name.contains("/") || name == "." || name == ".." { return name }
    let inside = folder + "/" + name
    if FileManager.default.fileExists(atPath: inside) { return inside }
    // A file of that name, or a run right here.
    return FileManager.default.fileExists(atPath: name) ? name : inside
  }
}
