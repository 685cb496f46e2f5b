import Foundation
import MartletAutograd
import MartletCharts
import MartletData
import MartletInsight
import MartletLayers
import MartletLosses
import MartletTensor
import MartletTraining
import Testing

@Suite("Figures of predictions") struct PredictionFigureTests {
  private static let pixels: [Float] = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

  /// A network that says the first class whatever it is given, with probability e / (e + 1) = 73 %.
  private static func classifier() throws -> Trainer {
    let model = try Sequential(input: [2, 2, 1], layers: [Flatten(), Dense(2)], seed: 1)
    model.parameters[0].assign(.zeros([4, 2]))
    model.parameters[1].assign(Tensor([1, 0]))
    return Trainer(model, loss: .softmaxCrossEntropy)
  }

  private static func pictures(_ svg: SVGDocument) throws -> [ColorPicture] {
    try svg.all("image").map { image in
      let parts = (image.attributes["href"] ?? "").split(separator: ",")
      let bytes = try #require(Data(base64Encoded: String(parts.last ?? "")))
      return try ColorPicture(encoded: Array(bytes), file: "image")
    }
  }

  @Test("show every sample with its answer, and frame those that are wrong")
  func answers() throws {
    let samples = try Dataset(
      inputs: Self.pixels, shape: [2, 2, 1], labels: [0, 1, 1, 0], classNames: ["cat", "dog"])
    let predictions = try Self.classifier().predict(samples)
    let svg = try SVGDocument(predictions.figure(of: samples).svg())
    #expect(svg.texts == ["cat, 73 %", "cat, 73 %", "is dog", "cat, 73 %", "is dog", "cat, 73 %"])
    #expect(svg.all("polyline").map { $0.attributes["class"] } == ["k-grid", "k-bad", "k-bad", "k-grid"])
    let shown = try Self.pictures(svg)
    #expect(shown.count == 4 && shown[1].gray.pixels == [255, 0, 0, 0] && shown[3].gray.pixels == [0, 0, 0, 255])
    let worst = try Self.pictures(SVGDocument(predictions.figure(of: samples, wrongFirst: true, limit: 2).svg()))
    #expect(worst.count == 2)
    for pixels: [UInt8] in [[255, 0, 0, 0], [0, 0, 255, 0]] { #expect(worst.contains { $0.gray.pixels == pixels }) }
    let words = try predictions.figure(of: samples).terminal(.plain)
    #expect(words.contains("cat, 73 %, is dog (wrong)"))
    #expect(throws: FigureError.self) { try predictions.figure(of: samples.prefix(3)) }
    let rows = try Dataset(inputs: Self.pixels, shape: [4], labels: [0, 1, 1, 0])
    #expect(throws: FigureError.self) { try predictions.figure(of: rows) }
  }

  @Test("show samples above what was made of them")
  func reconstructions() throws {
    let model = try Sequential(input: [2, 2, 1], layers: [Flatten(), Dense(4), Reshape([2, 2, 1])], seed: 1)
    // Left and right change places.
    model.parameters[0].assign(Tensor([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0], shape: [4, 4]))
    model.parameters[1].assign(.zeros([4]))
    let samples = try Dataset(inputs: Self.pixels, shape: [2, 2, 1], targets: Self.pixels, targetShape: [2, 2, 1])
    let predictions = try Trainer(model, loss: .meanSquaredError).predict(samples)
    let svg = try SVGDocument(predictions.reconstructions(of: samples, limit: 2).svg())
    #expect(svg.texts == ["given", "made"])
    let rows = try Self.pictures(svg).map(\.gray.pixels)
    #expect(rows == [[0, 255, 0, 0], [255, 0, 0, 0], [255, 0, 0, 0], [0, 255, 0, 0]])
  }

  @Test("show weights and feature maps of a model")
  func weightsAndMaps() throws {
    let model = try Sequential(
      input: [4, 4, 1], layers: [Conv2D(3, kernel: 3), Flatten(), Dense(2)], seed: 1)
    let weights = try SVGDocument(model.weightFigure().svg())
    #expect(weights.texts.contains("0.kernel  3×3×1×3") && weights.texts.contains("2.bias  2"))
    let maps = try FeatureSheet.maps(of: model, for: Tensor([Float](repeating: 0.5, count: 16), shape: [4, 4, 1]))
    #expect(try Self.pictures(SVGDocument(Figure(features: maps).svg())).count == 3)
  }
}
