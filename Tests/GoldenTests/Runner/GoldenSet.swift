import Foundation
import MartletInterchange

/// A folder of golden vectors: the manifest and the arrays it refers to.
struct GoldenSet: Sendable {
  let directory: URL
  let profile: String
  let cases: [Manifest.Case]
  /// Category to operation to the first output it is documented to have, the one a bare `cotangent` belongs to.
  private let firstOutputs: [String: [String: String]]
  /// By reference, `category:tensor name`.
  private let arrays: [String: HostArray]

  /// The set that `MARTLET_GOLDEN` names, or else the one beside these tests.
  static func fromEnvironment() throws -> GoldenSet {
    let committed = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden")
    let named = ProcessInfo.processInfo.environment["MARTLET_GOLDEN"].flatMap { $0.isEmpty ? nil : $0 }
    return try GoldenSet(directory: named.map { URL(fileURLWithPath: $0) } ?? committed)
  }

  init(directory: URL) throws {
    self.directory = directory
    let file = directory.appending(path: "manifest.json")
    let manifest = try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: file))
    guard manifest.format == 1 else {
      throw GoldenError.malformed("\(file.path): format \(manifest.format); this runner reads format 1")
    }
    profile = manifest.profile
    cases = manifest.cases
    firstOutputs = manifest.ops.mapValues { $0.compactMapValues(\.outputs.first) }

    var arrays: [String: HostArray] = [:]
    let references = Set(cases.flatMap { $0.inputs.values } + cases.flatMap { $0.expected.values })
    for category in Set(references.map { $0.prefix { $0 != ":" } }).sorted() {
      let entries = try Safetensors.read(directory.appending(path: "\(category).safetensors"))
      for (name, entry) in entries { arrays["\(category):\(name)"] = try HostArray(entry) }
    }
    for reference in references.sorted() where arrays[reference] == nil {
      throw GoldenError.malformed("\(file.path) refers to \(reference), which does not exist")
    }
    self.arrays = arrays
  }

  func array(_ reference: String) throws -> HostArray {
    guard let array = arrays[reference] else { throw GoldenError.malformed("no tensor \(reference)") }
    return array
  }

  func firstOutput(of goldenCase: Manifest.Case) -> String {
    firstOutputs[goldenCase.category]?[goldenCase.op]?.trimmingCharacters(in: ["[", "]"]) ?? "y"
  }
}

/// An array in host memory. Values are Double, which holds every float32 and int32 exactly.
struct HostArray: Sendable {
  var shape: [Int]
  var values: [Double]
  var isInteger: Bool

  init(_ values: [Double], shape: [Int], isInteger: Bool = false) {
    self.values = values
    self.shape = shape
    self.isInteger = isInteger
  }

  /// A scalar.
  init(_ value: Double) { self.init([value], shape: []) }

  /// A vector of whole numbers.
  init(_ values: [Int]) { self.init(values.map(Double.init), shape: [values.count], isInteger: true) }

  init(_ entry: Safetensors.Entry) throws {
    if let floats = entry.floats {
      self.init(floats.map(Double.init), shape: entry.shape)
    } else if let integers = entry.int32s {
      self.init(integers.map(Double.init), shape: entry.shape, isInteger: true)
    } else {
      throw GoldenError.malformed("a tensor of \(entry.dtype); the format has float32 and int32")
    }
  }

  var floats: [Float] { values.map { Float($0) } }
  var int32s: [Int32] { values.map { Int32($0) } }
}

enum GoldenError: Error, CustomStringConvertible {
  /// The set contradicts its own format.
  case malformed(String)
  /// Something the library does not offer (yet).
  case unsupported(String)

  var description: String {
    switch self {
    case .malformed(let what): "malformed: \(what)"
    case .unsupported(let what): "unsupported: \(what)"
    }
  }
}
