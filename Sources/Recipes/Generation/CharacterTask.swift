import Foundation
import Martlet

/// A text learned character by character: how surprising its last tenth is, which is held out, and a text made up.
package struct CharacterTask: GenerativeTask {
  let units: [Int]
  let schedule: CharacterModel.Schedule
  /// Where the text is looked for below the folder that `MARTLET_DATA` names.
  let places: [String]

  package var options: Set<RecipeOption> { [.epochs, .batchSize, .learningRate, .data, .limit, .save, .tensorBoard] }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let (whole, heldOut, source) = try parts(of: recipe, at: settings.data)
    let training = String(whole.prefix(settings.limit ?? .max))
    let vocabulary = try Vocabulary(fitting: [training], unit: .characters)
    let model = try CharacterModel(vocabulary: vocabulary, units: units, seed: settings.seed)
    var schedule = schedule
    schedule.epochs = settings.epochs ?? schedule.epochs
    schedule.streams = settings.batchSize ?? schedule.streams
    if let rate = settings.learningRate { schedule.learningRate = Double(rate) }
    let device = settings.device
    settings.note("\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(source)")
    settings.note(
      "\(training.count) characters to learn, \(heldOut.count) held out, \(vocabulary.entries.count) different ones; "
        + "LSTM \(units), \(model.parameterCount) parameters\n")
    var follower = try LoopFollower(settings, source: source, models: ["": model])
    var outcome = RunOutcome()
    outcome.history = try model.fit(
      training, heldOut: heldOut.count > 1 ? heldOut : nil, schedule: schedule, seed: settings.seed, on: device,
      progress: settings.progress, stoppingWhen: settings.shouldStop,
      onEpochEnd: { history in
        try follower.epochEnds(history) {
          let text = try model.text(continuing: "\n", count: 300, temperature: 0.7, seed: settings.seed)
          // Indented by four: as it stands, in Markdown.
          return ([:], ["text": text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")])
        }
      })
    outcome.wasInterrupted = outcome.history.wasInterrupted
    outcome.batchSize = schedule.streams
    outcome.trainingSampleCount = training.count
    outcome.parameterCount = model.parameterCount
    outcome.source = source
    try settings.saving { path in
      try SavedGenerator.write(model, recipe: recipe, vocabulary: vocabulary, seed: settings.seed, to: path)
      settings.note("saved the weights to \(path)")
    }
    if outcome.wasInterrupted { return outcome }
    if let nats = outcome.history["val_loss"].last {
      outcome.figures["test_loss"] = nats
      outcome.text = Self.verdict(nats) + "\n\n"
    }
    outcome.text += try model.text(continuing: "\n", count: 500, temperature: 0.7, seed: settings.seed)
    return outcome
  }

  private static func verdict(_ nats: Double) -> String {
    "held-out tenth: \(nats.rounded(toPlaces: 4)) nats per character"
  }

  /// What is learned, and the last tenth.
  private func parts(
    of recipe: String, at path: String?
  ) throws -> (training: String, heldOut: String, source: String) {
    let (text, source) = try text(for: recipe, at: path)
    let characters = Array(text)
    let cut = characters.count - characters.count / 10
    return (String(characters[..<cut]), String(characters[cut...]), source)
  }

  private func text(for recipe: String, at path: String?) throws -> (text: String, source: String) {
    let folder = ProcessInfo.processInfo.environment["MARTLET_DATA"]
    let roots = [path ?? folder].compactMap(\.self)
    let candidates = (path.map { [$0] } ?? []) + roots.flatMap { root in places.map { "\(root)/\($0)" } }
    for candidate in candidates {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      return (String(decoding: try FileBytes.read(candidate), as: UTF8.self), candidate)
    }
    throw RecipeError.dataMissing(
      recipe: recipe, what: "a text", places: candidates.isEmpty ? ["no place: none was named"] : candidates,
      remedy: "Name a file of text with --data, the longer the better; a megabyte is good.")
  }
}

// What a saved one does.
extension CharacterTask {
  private func model(in saved: SavedGenerator, on device: Device) throws -> CharacterModel {
    guard let vocabulary = saved.vocabulary, vocabulary.unit == .characters, !vocabulary.entries.isEmpty,
      Set(vocabulary.entries).count == vocabulary.entries.count
    else { throw RecipeError.damagedDescription(path: saved.path, reason: "it does not say which characters it knows") }
    try saved.requireWeights(
      atLeast: vocabulary.codeCount * (units.last ?? 1), reason: "\(vocabulary.entries.count) characters")
    let model = try CharacterModel(vocabulary: vocabulary, units: units)
    try saved.load(into: model, on: device)
    return model
  }

  package func generated(by saved: SavedGenerator, _ request: GenerationRequest) throws -> Generated {
    let prompt = request.prompt ?? ""
    let text = try model(in: saved, on: request.device).text(
      continuing: prompt, count: request.count ?? 500, temperature: request.temperature ?? 0.7, seed: request.seed)
    return .text(prompt: prompt, text)
  }

  package func measured(_ saved: SavedGenerator, with settings: RunSettings) throws -> RunOutcome {
    let model = try model(in: saved, on: settings.device)
    let (_, heldOut, source) = try parts(of: saved.recipe, at: settings.data)
    let nats = try model.natsPerCharacter(
      of: String(heldOut.prefix(settings.limit ?? .max)), on: settings.device)
    var outcome = RunOutcome()
    outcome.parameterCount = model.parameterCount
    outcome.source = source
    outcome.figures["test_loss"] = nats
    outcome.text = Self.verdict(nats)
    return outcome
  }
}
