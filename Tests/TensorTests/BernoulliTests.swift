import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Draws of ones and zeros") struct BernoulliTests {
  @Test("come as often as the probability says, and always or never at the ends", arguments: Device.underTest)
  func frequency(on device: Device) throws {
    let count = 20_000
    let probabilities = [Float](repeating: 0.3, count: count) + [0, -1, .nan, 1, 2]
    let drawn = try Tensor(probabilities, on: device).bernoulli(key: RandomKey(seed: 3)).floats()
    #expect(Array(drawn[count...]) == [0, 0, 0, 1, 1])
    #expect(drawn.allSatisfy { $0 == 0 || $0 == 1 })
    // The standard error is √(0.3 · 0.7 / 20000) = 0.0032; four of them.
    #expect((drawn[..<count].reduce(0, +) / Float(count) - 0.3).magnitude < 0.013)
  }

  @Test("are the same on every device, and others for another key", arguments: Device.underTest)
  func keys(on device: Device) throws {
    func drawn(_ draw: UInt32, _ device: Device) throws -> [Float] {
      try Tensor(filling: [77], with: 0.5, on: device).bernoulli(key: RandomKey(seed: 1, draw: draw)).floats()
    }
    #expect(try drawn(0, device) == drawn(0, .reference))
    #expect(try drawn(0, device) != drawn(1, device))
  }
}
