import Foundation
import MartletTensor
import Testing

/// Every case of the golden vectors on every device of this machine. `MARTLET_GOLDEN` names another set of the same format;
/// `MARTLET_GOLDEN_DEVICES` narrows the devices (`cpu,opencl:0`). See Docs/Golden.md.
@Suite("Golden vectors", .serialized) struct GoldenTests {
  static let deviceNames: [String] = {
    let usable = Device.candidates.filter { $0.reasonUnusable == nil }.map(\.name)
    let wanted = ProcessInfo.processInfo.environment["MARTLET_GOLDEN_DEVICES"].flatMap { $0.isEmpty ? nil : $0 }
    return wanted.map { $0.split(separator: ",").map(String.init) } ?? usable
  }()

  @Test("agree with the library", arguments: deviceNames)
  func agreement(on name: String) throws {
    let report = Report(running: try GoldenSet.fromEnvironment(), on: try Device.named(name))
    print(report)
    #expect(report.failures.isEmpty, "\(report.failures.count) cases failed on \(name), listed above")
    #expect(report.unexpectedlyUnsupported.isEmpty, "these used to be supported")
  }
}
