#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL map of several sets", .needsDevice) struct MapEachTests {
    private static let momentum = ElementwiseProgram(inputs: [.float32, .float32, .float32], parameters: [.float32]) {
      x, p in
      let velocity = p[0] * x[1] + x[2]
      return [x[0] - velocity, velocity]
    }

    /// Weights, velocities and gradients of a length, changed in place.
    private func set(_ backend: OpenCLBackend, length: Int, _ numbers: inout Numbers) -> MapOperands {
      let views = (0..<3).map { _ in HostView(numbers.floats(length), [length]).on(backend) }
      return MapOperands(inputs: views, outputs: Array(views[..<2]))
    }

    @Test("takes one launch for parameters of any length, and gives the bits of map", arguments: UnderTest.profiles)
    func oneLaunch(profile: OpenCLProfile) throws {
      let backend = try UnderTest.discovery.open("opencl", profile: profile)  // its counters are nobody else's
      let lengths = [1, 7, 64, 4096, 4097, 300, 18_433]
      let results = try [true, false].map { isTogether in
        var numbers = Numbers(seed: 3)
        let sets = lengths.map { set(backend, length: $0, &numbers) }
        let before = backend.statistics.launches
        if isTogether {
          backend.mapEach(Self.momentum, sets, parameters: [.float32(0.9)])
          #expect(backend.statistics.launches - before == 1)
        } else {
          for set in sets {
            backend.map(Self.momentum, inputs: set.inputs, parameters: [.float32(0.9)], outputs: set.outputs)
          }
        }
        return try sets.map { try $0.outputs.map { try backend.elements($0) } }
      }
      #expect(results[0] == results[1])
    }

    @Test(
      "takes a few launches for a hundred parameters, and one more for one that has gaps", arguments: UnderTest.profiles
    )
    func manySets(profile: OpenCLProfile) throws {
      let backend = try UnderTest.discovery.open("opencl", profile: profile)
      var numbers = Numbers(seed: 4)
      var sets = (0..<100).map { set(backend, length: 5 + $0, &numbers) }
      let gappy = HostView(numbers.floats(40), [20]).with(Layout(shape: [20], strides: [2])).on(backend)
      sets.append(MapOperands(inputs: [gappy, gappy, gappy], outputs: [backend.output([20]), backend.output([20])]))
      sets.append(set(backend, length: 0, &numbers))
      let inputs = try sets.map { try $0.inputs.map { try backend.floats($0) } }
      let before = backend.statistics.launches
      backend.mapEach(Self.momentum, sets, parameters: [.float32(0.5)])
      #expect(backend.statistics.launches - before <= 14)
      for (set, x) in zip(sets, inputs) {
        let velocities = zip(x[1], x[2]).map { 0.5 * $0 + $1 }
        let outputs = try set.outputs.map { try backend.floats($0) }
        #expect(outputs == [zip(x[0], velocities).map { $0 - $1 }, velocities])
      }
    }
  }
#endif
