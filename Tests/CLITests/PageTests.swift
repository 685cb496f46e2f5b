import Foundation
import Testing

/// What README.md, Docs and the articles of the documentation say about the command. Their Swift is compiled by Scripts/check-pages.
@Suite("The pages and the command") struct PageTests {
  @Test("name only commands, options and recipes that exist")
  func commands() throws {
    let root = try CommandFacts.ofBuiltCommand()
    let recipes = try CommandFacts.recipes()
    var count = 0
    for page in try Page.all() {
      for line in page.commands {
        count += 1
        let problem = root.problem(with: line.words, recipes: recipes)
        #expect(problem == nil, "\(page.name):\(line.number): martlet \(line.words.joined(separator: " "))")
      }
    }
    #expect(count > 150, "where have all the commands gone?")
  }

  @Test("say a word about every command and every option")
  func completeness() throws {
    let text = try #require(try Page.all().first { $0.name.hasSuffix("CLI.md") }).text
    for command in try CommandFacts.ofBuiltCommand().subcommands ?? [] where command.commandName != "help" {
      #expect(text.contains("`\(command.commandName)"), "\(command.commandName) is missing")
      for option in command.longOptions where !["help", "version"].contains(option) {
        #expect(text.contains("--\(option)"), "\(command.commandName) --\(option) is missing")
      }
    }
  }

  @Test("link to files and name scripts that are there")
  func links() throws {
    for page in try Page.all() {
      for target in page.paths {
        #expect(FileManager.default.fileExists(atPath: target.path), "\(page.name): \(target.path)")
      }
    }
  }

  @Test("there is one for every module, and the plan of the house names it")
  func modules() throws {
    let pages = try Page.all()
    let plan = try #require(pages.first { $0.name.hasSuffix("Architecture.md") }).text
    for module in try FileManager.default.contentsOfDirectory(atPath: Page.root.appending(path: "Sources").path) {
      #expect(plan.contains("`Sources/\(module)`"), "Sources/\(module) is missing")
      #expect(module == "Martlet" || pages.contains { $0.name == "Docs/\(module).md" }, "Docs/\(module).md is missing")
    }
  }

  @Test("are read as a shell reads them")
  func reading() {
    let text = """
      Then `martlet plot first` draws, and `martlet train … --run NAME` stores.
      ```sh
      until martlet train a --resume; do sleep 1; done   # again
      martlet bench 'conv-*' \\
        --quick && martlet report b > page
      martlet devices          what there is
      ```
      ```text
      martlet is silent
      ```
      """
    let words = Page(name: "page", folder: URL(filePath: "/"), text: text).commands.map(\.words)
    #expect(
      words == [
        ["plot", "first"], ["train", "…", "--run", "NAME"], ["train", "a", "--resume"], ["bench", "conv-*", "--quick"],
        ["report", "b"], ["devices"],
      ])
  }
}
