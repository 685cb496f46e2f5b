import Foundation
import Martlet

/// A text learned character by character: how surprising its last tenth is, which is held out, and a text made up.
package struct CharacterTask: RecipeTask {
  let units: [Int]
  let schedule: CharacterModel.Schedule
  /// Where the text is looked for below the folder that `MARTLET_DATA` names.
  let places: [String]

  package var options: Set<RecipeOption> { [.epochs, .batchSize, .learningRate, .data, .limit] }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let (text, source) = try text(for: recipe, at: settings.data)
    let characters = Array(text)
    let cut = characters.count - characters.count / 10
    let training = String(characters[..<cut].prefix(settings.limit ?? .max))
    let heldOut = String(characters[cut...])
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
    var outcome = RunOutcome()
    outcome.history = try model.fit(
      training, heldOut: heldOut.count > 1 ? heldOut : nil, schedule: schedule, seed: settings.seed, on: device,
      progress: settings.progress, stoppingWhen: settings.shouldStop)
    outcome.wasInterrupted = outcome.history.wasInterrupted
    outcome.batchSize = schedule.streams
    outcome.trainingSampleCount = training.count
    outcome.parameterCount = model.parameterCount
    outcome.source = source
    if outcome.wasInterrupted { return outcome }
    if let nats = outcome.history["val_loss"].last {
      outcome.figures["test_loss"] = nats
      outcome.text = "held-out tenth: \(nats.rounded(toPlaces: 4)) nats per character\n\n"
    }
    outcome.text += try model.text(continuing: "\n", count: 500, temperature: 0.7, seed: settings.seed)
    return outcome
  }

  private func text(for recipe: String, at path: String?) throws -> (text: String, source: String) {
    let folder = ProcessInfo.processInfo.environment["MARTLET_DATA"]
    let roots = [path ?? folder].compactMap(\.self)
    let candidates = (path.map { [$0] } ?? []) + roots.flatMap { root in places.map { "\(root)/\($0)" } }
    for candidate in candidates {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue,
        let bytes = FileManager.default.contents(atPath: candidate)
      else { continue }
      return (String(decoding: bytes, as: UTF8.self), candidate)
    }
    throw RecipeError.dataMissing(
      recipe: recipe, what: "a text", places: candidates.isEmpty ? ["no place: none was named"] : candidates,
      remedy: "Name a file of text with --data, the longer the better; a megabyte is good.")
  }
}
