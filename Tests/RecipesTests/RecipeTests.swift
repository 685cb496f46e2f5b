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
}
