import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("MultiHeadAttention") struct MultiHeadAttentionTests {
  /// One head whose projections change nothing: keys, queries and values are the inputs themselves.
  private func plain(_ features: Int, isCausal: Bool = false) throws -> MultiHeadAttention {
    let layer = MultiHeadAttention(heads: 1, keySize: features, isCausal: isCausal, useBias: false)
    try layer.build(for: [features, features])
    let identity = Tensor.identity(features)
    for parameter in [layer.queryKernel, layer.keyKernel, layer.valueKernel] {
      parameter.assign(identity.expanded(at: 1))
    }
    layer.outputKernel.assign(identity.expanded(at: 0))
    return layer
  }

  @Test("weights are the softmax of scaled products; the result mixes values by them", arguments: Device.underTest)
  func definition(on device: Device) throws {
    try withDevice(device) {
      let layer = try plain(4)
      let query = Tensor([2, 0, 0, 0], shape: [1, 1, 4])
      let value = Tensor([1, 0, 0, 0, 0, 8, 0, 0], shape: [1, 2, 4])
      // Scores 2·1/√4 = 1 and 0: weights e/(e + 1) = 0.731059 and 0.268941.
      let (result, weights) = layer.attended(query: query, value: value)
      expectClose(weights, [0.731059, 0.268941], shape: [1, 1, 1, 2])
      expectClose(result, [0.731059, 2.151531, 0, 0], shape: [1, 1, 4])
    }
  }

  @Test("sees what the mask and causality allow, and gives 0 where that is nothing", arguments: Device.underTest)
  func masks(on device: Device) throws {
    try withDevice(device) {
      let x = Tensor([1, 0, 0, 1, 1, 1], shape: [1, 3, 2])
      let mask = Tensor([1, 1, 1, 1, 0, 1, 0, 0, 0] as [Int32], shape: [1, 3, 3])
      let weights = try plain(2).attended(query: x, value: x, mask: mask).weights.reshaped(to: [3, 3])
      expectClose(weights.sliced(axis: 1, from: 1, count: 1).sliced(axis: 0, from: 1, count: 2), [0, 0])
      expectClose(weights.sum(alongAxes: [1]), [1, 1, 0])
      let causal = try plain(2, isCausal: true)
      let seen = causal.attended(query: x, value: x).weights.reshaped(to: [3, 3])
      expectClose((seen .> 0).cast(to: .float32), [1, 0, 0, 1, 1, 0, 1, 1, 1])
      // Together: the first place may see itself only, the second itself not.
      let both = causal.attended(query: x, value: x, mask: mask).weights.reshaped(to: [3, 3])
      expectClose((both .> 0).cast(to: .float32), [1, 0, 0, 1, 0, 0, 0, 0, 0])
    }
  }

  @Test("a masked row without anything to see has no gradient and no NaN")
  func emptyRows() throws {
    try withDevice(.reference) {
      let layer = try plain(2)
      let leaf = Tensor([1, 2, 3, 4], shape: [1, 2, 2]).requiringGradient()
      let nothing = Tensor.zeros([1, 2, 2])
      let gradients = layer.attended(query: leaf, value: leaf, mask: nothing).result.sum().gradients()
      expectClose(try #require(gradients[leaf]), [0, 0, 0, 0])
    }
  }

  @Test("says what does not fit before anything is computed")
  func shapes() throws {
    let layer = MultiHeadAttention(heads: 2, keySize: 3, valueSize: 5, outputSize: 7)
    #expect(try layer.outputShape(for: [[4, 6], [9, 8]]) == [4, 7])
    #expect(try layer.outputShape(for: [[4, 6], [9, 8], [9, 2]]) == [4, 7])
    #expect(throws: ShapeError.self) { try layer.outputShape(for: [6]) }
    #expect(throws: ShapeError.self) { try layer.outputShape(for: [[4, 6], [9, 8], [8, 2]]) }
    try layer.build(for: [[4, 6], [9, 8], [9, 2]])
    #expect(layer.queryKernel.shape == [6, 2, 3])
    #expect(layer.keyKernel.shape == [2, 2, 3])
    #expect(layer.valueKernel.shape == [8, 2, 5])
    #expect(layer.outputKernel.shape == [2, 5, 7])
  }
}
