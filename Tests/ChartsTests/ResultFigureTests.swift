import Foundation
import MartletCharts
import MartletData
import MartletMetrics
import MartletTraining
import Testing

@Suite("Figures of results") struct ResultFigureTests {
  private static let matrix = ConfusionMatrix(counts: [8, 2, 0, 1, 9, 0, 0, 0, 0], classCount: 3)

  @Test("a confusion matrix has a cell for each pair, with counts or shares of the true class")
  func confusion() throws {
    let counts = try SVGDocument(Self.matrix.figure(classNames: ["cat", "dog", "<owl>"]).svg())
    for text in ["confusion matrix", "8", "2", "1", "9", "cat", "dog", "<owl>", "true", "predicted"] {
      #expect(counts.texts.contains(text), "\(text)")
    }
    #expect(counts.texts.count { $0 == "·" } == 5)  // zeros
    let shares = try SVGDocument(Self.matrix.figure(showing: .shares).svg())
    for text in ["80.0", "20.0", "10.0", "90.0", "0", "2"] { #expect(shares.texts.contains(text), "\(text)") }
    // What is right in one colour, what is wrong in another: two cells each; the rare mistake is the fainter one.
    func opacities(_ paint: String) -> [Double] {
      counts.all("polygon").filter { $0.attributes["class"] == "f-\(paint)" }
        .map { Double($0.attributes["opacity"] ?? "1") ?? .nan }
    }
    let (right, wrong) = (opacities("s0"), opacities("bad"))
    #expect(right.count == 2 && wrong.count == 2 && right[0] < right[1] && wrong[0] > wrong[1])
    let lines = Self.matrix.figure(classNames: ["cat", "dog", "owl"]).terminal(.plain).split(separator: "\n")
    #expect(lines[1].split(separator: " ") == ["true", "\\", "predicted", "cat", "dog", "owl"])
    #expect(lines[2].split(separator: " ") == ["cat", "8", "2", "."])
    #expect(lines.count == 5)
  }

  @Test("a histogram has equal bins from the smallest value to the largest, each with its lower end")
  func histogram() throws {
    let histogram = Histogram(of: [0, 0.5, 0.99, 1, 1.5, 4, .nan, .infinity], bins: 4)
    #expect(histogram.edges == [0, 1, 2, 3, 4] && histogram.counts == [3, 2, 0, 1] && histogram.brokenCount == 2)
    let svg = try SVGDocument(histogram.figure(title: "kernel").svg())
    let bars = svg.all("polygon").filter { $0.attributes["class"] == "f-s0" }
    #expect(bars.count == 3)  // none for the empty bin
    let heights = bars.map { bar in (bar.points.map(\.y).max() ?? 0) - (bar.points.map(\.y).min() ?? 0) }
    #expect(abs(heights[0] / heights[2] - 3) < 0.01 && abs(heights[1] / heights[2] - 2) < 0.01)
    let alike = Histogram(of: [Float](repeating: 2, count: 5), bins: 2)
    #expect(alike.counts == [0, 5] && alike.edges == [1.5, 2, 2.5])
    #expect(Histogram(of: [], bins: 3).counts == [0, 0, 0])
  }

  @Test("an ROC curve goes from corner to corner, beside the diagonal of guessing")
  func roc() throws {
    let curve = ROCCurve(labels: [0, 0, 1, 1], scores: [0.1, 0.4, 0.35, 0.8])
    let svg = try SVGDocument(curve.figure().svg())
    #expect(svg.texts.contains("ROC, area 0.7500") && svg.texts.contains("false positive rate"))
    let line = try #require(svg.all("polyline").first { $0.attributes["class"] == "k-s0" }).points
    let diagonal = try #require(svg.all("polyline").first { $0.attributes["stroke-dasharray"] == "2 4" }).points
    // By hand: (0,0), then thresholds 0.8, 0.4, 0.35, 0.1.
    let (width, height) = (diagonal[1].x - diagonal[0].x, diagonal[0].y - diagonal[1].y)
    let places = line.map { [(($0.x - diagonal[0].x) / width), ((diagonal[0].y - $0.y) / height)] }
    for (place, expected) in zip(places, [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]) {
      #expect(abs(place[0] - expected[0]) < 1e-3 && abs(place[1] - expected[1]) < 1e-3, "\(places)")
    }
    let recall = PrecisionRecallCurve(labels: [0, 0, 1, 1], scores: [0.1, 0.4, 0.35, 0.8])
    #expect(try SVGDocument(recall.figure().svg()).texts.contains("precision and recall, average 0.8333"))
  }

  @Test("numbers for people have the digits that count")
  func numbers() {
    #expect(
      [0.95, 0.5085, 12.345, 34_826, 0, 0.0000125].map(NumberText.value) == [
        "0.9500", "0.5085", "12.35", "34826", "0", "1.25e-5",
      ])
    #expect(NumberText.grouped(-1_234_567) == "-1,234,567" && NumberText.short(2_000_000) == "2e6")
    #expect(NumberText.fixed(-0.001, 2) == "0.00" && NumberText.value(.nan) == "nan")
  }
}

@Suite("Pixels") struct RasterTests {
  @Test("an area covers each pixel by as much as lies inside")
  func coverage() throws {
    // A black plot of nothing but one area would need the core; a matrix of one cell is a rectangle with known corners.
    var plot = Plot("", x: Plot.Axis(range: 0...1), y: Plot.Axis(range: 0...1))
    plot.add(Plot.Series("", x: [0, 1], y: [1], style: .bars))
    let picture = Figure(plot).picture(theme: .light, scale: 1)
    let color: [UInt8] = [0x33, 0x8e, 0xc1]  // 80 % of #0072b2 over white
    let full = stride(from: 0, to: picture.pixels.count, by: 3).count { start in
      zip(picture.pixels[start..<start + 3], color).allSatisfy { abs(Int($0) - Int($1)) <= 1 }
    }
    let bar = try #require(
      try SVGDocument(Figure(plot).svg()).all("polygon").first { $0.attributes["class"] == "f-s0" }
    ).points
    let area = (bar[2].x - bar[0].x) * (bar[2].y - bar[0].y)
    // Six grid lines shine through; otherwise only pixels on the rim are mixed.
    #expect(abs(Double(full) - area) < 0.03 * area, "\(full) of \(area)")
  }

  @Test("letters of every printable ASCII character, and of those with accents, have lines")
  func letters() {
    func ink(_ text: String) -> Int {
      var plot = Plot(text)
      plot.add(.line("", y: [1, 2]))
      let picture = Figure(plot).picture(scale: 1)
      return picture.pixels[..<(32 * picture.width * 3)].count { $0 < 200 }
    }
    let blank = ink("")
    for scalar in 33...126 {
      let text = String(repeating: String(UnicodeScalar(UInt8(scalar))), count: 3)
      #expect(ink(text) > blank, "\(text)")
    }
    #expect(ink("é") == ink("e") && ink("漢") > blank)
  }
}
