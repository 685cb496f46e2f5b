import Foundation
import Martlet
import MartletRecipes
import Testing

@Suite("Recipes") struct RecipeTests {
  @Test("have different names, and are all on the list")
  func names() {
    #expect(Set(Recipe.all.map(\.name)).count == Recipe.all.count)
    for recipe in Recipe.all {
      #expect(Recipe.list.contains("    \(recipe.name) ") && Recipe.named(recipe.name)?.purpose == recipe.purpose)
      #expect(!recipe.purpose.isEmpty && recipe.purpose.count < 100, "\(recipe.name)")
    }
  }

  @Test("refuse an option that has no meaning for them, and say which have")
  func options() {
    var settings = RunSettings(device: .cpu)
    settings.picture = "sheet.png"
    #expect {
      try #require(Recipe.named("mnist-mlp")).run(with: settings)
    } throws: {
      "\($0)".hasPrefix("--picture has no meaning for mnist-mlp; it takes --batch-size, --checkpoint, --data")
    }
  }

  @Test(
    "fashion-mnist reads four files of MNIST's form under its own names, and never MNIST's",
    arguments: ["", "fashion-mnist", "fashion"])
  func clothes(place: String) throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "martlet-clothes-\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = place.isEmpty ? root : root.appending(path: place)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (part, count) in [("train", 40 as UInt8), ("t10k", 20)] {
      // Every kind of clothes is bright in a row of its own.
      let pixels = (0..<Int(count)).flatMap { sample in (0..<784).map { $0 / 28 == sample % 10 * 2 ? 255 as UInt8 : 0 }
      }
      let labels = (0..<count).map { $0 % 10 }
      try Data([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28] + pixels)
        .write(to: folder.appending(path: "\(part)-images-idx3-ubyte"))
      try Data([0, 0, 8, 1, 0, 0, 0, count] + labels).write(to: folder.appending(path: "\(part)-labels-idx1-ubyte"))
    }
    var settings = RunSettings(device: .cpu)
    (settings.data, settings.epochs, settings.batchSize) = (root.path, 8, 4)
    settings.learningRate = 0.01
    let outcome = try #require(Recipe.named("fashion-mnist")).run(with: settings)
    #expect(outcome.source == "idx:\(folder.path)" && outcome.trainingSampleCount == 36)
    #expect(outcome.figures["test_accuracy"] ?? 0 > 0.9)
  }
}
