import Foundation

// On paper: axes, grid, series, legend.
extension Plot {
  private static let tickSize = 11.0

  /// Draws the plot into a frame.
  func draw(in frame: Frame, on drawing: inout Drawing) {
    let header = drawHeader(in: frame, on: &drawing)
    let (across, upwards) = (scale(of: \.x), scale(of: \.y))
    let height = frame.height - header - 24 - (x.label.isEmpty ? 0 : 17)
    let rows = upwards.ticks(limit: max(2, Int(height / 36)))
    let widest = rows.labels.map { StrokeFont.width(of: $0, size: Self.tickSize) }.max() ?? 0
    let left = (widest + 9 + (y.label.isEmpty ? 0 : 18)).rounded()
    let area = Frame(x: frame.x + left, y: frame.y + header, width: frame.width - left - 10, height: height.rounded())
    guard !isEmpty, area.width > 20, area.height > 20 else {
      return drawing.text(
        "nothing to draw", Point(frame.x + frame.width / 2, frame.y + frame.height / 2),
        Drawing.TextStyle(paint: .quiet, anchor: .middle))
    }
    let canvas = Canvas(area: area, across: across, upwards: upwards)
    drawAxes(rows, canvas, frame, on: &drawing)
    for series in series where series.style == .reference { canvas.draw(series, on: &drawing) }
    for mark in marks { canvas.drawRule(mark, on: &drawing) }
    for series in series where series.style != .reference { canvas.draw(series, on: &drawing) }
    for mark in marks { canvas.drawPoint(mark, on: &drawing) }
  }

  /// The title, and the legend beside it where there is room, below it where there is none. Gives the height.
  private func drawHeader(in frame: Frame, on drawing: inout Drawing) -> Double {
    drawing.text(title, Point(frame.x, frame.y + 13), Drawing.TextStyle(size: 13, isBold: true))
    let entries = series.filter { !$0.name.isEmpty && $0.style != .reference }
    let widths = entries.map { 22 + StrokeFont.width(of: $0.name, size: 11) + 14 }
    guard !entries.isEmpty else { return title.isEmpty ? 8 : 28 }
    let isBeside = StrokeFont.width(of: title, size: 13, isBold: true) + 24 + widths.reduce(0, +) <= frame.width
    var place = isBeside ? Point(frame.right - widths.reduce(0, +) + 4, frame.y + 13) : Point(frame.x, frame.y + 31)
    for (entry, width) in zip(entries, widths) {
      if place.x + width > frame.right + 14 && place.x > frame.x && !isBeside { place = Point(frame.x, place.y + 16) }
      let paint = entry.paint ?? .text
      if entry.style == .bars || entry.style == .area {
        drawing.rectangle(Frame(x: place.x + 4, y: place.y - 8, width: 12, height: 9), paint, opacity: 0.8)
      } else {
        drawing.line(
          from: Point(place.x, place.y - 4), to: Point(place.x + 17, place.y - 4),
          Drawing.Stroke(paint: paint, width: 2.2, dashes: entry.style == .dashed ? [4, 4] : []))
      }
      drawing.text(entry.name, Point(place.x + 22, place.y), Drawing.TextStyle(paint: .quiet, size: 11))
      place.x += width
    }
    return place.y - frame.y + 15
  }

  private func drawAxes(_ rows: Ticks, _ canvas: Canvas, _ frame: Frame, on drawing: inout Drawing) {
    let area = canvas.area
    let style = Drawing.TextStyle(paint: .quiet, size: Self.tickSize)
    for (value, label) in zip(rows.values, rows.labels) {
      let y = canvas.y(value).halfway
      drawing.line(from: Point(area.x, y), to: Point(area.right, y), Drawing.Stroke(paint: .grid))
      var style = style
      style.anchor = .end
      drawing.text(label, Point(area.x - 7, y + 4), style)
    }
    let columns = canvas.across.fittingTicks(width: area.width, size: Self.tickSize)
    for (value, label) in zip(columns.values, columns.labels) {
      let x = canvas.x(value).halfway
      drawing.line(
        from: Point(x, area.bottom), to: Point(x, area.bottom + 4), Drawing.Stroke(paint: .quiet, opacity: 0.7))
      var style = style
      style.anchor = .middle
      drawing.text(label, Point(x, area.bottom + 17), style)
    }
    drawing.line(
      from: Point(area.x, area.bottom.halfway), to: Point(area.right, area.bottom.halfway),
      Drawing.Stroke(paint: .quiet, opacity: 0.7))
    drawing.text(
      x.label, Point(area.x + area.width / 2, area.bottom + 34),
      Drawing.TextStyle(paint: .quiet, size: 11.5, anchor: .middle))
    drawing.text(
      y.label, Point(frame.x + 11, area.y + area.height / 2),
      Drawing.TextStyle(paint: .quiet, size: 11.5, anchor: .middle, isUpright: true))
  }
}

