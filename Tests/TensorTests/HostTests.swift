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

  @Test("a description has shape, type, device and elements, long axes shortened")
  func description() {
    let matrix = Tensor([1, 2, 3, 4.5], shape: [2, 2], on: .reference)
    #expect("\(matrix)" == "[2, 2] float32 on reference: [[1.0, 2.0], [3.0, 4.5]]")
    #expect("\(Tensor(7, on: .reference))" == "[] float32 on reference: 7.0")
    #expect("\(Tensor.range(100, on: .reference))" == "[100] int32 on reference: [0, 1, 2, …, 97, 98, 99]")
    #expect("\(Tensor.zeros([2, 0], on: .reference))" == "[2, 0] float32 on reference: [[], []]")
    #expect("\(Tensor([true], shape: [1], on: .reference))" == "[1] bool on reference: [true]")
  }
}
