import MartletData
import Testing

@Suite("Dataset") struct DatasetTests {
  /// Sample `i` holds `i` and `i + 0.5`; its class is `classes[i]`.
  static func numbered(classes: [Int]) throws -> Dataset {
    let inputs = classes.indices.flatMap { [Float($0), Float($0) + 0.5] }
    return try Dataset(inputs: inputs, shape: [2], labels: classes)
  }

  /// Which samples of a dataset made by `numbered` are in a part of it.
  static func numbers(in part: Dataset) -> [Int] {
    (0..<part.count).map { Int(part.input(at: $0)[0]) }
  }

  @Test("keeps samples, labels and class names")
  func keepsWhatItIsGiven() throws {
    let data = try Dataset(
      inputs: [1, 2, 3, 4, 5, 6], shape: [1, 3], labels: [1, 0], classNames: ["cat", "dog"])
    #expect(data.count == 2)
    #expect(data.sampleShape == [1, 3])
    #expect(data.input(at: 1) == [4, 5, 6])
    #expect(data.label(at: 0) == 1)
    #expect(data.classNames == ["cat", "dog"])
    #expect(data.sampleCountsByClass == [1, 1])
  }

  @Test("names classes by number when it is given no names")
  func namesClasses() throws {
    #expect(try Self.numbered(classes: [0, 3, 1]).classNames == ["0", "1", "2", "3"])
  }

  @Test("divides bytes by the divisor exactly")
  func bytes() throws {
    let data = try Dataset(bytes: [0, 51, 102, 255], shape: [2], labels: [0, 0])
    #expect(data.batch(of: [0, 1]).inputs == [0, 0.2, 0.4, 1])
  }

  @Test("says which sample has a label that is no class", arguments: [[0, 2, 1], [0, -1, 1]])
  func labelOutOfRange(labels: [Int]) {
    #expect(throws: DatasetError.labelOutOfRange(index: 1, label: "\(labels[1])", classCount: 2)) {
      try Dataset(inputs: [1, 2, 3], shape: [1], labels: labels, classNames: ["a", "b"])
    }
  }

  @Test("refuses an absurd label instead of making that many names", arguments: [Int.max, 1 << 40, 1 << 17])
  func absurdLabel(label: Int) {
    #expect(throws: DatasetError.self) { try Dataset(inputs: [1], shape: [1], labels: [label]) }
  }

  @Test("refuses inputs and targets that do not belong together")
  func mismatches() {
    #expect(throws: DatasetError.countMismatch(inputs: 3, targets: 2)) {
      try Dataset(inputs: [1, 2, 3], shape: [1], labels: [0, 1])
    }
    #expect(throws: DatasetError.countMismatch(inputs: 2, targets: 1)) {
      try Dataset(inputs: [1, 2], shape: [1], targets: [3, 4], targetShape: [2])
    }
    #expect(throws: DatasetError.valuesDoNotFillShape(what: "inputs", valueCount: 3, shape: [2])) {
      try Dataset(inputs: [1, 2, 3], shape: [2])
    }
    for shape in [[0], [2, -1], [Int.max, Int.max]] {
      #expect(throws: DatasetError.impossibleShape(what: "inputs", shape: shape)) {
        try Dataset(inputs: [1, 2], shape: shape)
      }
    }
  }

  @Test("gives parts that are datasets again")
  func parts() throws {
    let data = try Self.numbered(classes: [0, 1, 0, 1, 0])
    let part = data.subset([4, 1, 1, 0])
    #expect(Self.numbers(in: part) == [4, 1, 1, 0])
    #expect((0..<4).map(part.label(at:)) == [0, 1, 1, 0])
    #expect(Self.numbers(in: part.subset([3, 0])) == [0, 4])
    #expect(Self.numbers(in: part.prefix(2)) == [4, 1])
    #expect(data.prefix(99).count == 5)
    #expect(data.prefix(0).isEmpty)
  }

  @Test("may be empty")
  func empty() throws {
    let none: [Int] = []
    let data = try Dataset(inputs: [], shape: [28, 28, 1], labels: none)
    #expect(data.isEmpty)
    #expect(data.batches(size: 4).isEmpty)
    #expect(data.batches(size: 4, shuffledBy: 1, epoch: 0).isEmpty)
  }
}

@Suite("Batches") struct BatchTests {
  @Test("lay samples side by side, the last batch with what remains")
  func consecutive() throws {
    let batches = try DatasetTests.numbered(classes: [0, 1, 2, 0, 1]).batches(size: 2)
    #expect(batches.count == 3)
    #expect(batches[0].inputs == [0, 0.5, 1, 1.5])
    #expect(batches[0].inputShape == [2, 2])
    #expect(batches[0].labels == [0, 1])
    #expect(batches[2].inputs == [4, 4.5])
    #expect(batches[2].inputShape == [1, 2])
  }

  @Test("may leave the remainder out", arguments: [(5, 2, 2), (4, 2, 2), (1, 2, 0)])
  func remainder(samples: Int, size: Int, expected: Int) throws {
    let data = try DatasetTests.numbered(classes: [Int](repeating: 0, count: samples))
    #expect(data.batches(size: size, droppingRemainder: true).map(\.count) == [Int](repeating: size, count: expected))
  }

  @Test("keep the shape of float targets")
  func floatTargets() throws {
    let data = try Dataset(inputs: [1, 2, 3], shape: [1], targets: [1, 10, 2, 20, 3, 30], targetShape: [2, 1])
    let batch = data.batches(size: 2)[0]
    #expect(batch.targets == .values([1, 10, 2, 20], shape: [2, 2, 1]))
    #expect(batch.labels == nil)
    #expect(try Dataset(inputs: [1], shape: [1]).batches(size: 1)[0].targets == .none)
  }

  @Test("shuffled by a seed hold every sample once, in an order of seed and epoch alone")
  func shuffled() throws {
    let data = try DatasetTests.numbered(classes: (0..<100).map { $0 % 10 })
    func order(seed: UInt64, epoch: Int) -> [Int] {
      data.batches(size: 7, shuffledBy: seed, epoch: epoch).flatMap { batch in
        stride(from: 0, to: batch.inputs.count, by: 2).map { Int(batch.inputs[$0]) }
      }
    }
    let first = order(seed: 1, epoch: 0)
    #expect(first.sorted() == Array(0..<100))
    #expect(first == order(seed: 1, epoch: 0))
    #expect(first != order(seed: 1, epoch: 1))
    #expect(first != order(seed: 2, epoch: 0))
    #expect(first != Array(0..<100))
  }

  @Test("come in all orders equally often")
  func uniformOrders() throws {
    let data = try DatasetTests.numbered(classes: [0, 0, 0])
    var occurrences: [[Int]: Int] = [:]
    for epoch in 0..<6000 {
      let batch = data.batches(size: 3, shuffledBy: 7, epoch: epoch)[0]
      occurrences[[Int(batch.inputs[0]), Int(batch.inputs[2]), Int(batch.inputs[4])], default: 0] += 1
    }
    // 1000 expected of each of the 6 orders; 5 standard deviations of a binomial count are 144.
    #expect(occurrences.count == 6)
    #expect(occurrences.values.allSatisfy { abs($0 - 1000) < 144 })
  }
}
