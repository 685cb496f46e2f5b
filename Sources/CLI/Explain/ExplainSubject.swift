import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// The network that a person names: a recipe's before training, or one whose weights were saved.
struct ExplainSubject {
  let name: String
  let model: any Layer
  let task: SupervisedTask
  private let seed: UInt64

  /// - Throws: `ValidationError` for what is neither a recipe nor a file; what reading the file throws.
  init(_ subject: String) throws {
    name = subject
    if let recipe = Recipe.named(subject) {
      guard let task = recipe.task as? any NetworkTask else { throw RecipeError.noNetwork(recipe: subject) }
      (self.task, seed) = (task.supervised, 1)
      model = try self.task.network.model(for: self.task.form, seed: 1)
    } else if case let place = try NetworkFile.place(of: subject), FileManager.default.fileExists(atPath: place) {
      let (saved, task, loaded) = try SavedNetwork.read(place)
      (self.task, seed, model) = (task, saved.seed, loaded)
    } else {
      throw ValidationError(
        "\(UnknownNameError(kind: "file of weights or recipe", name: subject, known: Recipe.all.map(\.name)))")
    }
  }

  /// The samples of the recipe, after a word about where they come from where that may surprise.
  func samples(_ options: DataOptions) throws -> RecipeData {
    let data = try task.data.load(options.request(seed: seed))
    data.notes.forEach(note)
    return data
  }
}
