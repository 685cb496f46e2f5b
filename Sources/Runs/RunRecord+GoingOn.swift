import Foundation

// Runs that ended before they were done.
extension RunRecord {
  /// How far the run came, in words: `killed in epoch 4`.
  public var progress: String {
    let epochs = history.epochs.count
    return switch status {
    case .running: "in epoch \(epochs + 1)"
    case .done: "done"
    case .interrupted: "stopped after \(epochs) epoch\(epochs == 1 ? "" : "s")"
    case .killed: "killed in epoch \(epochs + 1)"
    case .failed: "failed in epoch \(epochs + 1)"
    }
  }

  /// The words to type so that a run which was stopped or killed goes on; `nil` where there is nothing to go on from.
  ///
  /// - Parameter folder: The folder of the run.
  public func wordsToGoOn(in folder: RunFolder) -> [String]? {
    guard status == .interrupted || status == .killed, let checkpoint, !command.isEmpty else { return nil }
    let file = folder.place(of: checkpoint) + "/checkpoint.safetensors"
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    // Where all runs are stored, the name is not among the words.
    let isNamed = command.contains { $0 == "--run" || $0.hasPrefix("--run=") }
    let path = URL(fileURLWithPath: folder.path).standardizedFileURL.path
    return command + (isNamed ? [] : ["--run", path]) + (command.contains("--resume") ? [] : ["--resume"])
  }

  /// The same as a line for a shell, which goes to the folder that the command was typed in, if that is another one than this.
  ///
  /// - Parameter folder: The folder of the run.
  public func lineToGoOn(in folder: RunFolder) -> String? {
    guard let words = wordsToGoOn(in: folder) else { return nil }
    let line = ShellWord.line(words)
    guard let workingFolder, workingFolder != FileManager.default.currentDirectoryPath else { return line }
    return "cd \(ShellWord.quoted(workingFolder)) && \(line)"
  }
}
