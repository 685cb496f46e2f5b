import Foundation
import MartletBackend

#if OpenCL
  import MartletOpenCLBackend
#endif

/// What `Device.tune` tried on one shape, and what came of it.
package struct TuningStep: Sendable {
  package let name, tile: String
  package let candidateCount: Int
  /// The time without tuning over the time with it.
  package let speedup: Double
}

extension Device {
  /// Measures which tiles of contractions are fastest on an OpenCL device and writes them where it looks for them when it is opened.
  ///
  /// - Parameters:
  ///   - seconds: How long each tile is measured on each shape.
  ///   - path: Where to write; by default the device's own place.
  ///   - report: Told about each shape.
  /// - Returns: the file that was written.
  /// - Throws: `BackendError` for other devices and when the device fails, an error of Foundation when the file cannot be written.
  package func tune(seconds: Double, path: String?, report: (TuningStep) -> Void) throws -> String {
    #if OpenCL
      if let backend = backend as? OpenCLBackend {
        let table = try backend.tune(TuningShape.usual(for: backend.profile), seconds: seconds) { result in
          report(
            TuningStep(
              name: result.name, tile: result.tile, candidateCount: result.candidateCount, speedup: result.speedup))
        }
        let (place, text) = backend.file(for: table)
        guard let target = path ?? place else {
          throw BackendError.invalidSetting(
            name: "HOME", value: "", reason: "there is no folder to write to; name one with MARTLET_CL_TILES")
        }
        let url = URL(fileURLWithPath: target)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url, options: .atomic)
        return target
      }
    #endif
    throw BackendError.unavailable(name: name, reason: "only OpenCL devices have tiles to tune")
  }
}
