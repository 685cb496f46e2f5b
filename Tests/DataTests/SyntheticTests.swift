import MartletData
import Testing

@Suite("Synthetic data and sequences") struct SyntheticTests {
  @Test(
    "patterns have two classes of equal size, follow from the seed, and stay in their region",
    arguments: PlanarData.allCases)
  func patterns(_ pattern: PlanarData) {
    let data = pattern.dataset(count: 400, seed: 5)
    let again = pattern.dataset(count: 400, seed: 5)
    #expect(data.count == 400 && data.sampleShape == [2])
    #expect((0..<400).allSatisfy { data.input(at: $0) == again.input(at: $0) })
    #expect((0..<400).allSatisfy { data.input(at: $0).allSatisfy { $0.magnitude <= 6 } })
    if !pattern.isRegression {
      #expect(data.sampleCountsByClass.allSatisfy { $0 > 150 })
    }
    #expect(pattern.dataset(count: 1, noise: 0.5, seed: 1).count == 1)
  }

  @Test("clean patterns obey their rule")
  func rules() {
    func all(_ pattern: PlanarData, _ rule: (_ x: Float, _ y: Float, _ target: Float) -> Bool) -> Bool {
      let data = pattern.dataset(count: 300, seed: 2)
      return (0..<300).allSatisfy { index in
        let batch = data.batch(of: index..<index + 1)
        let target: Float =
          switch batch.targets {
          case .labels(let labels): Float(labels[0])
          case .values(let values, _): values[0]
          case .none: .nan
          }
        return rule(batch.inputs[0], batch.inputs[1], target)
      }
    }
    #expect(all(.xor) { x, y, target in (x * y > 0) == (target == 1) && x.magnitude >= 0.3 })
    #expect(all(.circle) { x, y, target in (x * x + y * y < 9) == (target == 1) })
    #expect(all(.plane) { x, y, target in (min(max((x + y) / 10, -1), 1) - target).magnitude < 1e-6 })
    #expect(all(.moons) { x, y, target in target == 0 ? y >= -1e-6 : y <= 0.5 + 1e-6 })
    // On the spiral of class 0 the angle is 0.7π times the radius; the other is opposite.
    #expect(
      all(.spiral) { x, y, target in
        let radius = (x * x + y * y).squareRoot()
        let angle = 0.7 * Float.pi * radius + target * .pi
        return (x - radius * sine(angle)).magnitude < 1e-4
      })
  }

  private func sine(_ x: Float) -> Float {
    // A series, so that the test does not use what it tests.
    let turned = Double(x) - (Double(x) / (2 * .pi)).rounded() * 2 * .pi
    var (term, sum) = (turned, turned)
    for n in 1..<20 {
      term *= -turned * turned / Double((2 * n) * (2 * n + 1))
      sum += term
    }
    return Float(sum)
  }

  @Test("the trial has 2100 people, half of each age group, 50 exceptions in each, first of all")
  func trial() throws {
    let (ages, outcomes) = ClinicalTrial.ages(seed: 1)
    #expect(ages.rowCount == 2100)
    #expect(ages.values.allSatisfy { $0 >= 13 && $0 <= 100 && $0 == $0.rounded() })
    let older = (0..<2100).filter { ages[$0, 0] >= 65 }
    #expect(older.count == 1050)
    #expect(older.count { outcomes[$0] == 0 } == 50)
    #expect((0..<2100).count { ages[$0, 0] < 65 && outcomes[$0] == 1 } == 50)
    #expect((100..<2100).allSatisfy { (outcomes[$0] == 1) == (ages[$0, 0] >= 65) })
    let data = try ClinicalTrial.dataset(seed: 1)
    #expect(data.classCount == 2)
    #expect((0..<2100).allSatisfy { (0...1).contains(data.input(at: $0)[0]) })
  }

  @Test("words are numbered by frequency, unknown ones are 1, and lead back to text")
  func vocabulary() throws {
    let texts = ["The cat can't see the dog.", "Dog sees THE cat!", "a dog"]
    let vocabulary = try Vocabulary(fitting: texts)
    #expect(vocabulary.entries == ["dog", "the", "cat", "a", "can't", "see", "sees"])
    #expect(vocabulary.codeCount == 9)
    #expect(vocabulary.encoded(["the bird sees"]) == [[3, 1, 8]])
    #expect(vocabulary.decoded([3, 1, 8, 0, 0]) == "the \u{FFFD} sees")
    #expect(try Vocabulary(fitting: texts, limit: 2).entries == ["dog", "the"])
    #expect(try Vocabulary(fitting: texts, minimumCount: 2).entries == ["dog", "the", "cat"])
    let characters = try Vocabulary(fitting: ["abba", "ça"], unit: .characters)
    #expect(characters.entries == ["a", "b", "ç"])
    #expect(characters.decoded(characters.encoded(["çab"])[0]) == "çab")
    #expect(throws: PreparationError.self) { try Vocabulary(fitting: ["…", "!"]) }
    let counts = vocabulary.counts(of: ["dog dog bird", ""])
    #expect(counts.row(0) == [0, 1, 2, 0, 0, 0, 0, 0, 0] && counts.row(1).allSatisfy { $0 == 0 })
  }

  @Test("sequences are filled and cut at either end")
  func padding() throws {
    let sequences: [[Int32]] = [[1, 2, 3], [4], []]
    let data = try Dataset(sequences: sequences, labels: [0, 1, 0])
    #expect((0..<3).map { data.input(at: $0) } == [[1, 2, 3], [4, 0, 0], [0, 0, 0]])
    let cut = try Dataset(sequences: sequences, length: 2, filling: .start, cutting: .start, labels: [0, 1, 0])
    #expect((0..<3).map { cut.input(at: $0) } == [[2, 3], [0, 4], [0, 0]])
    #expect(throws: DatasetError.self) { try Dataset(sequences: [[], []], labels: [0, 1]) }
  }

  @Test("windows run over a sequence with what comes next")
  func windows() throws {
    let data = try Dataset(nextCodeOf: [0, 1, 2, 3, 4, 0], length: 3, step: 2, codeCount: 5)
    #expect((0..<data.count).map { data.input(at: $0) } == [[0, 1, 2], [2, 3, 4]])
    #expect((0..<data.count).map { data.label(at: $0) } == [3, 0])
    #expect(try Dataset(nextCodeOf: [0, 1], length: 3, codeCount: 5).isEmpty)
    let series = FeatureMatrix([0, 10, 1, 11, 2, 12, 3, 13, 4, 14], columnCount: 2)
    let measured = try Dataset(windowsOf: series, length: 2, target: 1, ahead: 2)
    #expect(measured.count == 2 && measured.sampleShape == [2, 2])
    #expect(measured.input(at: 1) == [1, 11, 2, 12])
    #expect(measured.batch(of: [0, 1]).targets == .values([13, 14], shape: [2, 1]))
  }
}
