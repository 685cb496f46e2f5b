import MartletData
import Testing

@Suite("Encoders and balanced classes") struct EncoderTests {
  @Test("labels are numbered in the order of their scalars, whatever the language")
  func labels() throws {
    let encoder = try LabelEncoder(fitting: ["zebra", "Zebra", "äpfel", "apple", "zebra"])
    #expect(encoder.classes == ["Zebra", "apple", "zebra", "äpfel"])
    #expect(try encoder.encoded(["zebra", "apple"]) == [2, 1])
    #expect(try encoder.decoded([3, 0]) == ["äpfel", "Zebra"])
    #expect(try LabelEncoder(fitting: [10, -3, 7, 10]).classes == [-3, 7, 10])
    #expect(try LabelEncoder(fitting: [true, false]).encoded([true]) == [1])
    #expect(LabelEncoder(classes: ["small", "large"]).classes == ["small", "large"])
    #expect {
      try encoder.encoded(["apple", "pear"])
    } throws: { "\($0)".contains("'pear' in row 1") && "\($0)".contains("Zebra, apple") }
    #expect(throws: PreparationError.unknownCode(4, row: 0, categoryCount: 4)) { try encoder.decoded([4]) }
    #expect(throws: PreparationError.self) { try LabelEncoder<Int>(fitting: []) }
  }

  @Test("one-hot columns stand for the categories of each column; unseen ones are zeros where asked")
  func oneHot() throws {
    let rows = [["b", "x"], ["a", "y"], ["b", "z"]]
    let encoder = try OneHotEncoder(fitting: rows, unseen: .zeros)
    #expect(encoder.categories == [["a", "b"], ["x", "y", "z"]])
    let matrix = try encoder.transformed([["a", "z"], ["c", "x"]])
    #expect(matrix == FeatureMatrix([1, 0, 0, 0, 1, 0, 0, 1, 0, 0], columnCount: 5))
    #expect(throws: PreparationError.unseenCategory("c", row: 0, column: 0, known: ["a", "b"])) {
      try OneHotEncoder(fitting: rows).transformed([["c", "x"]])
    }
    #expect(throws: PreparationError.columnMismatch(learned: 2, given: 1)) { try encoder.transformed([["a"]]) }
    #expect(throws: PreparationError.unequalRows(row: 1, count: 1, expected: 2)) {
      try OneHotEncoder(fitting: [[1, 2], [1]])
    }
  }

  @Test("ordinal codes follow the order given, and lead back")
  func ordinal() throws {
    let encoder = OrdinalEncoder(categories: [["small", "medium", "large"]])
    let codes = try encoder.transformed([["large"], ["small"]])
    #expect(codes == FeatureMatrix([2, 0], columnCount: 1))
    #expect(try encoder.restored(codes) == [["large"], ["small"]])
    #expect(throws: PreparationError.self) { try encoder.transformed([["huge"]]) }
    #expect(throws: PreparationError.unknownCode(0.5, row: 0, categoryCount: 3)) {
      try encoder.restored(FeatureMatrix([0.5], columnCount: 1))
    }
    #expect(try OrdinalEncoder(fitting: [[3], [1]], unseenCode: -1).transformed([[3], [2]]).values == [1, -1])
  }

  private func dataset(_ labels: [Int]) throws -> Dataset {
    try Dataset(inputs: labels.indices.map { Float($0) }, shape: [1], labels: labels)
  }

  @Test("oversampling repeats samples of smaller classes until all are as large as the largest")
  func oversampling() throws {
    let data = try dataset([0, 0, 0, 0, 0, 1, 1, 2, 0])
    let even = try data.oversampled(seed: 3)
    #expect(even.sampleCountsByClass == [6, 6, 6])
    // Every sample stays in its place, and repeated ones come from their class.
    #expect((0..<data.count).allSatisfy { even.input(at: $0) == data.input(at: $0) })
    #expect((data.count..<even.count).allSatisfy { data.label(at: Int(even.input(at: $0)[0])) == even.label(at: $0) })
    let again = try data.oversampled(seed: 3)
    #expect((0..<even.count).allSatisfy { even.input(at: $0) == again.input(at: $0) })
    let two = try dataset([Int](repeating: 1, count: 45) + [Int](repeating: 0, count: 5))
    #expect(try two.oversampled(.ratio(0.5), seed: 1).sampleCountsByClass == [22, 45])
    #expect(throws: PreparationError.self) { try two.oversampled(.ratio(0.1), seed: 1) }
    #expect(throws: PreparationError.self) { try data.oversampled(.ratio(0.5), seed: 1) }
  }

  @Test("undersampling leaves out samples of larger classes, keeps the order and repeats none")
  func undersampling() throws {
    let data = try dataset([0, 0, 0, 0, 0, 1, 1, 1, 3, 3])
    let even = try data.undersampled(seed: 9)
    #expect(even.sampleCountsByClass == [2, 2, 0, 2])
    let places = (0..<even.count).map { even.input(at: $0)[0] }
    #expect(places == places.sorted() && Set(places).count == places.count)
    let two = try dataset([Int](repeating: 1, count: 45) + [Int](repeating: 0, count: 5))
    #expect(try two.undersampled(.ratio(0.75), seed: 1).sampleCountsByClass == [5, 6])
    #expect(throws: PreparationError.self) { try two.undersampled(.ratio(0.05), seed: 1) }
    #expect(throws: PreparationError.self) {
      try Dataset(inputs: [1, 2], shape: [1], targets: [1, 2]).undersampled(seed: 1)
    }
  }

  @Test("balanced weights give every class the same influence")
  func weights() throws {
    // 6 / (3 · 3), 6 / (3 · 2), 6 / (3 · 1).
    #expect(try dataset([0, 1, 0, 2, 1, 0]).balancedClassWeights == [2.0 / 3, 1, 2])
    #expect(try dataset([0, 2]).balancedClassWeights == [2.0 / 3, 0, 2.0 / 3])
  }
}
