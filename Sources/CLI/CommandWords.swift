import ArgumentParser
import Martlet

/// The words of a command line before they are taken apart: what the parser would answer less well, or not allow.
struct CommandWords {
  private(set) var words: [String]

  init(_ words: [String]) { self.words = words }

  /// - Throws: `ValidationError` with the nearest name for a command that is none.
  mutating func prepare() throws {
    var (command, path): (any ParsableCommand.Type, [String]) = (MartletCommand.self, [])
    while let word = words.dropFirst(path.count).first, !word.hasPrefix("-") {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || (path.isEmpty && word == "help") { break }
      let names = subcommands.map { $0.configuration.commandName ?? "" }
      guard let index = names.firstIndex(of: word) else {
        let kind = path.isEmpty ? "command" : "command of 'martlet \(path.joined(separator: " "))'"
        throw ValidationError("\(UnknownNameError(kind: kind, name: word, known: names))")
      }
      (command, path) = (subcommands[index], path + [word])
    }
    if [TrainCommand.self, EvaluateCommand.self, BenchCommand.self].contains(where: { $0 == command }) { writeJSON() }
  }

  /// `--json` without a file behind it writes to standard output, as it does in commands in which it takes none.
  private mutating func writeJSON() {
    guard let index = words.firstIndex(of: "--json") else { return }
    let next = words.dropFirst(index + 1).first
    if next.map({ $0.hasPrefix("--") || ($0.hasPrefix("-") && $0.count == 2) }) ?? true {
      words.insert("-", at: index + 1)
    }
  }
}