extension Scale {
  /// As many numbers as fit beside each other.
  func fittingTicks(width: Double, size: Double) -> Ticks {
    for limit in stride(from: 10, through: 2, by: -1) {
      let ticks = ticks(limit: limit)
      let needed = ticks.labels.map { StrokeFont.width(of: $0, size: size) + 16 }.reduce(0, +)
      if needed <= width { return ticks }
    }
    return ticks(limit: 1)
  }
}

extension Double {
  /// The nearest place where a line of one pixel is sharp.
  var halfway: Double { rounded(.down) + 0.5 }
}

/// The place between the axes.
private struct Canvas {
  let area: Frame
  let across: Scale
  let upwards: Scale

  func x(_ value: Double) -> Double { area.x + across.share(value) * area.width }
  func y(_ value: Double) -> Double { area.bottom - upwards.share(value) * area.height }

  func draw(_ series: Plot.Series, on drawing: inout Drawing) {
    let paint = series.paint ?? .text
    switch series.style {
    case .bars: drawBars(series, paint, on: &drawing)
    case .reference: draw(series, Drawing.Stroke(paint: .quiet, width: 1, dashes: [2, 4]), on: &drawing)
    case .dashed: draw(series, Drawing.Stroke(paint: paint, width: 2.2, dashes: [5, 5]), on: &drawing)
    case .line: draw(series, Drawing.Stroke(paint: paint, width: 2.2), on: &drawing)
    case .area:
      for run in runs(series) {
        let base = y(max(0, upwards.range.lowerBound))
        if let first = run.first, let last = run.last {
          drawing.area([Point(first.x, base)] + run + [Point(last.x, base)], paint, opacity: 0.15)
        }
      }
      draw(series, Drawing.Stroke(paint: paint, width: 2.2), on: &drawing)
    }
  }

  private func draw(_ series: Plot.Series, _ stroke: Drawing.Stroke, on drawing: inout Drawing) {
    let runs = runs(series)
    for run in runs { drawing.line(run, stroke) }
    let showsPoints = series.style != .reference && series.points.count <= 12 && series.style != .area
    for point in runs.flatMap({ $0.count == 1 || showsPoints ? $0 : [] }) {
      drawing.circle(point, radius: 2.6, stroke.paint)
    }
  }

  private func drawBars(_ series: Plot.Series, _ paint: Paint, on drawing: inout Drawing) {
    let base = y(max(0, upwards.range.lowerBound))
    for index in series.y.indices where series.y[index].isFinite && series.y[index] != 0 {
      let (left, right) = (x(series.x[index]), x(series.x[index + 1]))
      let gap = right - left > 4 ? 0.5 : 0
      let top = y(series.y[index])
      drawing.rectangle(
        Frame(
          x: left + gap, y: min(top, base), width: max(right - left - 2 * gap, 0.3), height: (base - top).magnitude),
        paint, opacity: 0.8)
    }
  }

  /// The stretches without gaps.
  private func runs(_ series: Plot.Series) -> [[Point]] {
    series.points.map { Point(x($0.x), y($0.y)) }.split { !$0.x.isFinite || !$0.y.isFinite }.map(Array.init)
  }

  func drawRule(_ mark: Plot.Mark, on drawing: inout Drawing) {
    guard across.range.contains(mark.x) else { return }
    let place = x(mark.x).halfway
    drawing.line(
      from: Point(place, area.y), to: Point(place, area.bottom),
      Drawing.Stroke(paint: .quiet, width: 1, dashes: [3, 4], opacity: 0.8))
    // On the side where there is more room.
    let isLeft = place > area.x + area.width * 0.6
    // And away from what is pointed out.
    let isLow = mark.y.map { y($0) < area.y + area.height / 2 } ?? false
    drawing.text(
      mark.label, Point(place + (isLeft ? -5 : 5), isLow ? area.bottom - 7 : area.y + 9),
      Drawing.TextStyle(paint: .quiet, size: 10.5, anchor: isLeft ? .end : .start))
  }

  func drawPoint(_ mark: Plot.Mark, on drawing: inout Drawing) {
    guard let value = mark.y, across.range.contains(mark.x), value.isFinite else { return }
    let place = Point(x(mark.x), y(value))
    guard place.y.isFinite else { return }
    drawing.circle(place, radius: 5.4, .surface)
    drawing.circle(place, radius: 4.2, .text)
  }
}
