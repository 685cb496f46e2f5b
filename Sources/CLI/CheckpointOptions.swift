import ArgumentParser
import Foundation
import Martlet

/// Where a run keeps what it needs to go on after an interruption.
struct CheckpointOptions: ParsableArguments {
  @Option(
    name: .customLong("checkpoint"),
    help: ArgumentHelp(
      "Keep in this folder what is needed to go on after an interruption; made when it is not there.",
      valueName: "folder"))
  var folder: String?

  @Flag(help: "Go on from the checkpoint; from the beginning where there is none yet.")
  var resume = false

  @Option(parsing: .unconditional, help: "Save so often within an epoch; after each epoch it is saved anyway.")
  var checkpointSeconds: Double = 60

  func validate() throws {
    if folder == nil && resume { throw ValidationError("--resume needs --checkpoint FOLDER to go on from") }
    if let folder { try requireFolder(folder, option: "--checkpoint") }
    guard (0...1e6).contains(checkpointSeconds) else {
      throw ValidationError("--checkpoint-seconds has to be a number from 0 to 1000000; got \(checkpointSeconds)")
    }
  }

  var checkpoint: Checkpoint? {
    folder.map { Checkpoint(URL(fileURLWithPath: $0), resuming: resume, every: .seconds(checkpointSeconds)) }
  }

  /// How to go on with a run that was stopped; nothing where there is nothing to go on from.
  var advice: String {
    guard checkpoint?.exists ?? false else { return "" }
    return "; to go on:\n  " + ShellWord.line(CommandLine.arguments + (resume ? [] : ["--resume"]))
  }
}
