import Foundation
import MartletTensor
import Testing

/// Every case of the golden vectors on every device of this machine. `MARTLET_GOLDEN` names another set of the same format;
/// `MARTLET_GOLDEN_DEVICES` narrows the devices (`cpu,opencl:0`); `MARTLET_GOLDEN_TRACE` announces each case. See Docs/Golden.md.
@Suite("Golden vectors", .serialized) struct GoldenTests {
  static let deviceNames: [String] = {
    let usable = Device.candidates.filter { $0.reasonUnusable == nil }.map(\.name)
    return setting("MARTLET_GOLDEN_DEVICES").map { $0.split(separator: ",").map(String.init) } ?? usable
  }()

  private static func setting(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  @Test("agree with the library", arguments: deviceNames)
  func agreement(on name: String) throws {
    let report = Report(
      running: try GoldenSet.fromEnvironment(), on: try Device.named(name),
      announcing: Self.setting("MARTLET_GOLDEN_TRACE") != nil)
    print(report)
    #expect(report.failures.isEmpty, "\(report.failures.count) cases failed on \(name), listed above")
    #expect(report.unexpectedlyUnsupported.isEmpty, "these used to be supported")
  }
}
