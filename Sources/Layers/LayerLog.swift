import MartletTensor
import Synchronization

/// What the layers of a model gave, one after the other, for those who look for the reason of something: the first result that is not
/// finite, units that never answer.
///
///     let sightings = LayerLog.sightings { model(x) }
///
/// Kept by `Sequential` and `Model`, also where these are parts of others. A class because layers all over a model add to it.
package final class LayerLog: Sendable {
  /// One layer's result.
  package struct Sighting: Sendable {
    /// Names or positions from the outermost model to the layer: `2.0`.
    package let path: String
    /// The layer, `any Layer` or one of several inputs.
    package let layer: any Sendable
    package let output: Tensor

    /// `layer '2.0' (Conv2D)`.
    package var title: String { "layer '\(path)' (\(type(of: layer)))" }
  }

  private struct State {
    var path: [String] = []
    var sightings: [Sighting] = []
  }

  @TaskLocal static var current: LayerLog?
  private let state = Mutex(State())

  /// The results of all layers at work in a closure, inner ones before those they are part of.
  package static func sightings(_ body: () throws -> Void) rethrows -> [Sighting] {
    let log = LayerLog()
    try $current.withValue(log) { try body() }
    return log.state.withLock { $0.sightings }
  }

  func enter(_ name: String) { state.withLock { $0.path.append(name) } }

  func leave(_ layer: any Sendable, giving output: Tensor) {
    state.withLock { state in
      state.sightings.append(
        Sighting(path: state.path.joined(separator: "."), layer: layer, output: output.detached))
      state.path.removeLast()
    }
  }
}
