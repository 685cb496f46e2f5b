import Foundation
import MartletTensor

/// One way up and one way down over a whole run, each along half a cosine: from `peak / startDivisor` to `peak`, then down to
/// `peak / startDivisor / endDivisor`.
///
/// - Source: Smith and Topin 2018, arXiv:1708.07120; the phases are those of PyTorch's `OneCycleLR`.
public struct OneCycle: LearningRateSchedule {
  /// The highest rate.
  public let peak: Double
  /// How many steps the run takes; the rate stays at its last value after them.
  public let steps: Int
  /// The share of the run that goes up.
  public let rise: Double
  /// How far below the peak the run begins.
  public let startDivisor: Double
  /// How far below the beginning it ends.
  public let endDivisor: Double

  /// - Precondition: there are at least 2 steps, `rise` is in 0...1, divisors are positive.
  public init(
    _ peak: Double, steps: Int, rise: Double = 0.3, startDivisor: Double = 25, endDivisor: Double = 10_000
  ) {
    require(
      steps > 1 && (0...1).contains(rise) && startDivisor > 0 && endDivisor > 0,
      "OneCycle: need steps > 1, rise in 0...1 and divisors > 0; got \(steps), \(rise), \(startDivisor), \(endDivisor)")
    self.peak = peak
    self.steps = steps
    self.rise = rise
    self.startDivisor = startDivisor
    self.endDivisor = endDivisor
  }

  /// The rate for a step.
  public func rate(atStep step: Int) -> Double {
    let step = Double(min(max(step, 0), steps - 1))
    let (top, last) = (rise * Double(steps) - 1, Double(steps - 1))
    let start = peak / startDivisor
    if step <= top { return eased(from: start, to: peak, share: step / max(top, .ulpOfOne)) }
    return eased(from: peak, to: start / endDivisor, share: (step - top) / (last - top))
  }

  private func eased(from start: Double, to end: Double, share: Double) -> Double {
    end + (start - end) * (1 + cos(.pi * share)) / 2
  }
}
