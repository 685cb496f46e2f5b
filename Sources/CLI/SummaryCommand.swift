import ArgumentParser
import Martlet
import MartletRecipes

/// Prints the layers of a recipe's model.
struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Show the layers, shapes and parameter counts of a network.",
    discussion: "Recipes:\n\(Recipe.list)")

  @Argument(help: "The recipe whose network to show.")
  var recipe: Recipe

  func run() throws { print(try recipe.task.summary(of: recipe.name)) }
}
