import Foundation
import MartletTensor

/// Half a cosine from the highest rate to a share of it, if wanted after a linear way up.
///
///     peak · ((1 - alpha) · (1 + cos(π · step / decaySteps)) / 2 + alpha)
///
/// - Source: Loshchilov and Hutter 2017, arXiv:1608.03983.
public struct CosineDecay: LearningRateSchedule {
  /// The rate of the first step.
  public let initial: Double
  /// How many steps the way down takes, after the way up.
  public let decaySteps: Int
  /// The share of the highest rate that is left at the end.
  public let alpha: Double
  /// The rate at the end of the way up; without it there is none.
  public let warmupTarget: Double?
  /// How many steps the way up takes.
  public let warmupSteps: Int

  /// - Precondition: `decaySteps` is positive, `warmupSteps` is not negative.
  public init(
    _ initial: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil, warmupSteps: Int = 0
  ) {
    require(
      decaySteps > 0 && warmupSteps >= 0,
      "CosineDecay: need decaySteps > 0 and warmupSteps >= 0; got \(decaySteps), \(warmupSteps)")
    self.initial = initial
    self.decaySteps = decaySteps
    self.alpha = alpha
    self.warmupTarget = warmupTarget
    self.warmupSteps = warmupSteps
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    guard let warmupTarget else { return decayed(initial, after: step) }
    if step < warmupSteps { return initial + (warmupTarget - initial) * Double(step) / Double(warmupSteps) }
    return decayed(warmupTarget, after: step - warmupSteps)
  }

  private func decayed(_ peak: Double, after step: Int) -> Double {
    let way = Double(min(step, decaySteps)) / Double(decaySteps)
    return peak * ((1 - alpha) * (1 + cos(.pi * way)) / 2 + alpha)
  }
}
