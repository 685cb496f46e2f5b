import MartletAutograd
import MartletBackend
import MartletReferenceBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Profiling") struct ProfilingTests {
  private func view(_ backend: any Backend, _ layout: Layout) -> View {
    View(storage: backend.allocate(byteCount: 4096), layout: layout, dtype: .float32)
  }

  @Test("counts a convolution's taps, and each broadcast element once")
  func work() {
    let backend = ReferenceBackend(checksMemory: false)
    let image = view(backend, Layout(contiguous: [2, 5, 5, 3]))
    let weights = view(backend, Layout(contiguous: [3, 3, 3, 8]))
    let result = view(backend, Layout(contiguous: [2, 3, 3, 8]))
    let work = Work.convolution(image, weights: weights, result)
    #expect(work.flops == 2 * 144 * 27 && work.bytes == 4 * (150 + 216 + 144))
    #expect(Work(touching: [view(backend, Layout(shape: [4, 6], strides: [0, 1]))]).bytes == 24)
  }

  @Test("changes no bit, and records every call with its shapes and rates", arguments: Device.underTest)
  func calls(device: Device) throws {
    func result(on device: Device) throws -> [Float] {
      let pixels: [Float] = (0..<72).map { Float($0 % 5) / 4 - 0.5 }
      let taps: [Float] = (0..<36).map { Float($0 % 7) / 8 - 0.25 }
      let x = Tensor(pixels, shape: [2, 6, 6, 1], on: device)
      let weights = Tensor(taps, shape: [3, 3, 1, 4], on: device)
      let y = x.conv2d(weights).maxPool2d(size: Extent2D(2)).reshaped(to: [2, 16]).exp()
      return try y.matmul(y.transposed()).floats()
    }
    let profile = Profile()
    let recorded = try Device.named(device.name, recordingInto: profile)
    #expect(recorded.name == device.name && recorded.capabilities.kind == device.capabilities.kind)
    #expect(try result(on: recorded) == result(on: device))

    let rows = profile.calls
    for name in ["upload", "conv2d 2×6×6×1 by 3×3×1×4", "map exp 2×16", "matmul 2×16×2", "download"] {
      let row = try #require(rows.first { $0.name == name }, "\(name) among \(rows.map(\.name))")
      #expect(row.calls == (name == "upload" ? 2 : 1) && row.launches >= row.calls)
    }
    let matmul = try #require(rows.first { $0.name == "matmul 2×16×2" })
    #expect(matmul.work == Work(flops: 128, bytes: 4 * (32 + 32 + 4)))
    #expect(rows.reduce(0) { $0 + $1.launches } == profile.events.kept.count && profile.events.dropped == 0)
    #expect(profile.events.kept.allSatisfy { $0.track == device.name && $0.start >= 0 && $0.duration >= 0 })
  }

  @Test("of a device that does not exist is the same error as without")
  func unknown() throws {
    #expect(throws: BackendError.self) { try Device.named("gpu7", recordingInto: Profile()) }
  }
}
