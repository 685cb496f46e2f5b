import Martlet
import MartletCPUBackend

/// What a device can reach at most, measured on the spot: the roof that every result is held against.
///
/// - Source: Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance model".
package struct Roofline: Encodable, Sendable {
  /// Fused multiply-adds in registers, each counted as two.
  package let operationsPerSecond: Double
  /// By how much is used over and over, less first.
  package let memory: [MemoryBandwidth]

  package init(operationsPerSecond: Double, memory: [MemoryBandwidth]) {
    self.operationsPerSecond = operationsPerSecond
    self.memory = memory
  }

  /// Measures a device; takes about half a second.
  ///
  /// - Returns: `nil` where nothing is known of the device: only the CPU backend is measured.
  package init?(of device: Device) {
    guard let backend = device.backend as? CPUBackend else { return nil }
    operationsPerSecond = backend.measuredPeak()
    memory = backend.measuredBandwidths()
  }

  /// What holds a computation back when nothing else does.
  package enum Bound: Hashable, Sendable {
    case arithmetic
    case memory(byteCount: Int)
  }

  /// The shortest time a call can take, and why; `nil` where it neither computes nor moves anything.
  ///
  /// What is moved is held against a measurement that moved at least as much.
  package func limit(for cost: Cost) -> (seconds: Double, bound: Bound)? {
    let computing = cost.operations / operationsPerSecond
    guard let step = memory.first(where: { cost.bytes <= Double($0.byteCount) }) ?? memory.last else { return nil }
    let moving = cost.bytes / step.bytesPerSecond
    guard max(computing, moving) > 0 else { return nil }
    return computing >= moving ? (computing, .arithmetic) : (moving, .memory(byteCount: step.byteCount))
  }
}

extension Roofline {
  /// A power of two in KiB or MiB.
  package static func size(_ byteCount: Int) -> String {
    byteCount < 1 << 20 ? "\(byteCount >> 10) KiB" : "\(byteCount >> 20) MiB"
  }
}

extension Roofline.Bound: Encodable, CustomStringConvertible {
  /// `arithmetic`, or `memory` and how much of it was used when its bandwidth was measured.
  package var description: String {
    switch self {
    case .arithmetic: "arithmetic"
    case .memory(let byteCount): "memory, \(Roofline.size(byteCount))"
    }
  }

  /// Writes the description.
  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(description)
  }
}
