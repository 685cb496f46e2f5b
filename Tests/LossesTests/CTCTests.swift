import Foundation
import MartletAutograd
import MartletBackend
import MartletLosses
import MartletTensor
import MartletTestSupport
import Testing

@Suite("CTC") struct CTCTests {
  /// `-log Σ` over every alignment there is, one by one: all sequences of classes that become the labels when repetitions are
  /// joined and blanks dropped.
  private func enumerated(_ logits: [[Double]], _ labels: [Int], blank: Int) -> Double {
    let probabilities = logits.map { row -> [Double] in
      let total = row.reduce(0) { $0 + exp($1) }
      return row.map { exp($0) / total }
    }
    let classes = logits.first?.count ?? 1
    var sum = 0.0
    for number in 0..<Int(pow(Double(classes), Double(logits.count))) {
      var (rest, path) = (number, [Int]())
      for _ in logits {
        path.append(rest % classes)
        rest /= classes
      }
      let joined = path.indices.filter { $0 == 0 || path[$0] != path[$0 - 1] }.map { path[$0] }
      if joined.filter({ $0 != blank }) == labels {
        sum += zip(probabilities, path).reduce(1) { $0 * $1.0[$1.1] }
      }
    }
    return -log(sum)
  }

  private let logits: [[Double]] = [
    [0.5, -1.25, 2, 0.25], [1.5, 0.75, -0.5, 0], [-2, 0.25, 1, 0.5], [0, 3, -1, -0.25], [0.25, 0.5, -0.75, 1],
  ]

  private func loss(
    _ device: Device, _ labels: [Int32], labelCount: Int, outputs: Int, blank: Int = 0
  ) -> Tensor {
    CTC(blank: blank)(
      Tensor(logits.joined().map { Float($0) }, shape: [1, 5, 4], on: device),
      labels: Tensor(labels, shape: [1, labels.count], on: device),
      labelLengths: Tensor([Int32(labelCount)], shape: [1], on: device),
      logitLengths: Tensor([Int32(outputs)], shape: [1], on: device))
  }

  @Test("adds up all alignments, with repetitions, no labels, short outputs and any blank", arguments: Device.underTest)
  func enumeration(on device: Device) {
    let cases: [(labels: [Int32], count: Int, outputs: Int, blank: Int)] = [
      ([1, 2], 2, 5, 0), ([2, 2], 2, 5, 0), ([3], 1, 1, 0), ([1, 2, 1], 3, 4, 0), ([0, 2], 2, 5, 3),
      ([0, 0, 1], 3, 5, 3),
      ([2, 1, 3], 1, 5, 0), ([1, 2], 0, 3, 0), ([1, 2, 3, 1, 2], 5, 5, 0),
    ]
    for test in cases {
      let expected = enumerated(
        Array(logits.prefix(test.outputs)), test.labels.prefix(test.count).map(Int.init), blank: test.blank)
      expectClose(
        loss(device, test.labels, labelCount: test.count, outputs: test.outputs, blank: test.blank), [Float(expected)],
        within: 1e-5)
    }
  }

  @Test("labels that do not fit cost infinity and teach nothing", arguments: Device.underTest)
  func impossible(on device: Device) throws {
    // Equal neighbours need a blank between them: three of them need five outputs.
    expectClose(loss(device, [1, 1, 1], labelCount: 3, outputs: 4), [.infinity])
    expectClose(loss(device, [1], labelCount: 1, outputs: 0), [.infinity])
    expectClose(loss(device, [1], labelCount: 0, outputs: 0), [0])
    let leaf = Tensor([0, 1, 2, 0], shape: [1, 2, 2], on: device).requiringGradient()
    let labels = Tensor([1, 1] as [Int32], shape: [1, 2], on: device)
    let lengths = Tensor([2] as [Int32], shape: [1], on: device)
    let gradients = CTC()(leaf, labels: labels, labelLengths: lengths).gradients()
    expectClose(try #require(gradients[leaf]), [0, 0, 0, 0])
  }

  @Test("does not underflow where every single alignment has probability 0 in float", arguments: Device.underTest)
  func longSequences(on device: Device) {
    // 300 outputs of 5 equal classes: alignments of one label are 300 · 301 / 2 runs, each of probability 5⁻³⁰⁰.
    let even = Tensor.zeros([1, 300, 5], on: device)
    let labels = Tensor([2] as [Int32], shape: [1, 1], on: device)
    let lengths = Tensor([1] as [Int32], shape: [1], on: device)
    expectClose(
      CTC()(even, labels: labels, labelLengths: lengths), [Float(300 * log(5.0) - log(45_150.0))], within: 1e-5)
  }

  @Test("takes targets filled up with -1, as a loss of a model")
  func asLoss() throws {
    withDevice(.reference) {
      let predictions = Tensor((logits + logits).joined().map { Float($0) }, shape: [2, 5, 4])
      let targets = Tensor([1, 2, -1, 3, -1, -1], shape: [2, 3])
      let expected = [[1, 2], [3]].map { Float(enumerated(logits, $0, blank: 0)) }
      expectClose(CTC()(predictions, targets, reduction: .none), expected, shape: [2], within: 1e-5)
      let weights = Tensor([2, 1])
      expectClose(
        CTC()(predictions, targets, reduction: .sum, sampleWeights: weights), [2 * expected[0] + expected[1]],
        within: 1e-5)
    }
    try CTC().check(output: [5, 4], targets: .values([3]))
    #expect(throws: ShapeError.self) { try CTC().check(output: [4], targets: .values([3])) }
    #expect(throws: ShapeError.self) { try CTC(blank: 4).check(output: [5, 4], targets: .values([3])) }
    #expect(throws: ShapeError.self) { try CTC().check(output: [5, 4], targets: .labels(largest: 2)) }
  }

  @Test("has the gradient that central differences find")
  func gradient() throws {
    let labels = Tensor([2, 2, 1, 1, 3, 0] as [Int32], shape: [2, 3], on: .reference)
    let lengths = Tensor([3, 2] as [Int32], shape: [2], on: .reference)
    let outputs = Tensor([5, 4] as [Int32], shape: [2], on: .reference)
    let x = Tensor((logits + logits.reversed()).joined().map { Float($0) }, shape: [2, 5, 4], on: .reference)
    try gradientCheck(at: x) {
      CTC()($0, labels: labels, labelLengths: lengths, logitLengths: outputs, reduction: .none)
    }
  }
}
