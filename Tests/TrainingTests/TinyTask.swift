import Foundation
import MartletBackend
import MartletData
import MartletLayers
import MartletTensor

/// Something small to learn: on which side of a line points of the plane lie.
enum TinyTask {
  static func points(_ count: Int, seed: UInt64 = 5) throws -> Dataset {
    var generator = PhiloxGenerator(seed: seed)
    let inputs = (0..<2 * count).map { _ in Float.random(in: -1...1, using: &generator) }
    let labels = (0..<count).map { inputs[2 * $0] + 0.5 * inputs[2 * $0 + 1] > 0 ? 1 : 0 }
    return try Dataset(inputs: inputs, shape: [2], labels: labels, classNames: ["left", "right"])
  }

  /// With everything that remembers or draws something: moving statistics and dropout.
  static func network() throws -> Sequential {
    try Sequential(input: [2], seed: 1) {
      Dense(8, activation: .relu)
      BatchNorm()
      Dropout(0.1)
      Dense(2)
    }
  }

  static func bits(_ model: any Layer) throws -> [UInt32] {
    try model.parameters.flatMap { try $0.value.floats().map(\.bitPattern) }
  }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
  private let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }
}
