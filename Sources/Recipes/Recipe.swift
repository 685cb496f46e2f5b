import Martlet

/// A named task for a network: what `martlet train NAME` does. A value, so that a new recipe is an entry in a list and not another
/// program.
package struct Recipe: Sendable {
  /// What it is called on the command line.
  package let name: String
  /// Under which heading it is listed.
  package let group: Group
  /// What is learned, in a line.
  package let purpose: String
  /// What is done.
  package let task: any RecipeTask

  /// Headings of the list.
  package enum Group: String, CaseIterable, Sendable {
    case pictures = "Pictures"
    case tables = "Tables and numbers"
    case plane = "Patterns of the plane"
    case texts = "Texts"
    case generation = "Making up new samples"
    case classics = "Before backpropagation"
  }

  package init(_ name: String, in group: Group, _ purpose: String, task: any RecipeTask) {
    self.name = name
    self.group = group
    self.purpose = purpose
    self.task = task
  }
}

extension Recipe {
  /// Every recipe there is; each file of the catalogue has some.
  package static let all: [Recipe] = [digits, pictures, tables, plane, texts, generation, classics].flatMap(\.self)

  /// The recipe with a name.
  package static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }

  /// The recipe that a person named.
  ///
  /// - Throws: `UnknownNameError` with the nearest name and all there are.
  package static func meant(by name: String) throws -> Recipe {
    guard let recipe = named(name) else { throw UnknownNameError(kind: "recipe", name: name, known: all.map(\.name)) }
    return recipe
  }

  /// Every recipe under its heading, for help texts; lines of a terminal of 80 columns.
  package static var list: String {
    let width = (all.map(\.name.count).max() ?? 0) + 2
    return Group.allCases.compactMap { group in
      let lines = all.filter { $0.group == group }.map { recipe in
        let purpose = wrapped(recipe.purpose, to: 75 - width)
          .joined(separator: "\n" + String(repeating: " ", count: width + 4))
        return "    " + recipe.name + String(repeating: " ", count: width - recipe.name.count) + purpose
      }
      return lines.isEmpty ? nil : (["  \(group.rawValue)"] + lines).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// A text in lines of at most so many characters, where its words allow that.
  private static func wrapped(_ text: String, to width: Int) -> [String] {
    text.split(separator: " ").reduce(into: []) { lines, word in
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
  }

  /// Runs the recipe.
  ///
  /// - Throws: `RecipeError.optionWithoutMeaning` where a setting was chosen that the recipe has no use for; whatever the task throws.
  package func run(with settings: RunSettings) throws -> RunOutcome {
    try check(settings)
    return try task.run(name, with: settings)
  }

  /// - Throws: `RecipeError.optionWithoutMeaning` where a setting was chosen that the recipe has no use for.
  package func check(_ settings: RunSettings) throws {
    for option in settings.chosenOptions where !task.options.contains(option) {
      throw RecipeError.optionWithoutMeaning(option, recipe: name, meaningful: task.options)
    }
    if let path = settings.save { try checkEnding(of: path) }
  }

  /// Finds out before training what would be wrong afterwards.
  private func checkEnding(of path: String) throws {
    let ending = path.split(separator: "/").last?.split(separator: ".").dropFirst().last?.lowercased() ?? ""
    if ending == "martlet" && !task.canBeArchived { throw RecipeError.noArchive(recipe: name, path: path) }
    guard let format = Self.otherFormats[ending] else { return }
    throw RecipeError.otherFormat(path: path, format: format, converts: task.canBeArchived)
  }

  /// Files that others would take for what their name says.
  private static let otherFormats = [
    "onnx": "ONNX", "npz": "NumPy's", "npy": "NumPy's", "h5": "Keras'", "keras": "Keras'", "pt": "PyTorch's",
    "pth": "PyTorch's", "tflite": "LiteRT's",
  ]
}

/// Why a recipe cannot be run, or a file of weights not be used.
package enum RecipeError: Error, CustomStringConvertible {
  /// The recipe has no use for an option that was given.
  case optionWithoutMeaning(RecipeOption, recipe: String, meaningful: Set<RecipeOption>)
  /// The data are in a file that is not there.
  case dataMissing(recipe: String, what: String, places: [String], remedy: String)
  /// A file of weights does not say whose they are, or names a recipe nobody knows.
  case notSavedByTrain(path: String, recipe: String?)
  /// What a file of weights says about its network cannot be.
  case damagedDescription(path: String, reason: String)
  /// A model takes or gives several tensors where one is needed.
  case severalTensors(path: String, inputs: Int, outputs: Int)
  /// What the recipe learns has weights, but no layers that an archive can describe.
  case noArchive(recipe: String, path: String)
  /// A network is to be saved under a name of another format.
  case otherFormat(path: String, format: String, converts: Bool)
  /// The recipe has no network that could be shown, or evaluated.
  case noNetwork(recipe: String)

  /// What is wrong, and what to do.
  package var description: String {
    switch self {
    case .optionWithoutMeaning(let option, let recipe, let meaningful):
      "\(option.flag) has no meaning for \(recipe)"
        + (meaningful.isEmpty ? "" : "; it takes \(meaningful.map(\.flag).sorted().joined(separator: ", "))")
    case .dataMissing(let recipe, let what, let places, let remedy):
      "\(recipe) needs \(what)\(places.isEmpty ? "" : "; looked for " + places.joined(separator: ", ")). \(remedy)"
    case .notSavedByTrain(let path, let recipe?):
      "\(path) was saved by recipe '\(recipe)', which this version does not know; it knows "
        + Recipe.all.map(\.name).joined(separator: ", ")
    case .notSavedByTrain(let path, nil):
      "\(path) does not say which recipe it belongs to; use a file written by 'martlet train RECIPE --save FILE', or make an archive of "
        + "it: 'martlet convert \(path) FILE.martlet --like RECIPE'"
    case .damagedDescription(let path, let reason):
      "\(path) does not describe a network of its recipe: \(reason); train and save it again"
    case .severalTensors(let path, let inputs, let outputs):
      "\(path) holds a model of \(inputs) inputs and \(outputs) outputs; commands take models of one each: use Archive.load in a "
        + "program"
    case .noArchive(let recipe, let path):
      "cannot write \(path): what \(recipe) learns is saved as weights; name a file that ends in .safetensors"
    case .otherFormat(let path, let format, let converts):
      "cannot write \(path): training saves .martlet (an archive) or .safetensors (weights), and this is a name of \(format) format"
        + (converts && format != "Keras'" ? "; save an archive, then: martlet convert FILE.martlet \(path)" : "")
    case .noNetwork(let recipe):
      "\(recipe) has no network of layers to show or to evaluate; 'martlet train \(recipe)' prints what it finds"
    }
  }
}
