import Foundation

/// Lines, bars and points over two axes.
///
///     var plot = Plot("loss", x: Plot.Axis("epoch", wholeNumbers: true))
///     plot.add(.line("training", y: [0.9, 0.4, 0.3]))
///     plot.add(.line("validation", y: [0.8, 0.5, 0.45], dashed: true))
///     try Figure(plot).writeSVG(to: "loss.svg")
///
/// Places and values that are not finite, or beyond 10¹⁰⁰, leave a gap.
public struct Plot: Hashable, Sendable {
  /// What stands above it.
  public var title: String
  /// Across.
  public var x: Axis
  /// Upwards.
  public var y: Axis
  /// What is drawn, first to last.
  public private(set) var series: [Series] = []
  /// Places across that are pointed out.
  public var marks: [Mark] = []

  /// An empty plot.
  public init(_ title: String = "", x: Axis = Axis(), y: Axis = Axis()) {
    (self.title, self.x, self.y) = (title, x, y)
  }

  /// Draws something more, in the next colour unless it has one.
  public mutating func add(_ series: Series) {
    var series = series
    if series.paint == nil { series.paint = .series(self.series.count) }
    self.series.append(series)
  }

  /// One direction.
  public struct Axis: Hashable, Sendable {
    /// What stands beside it.
    public var label: String
    /// From where to where; `nil` for as far as there is something.
    public var range: ClosedRange<Double>?
    /// Whether equal factors, not equal differences, are equally far apart. Values of 0 and less have no place then.
    public var isLogarithmic: Bool
    /// Whether what lies between whole numbers means nothing, as between epochs.
    public var wholeNumbers: Bool
    /// Whether 0 belongs to it whatever the values are.
    public var includesZero: Bool

    /// A direction. A range without length is as good as none.
    public init(
      _ label: String = "", range: ClosedRange<Double>? = nil, isLogarithmic: Bool = false, wholeNumbers: Bool = false,
      includesZero: Bool = false
    ) {
      (self.label, self.range, self.isLogarithmic) = (label, range, isLogarithmic)
      (self.wholeNumbers, self.includesZero) = (wholeNumbers, includesZero)
    }
  }

  /// Values that belong together.
  public struct Series: Hashable, Sendable {
    /// How they are drawn.
    public enum Style: Hashable, Sendable {
      /// As a line from value to value.
      case line
      /// As a broken line.
      case dashed
      /// As a line, and what is below it shaded.
      case area
      /// As bars from 0, each from its place to the next one's.
      case bars
      /// As a thin line to compare with, which is in no legend.
      case reference
    }

    /// Its name in the legend; none for a series that needs no name.
    public var name: String
    /// Places across.
    public var x: [Double]
    /// A value for each place.
    public var y: [Double]
    /// How it is drawn.
    public var style: Style
    /// Its colour.
    public var paint: Paint?

    /// Values at places.
    ///
    /// - Precondition: as many values as places; for bars, one fewer.
    public init(_ name: String, x: [Double], y: [Double], style: Style = .line, paint: Paint? = nil) {
      let isRight = style == .bars ? x.count == y.count + 1 || y.isEmpty : x.count == y.count
      precondition(isRight, "Plot.Series: \(y.count) values at \(x.count) places")
      (self.name, self.x, self.y, self.style, self.paint) = (name, x, y, style, paint)
    }

    /// A line through values at 1, 2, 3, …
    public static func line(_ name: String, y: [Double], dashed: Bool = false) -> Series {
      Series(name, x: y.indices.map { Double($0 + 1) }, y: y, style: dashed ? .dashed : .line)
    }
  }

  /// A place across that is pointed out with an upright line, and with a point where a value is.
  public struct Mark: Hashable, Sendable {
    /// What stands at it.
    public var label: String
    /// Where it is.
    public var x: Double
    /// The value that is meant.
    public var y: Double?

    /// Points out a place.
    public init(_ label: String, x: Double, y: Double? = nil) { (self.label, self.x, self.y) = (label, x, y) }
  }
}

extension Plot {
  /// Whether there is anything to draw.
  var isEmpty: Bool { !series.contains { $0.points.contains { $0.x.isDrawable && $0.y.isDrawable } } }

  /// How far an axis goes: what it says itself, or as far as there is something, with a little room.
  func scale(of axis: KeyPath<Plot, Axis>) -> Scale {
    let isAcross = axis == \Plot.x
    let axis = self[keyPath: axis]
    var values = series.flatMap { series in
      isAcross ? series.x : series.y + (series.style == .bars || series.style == .area ? [0] : [])
    }
    .filter { $0.isDrawable && (!axis.isLogarithmic || $0 > 1e-100) }
    if axis.includesZero && !axis.isLogarithmic { values.append(0) }
    var range = (values.min() ?? (axis.isLogarithmic ? 0.1 : 0))...(values.max() ?? 1)
    if let chosen = axis.range, chosen.lowerBound < chosen.upperBound, chosen.lowerBound.isDrawable,
      chosen.upperBound.isDrawable, !axis.isLogarithmic || chosen.lowerBound > 0
    {
      range = chosen
    } else if axis.isLogarithmic {
      range = range.lowerBound / 1.15...range.upperBound * 1.15
    } else if range.lowerBound == range.upperBound {
      let room = axis.wholeNumbers ? 0.5 : max(range.upperBound.magnitude * 0.1, 1e-3)
      range = range.lowerBound - room...range.upperBound + room
    } else if !isAcross {
      // Nothing touches the ends, except zero below what is never negative.
      let room = (range.upperBound - range.lowerBound) * 0.06
      let lower = range.lowerBound == 0 ? 0 : range.lowerBound - room
      range = (range.lowerBound > 0 ? max(lower, 0) : lower)...range.upperBound + room
    }
    return Scale(range: range, isLogarithmic: axis.isLogarithmic, wholeNumbers: axis.wholeNumbers)
  }
}

extension Plot.Series {
  /// Its values as places; of bars, their upper corners.
  var points: [Point] {
    style == .bars
      ? y.indices.flatMap { [Point(x[$0], y[$0]), Point(x[$0 + 1], y[$0])] } : zip(x, y).map { Point($0, $1) }
  }
}

extension Double {
  /// Whether it has a place on an axis: finite, and not so large that differences no longer are.
  var isDrawable: Bool { magnitude < 1e100 }
}

/// From values to places, as shares of an axis.
struct Scale: Hashable {
  let range: ClosedRange<Double>
  let isLogarithmic: Bool
  let wholeNumbers: Bool

  /// What lies farther outside of a range that was chosen ends there: no picture shows it, and pixels are whole numbers.
  private static let reach = 1000.0

  /// 0 at the beginning, 1 at the end.
  func share(_ value: Double) -> Double {
    guard value.isDrawable else { return .nan }
    let (low, high) = (map(range.lowerBound), map(range.upperBound))
    let share = (map(value) - low) / (high - low)
    return share.isNaN ? .nan : min(max(share, -Self.reach), Self.reach)
  }

  func ticks(limit: Int) -> Ticks {
    isLogarithmic ? Ticks(powersIn: range, limit: limit) : Ticks(in: range, limit: limit, wholeNumbers: wholeNumbers)
  }

  /// What lies at or below zero on a logarithmic axis has no place.
  private func map(_ value: Double) -> Double { isLogarithmic ? value > 0 ? log10(value) : .nan : value }
}
