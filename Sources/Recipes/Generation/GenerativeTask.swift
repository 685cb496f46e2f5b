import Martlet

/// A task whose model makes up samples of its own: it can be saved, measured again and asked for more.
package protocol GenerativeTask: RecipeTask {
  /// New samples of the model that a file holds.
  ///
  /// - Throws: `GenerationError` for a wish that has no meaning; what reading the file throws.
  func generated(by saved: SavedGenerator, _ request: GenerationRequest) throws -> Generated

  /// How good the model in a file is, as it was measured after training.
  ///
  /// - Throws: what loading the data and reading the file throw.
  func measured(_ saved: SavedGenerator, with settings: RunSettings) throws -> RunOutcome
}

/// What a person wants made up; what is `nil` is the task's to decide.
package struct GenerationRequest: Sendable {
  package var device: Device
  package var seed: UInt64 = 1
  /// How many pictures, or characters.
  package var count: Int?
  /// What a text goes on from.
  package var prompt: String?
  /// How daring a text is: 0 always writes the likeliest character.
  package var temperature: Float?

  package init(device: Device) { self.device = device }

  /// - Throws: `GenerationError.noText` where something was said about a text.
  func requirePictures(of recipe: String) throws {
    if prompt != nil { throw GenerationError.noText(option: "--prompt", recipe: recipe) }
    if let count, count > 10_000 { throw GenerationError.tooManyPictures(count) }
    if temperature != nil { throw GenerationError.noText(option: "--temperature", recipe: recipe) }
  }
}

/// What a model made up.
package enum Generated: Sendable {
  case pictures([GrayPicture])
  /// What follows the prompt.
  case text(prompt: String, String)
}

/// Why nothing can be made up.
package enum GenerationError: Error, CustomStringConvertible {
  /// A model of pictures was asked for a text.
  case noText(option: String, recipe: String)
  /// More pictures than are made at once.
  case tooManyPictures(Int)
  /// The network in the file answers questions.
  case notGenerative(path: String, recipe: String)

  /// What is wrong, and what to do.
  package var description: String {
    switch self {
    case .noText(let option, let recipe): "\(option) has no meaning for \(recipe), which makes up pictures"
    case .tooManyPictures(let count):
      "\(count) pictures are more than the 10000 that are made at once; use several seeds"
    case .notGenerative(let path, let recipe):
      "\(path) holds \(recipe.isEmpty ? "no model" : "the network of '\(recipe)', which answers questions and is no model") that "
        + "makes up samples; 'martlet predict \(path) …' asks it. Recipes that "
        + "make up samples: "
        + Recipe.all.filter { $0.task is any GenerativeTask }.map(\.name).joined(separator: ", ")
    }
  }
}
