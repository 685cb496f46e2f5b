import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Tensors and arrays") struct HostTests {
  @Test("what goes in comes out", arguments: Device.underTest)
  func roundTrip(on device: Device) throws {
    #expect(try Tensor([1, 2.5, -3], on: device).floats() == [1, 2.5, -3])
    #expect(try Tensor([1, -2] as [Int32], shape: [2, 1], on: device).int32s() == [1, -2])
    #expect(try Tensor([0, 255] as [UInt8], shape: [2], on: device).bytes() == [0, 255])
    #expect(try Tensor([true, false], shape: [2], on: device).bools() == [true, false])
    #expect(try Tensor(7, on: device).item() == 7)
  }
}
