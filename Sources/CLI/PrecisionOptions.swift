import ArgumentParser
import Martlet

/// How exactly products are computed; shared by commands that may want them faster.
struct PrecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How exactly products and convolutions are computed: float32, tensorFloat32 or bfloat16.",
      discussion: """
        tensorFloat32 and bfloat16 round the factors (to 10 and 7 bits of mantissa) for the tensor cores of a GPU, and are refused \
        by a device without; sums, parameters and everything else stay float32.
        """))
  var precision = Precision.float32

  /// Runs a computation on a device at that level.
  ///
  /// - Throws: `PrecisionRefusal` where the device would compute in float32 instead.
  func applied<Result>(on device: Device, _ body: () throws -> Result) throws -> Result {
    if let reason = device.refusal(of: precision) {
      throw PrecisionRefusal(device: device, precision: precision, reason: reason)
    }
    return try withPrecision(precision, body)
  }
}

/// A device that does not compute at a level that was asked for.
struct PrecisionRefusal: Error, CustomStringConvertible {
  let device: Device
  let precision: Precision
  let reason: String

  var description: String {
    "\(device.name) (\(device.capabilities.deviceName)) does not compute in \(precision.rawValue): \(reason); leave --precision out, "
      + "or choose a device that does with --device"
  }
}

extension Precision: ExpressibleByArgument {}
