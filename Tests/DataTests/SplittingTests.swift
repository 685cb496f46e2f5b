import MartletData
import Testing

@Suite("Splitting a dataset") struct SplittingTests {
  @Test(
    "holds out the share, rounded up",
    arguments: [(60000, 0.1, 6000), (100, 0.07, 8), (10, 0.25, 3), (2, 0.5, 1), (7, 0.01, 1)])
  func sizes(count: Int, fraction: Double, expected: Int) throws {
    let data = try DatasetTests.numbered(classes: (0..<count).map { $0 % 3 })
    let (training, heldOut) = try data.split(holdingOut: fraction, seed: 1)
    #expect(heldOut.count == expected)
    #expect(training.count == count - expected)
  }

  @Test("puts every sample in exactly one part, in the order of the whole")
  func partition() throws {
    let data = try DatasetTests.numbered(classes: (0..<101).map { $0 % 4 })
    for stratified in [true, false] {
      let (training, heldOut) = try data.split(holdingOut: 0.3, stratified: stratified, seed: 5)
      let (trained, held) = (DatasetTests.numbers(in: training), DatasetTests.numbers(in: heldOut))
      #expect((trained + held).sorted() == Array(0..<101))
      #expect(trained == trained.sorted() && held == held.sorted())
    }
  }

  @Test("keeps class proportions by largest remainders when stratified")
  func stratified() throws {
    // 50, 30, 15 and 5 samples; 13 of 100 held out: quotas 6.5, 3.9, 1.95, 0.65 round to 6 + 4 + 2 + 1.
    let classes = [(0, 50), (1, 30), (2, 15), (3, 5)].flatMap { Array(repeating: $0.0, count: $0.1) }
    let data = try DatasetTests.numbered(classes: classes)
    let (_, heldOut) = try data.split(holdingOut: 0.13, seed: 3)
    #expect(heldOut.sampleCountsByClass == [6, 4, 2, 1])
  }

  @Test("depends on the seed and on nothing else")
  func seeded() throws {
    let data = try DatasetTests.numbered(classes: (0..<200).map { $0 % 10 })
    func held(_ seed: UInt64) throws -> [Int] {
      DatasetTests.numbers(in: try data.split(holdingOut: 0.2, seed: seed).heldOut)
    }
    #expect(try held(1) == held(1))
    #expect(try held(1) != held(2))
  }

  @Test("refuses shares that leave a part empty", arguments: [0, 1, -0.1, 1.5, .nan, 0.9999])
  func impossible(fraction: Double) throws {
    let data = try DatasetTests.numbered(classes: [0, 1, 0])
    #expect(throws: DatasetError.self) { try data.split(holdingOut: fraction, seed: 1) }
  }

  @Test(
    "into three parts gives validation and test their shares of the whole, rounded up",
    arguments: [(100, 0.2, 0.2, [60, 20, 20]), (107, 0.15, 0.1, [79, 11, 17]), (10, 0, 0.25, [7, 3, 0])])
  func threeParts(count: Int, test: Double, validation: Double, expected: [Int]) throws {
    let data = try DatasetTests.numbered(classes: (0..<count).map { $0 % 3 })
    for stratified in [true, false] {
      let parts = try data.split(test: test, validation: validation, stratified: stratified, seed: 4)
      #expect([parts.training.count, parts.validation.count, parts.test.count] == expected)
      let all = [parts.training, parts.validation, parts.test].flatMap { DatasetTests.numbers(in: $0) }
      #expect(all.sorted() == Array(0..<count))
    }
  }

  @Test("into three parts keeps class proportions in each")
  func threeStratifiedParts() throws {
    let data = try DatasetTests.numbered(classes: (0..<100).map { $0 < 50 ? 0 : $0 < 80 ? 1 : 2 })
    let parts = try data.split(test: 0.2, validation: 0.1, seed: 8)
    #expect(parts.training.sampleCountsByClass == [35, 21, 14])
    #expect(parts.validation.sampleCountsByClass == [5, 3, 2])
    #expect(parts.test.sampleCountsByClass == [10, 6, 4])
    #expect(throws: DatasetError.self) { try data.split(test: 0.6, validation: 0.4, seed: 8) }
    #expect(throws: DatasetError.self) { try data.split(test: 0.1, validation: -0.1, seed: 8) }
  }

  @Test("works without labels")
  func unlabelled() throws {
    let data = try Dataset(inputs: [1, 2, 3, 4], shape: [1], targets: [1, 2, 3, 4])
    #expect(try data.split(holdingOut: 0.25, seed: 1).heldOut.count == 1)
  }

  @Test("into folds holds every sample out once, evenly over sizes and classes")
  func folds() throws {
    let data = try DatasetTests.numbered(classes: (0..<103).map { $0 % 10 })
    let folds = try data.folds(5, seed: 9)
    #expect(folds.map(\.heldOut.count).sorted() == [20, 20, 21, 21, 21])
    #expect(folds.flatMap { DatasetTests.numbers(in: $0.heldOut) }.sorted() == Array(0..<103))
    for fold in folds {
      #expect(fold.heldOut.sampleCountsByClass.allSatisfy { 2...3 ~= $0 })
      #expect(fold.training.count + fold.heldOut.count == 103)
    }
    #expect(throws: DatasetError.self) { try data.folds(1, seed: 0) }
    #expect(throws: DatasetError.self) { try data.folds(104, seed: 0) }
  }
}
