import Foundation
import MartletCharts
import MartletData
import MartletMetrics
import MartletTraining
import Testing

@Suite("Figures") struct FigureTests {
  /// Four epochs whose validation loss is smallest in the third.
  private static let history: History = {
    var history = History()
    for (epoch, loss) in [1.0, 0.6, 0.4, 0.3].enumerated() {
      history.epochs.append(
        EpochRecord(
          epoch: epoch + 1,
          values: ["loss": loss, "val_loss": [1.1, 0.8, 0.7, 0.9][epoch], "accuracy": 1 - loss / 2],
          seconds: 1, samplesPerSecond: 10, learningRate: 0.1 / Double(epoch + 1)))
    }
    return history
  }()

  @Test("of a history: a plot for each quantity, curves where the values are, the best epoch pointed out")
  func history() throws {
    let figure = Self.history.figure(title: "<run> & more")
    #expect(figure.panels.count == 3)  // loss, accuracy, learning rate
    let svg = try SVGDocument(figure.svg())
    for text in [
      "<run> & more", "loss", "accuracy", "learning rate", "training", "validation", "best: epoch 3", "epoch",
    ] {
      #expect(svg.texts.contains(text), "\(text)")
    }
    // The training loss: four points, evenly apart, each lower on paper than the one before is high.
    let line = try #require(svg.all("polyline").first { $0.attributes["class"] == "k-s0" && $0.points.count == 4 })
      .points
    #expect(line.map(\.y) == line.map(\.y).sorted())
    for (before, after) in zip(line, line.dropFirst()) {
      #expect(abs(after.x - before.x - (line[3].x - line[0].x) / 3) < 0.02)
    }
    // Heights are proportional: (1.0 - 0.6) is twice (0.6 - 0.4).
    #expect(abs((line[1].y - line[0].y) / (line[2].y - line[1].y) - 2) < 0.01)
    let validation = try #require(
      svg.all("polyline").first { $0.attributes["class"] == "k-s1" && $0.points.count == 4 })
    #expect(validation.attributes["stroke-dasharray"] != nil)
    // The ring around the best value: on the third point of the validation.
    let ring = try #require(svg.all("circle").first { $0.attributes["class"] == "f-ink" })
    #expect(Double(ring.attributes["cx"] ?? "") == validation.points[2].x)
    #expect(Double(ring.attributes["cy"] ?? "") == validation.points[2].y)
  }

  @Test("are light, and dark for readers who prefer that, in SVG; and so in pixels")
  func themes() throws {
    let figure = Figure(Self.history.curve("loss"))
    let style = try #require(try SVGDocument(figure.svg()).all("style").first).text
    let parts = style.components(separatedBy: "@media (prefers-color-scheme:dark)")
    #expect(parts.count == 2 && parts[0].contains(".f-ground{fill:#ffffff}") && !parts[1].contains("#ffffff"))
    for theme in Theme.allCases {
      let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString).png").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try figure.writePNG(to: folder, theme: theme)
      let picture = try ColorPicture(contentsOf: folder)
      let document = try #require(try SVGDocument(figure.svg()).all("svg").first).attributes
      #expect(picture.width == 2 * (Int(document["width"] ?? "") ?? 0))
      #expect(picture.height == 2 * (Int(document["height"] ?? "") ?? 0))
      let corner = picture.pixels[0]
      #expect(theme == .light ? corner == 255 : corner < 40)
      // Both series' colours are there, unmixed, inside the lines.
      let wanted: [[UInt8]] =
        theme == .light ? [[0x00, 0x72, 0xb2], [0xd5, 0x5e, 0x00]] : [[0x58, 0xae, 0xea], [0xf5, 0x93, 0x52]]
      for color in wanted {
        let count = stride(from: 0, to: picture.pixels.count, by: 3).count {
          Array(picture.pixels[$0..<$0 + 3]) == color
        }
        #expect(count > 300, "\(color)")
      }
    }
  }

  @Test("in the terminal: the title, both series, ticks in their rows, no line longer than the terminal")
  func terminal() {
    let plain = Figure(Self.history.curve("loss")).terminal(
      TerminalStyle(width: 60, isUnicode: false, hasColors: false))
    let lines = plain.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "loss" && lines[1].hasPrefix("* training   o validation   best: epoch 3"))
    #expect(plain.unicodeScalars.allSatisfy(\.isASCII) && lines.allSatisfy { $0.count <= 60 })
    // The training loss begins high on the left and ends low on the right.
    let rows = lines.dropFirst(2).filter { $0.contains("|") || $0.contains(" +") }
    let first = rows.firstIndex { $0.contains("*") }, last = rows.lastIndex { $0.contains("*") }
    #expect(first ?? 0 < last ?? 0)
    #expect(lines.contains { $0.contains("1.0 +") } && lines.contains { $0.contains("0.6 +") })
    #expect(lines.contains { $0.split(separator: " ") == ["1", "2", "3", "4"] })

    let rich = Figure(Self.history.curve("loss")).terminal(TerminalStyle(width: 60))
    #expect(rich.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) } && rich.contains("\u{1B}[38;5;32m"))
    let columns = rich.split(separator: "\n").map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "").count }
    #expect(columns.allSatisfy { $0 <= 60 })
    // Without colours two series are told apart by letters.
    let grey = Figure(Self.history.curve("loss")).terminal(TerminalStyle(width: 60, isUnicode: true, hasColors: false))
    #expect(!grey.contains("\u{1B}") && grey.contains("*") && grey.contains("o validation") && grey.contains("│"))
  }

  @Test("of what is not finite, of one epoch and of nothing, are drawn without it")
  func gaps() throws {
    var plot = Plot("gaps")
    plot.add(Plot.Series("a", x: [1, 2, 3, 4, 5], y: [1, .nan, 3, .infinity, 2]))
    plot.add(.line("huge", y: [1e300, -1e300]))
    let source = try Figure(plot).svg()
    #expect(!source.contains("nan") && !source.contains("inf"))
    #expect(try SVGDocument(Figure(plot).svg()).all("circle").count == 3)
    for empty in [Plot("nothing"), Plot("nan", x: Plot.Axis(isLogarithmic: true))] {
      #expect(try SVGDocument(Figure(empty).svg()).texts.contains("nothing to draw"))
      #expect(Figure(empty).terminal(.plain).contains("nothing to draw"))
    }
    var once = History()
    once.epochs = [EpochRecord(epoch: 1, values: ["loss": 0.5], seconds: 1, samplesPerSecond: 1)]
    let svg = try SVGDocument(once.figure().svg())
    #expect(svg.all("circle").count == 1 && svg.texts.contains("1"))
    #expect(Figure(panels: []).terminal(.plain).isEmpty && Figure(panels: []).picture().width > 0)
  }

  @Test(
    "of a chosen range show what lies inside, whatever lies outside",
    arguments: [Plot.Series.Style.line, .dashed, .area, .bars, .reference])
  func outside(style: Plot.Series.Style) throws {
    for far in [1e12, 3e43, -3e43] {
      var plot = Plot("", x: Plot.Axis(range: 0...1), y: Plot.Axis(range: 0...1))
      // Bars end where the next one begins.
      plot.add(Plot.Series("", x: [0, 0.5, far], y: style == .bars ? [0.5, far] : [0.5, far, 0.5], style: style))
      let svg = try Figure(plot).svg()
      #expect(!svg.contains(/\d{8}/))
      #expect(!Figure(plot).terminal(.plain).isEmpty && Figure(plot).picture().width > 0)
    }
  }

  @Test("on a logarithmic axis, equal factors are equally far apart")
  func logarithmic() throws {
    var plot = Plot("rate", y: Plot.Axis(isLogarithmic: true))
    plot.add(.line("", y: [1e-4, 1e-3, 1e-2, 0]))
    let line = try #require(try SVGDocument(Figure(plot).svg()).all("polyline").first { $0.points.count == 3 }).points
    #expect(abs((line[0].y - line[1].y) - (line[1].y - line[2].y)) < 0.02)
  }
}

@Suite("Terminals") struct TerminalStyleTests {
  @Test("show what they can")
  func detection() {
    func style(_ environment: [String: String], isTerminal: Bool = true) -> TerminalStyle {
      TerminalStyle(environment: environment, isTerminal: isTerminal, columns: 100)
    }
    #expect(style(["LANG": "nl_NL.UTF-8"]) == TerminalStyle(width: 100, isUnicode: true, hasColors: true))
    #expect(style(["LANG": "en_US.UTF-8", "LC_ALL": "C"]).isUnicode == false)
    #expect(
      style(["LC_CTYPE": "C.utf8", "NO_COLOR": "1"]) == TerminalStyle(width: 100, isUnicode: true, hasColors: false))
    #expect(style(["LANG": "C.UTF-8"], isTerminal: false) == .plain)
    #expect(style(["LANG": "C.UTF-8", "TERM": "dumb"]) == .plain)
    #expect(style(["LANG": "C.UTF-8", "COLUMNS": "20"]).width == 40)
    #expect(style([:]).isUnicode && !style(["LANG": "C"]).isUnicode)
  }
}
