import MartletAutograd
import MartletBackend
import MartletCPUBackend
import MartletReferenceBackend
import MartletTensor
import Testing

#if OpenCL
  import MartletOpenCLBackend
#endif

extension Device {
  /// Every device of this machine that can compute, for tests that hold everywhere; `MARTLET_TEST_DEVICES`, a list of names with
  /// commas, narrows it.
  package static let underTest: [Device] = {
    let names = candidates.filter { $0.reasonUnusable == nil && $0.kind != "none" }.map(\.name)
    let wanted = environment("MARTLET_TEST_DEVICES")?.split(separator: ",").map(String.init)
    return names.filter { wanted?.contains($0) ?? true }.compactMap { try? Device.named($0) }
  }()
}

extension Device {
  /// Devices like those under test, new ones each time, for tests that read counters.
  package static var unshared: [Device] { underTest.compactMap(\.another) }

  private var another: Device? {
    switch name {
    case "reference": return Device(backend: ReferenceBackend())
    case "cpu": return (try? CPUBackend()).map(Device.init(backend:))
    default:
      #if OpenCL
        return (try? OpenCLDiscovery().open(name)).map(Device.init(backend:))
      #else
        return nil
      #endif
    }
  }
}

/// Expects a float32 tensor with these elements.
///
/// - Parameters:
///   - tolerance: How far an element may be off, absolutely and relative to its magnitude; NaN equals NaN.
///   - shape: Expected too, where given.
package func expectClose(
  _ tensor: Tensor, _ expected: [Float], shape: Shape? = nil, within tolerance: Float = 1e-6,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if let shape { #expect(tensor.shape == shape, sourceLocation: sourceLocation) }
  do {
    let actual = try tensor.floats()
    guard actual.count == expected.count else {
      Issue.record("\(actual.count) elements, expected \(expected.count)", sourceLocation: sourceLocation)
      return
    }
    for (index, (a, e)) in zip(actual, expected).enumerated() {
      let isClose = a == e || (a.isNaN && e.isNaN) || (a - e).magnitude <= tolerance * max(1, e.magnitude)
      if !isClose {
        Issue.record(
          "element \(index) is \(a), expected \(e); all: \(actual.prefix(32))", sourceLocation: sourceLocation)
        return
      }
    }
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
}

/// Numbers between -1 and 1 that follow from the seed alone, none of them within 0.02 of zero.
package func sample(_ shape: Shape, seed: UInt64 = 1, scale: Float = 1, on device: Device = .current) -> Tensor {
  var generator = PhiloxGenerator(seed: seed)
  let values = (0..<shape.elementCount).map { _ -> Float in
    let magnitude = Float.random(in: 0.02..<1, using: &generator)
    return scale * (Bool.random(using: &generator) ? magnitude : -magnitude)
  }
  return Tensor(values, shape: shape, on: device)
}
