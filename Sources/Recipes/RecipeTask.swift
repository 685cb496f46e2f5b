import Foundation
import Martlet

/// What a recipe does when it is run. `SupervisedTask` is one for data, a network and a loss; what has a loop of its own is a type of
/// its own.
package protocol RecipeTask: Sendable {
  /// The options that mean something to it, beside device and seed, which always do.
  var options: Set<RecipeOption> { get }

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
  /// What else follows the run; where there is a `Trainer`.
  package var callbacks: [@Sendable () -> any Callback] = []
  /// Whether the outcome has what pages about the run show.
  package var collectsEvidence = false
  package var progress: ProgressStyle = .silent
  /// Asked before every step.
  package var shouldStop: @Sendable () -> Bool = { false }
  /// Tells the person at the terminal something that is no result.
  package var note: @Sendable (String) -> Void = { _ in }

  package init(device: Device) { self.device = device }

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
    return callbacks.map { $0() } + [events].compactMap(\.self)
  }

  /// The same for a run that is only a means: nothing is shown, written or stored.
  var aside: RunSettings {
    var settings = self
    settings.progress = .silent
    settings.note = { _ in }
    (settings.save, settings.picture, settings.tensorBoard) = (nil, nil, nil)
    (settings.callbacks, settings.collectsEvidence) = ([], false)
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
