import Foundation
import MartletInterchange
import MartletTensor
import Testing

@Suite("Golden runner") struct RunnerTests {
  @Test("accepts what is within the tolerance, NaN for NaN and infinities for themselves")
  func agreement() {
    func agrees(_ actual: [Double], _ expected: [Double]) -> Bool {
      difference(
        of: HostArray(actual, shape: [actual.count]), from: HostArray(expected, shape: [expected.count]),
        rtol: 0.01, atol: 0.001) == nil
    }
    #expect(agrees([100.9, -0.0009, 0], [100, 0, -0.0]))
    #expect(!agrees([101.1], [100]))
    #expect(!agrees([0.0011], [0]))
    #expect(agrees([.nan, .infinity, -.infinity], [.nan, .infinity, -.infinity]))
    for (actual, expected) in [(1, .nan), (.nan, 1), (1e300, .infinity), (.infinity, 1e300), (.infinity, -.infinity)]
      as [(Double, Double)]
    {
      #expect(!agrees([actual], [expected]), "\(actual) for \(expected)")
    }
  }

  @Test("demands the same shape, also where the elements are the same")
  func shapes() {
    let (flat, column) = (HostArray([1, 2], shape: [2]), HostArray([1, 2], shape: [2, 1]))
    #expect(difference(of: flat, from: column, rtol: 1, atol: 1) == "shape [2], expected [2, 1]")
    #expect(difference(of: HostArray(1), from: HostArray([1], shape: [1]), rtol: 1, atol: 1) != nil)
  }

  @Test("names the element that is furthest off")
  func worst() {
    let text = difference(
      of: HostArray([1, 2.5, 3, 9], shape: [2, 2]), from: HostArray([1, 2, 3, 4], shape: [2, 2]), rtol: 0, atol: 1)
    #expect(text == "element [1, 1]: 9.0, expected 4.0, error 5.0, allowed 1.0")
  }

  @Test("tells right from wrong from unsupported in a set")
  func verdicts() throws {
    let set = try Self.set(cases: [
      Self.sum("right", expecting: "sum", gradient: "ones"),
      Self.sum("wrong value", expecting: "product", gradient: "ones"),
      Self.sum("wrong gradient", expecting: "sum", gradient: "sum"),
      Self.sum("missing output", expecting: "sum", gradient: "ones", extra: #", "z": "tensor:sum""#),
      Self.sum("unknown operation", expecting: "sum", gradient: "ones", operation: "frobnicate"),
      Self.sum("unknown attribute", expecting: "sum", gradient: "ones", attributes: #"{"modulo": 7}"#),
      Self.sum("a note", expecting: "sum", gradient: "ones", attributes: #"{"note": "nothing to do"}"#),
    ])
    let verdicts = set.cases.map { set.run($0, on: .reference) }
    #expect(verdicts.map(\.kind) == ["passed", "failed", "failed", "failed", "unsupported", "unsupported", "passed"])
    let report = Report(running: set, on: .reference)
    #expect(report.failures.count == 3)
    // `frobnicate` was never promised; `add` was.
    #expect(report.unexpectedlyUnsupported.count == 1)
    #expect(report.description.contains("unsupported: tensor/frobnicate: no definition (1 case)"))
  }

  @Test("refuses sets it cannot read")
  func malformed() throws {
    #expect(throws: (any Error).self) { try GoldenSet(directory: URL(fileURLWithPath: "/nonexistent")) }
    #expect(throws: GoldenError.self) {
      try Self.set(cases: [Self.sum("dangling", expecting: "nothing of the kind", gradient: "ones")])
    }
  }

  /// A case of `add` on the arrays of `set(cases:)`, as JSON.
  private static func sum(
    _ name: String, expecting y: String, gradient: String, operation: String = "add", attributes: String = "{}",
    extra: String = ""
  ) -> String {
    """
    {"name": "\(name)", "category": "tensor", "op": "\(operation)", "attributes": \(attributes),
     "inputs": {"a": "tensor:a", "b": "tensor:b", "cotangent": "tensor:ones"},
     "expected": {"y": "tensor:\(y)", "grad_a": "tensor:\(gradient)"\(extra)}, "rtol": 1e-6, "atol": 0.0}
    """
  }

  /// A set with these cases, written and read again.
  private static func set(cases: [String]) throws -> GoldenSet {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let manifest = """
      {"format": 1, "profile": "small", "cases": [\(cases.joined(separator: ", "))],
       "ops": {"tensor": {"add": {"inputs": ["a", "b"], "outputs": ["y"], "attributes": []}}}}
      """
    try Data(manifest.utf8).write(to: directory.appending(path: "manifest.json"))
    let arrays: [String: [Float]] = [
      "a": [1, 2, 3], "b": [4, 5, 6], "sum": [5, 7, 9], "product": [4, 10, 18], "ones": [1, 1, 1],
    ]
    try Safetensors.write(
      arrays.mapValues { Safetensors.Entry(floats: $0, shape: [3]) },
      to: directory.appending(path: "tensor.safetensors"))
    return try GoldenSet(directory: directory)
  }
}

extension Verdict {
  fileprivate var kind: String {
    switch self {
    case .passed: "passed"
    case .failed: "failed"
    case .unsupported: "unsupported"
    }
  }
}
