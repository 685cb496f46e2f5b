import Foundation

/// A page in Markdown: the commands it shows, and the files it points to.
struct Page {
  struct Command {
    let number: Int
    let words: [String]
  }

  let name: String
  let folder: URL
  let text: String

  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// README.md, Docs and the articles of the documentation.
  static func all() throws -> [Page] {
    let folders = ["Docs", "Sources/Martlet/Martlet.docc"]
    let names = folders.flatMap { folder in
      (FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? [])
        .filter { $0.hasSuffix(".md") && !$0.hasPrefix("Reports/") }.map { "\(folder)/\($0)" }
    }
    return try (["README.md"] + names.sorted()).map { name in
      let url = root.appending(path: name)
      let text = try String(contentsOf: url, encoding: .utf8)
      return Page(name: name, folder: url.deletingLastPathComponent(), text: text)
    }
  }

  /// What is to be typed, without the `martlet` in front: lines of blocks of code, unless they are of text, and code within sentences.
  var commands: [Command] {
    var commands: [Command] = []
    var (isInside, isOutput) = (false, false)
    var pending = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        isInside.toggle()
        isOutput = line == "```text"
        continue
      }
      if isInside && isOutput { continue }
      if isInside, line.hasSuffix("\\") {
        pending += line.dropLast()
        continue
      }
      let spans = isInside ? [pending + line] : Self.codeSpans(in: String(line))
      pending = ""
      for part in spans.flatMap(Self.simpleCommands) {
        var words = part.split(separator: " ").map { $0.trimmingCharacters(in: ["'", "\""]) }
        words.removeFirst(words.prefix { ["$", "until", "do"].contains($0) }.count)
        guard words.first == "martlet" || words.first?.hasSuffix("release/martlet") ?? false else { continue }
        commands.append(Command(number: index + 1, words: Array(words.dropFirst())))
      }
    }
    return commands
  }

  /// Files it points to: targets of links, and scripts.
  var paths: [URL] {
    let links = text.matches(of: /\]\(([^)#:\s]+)[^)]*\)/).map(\.output.1).filter { $0.contains(".") }
    let scripts = text.matches(of: /(?:^|[\s`\/])(Scripts\/[a-z-]+)/).map(\.output.1)
    return links.map { folder.appending(path: String($0)) } + scripts.map { Self.root.appending(path: String($0)) }
  }

  private static func codeSpans(in line: String) -> [String] {
    line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
  }

  /// A line of a shell up to a remark (behind `#` or a gap), divided where a command ends.
  private static func simpleCommands(_ line: String) -> [String] {
    let typed = line.trimmingCharacters(in: .whitespaces).replacing(/\s(#|\s+[^-\s]).*$/, with: "")
    return typed.replacing(/\s>.*$/, with: "").split(separator: /\s*(&&|;|\||&)\s*/).map(String.init)
  }
}
