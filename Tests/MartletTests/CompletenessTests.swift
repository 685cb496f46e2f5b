import Foundation
import Martlet
import Testing

/// The shared suites walk lists. These tests read the sources, so that nothing that is declared can be missing from its list.
@Suite("Nothing is left out of the lists that tests walk") struct CompletenessTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// All Swift code below a folder.
  private static func code(in folder: String) throws -> String {
    let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
    return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
  }

  /// The types below a folder that are declared to conform to a protocol.
  private static func types(conformingTo name: String, in folder: String) throws -> Set<String> {
    let declaration = try Regex(#"public struct (\w+): [^{]*\b\#(name)\b[^{]*\{"#)
    return Set(try code(in: folder).matches(of: declaration).compactMap { $0.output[1].substring.map(String.init) })
  }

  @Test("losses")
  func losses() throws {
    let declared = try Self.types(conformingTo: "Loss", in: "Sources/Losses")
    #expect(declared.count > 15)
    let listed = Set(LossCatalogue.all.map { String(describing: type(of: $0)) })
    // Labels of other lengths than outputs: a suite of its own.
    #expect(declared.subtracting(listed) == ["CTC"])
  }

  @Test("optimizers and schedules")
  func optimizers() throws {
    let declared = try Self.types(conformingTo: "Optimizer", in: "Sources/Optimizers")
    #expect(declared.count > 9)
    #expect(declared.subtracting(OptimizerCatalogue.all.map { String(describing: type(of: $0)) }) == [])
    let schedules = try Self.types(conformingTo: "LearningRateSchedule", in: "Sources/Optimizers")
    let tests = try Self.code(in: "Tests/OptimizersTests")
    #expect(schedules.count > 9 && schedules.filter { !tests.contains("\($0)") } == [])
  }

  @Test("metrics, each with a test that names it")
  func metrics() throws {
    let source = try Self.code(in: "Sources/Metrics")
    let tests = try Self.code(in: "Tests/MetricsTests")
    let declaration = /public static (?:func|let|var) (\w+)/
    let names = Set(source.matches(of: declaration).map { String($0.1) })
    #expect(names.count >= 20 && names.filter { !tests.contains(".\($0)") }.sorted() == [])
  }

  @Test("operations whose gradient is checked on every device: all but those that are flat almost everywhere")
  func operations() throws {
    let source = try Self.code(in: "Sources/Autograd/Operations")
    let cases = try String(
      contentsOf: Self.root.appending(path: "Tests/AutogradTests/OperationCases.swift"), encoding: .utf8)
    let declaration = /public (?:static )?func (\w+)/
    let names = Set(source.matches(of: declaration).map { String($0.1) })
    let flat: Set = ["argmax", "argmin", "cast", "ceiling", "floor", "oneHot", "round", "sign", "step"]
    #expect(names.count > 70 && names.subtracting(flat).filter { !cases.contains(".\($0)(") }.sorted() == [])
  }

  @Test("activations: every case of the enumeration has a name that people can type, or parameters that it needs")
  func activations() throws {
    let source = try String(
      contentsOf: Self.root.appending(path: "Sources/Layers/Activation.swift"), encoding: .utf8)
    let cases = source.matches(of: /(?m)^  case (\w+)/).map { String($0.1) }
    let needingParameters: Set = ["threshold", "maxout"]
    #expect(cases.count > 25)
    for name in cases where !needingParameters.contains(name) {
      #expect(throws: Never.self) { try Activation(named: name) }
    }
  }
}
