#if OpenCL
  import MartletBackend
  import MartletLayers
  import MartletLosses
  import MartletOpenCLBackend
  import MartletOptimizers
  import MartletTensor
  import MartletTestSupport
  import MartletTraining
  import Testing

  @Suite(
    "Training on an OpenCL device that fails", .serialized,
    .enabled(if: OpenCLDiscovery().problem == nil, "needs an OpenCL device"))
  struct OpenCLFaultTests {
    private func trained(on device: Device) throws -> [UInt32] {
      let trainer = Trainer(
        try TinyTask.network(), loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), on: device)
      try trainer.fit(TinyTask.points(24), epochs: 2, batchSize: 8, seed: 3, progress: .silent)
      return try TinyTask.bits(trainer.model)
    }

    private func opened() throws -> Device {
      Device(backend: try OpenCLDiscovery(library: FailingDriver.library()).open("opencl:0", profile: .cpu))
    }

    /// Statuses that mean: no memory once, no memory from then on, the device is gone, the queue is, an illegal access, nonsense.
    @Test(
      "ends with the processor's weights or with an error that names the device, whichever call fails; the processor goes on",
      arguments: [(-4, false), (-6, true), (-2, true), (-36, true), (-9999, true), (-30, false)] as [(Int32, Bool)])
    func anyCall(status: Int32, goesOn: Bool) throws {
      let wanted = try trained(on: .cpu)
      try FailingDriver.alone {
        FailingDriver.startCounting()
        _ = try trained(on: try opened())
        let count = FailingDriver.callCount
        #expect(count > 200)
        // The first calls one by one, then some all the way through.
        for call in Array(0..<4) + (1...12).map({ $0 * count / 13 }) {
          FailingDriver.set(call, status: status, goesOn: goesOn)
          do {
            let device = try opened()
            do {
              let weights = try trained(on: device)
              #expect(weights == wanted, "call \(call) of \(count)")
            } catch let error as BackendError {
              #expect(error.description.hasPrefix("opencl:0"), "call \(call) of \(count): \(error)")
              guard case .deviceLost(_, let reason) = error else { continue }
              // Lost is lost, also when the driver recovers.
              FailingDriver.startCounting()
              let again = #expect(throws: BackendError.self) { try trained(on: device) }
              guard case .deviceLost(_, let later) = again else {
                Issue.record("call \(call) of \(count): \(String(describing: again))")
                continue
              }
              #expect(later.hasSuffix(reason), "\(later) after \(reason)")
            }
          } catch let error as BackendError {
            #expect(error.description.hasPrefix("opencl:0"), "call \(call) of \(count): \(error)")
          }
        }
      }
      #expect(try trained(on: .cpu) == wanted)
    }

    @Test("goes on beside others in one process, each with a driver's context of its own")
    func severalDevices() async throws {
      let wanted = try trained(on: .cpu)
      let profiles: [OpenCLProfile] = [.cpu, .test, .cpu]
      let devices = try profiles.map { profile in
        Device(backend: try OpenCLDiscovery().open("opencl:0", profile: profile))
      }
      guard devices[0].capabilities.isCanonical else { return }
      let results = try await withThrowingTaskGroup(of: [UInt32].self) { group in
        for device in devices { group.addTask { try trained(on: device) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for weights in results { #expect(weights == wanted) }
      for device in devices { #expect(device.statistics.launches > 50) }
    }
  }
#endif
