import Martlet

/// A supervised task whose samples are few: the network is trained several times, each time measured on another part, and then once more for
/// keeps.
struct CrossValidatedTask: NetworkTask {
  let supervised: SupervisedTask
  /// The parts, each with everything (fillings, scales, categories) learned from its own training samples.
  let folds: @Sendable (DataRequest) throws -> [RecipeData]

  var options: Set<RecipeOption> { supervised.options }

  func summary(of recipe: String) throws -> String { try supervised.summary(of: recipe) }

  func examine(_ recipe: String, with settings: RunSettings) throws -> [Finding] {
    try supervised.examine(recipe, with: settings)
  }

  func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let silent = settings.aside
    let parts = try folds(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    var accuracies: [Double] = []
    for (index, part) in parts.enumerated() {
      let outcome = try supervised.run(recipe, on: part, with: silent)
      if outcome.wasInterrupted { return outcome }
      accuracies.append(outcome.figures["test_accuracy"] ?? .nan)
      settings.note("fold \(index + 1) of \(parts.count): accuracy \(ProgressText.number(accuracies[index]))")
    }
    let mean = accuracies.reduce(0, +) / Double(max(accuracies.count, 1))
    var outcome = try supervised.run(recipe, with: settings)
    outcome.figures["fold_accuracy"] = mean
    outcome.text += "\naccuracy over \(parts.count) folds: \(ProgressText.number(mean)) "
    outcome.text += "(\(accuracies.map(ProgressText.number).joined(separator: ", ")))"
    return outcome
  }
}

/// A task that is done wrong first, then right: each stage is a supervised task of its own, and the last one's network is kept.
struct StagedTask: NetworkTask {
  /// What is done, under a name for the figures and a sentence for people.
  let stages: [(name: String, lesson: String, task: SupervisedTask)]
  let supervised: SupervisedTask

  /// - Precondition: there is a stage.
  init(_ stages: [(name: String, lesson: String, task: SupervisedTask)]) {
    self.stages = stages
    guard let last = stages.last else { preconditionFailure("StagedTask: there has to be a stage") }
    supervised = last.task
  }

  var options: Set<RecipeOption> { supervised.options }

  func summary(of recipe: String) throws -> String { try supervised.summary(of: recipe) }

  func examine(_ recipe: String, with settings: RunSettings) throws -> [Finding] {
    try stages.flatMap { stage in
      settings.note("\(stage.name): \(stage.lesson)")
      return try stage.task.examine(recipe, with: settings)
    }
  }

  func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    var figures: [String: Double] = [:]
    var texts: [String] = []
    var advice: [Finding] = []
    var outcome = RunOutcome()
    for (index, stage) in stages.enumerated() {
      settings.note("\(stage.name): \(stage.lesson)\n")
      var own = settings
      if index < stages.count - 1 {
        (own.save, own.picture, own.tensorBoard) = (nil, nil, nil)
        (own.log, own.checkpoint, own.collectsEvidence) = (nil, nil, false)
      }
      outcome = try stage.task.run(recipe, with: own)
      advice += outcome.history.findings
      if outcome.wasInterrupted { return outcome }
      for (name, value) in outcome.history.epochs.last?.values ?? [:] { figures["\(stage.name)_\(name)"] = value }
      figures.merge(outcome.figures) { $1 }
      let last = outcome.history.epochs.last.map { ProgressText.values($0.values) } ?? ""
      texts.append("\(stage.name): \(last)" + (outcome.text.isEmpty ? "" : "\n\(outcome.text)"))
    }
    outcome.figures = figures
    outcome.history.findings = advice
    outcome.text = texts.joined(separator: "\n")
    return outcome
  }
}
