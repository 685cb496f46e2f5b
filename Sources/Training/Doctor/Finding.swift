/// Something the doctor noticed about data, model, loss or the course of training.
///
/// Training goes on: a finding is advice, and each can have a good reason. What cannot work is an error instead.
public struct Finding: Hashable, Sendable, Codable, CustomStringConvertible {
  /// What it is about, for programs.
  public enum Concern: String, Hashable, Sendable, Codable, CaseIterable {
    /// Inputs that are not finite numbers.
    case inputsNotFinite = "inputs-not-finite"
    /// Inputs far from the range that weights are made for.
    case inputsNotScaled = "inputs-not-scaled"
    /// Inputs that are the same for all samples.
    case inputsConstant = "inputs-constant"
    /// A class without samples, as where labels count from 1.
    case classWithoutSamples = "class-without-samples"
    /// Some classes much rarer than others.
    case classesImbalanced = "classes-imbalanced"
    /// Samples that are both learned from and judged by.
    case leakage
    /// Softmax or sigmoid in the model and once more in the loss.
    case doubleActivation = "double-activation"
    /// Scores where the loss expects probabilities.
    case notProbabilities = "not-probabilities"
    /// A loss for numbers, targets that are classes.
    case lossForNumbers = "loss-for-numbers"
    /// More outputs than classes.
    case tooManyOutputs = "too-many-outputs"
    /// A loss at the start far above that of guessing.
    case highFirstLoss = "high-first-loss"
    /// One answer for all samples.
    case collapsed
    /// A loss that rises.
    case rateTooHigh = "rate-too-high"
    /// A validation loss that rises while the loss falls.
    case overfitting
    /// A loss that stands still far from its goal.
    case plateau
    /// Units that are 0 for all samples.
    case deadUnits = "dead-units"
  }

  /// What it is about.
  public let concern: Concern
  /// What was seen, in one sentence with the numbers.
  public let message: String
  /// The remedy, as a line of code.
  public let remedy: String
  /// After which epoch, from 1, it was noticed; `nil` where that was before the first.
  public internal(set) var epoch: Int?

  init(_ concern: Concern, _ message: String, remedy: String) {
    (self.concern, self.message, self.remedy) = (concern, message, remedy)
  }

  /// The sentence and the remedy.
  public var description: String { "\(message). Try: \(remedy)" }
}
