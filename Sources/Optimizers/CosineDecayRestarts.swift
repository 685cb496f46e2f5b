import Foundation
import MartletTensor

/// Cosine decay that starts anew whenever it has come down, each time over a longer stretch or from a lower rate.
///
/// - Source: Loshchilov and Hutter 2017 (SGDR), arXiv:1608.03983.
public struct CosineDecayRestarts: LearningRateSchedule {
  /// The rate of the first step.
  public let initial: Double
  /// How many steps the first way down takes.
  public let firstDecaySteps: Int
  /// How many times longer each way down is than the one before.
  public let periodFactor: Double
  /// What the highest rate is multiplied by at each restart.
  public let peakFactor: Double
  /// The share of `initial` that is left at the end of each way down.
  public let alpha: Double

  /// - Precondition: `firstDecaySteps` is positive, `periodFactor` at least 1.
  public init(
    _ initial: Double, firstDecaySteps: Int, periodFactor: Double = 2, peakFactor: Double = 1, alpha: Double = 0
  ) {
    require(
      firstDecaySteps > 0 && periodFactor >= 1,
      "CosineDecayRestarts: need firstDecaySteps > 0 and periodFactor >= 1; got \(firstDecaySteps), \(periodFactor)")
    self.initial = initial
    self.firstDecaySteps = firstDecaySteps
    self.periodFactor = periodFactor
    self.peakFactor = peakFactor
    self.alpha = alpha
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    var (start, period, peak) = (0.0, Double(firstDecaySteps), 1.0)
    if periodFactor == 1 {
      // Equal stretches: no need to go through them one by one.
      let restarts = (Double(step) / period).rounded(.down)
      (start, peak) = (restarts * period, pow(peakFactor, restarts))
    } else {
      while Double(step) >= start + period {
        start += period
        period *= periodFactor
        peak *= peakFactor
      }
    }
    let way = (Double(step) - start) / period
    return initial * ((1 - alpha) * peak * (1 + cos(.pi * way)) / 2 + alpha)
  }
}
