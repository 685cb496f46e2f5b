import Foundation

/// What the built command says about itself: its commands with their options, as `swift-argument-parser` describes them.
struct CommandFacts: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    let kind: String
    let names: [Name]?
    let isRepeating: Bool
    let allValues: [String]?
  }

  let commandName: String
  let subcommands: [CommandFacts]?
  let defaultSubcommand: String?
  let arguments: [Argument]?

  static func ofBuiltCommand() throws -> CommandFacts {
    struct Description: Decodable { let command: CommandFacts }
    let text = try MartletProcess.run(["--experimental-dump-help"]).output
    return try JSONDecoder().decode(Description.self, from: Data(text.utf8)).command
  }

  static func recipes() throws -> Set<String> {
    struct List: Decodable { let recipes: Set<String> }
    let text = try MartletProcess.run(["train", "--list", "--json", "-"]).output
    return try JSONDecoder().decode(List.self, from: Data(text.utf8)).recipes
  }

  /// The long names of its options, those of commands below it included.
  var longOptions: [String] {
    let own = (arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
    // A flag that can be said both ways is named the way that changes something.
    return own.filter { !own.contains("no-\($0)") } + (subcommands ?? []).flatMap(\.longOptions)
  }

  /// Why the command would not understand the words, or nothing where it would. Words with an ellipsis stand for others, and what is
  /// missing at the end is not counted: sentences say `martlet train --save`.
  func problem(with words: [String], recipes: Set<String>) -> String? {
    guard let first = words.first else { return nil }
    // The parser's own option, of which it says nothing.
    if first == "--generate-completion-script" {
      return ["bash", "zsh", "fish"].contains(words.dropFirst().first) ? nil : "completions are for bash, zsh and fish"
    }
    if let below = subcommands?.first(where: { $0.commandName == first }) {
      return below.problem(with: Array(words.dropFirst()), recipes: recipes)
    }
    if let standard = subcommands?.first(where: { $0.commandName == defaultSubcommand }) {
      return standard.problem(with: words, recipes: recipes)
    }
    if subcommands != nil, !first.hasPrefix("-") { return first.contains("…") ? nil : "there is no command \(first)" }

    var rest = words[...]
    var positionals: [String] = []
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word != "-", Double(word) == nil else {
        positionals.append(word)
        continue
      }
      let name = word.drop { $0 == "-" }
      guard let option = arguments?.first(where: { $0.names?.contains { $0.name == name } ?? false }) else {
        return "\(commandName) has no option \(word)"
      }
      guard option.kind == "option" else { continue }
      guard let value = rest.popFirst() else { break }
      if let possible = option.allValues, !possible.isEmpty, !possible.contains(value), !Self.standsForOthers(value) {
        return "\(word) cannot be \(value)"
      }
    }
    let taken = (arguments ?? []).filter { $0.kind == "positional" }
    if positionals.count > taken.count, !taken.contains(where: \.isRepeating),
      !positionals.contains(where: { $0.contains("…") })
    {
      return "\(commandName) takes \(taken.count) words, not \(positionals)"
    }
    if ["train", "doctor"].contains(commandName), let recipe = positionals.first, !recipes.contains(recipe),
      !Self.standsForOthers(recipe)
    {
      return "there is no recipe \(recipe)"
    }
    return nil
  }

  /// NAME, FILE or an ellipsis.
  private static func standsForOthers(_ word: String) -> Bool {
    word.contains("…") || word.allSatisfy { $0.isUppercase || $0 == "-" || $0 == "|" }
  }
}
