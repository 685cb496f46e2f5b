import MartletData
import Testing

@Suite("Stroke digits") struct StrokeDigitsTests {
  private let digits = StrokeDigits(seed: 1)

  @Test("are the same one by one, in any range, and in every run")
  func deterministic() {
    let data = digits.dataset(of: 100..<700)
    for index in [100, 355, 356, 699] {
      #expect(data.picture(at: index - 100) == digits.picture(at: index))
      #expect(data.label(at: index - 100) == digits.label(at: index))
    }
    #expect(digits.picture(at: 5) == StrokeDigits(seed: 1).picture(at: 5))
  }

  @Test("differ between seeds and between indices")
  func different() {
    let others = StrokeDigits(seed: 2)
    for index in 0..<50 {
      #expect(digits.picture(at: index) != others.picture(at: index))
      #expect(digits.picture(at: index) != digits.picture(at: index + 1))
    }
  }

  @Test("show every digit equally often")
  func balanced() {
    // 1000 expected of each; 5 standard deviations of a binomial count are 150.
    let counts = digits.dataset(of: 0..<10_000).sampleCountsByClass
    #expect(counts.count == 10)
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
  }

  @Test("are centred by mass, stay off the edge and are bright, as MNIST's are")
  func form() {
    var brightPixelCount = 0
    for index in 0..<500 {
      let picture = digits.picture(at: index)
      var (mass, row, column, edge) = (0.0, 0.0, 0.0, 0)
      for y in 0..<28 {
        for x in 0..<28 {
          let value = Double(picture.pixels[y * 28 + x])
          mass += value
          row += value * (Double(y) + 0.5)
          column += value * (Double(x) + 0.5)
          if x == 0 || y == 0 || x == 27 || y == 27 { edge += Int(value) }
          if value > 200 { brightPixelCount += 1 }
        }
      }
      // The hand moves the centre by up to 3 standard deviations of 0.6 pixels; strokes that cross count once in the
      // picture and twice on the way of the pen, which moves it a little more.
      #expect(abs(row / mass - 14) < 3 && abs(column / mass - 14) < 3, "digit \(index)")
      #expect(edge == 0, "digit \(index)")
    }
    // MNIST has about 80 such pixels in a picture.
    #expect(40...140 ~= brightPixelCount / 500)
  }

  @Test("are told apart by what they look like: the nearest of a thousand neighbours mostly shows the same digit")
  func recognisable() {
    let known = digits.dataset(of: 0..<1000)
    let asked = digits.dataset(of: 1000..<1200)
    let knownInputs = (0..<known.count).map(known.input(at:))
    let right = (0..<asked.count).count { index in
      let input = asked.input(at: index)
      let distances = knownInputs.map { other in zip(other, input).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
      let nearest = distances.indices.min { distances[$0] < distances[$1] }
      return nearest.flatMap(known.label(at:)) == asked.label(at: index)
    }
    // On MNIST the same experiment gives about 87 %.
    #expect(right > 150 && right < 198, "\(right) of 200")
  }
}
