import MartletData
import Testing

@Suite("Made-up data and targets made of samples") struct MadeUpDataTests {
  @Test("samples can be their own targets, also after a choice of them")
  func reconstructing() throws {
    let digits = StrokeDigits(seed: 1).dataset(of: 0..<20).subset([7, 3]).reconstructing
    #expect(digits.count == 2 && digits.targetKind == .values(shape: [28, 28, 1]))
    let batch = digits.batch(of: [1])
    #expect(batch.targets == .values(batch.inputs, shape: [1, 28, 28, 1]))
    #expect(batch.inputs == StrokeDigits(seed: 1).dataset(of: 0..<20).input(at: 3))
  }

  @Test("noise has the deviation asked for, stays in 0…1, and targets are free of it")
  func denoising() throws {
    let grey = try Dataset(inputs: [Float](repeating: 0.5, count: 20_000), shape: [1])
    let noisy = grey.denoising(deviation: 0.1, seed: 3)
    let errors = (0..<noisy.count).map { noisy.input(at: $0)[0] - 0.5 }
    // The standard error of a deviation estimated from 20,000 values is 0.5 %; of the mean 0.0007.
    let deviation = (errors.reduce(0) { $0 + $1 * $1 } / Float(errors.count)).squareRoot()
    #expect((0.098...0.102).contains(deviation), "\(deviation)")
    #expect((errors.reduce(0, +) / Float(errors.count)).magnitude < 0.003)
    #expect(noisy.batch(of: [0, 9]).targets == .values([0.5, 0.5], shape: [2, 1]))
    let strong = grey.denoising(deviation: 3, seed: 3)
    #expect((0..<100).allSatisfy { (0...1).contains(strong.input(at: $0)[0]) })
    #expect(noisy.input(at: 5) == grey.denoising(deviation: 0.1, seed: 3).input(at: 5))
  }

  @Test("drawn faces are cats and dogs by turns, the same for a seed, different from each other")
  func faces() {
    let faces = AnimalFaces.dataset(count: 6, side: 16, seed: 2)
    #expect(faces.sampleShape == [16, 16, 3] && faces.sampleCountsByClass == [3, 3])
    #expect(faces.label(at: 0) == 0 && faces.label(at: 1) == 1 && faces.classNames == ["cat", "dog"])
    #expect(faces.input(at: 4) == AnimalFaces.dataset(count: 5, side: 16, seed: 2).input(at: 4))
    #expect(faces.input(at: 0) != faces.input(at: 2))
  }

  @Test("reviews have at most 16 words, all in the vocabulary, and mean what their label says")
  func reviews() throws {
    let (texts, labels) = Reviews.texts(count: 400, seed: 5)
    let codes = try Reviews.vocabulary().encoded(texts)
    #expect(codes.allSatisfy { (3...Reviews.longest).contains($0.count) && !$0.contains(Vocabulary.unknown) })
    #expect(labels.prefix(4) == [0, 1, 0, 1])
    #expect(zip(texts, labels).allSatisfy { $1 == 1 || !$0.contains("thank you") })
    #expect(Set(texts).count > 200)
  }

  @Test("houses have every column, some without an age, and cost more the larger they are")
  func houses() throws {
    let table = try Table(csv: HousePrices.csv(count: 500, seed: 1))
    #expect(table.rowCount == 500 && table.columnNames.last == "price")
    #expect((5...60).contains(try table.missingCount(in: "age")))
    let pairs = try zip(table.numbers("area"), table.numbers("price")).compactMap { area, price in
      area.flatMap { area in price.map { (area, $0) } }
    }
    func mean(_ isKept: (Double) -> Bool) -> Double {
      let prices = pairs.filter { isKept($0.0) }.map(\.1)
      return prices.reduce(0, +) / Double(prices.count)
    }
    #expect(mean { $0 > 150 } > 1.5 * mean { $0 < 100 })
  }

  @Test("pictures in colours survive being written as PNG")
  func colours() throws {
    let folder = try TemporaryDirectory()
    let picture = ColorPicture(width: 2, height: 1, pixels: [255, 0, 10, 3, 200, 90])
    try picture.writePNG(to: folder.path + "/two.png")
    #expect(try ColorPicture(contentsOf: folder.path + "/two.png") == picture)
    #expect(ColorPicture(GrayPicture(width: 1, height: 1, pixels: [7])).pixels == [7, 7, 7])
  }
}
