import ArgumentParser
import Foundation
import Martlet

/// Where a run keeps what it needs to go on after an interruption.
struct CheckpointOptions: ParsableArguments {
  @Option(
    name: .customLong("checkpoint"),
    help: ArgumentHelp(
      "Keep in this folder what is needed to go on after an interruption; made when it is not there (a run's own with --run).",
      valueName: "folder"), completion: .directory)
  var folder: String?

  @Flag(help: "Go on with the run or from the checkpoint; from the beginning where there is none yet.")
  var resume = false

  @Option(parsing: .unconditional, help: "Save so often within an epoch; after each epoch it is saved anyway.")
  var checkpointSeconds: Double = 60

  func validate() throws {
    if let folder { try requireFolder(folder, option: "--checkpoint") }
    guard (0...1e6).contains(checkpointSeconds) else {
      throw ValidationError("--checkpoint-seconds has to be a number from 0 to 1000000; got \(checkpointSeconds)")
    }
  }

  /// The checkpoint that was asked for.
  var checkpoint: Checkpoint? { folder.map { checkpoint(in: $0) } }

  /// One in a folder, that nobody asked for where there is a pause: then it must not make short epochs longer.
  func checkpoint(in folder: String, pausing pause: Duration = .zero) -> Checkpoint {
    Checkpoint(URL(fileURLWithPath: folder), resuming: resume, every: .seconds(checkpointSeconds), pausing: pause)
  }

  /// How to go on with a run that was stopped; `nil` where there is nothing to go on from.
  var lineToGoOn: String? {
    guard checkpoint?.exists ?? false else { return nil }
    return ShellWord.line(CommandLine.arguments + (resume ? [] : ["--resume"]))
  }
}
