import ArgumentParser
import Foundation
import Martlet

/// Where runs are, for every command that names one.
struct RunsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder that runs are in; by default MARTLET_RUNS, else 'runs' here.", valueName: "folder"),
    completion: .directory)
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

  /// The run that a person named.
  ///
  /// - Throws: `ValidationError` with the nearest name, where nothing is there.
  func run(named name: String) throws -> RunFolder {
    let place = place(of: name)
    if !FileManager.default.fileExists(atPath: place), let unknown = unknown(name) { throw unknown }
    return RunFolder(place)
  }

  /// What to say about a name of nothing; `nil` where no run is near.
  func unknown(_ name: String) -> RunFailure? {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let near = Spelling.nearest(to: name, among: names.filter { RunFolder("\(folder)/\($0)").exists })
    return near.map { RunFailure(description: "there is no such run as \(name) in \(folder); did you mean '\($0)'?") }
  }
}
