import ArgumentParser
import Foundation
import Martlet

/// Where the network is that a person names: a file, or the one of a stored run.
enum NetworkFile {
  /// The file. What is neither file nor run is left as it is: reading it says what is wrong.
  ///
  /// - Throws: `RunError` for a run without a network; `FileError` with the nearest name for what is not there.
  static func place(of name: String) throws -> String {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) {
      let folder = RunFolder(name)
      return isFolder.boolValue && folder.exists ? try network(of: folder) : name
    }
    let runs = RunsOptions.environmentFolder ?? "runs"
    let folder = RunFolder(runs + "/" + name)
    if !name.isEmpty, !name.contains("/"), folder.exists { return try network(of: folder) }
    var status = stat()
    // A link that leads nowhere is there.
    guard lstat(name, &status) != 0, let near = nearest(to: name, runs: runs) else { return name }
    throw FileError(action: "read", path: name, reason: "there is no such file or run; did you mean '\(near)'?")
  }

  private static func network(of folder: RunFolder) throws -> String {
    let record = try folder.record()
    guard let weights = record.weights else {
      let remedy = record.lineToGoOn(in: folder).map { "; to go on:\n  \($0)" } ?? ""
      throw RunFailure(description: "run \(folder.name) (\(record.progress)) has no network\(remedy)")
    }
    let place = folder.place(of: weights)
    guard FileManager.default.fileExists(atPath: place) else {
      throw RunFailure(description: "the network of run \(folder.name) is no longer where it was saved, \(place)")
    }
    return place
  }

  /// The file beside it, or the run, whose name is nearest.
  private static func nearest(to name: String, runs: String) -> String? {
    let url = URL(fileURLWithPath: name)
    let folder = name.contains("/") ? url.deletingLastPathComponent().path : "."
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let stored = name.contains("/") ? [] : (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
    return Spelling.nearest(
      to: url.lastPathComponent, among: names + stored.filter { RunFolder("\(runs)/\($0)").exists }
    )
    .map { name.contains("/") ? "\(name.prefix(name.count - url.lastPathComponent.count))\($0)" : $0 }
  }
}

/// What is wrong with a run that was named.
struct RunFailure: Error, CustomStringConvertible {
  let description: String
}
