import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

// What a shell proposes when the tab key is pressed.
extension CompletionKind {
  /// The devices of this machine.
  static let devices = custom { _, _, prefix in
    (Device.candidates.filter { $0.reasonUnusable == nil }.map(\.name) + ["auto"]).filter { $0.hasPrefix(prefix) }
  }

  /// The recipes.
  static let recipes = list(Recipe.all.map(\.name))

  /// Stored runs.
  static let runs = custom { _, _, prefix in storedRuns(prefix) }

  /// Stored runs, and files with histories.
  static let histories = custom { _, _, prefix in storedRuns(prefix) + files(prefix, ["json", "csv"]) }

  /// Stored runs, and files with networks.
  static let networks = custom { _, _, prefix in storedRuns(prefix) + files(prefix, networkEndings) }

  /// Recipes, stored runs, and files with networks.
  static let networksOrRecipes = custom { _, _, prefix in
    Recipe.all.map(\.name).filter { $0.hasPrefix(prefix) } + storedRuns(prefix) + files(prefix, networkEndings)
  }

  /// Pictures to write.
  static let pictures = file(extensions: ["svg", "png"])

  private static let networkEndings = ["martlet", "safetensors"]

  private static func storedRuns(_ prefix: String) -> [String] {
    let folder = RunsOptions.environmentFolder ?? "runs"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) && RunFolder("\(folder)/\($0)").exists }.sorted()
  }

  /// Files with these endings, and folders, where the path so far leads.
  private static func files(_ prefix: String, _ endings: [String]) -> [String] {
    let cut = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
    let (folder, begun) = (String(prefix[..<cut]), String(prefix[cut...]))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.filter { $0.hasPrefix(begun) && !($0.hasPrefix(".") && begun.isEmpty) }.sorted().compactMap { name in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder.isEmpty ? name : folder + name, isDirectory: &isFolder) else {
        return nil
      }
      if isFolder.boolValue { return folder + name + "/" }
      return endings.contains { name.lowercased().hasSuffix("." + $0) } ? folder + name : nil
    }
  }
}
