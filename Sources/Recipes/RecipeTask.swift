import Foundation
import Martlet

/// What a recipe does when it is run. `SupervisedTask` is one for data, a network and a loss; what has a loop of its own is a type of
/// its own.
package protocol RecipeTask: Sendable {
  /// The options that mean something to it, beside device and seed, which always do.
  var options: Set<RecipeOption> { get }

  /// Whether what it learns can be saved as an archive, which has layers beside weights; by default networks can.
  var canBeArchived: Bool { get }

  /// The layers, shapes and parameters.
  ///
  /// - Throws: `RecipeError.noNetwork` where there are none; that is the default.
  func summary(of recipe: String) throws -> String

  /// Looks data, network and loss over before any training.
  ///
  /// - Throws: `RecipeError.noNetwork` where there is nothing to look over; that is the default.
  func examine(_ recipe: String, with settings: RunSettings) throws -> [Finding]

  /// Does it: gets the data, trains, measures, saves what is asked for.
  func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome
}

extension RecipeTask {
  package var canBeArchived: Bool { false }

  package func summary(of recipe: String) throws -> String { throw RecipeError.noNetwork(recipe: recipe) }

  package func examine(_ recipe: String, with settings: RunSettings) throws -> [Finding] {
    throw RecipeError.noNetwork(recipe: recipe)
  }
}

/// What a person may decide about a run, where the recipe has a use for it.
package enum RecipeOption: String, CaseIterable, Sendable {
  case epochs, batchSize, learningRate, data, limit, save, picture, checkpoint, tensorBoard = "tensorboard"

  /// How it is written on the command line.
  package var flag: String {
    switch self {
    case .batchSize: "--batch-size"
    case .learningRate: "--learning-rate"
    default: "--\(rawValue)"
    }
  }
}

/// What a person decided about a run; what is `nil` is the recipe's to decide.
package struct RunSettings: Sendable {
  package var device: Device
  package var seed: UInt64 = 1
  package var epochs: Int?
  package var batchSize: Int?
  package var learningRate: Float?
  /// The folder or file that the data are in.
  package var data: String?
  /// Use only so many samples for training, and as many for the test at most.
  package var limit: Int?
  /// Where the weights are written.
  package var save: String?
  /// Where a picture of the results is written, as PNG.
  package var picture: String?
  /// Where the run keeps what it needs to go on after an interruption.
  package var checkpoint: Checkpoint?
  /// The folder for TensorBoard's events.
  package var tensorBoard: String?
  /// Where the run is stored.
  package var log: RunLog?
  /// Whether the outcome has what pages about the run show.
  package var collectsEvidence = false
  package var progress: ProgressStyle = .silent
  /// Asked before every step.
  package var shouldStop: @Sendable () -> Bool = { false }
  /// Tells the person at the terminal something that is no result.
  package var note: @Sendable (String) -> Void = { _ in }

  package init(device: Device) { self.device = device }

  /// Saves what was learned where it was to be saved; where there is no room for it, where files of the moment go.
  ///
  /// - Throws: `FileError`, which says where it is instead; what else saving throws.
  func saving(_ save: (_ path: String) throws -> Void) throws {
    guard let path = self.save else { return }
    do {
      try save(path)
    } catch let error as FileError {
      let name = "\(ProcessInfo.processInfo.processIdentifier)-\(URL(fileURLWithPath: path).lastPathComponent)"
      let refuge = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
      guard (try? save(refuge)) != nil else { throw error }
      throw FileError(
        action: error.action, path: error.path, reason: "\(error.reason); what was learned is in \(refuge) instead")
    }
  }

  var chosenOptions: [RecipeOption] {
    let chosen: [(RecipeOption, Bool)] = [
      (.epochs, epochs != nil), (.batchSize, batchSize != nil), (.learningRate, learningRate != nil),
      (.data, data != nil), (.limit, limit != nil), (.save, save != nil), (.picture, picture != nil),
      (.checkpoint, checkpoint != nil), (.tensorBoard, tensorBoard != nil),
    ]
    return chosen.filter(\.1).map(\.0)
  }

  /// Everything that follows a run over these data.
  func allCallbacks(for data: RecipeData) -> [any Callback] {
    let events = tensorBoard.map {
      TensorBoard(folder: URL(fileURLWithPath: $0), samples: data.measured.prefix(32), texts: ["data": data.source])
    }
    let log: (any Callback)? = log
    return [log, events].compactMap(\.self)
  }

  /// The same for a run that is only a means: nothing is shown, written or stored.
  var aside: RunSettings {
    var settings = self
    settings.progress = .silent
    settings.note = { _ in }
    (settings.save, settings.picture, settings.tensorBoard) = (nil, nil, nil)
    (settings.log, settings.checkpoint, settings.collectsEvidence) = (nil, nil, false)
    return settings
  }
}

/// What came out of a run.
package struct RunOutcome: Sendable {
  /// The epochs, where there were any.
  package var history = History()
  /// Everything that was measured at the end, by names such as `test_loss`.
  package var figures: [String: Double] = [:]
  /// The same for people: what the command prints.
  package var text = ""
  package var batchSize = 0
  /// The highest learning rate.
  package var learningRate: Float?
  package var trainingSampleCount = 0
  package var parameterCount = 0
  /// Where the data come from: a file, or `generated`.
  package var source = "generated"
  /// What pages about the run show, where that was asked for and the run came to its end.
  package var evidence: RunEvidence?
  /// Whether it was stopped before it was done.
  package var wasInterrupted = false

  package init() {}
}
