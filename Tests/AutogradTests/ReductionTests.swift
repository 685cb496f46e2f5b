import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Reductions") struct ReductionTests {
  @Test("sum, mean, max, min and product along any axes", arguments: Device.underTest)
  func definitions(on device: Device) throws {
    let x = Tensor([3, -1, 4, 1, -5, 9], shape: [2, 3], on: device)
    expectClose(x.sum(), [11], shape: [])
    expectClose(x.sum(alongAxes: [0]), [4, -6, 13], shape: [3])
    expectClose(x.sum(alongAxes: [-1], keepingRank: true), [6, 5], shape: [2, 1])
    expectClose(x.sum(alongAxes: []), [3, -1, 4, 1, -5, 9], shape: [2, 3])
    expectClose(x.mean(), [11.0 / 6])
    expectClose(x.mean(alongAxes: [1]), [2, 5.0 / 3])
    expectClose(x.max(alongAxes: [1]), [4, 9])
    expectClose(x.min(alongAxes: [0], keepingRank: true), [1, -5, 4], shape: [1, 3])
    expectClose(x.product(alongAxes: [1]), [-12, -45])
    expectClose(x.transposed().sum(alongAxes: [0]), [6, 5])
    expectClose(Tensor(5, on: device).sum(), [5], shape: [])
    expectClose(Tensor(5, on: device).max(), [5], shape: [])
    expectClose(Tensor(5, on: device).logSumExp(), [5], shape: [])
  }

  @Test("over nothing a sum is 0, a product 1, a maximum -∞, a mean NaN", arguments: Device.underTest)
  func empty(on device: Device) throws {
    let x = Tensor.zeros([2, 0], on: device)
    expectClose(x.sum(alongAxes: [1]), [0, 0], shape: [2])
    expectClose(x.product(alongAxes: [1]), [1, 1])
    expectClose(x.max(alongAxes: [1]), [-.infinity, -.infinity])
    expectClose(x.mean(alongAxes: [1]), [.nan, .nan])
    expectClose(x.sum(alongAxes: [0]), [], shape: [0])
  }

  @Test("whole numbers are summed exactly", arguments: Device.underTest)
  func integers(on device: Device) throws {
    let x = Tensor([1 << 30, 1, -7, 3] as [Int32], shape: [2, 2], on: device)
    #expect(try x.sum(alongAxes: [1]).int32s() == [(1 << 30) + 1, -4])
    #expect(try x.max(alongAxes: [1]).int32s() == [1 << 30, 3])
    #expect(try x.cumulativeSum(alongAxis: 1).int32s() == [1 << 30, (1 << 30) + 1, -7, -4])
  }

  @Test("variance divides by n and does not suffer from a large mean", arguments: Device.underTest)
  func variance(on device: Device) throws {
    expectClose(Tensor([1, 2, 3, 4], on: device).variance(), [1.25], shape: [])
    expectClose(Tensor([1, 2, 3, 4], on: device).standardDeviation(), [1.118034])
    expectClose(Tensor([10001, 10002, 10003, 10004], on: device).variance(), [1.25])
    expectClose(
      Tensor([1, 3, 10, 20], shape: [2, 2], on: device).variance(alongAxes: [1], keepingRank: true), [1, 25],
      shape: [2, 1])
  }

  @Test("logSumExp neither overflows nor underflows", arguments: Device.underTest)
  func logSumExp(on device: Device) throws {
    let x = Tensor([1000, 1000, -1000, -1000, -.infinity, 0], shape: [3, 2], on: device)
    expectClose(x.logSumExp(alongAxes: [1]), [1000.6931, -999.30685, 0])
    expectClose(Tensor([-.infinity, -.infinity], on: device).logSumExp(), [-.infinity])
    expectClose(Tensor([.infinity, 0], on: device).logSumExp(), [.infinity])
  }

  @Test("argmax and argmin take the first of equals, and NaN", arguments: Device.underTest)
  func arguments(on device: Device) throws {
    let x = Tensor([1, 7, 7, 2, 0, 0], shape: [2, 3], on: device)
    #expect(try x.argmax(alongAxis: 1).int32s() == [1, 0])
    #expect(try x.argmin(alongAxis: 1).int32s() == [0, 1])
    #expect(try x.argmax().int32s() == [1])
    #expect(try x.argmin().int32s() == [4])
    #expect(x.argmax(alongAxis: 0, keepingRank: true).shape == [1, 3])
    #expect(try Tensor([1, .nan, 9], on: device).argmax().int32s() == [1])
    expectClose(Tensor([1, .nan, 9], on: device).max(), [.nan])
  }

  @Test("the gradient of max and min goes to the first of equals only", arguments: Device.underTest)
  func ties(on device: Device) throws {
    let x = Tensor([2, 5, 5, 1, 1, 1], shape: [2, 3], on: device)
    expectClose(gradient(at: x) { $0.max(alongAxes: [1]).sum() }, [0, 1, 0, 1, 0, 0])
    expectClose(gradient(at: x) { $0.min() }, [0, 0, 0, 1, 0, 0])
    expectClose(gradient(at: x) { $0.max(alongAxes: [0]).sum() }, [1, 1, 1, 0, 0, 0])
  }

  @Test("running sums, exclusive and reversed, along any axis", arguments: Device.underTest)
  func cumulativeSum(on device: Device) throws {
    let x = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], on: device)
    expectClose(x.cumulativeSum(alongAxis: 1), [1, 3, 6, 4, 9, 15])
    expectClose(x.cumulativeSum(alongAxis: 1, exclusive: true), [0, 1, 3, 0, 4, 9])
    expectClose(x.cumulativeSum(alongAxis: -1, reversed: true), [6, 5, 3, 15, 11, 6])
    expectClose(x.cumulativeSum(alongAxis: 0, exclusive: true, reversed: true), [4, 5, 6, 0, 0, 0])
  }

  @Test("sorting is stable, and topK takes the lower position first", arguments: Device.underTest)
  func sorting(on device: Device) throws {
    let x = Tensor([3, 1, 3, 2, 8, 8], shape: [2, 3], on: device)
    let ascending = x.sorted()
    expectClose(ascending.values, [1, 3, 3, 2, 8, 8], shape: [2, 3])
    #expect(try ascending.indices.int32s() == [1, 0, 2, 0, 1, 2])
    let descending = x.sorted(alongAxis: 0, descending: true)
    expectClose(descending.values, [3, 8, 8, 2, 1, 3])
    #expect(try descending.indices.int32s() == [0, 1, 1, 1, 0, 0])
    let top = x.topK(2)
    expectClose(top.values, [3, 3, 8, 8], shape: [2, 2])
    #expect(try top.indices.int32s() == [0, 2, 1, 2])
    expectClose(Tensor([2, .nan, 1], on: device).sorted().values, [1, 2, .nan])
  }
}
