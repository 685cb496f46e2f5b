import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletGenerative
import MartletLayers
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("A character model") struct CharacterModelTests {
  private static let text = String(repeating: "abcde fgh. ", count: 60)

  private static func model(seed: UInt64 = 1, dropout: Float = 0) throws -> CharacterModel {
    try CharacterModel(
      vocabulary: Vocabulary(fitting: [text], unit: .characters), units: [24, 16], embeddingSize: 8, dropout: dropout,
      seed: seed)
  }

  @Test("goes on from a state as if it had read everything at once", arguments: Device.underTest)
  func continuation(on device: Device) throws {
    let model = try Self.model()
    try model.move(to: device)
    let codes = model.vocabulary.encoded([String(Self.text.prefix(12))])[0]
    let whole = model(Tensor(codes, shape: [1, 12], on: device), after: nil).logits
    let first = model(Tensor(Array(codes[..<5]), shape: [1, 5], on: device), after: nil)
    let second = model(Tensor(Array(codes[5...]), shape: [1, 7], on: device), after: first.state)
    expectClose(Tensor.concatenated([first.logits, second.logits], alongAxis: 1), try whole.floats(), within: 1e-6)
  }

  @Test("measures a text by the probabilities that it gives each next character", arguments: Device.underTest)
  func nats(on device: Device) throws {
    let model = try Self.model()
    try model.move(to: device)
    let text = String(Self.text.prefix(8))
    let codes = model.vocabulary.encoded([text])[0]
    let probabilities = try model(Tensor(codes, shape: [1, 8], on: device), after: nil).logits.softmax().floats()
    let expected = (0..<7).reduce(0.0) { sum, position in
      sum - log(Double(probabilities[position * model.vocabulary.codeCount + Int(codes[position + 1])]))
    }
    #expect(abs(try model.natsPerCharacter(of: text, streams: 1, on: device) - expected / 7) < 1e-5)
    // In three streams, of 3, 3 and 1 predictions, each from the beginning.
    let parts = ["abcd", "de f", "fg"].map { model.vocabulary.encoded([$0])[0] }
    #expect(String(text.prefix(8)) == "abcde fg")
    var sum = 0.0
    for part in parts {
      let table = try model(Tensor(part, shape: [1, part.count], on: device), after: nil).logits.softmax().floats()
      for position in 0..<part.count - 1 {
        sum -= log(Double(table[position * model.vocabulary.codeCount + Int(part[position + 1])]))
      }
    }
    #expect(abs(try model.natsPerCharacter(of: text, streams: 3, on: device) - sum / 7) < 1e-5)
  }

  @Test("learns a sentence by heart and writes it; equal seeds give equal weights")
  func learning() throws {
    let schedule = CharacterModel.Schedule(epochs: 30, streams: 4, window: 16, learningRate: 0.02)
    func trained() throws -> (CharacterModel, History) {
      let model = try Self.model(dropout: 0.1)
      let history = try model.fit(Self.text, heldOut: Self.text, schedule: schedule, seed: 1, progress: .silent)
      return (model, history)
    }
    let (model, history) = try trained()
    #expect(history["val_loss"].last ?? 9 < 0.1)
    #expect(try model.text(continuing: "abcde", count: 11, temperature: 0) == " fgh. abcde")
    #expect(
      try model.text(continuing: "abcde", count: 40, seed: 4) == model.text(continuing: "abcde", count: 40, seed: 4))
    #expect(
      try trained().0.weights.tensors.mapValues { try $0.floats() }
        == model.weights.tensors.mapValues { try $0.floats() })
  }

  @Test("writes the same text on every device", arguments: Device.underTest)
  func determinism(on device: Device) throws {
    let (model, reference) = (try Self.model(), try Self.model())
    try model.move(to: device)
    try reference.move(to: .reference)
    #expect(
      try model.text(continuing: "a", count: 20, temperature: 1.5, seed: 2)
        == reference.text(continuing: "a", count: 20, temperature: 1.5, seed: 2))
  }

  @Test("throws for a text that is too short, and takes characters it does not know")
  func shortText() throws {
    let model = try Self.model()
    #expect(throws: TrainingError.self) { try model.fit("abc", progress: .silent) }
    #expect(throws: TrainingError.self) { try model.natsPerCharacter(of: "a") }
    #expect(try model.natsPerCharacter(of: "a€b") > 0)
    #expect(try model.text(continuing: "€", count: 3).count == 3)
  }
}
