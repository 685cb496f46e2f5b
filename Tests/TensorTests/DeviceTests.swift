import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Devices") struct DeviceTests {
  @Test("a name gives the same device each time")
  func identity() throws {
    #expect(try Device.named("cpu") == .cpu)
    #expect(try Device.named("cpu").backend === Device.cpu.backend)
    #expect(try Device.named("reference") == .reference)
    #expect(Device.cpu != .reference)
    #expect(Device.cpu.name == "cpu")
  }

  @Test("auto is a device that computes")
  func automatic() throws {
    let device = try Device.named("auto")
    expectClose(Tensor([1, 2], on: device), [1, 2])
  }

  @Test("an unknown name is answered with the known ones", arguments: ["gpu", "", "CPU", "cpu:1"])
  func unknown(_ name: String) {
    #expect {
      try Device.named(name)
    } throws: { error in
      "\(error)".contains("'\(name)'") && "\(error)".contains("reference, cpu")
    }
  }

  @Test("an OpenCL device that is not there is an error that says why", arguments: ["opencl:77", "opencl:x"])
  func absent(_ name: String) {
    #expect(throws: BackendError.self) { try Device.named(name) }
  }

  @Test("the candidates are all there is, and what cannot be used has a reason")
  func candidates() {
    let candidates = Device.candidates
    #expect(candidates.prefix(2).map(\.name) == ["reference", "cpu"])
    #expect(candidates.count > 2)
    for candidate in candidates {
      if candidate.kind == "none" { #expect(candidate.reasonUnusable != nil) }
      if candidate.reasonUnusable == nil { #expect((try? Device.named(candidate.name)) != nil) }
    }
  }

  @Test("withDevice changes where tensors are made, and only inside")
  func scope() {
    let outside = Device.current
    withDevice(.reference) {
      #expect(Tensor([1]).device == .reference)
      withDevice(.cpu) { #expect(Tensor.zeros([2]).device == .cpu) }
      #expect(Tensor.range(3).device == .reference)
    }
    #expect(Device.current == outside)
  }

  @Test("tensors move between devices with their elements, views included", arguments: Device.underTest)
  func moving(to device: Device) throws {
    let view = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], on: .reference)
    let transposed = view.viewed(as: view.layout.transposed([1, 0]))
    let moved = try transposed.to(device)
    #expect(moved.device == device)
    expectClose(moved, [1, 4, 2, 5, 3, 6], shape: [3, 2])
    #expect(try Tensor([7, -7] as [Int32], shape: [2], on: .cpu).to(device).int32s() == [7, -7])
  }

  @Test("an operation on tensors of two devices stops the program, naming both")
  func mixing() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.map(
        ElementwiseProgram(inputs: [.float32, .float32]) { x, _ in [x[0] + x[1]] }, Tensor([1], on: .cpu),
        Tensor([1], on: .reference), for: "add")
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("add: tensors on different devices"))
    #expect(message.contains("cpu") && message.contains("reference"))
  }
}
