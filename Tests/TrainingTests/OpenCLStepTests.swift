#if OpenCL
  import MartletData
  import MartletLayers
  import MartletLosses
  import MartletMetrics
  import MartletOpenCLBackend
  import MartletOptimizers
  import MartletTensor
  import MartletTraining
  import Testing

  @Suite("A training step on OpenCL", .serialized) struct OpenCLStepTests {
    private static let discovery = OpenCLDiscovery()
    private static let profiles: [OpenCLProfile] = discovery.problem == nil ? [.cpu, .test] : []

    /// The network that `martlet train mnist-cnn` trains.
    private func network() throws -> Sequential {
      try Sequential(input: [28, 28, 1], seed: 1) {
        Conv2D(32, kernel: 3, activation: .relu)
        MaxPool2D(2)
        Conv2D(64, kernel: 3, activation: .relu)
        MaxPool2D(2)
        Flatten()
        Dense(10)
      }
    }

    @Test(
      "of the MNIST network, as the trainer makes it, launches at most 30 kernels, builds nothing, creates no buffer and waits for nobody",
      arguments: profiles)
    func steadyState(profile: OpenCLProfile) throws {
      let device = Device(backend: try Self.discovery.open("opencl", profile: profile))
      let trainer = Trainer(
        try network(), loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.003), metrics: [.accuracy],
        on: device)
      // Waits come after 1, 2, 4, 8 … steps, whatever the speed of this machine.
      trainer.secondsBetweenWaits = .infinity
      let stepCount = 15
      let digits = StrokeDigits(seed: 1).dataset(of: 0..<4 * stepCount)
      func epoch() throws { try trainer.fit(digits, epochs: 1, batchSize: 4, seed: 1, progress: .silent) }
      try epoch()
      try epoch()
      let before = device.statistics
      try epoch()
      let after = device.statistics
      #expect(after.programBuilds == before.programBuilds)
      #expect(after.systemAllocations == before.systemAllocations)
      let launches = after.launches - before.launches
      #expect(launches <= 30 * stepCount, "\(Double(launches) / Double(stepCount)) launches per step")
      // One for the loss and one for the accuracy, after steps 1, 3, 7 and 15 and at the end.
      #expect(after.synchronizations - before.synchronizations <= 2 * 5)
      #expect(after.bytesInUse == before.bytesInUse)
    }

    @Test("gives the history and the weights of the processor, bit for bit", arguments: profiles)
    func sameBits(profile: OpenCLProfile) throws {
      let digits = StrokeDigits(seed: 2).dataset(of: 0..<48)
      func trained(on device: Device) throws -> (losses: [Double], weights: [UInt32]) {
        let trainer = Trainer(
          try network(), loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.003), metrics: [.accuracy],
          on: device)
        let history = try trainer.fit(digits, epochs: 2, batchSize: 16, seed: 1, progress: .silent)
        let weights = try trainer.model.parameters.flatMap { try $0.value.floats().map(\.bitPattern) }
        return (history["loss"] + history["accuracy"], weights)
      }
      let device = Device(backend: try Self.discovery.open("opencl", profile: profile))
      guard device.capabilities.isCanonical else { return }
      let (wanted, got) = (try trained(on: .cpu), try trained(on: device))
      #expect(got.losses == wanted.losses)
      #expect(got.weights == wanted.weights)
    }
  }
#endif
