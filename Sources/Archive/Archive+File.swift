import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletTensor

// An archive as a safetensors file: the weights under their paths, the sample of the self-test beside them, everything else as JSON in
// one note.
extension Archive {
  /// The note that makes a safetensors file an archive.
  package static let key = "martlet.archive"
  /// What the names of the self-test's arrays begin with; no path of a weight does.
  package static let testPrefix = "self-test:"
  /// The elements that one sample may take between two layers of a file's model: 1 GiB of them.
  package static let largestActivation: Int = 1 << 28

  /// Writes the archive, all or nothing. The same archive gives the same bytes.
  ///
  /// - Throws: `FileError` when the file cannot be written; `DescriptionError`, `BackendError`.
  public func save(to url: URL) throws {
    let (entries, metadata) = try contents()
    try Safetensors.write(entries, metadata: metadata, to: url)
  }

  /// The bytes of the file.
  package func encoded() throws -> [UInt8] {
    let (entries, metadata) = try contents()
    return Safetensors.encoded(entries, metadata: metadata)
  }

  private func contents() throws -> (entries: [String: Safetensors.Entry], metadata: [String: String]) {
    var entries = try model.weights.tensors.mapValues {
      Safetensors.Entry(floats: try $0.floats(), shape: Array($0.shape))
    }
    for name in entries.keys where name.hasPrefix(Self.testPrefix) {
      throw ArchiveError("a layer cannot be called '\(name)' in an archive; give it another name")
    }
    for (index, values) in selfTest.inputs.enumerated() {
      entries["\(Self.testPrefix)input.\(index)"] = Safetensors.Entry(floats: values, shape: Array(inputShapes[index]))
    }
    for (index, values) in selfTest.outputs.enumerated() {
      entries["\(Self.testPrefix)output.\(index)"] = Safetensors.Entry(floats: values, shape: [values.count])
    }
    var members: [String: JSON] = [
      "version": Self.version.json, "model": try Architecture(of: model).json, "inputs": inputShapes.map(\.json).json,
      "classes": classNames.json, "metrics": metrics.json, "notes": notes.json,
    ]
    members["loss"] = loss?.json
    members["preprocessing"] = try preprocessing.map { try $0.json() }
    let frozen = model.parameters.filter { $0.role == .weight && !$0.isTrainable }.map(\.name).sorted()
    if !frozen.isEmpty { members["frozen"] = frozen.json }
    return (entries, ["format": "martlet", Self.key: JSON.object(members).encoded])
  }
}

extension Archive {
  /// The archive in a file. Its model is run on the sample in the file, and has to give what it gave when it was saved.
  ///
  /// - Parameters:
  ///   - types: Layers of your own that may occur.
  ///   - device: Where the model is put.
  /// - Throws: `FileError`, `SafetensorsError` for a file that cannot be read; `ArchiveError` for one that is no archive, or of a version
  ///   yet to come, or does not pass its test; `DescriptionError`, `ModelError`, `ShapeError` for one whose parts do not fit.
  public static func load(
    _ url: URL, layers types: [any DescribedLayer.Type] = [], on device: Device = .current
  ) throws -> Archive {
    let contents = try Safetensors.contents(of: url)
    do {
      return try withDevice(device) { try Archive(contents, layers: types, largestActivation: largestActivation) }
    } catch var error as ArchiveError {
      error.file = url.path
      throw error
    } catch let error as DescriptionError {
      throw ArchiveError("\(error)", in: url)
    } catch let error as ModelError {
      throw ArchiveError("\(error)", in: url)
    } catch let error as ShapeError {
      throw ArchiveError("\(error)", in: url)
    } catch let error as ONNXError {
      throw ArchiveError("\(error)", in: url)
    }
  }

  /// Whether a file is an archive. One that cannot be read is none.
  public static func isArchive(_ url: URL) -> Bool {
    (try? Safetensors.contents(of: url))?.metadata[key] != nil
  }

  /// - Parameter largestActivation: The elements that one sample may take between two layers.
  package init(
    _ contents: Safetensors.Contents, layers types: [any DescribedLayer.Type] = [], largestActivation: Int
  ) throws {
    guard let note = contents.metadata[Self.key] else {
      throw ArchiveError(
        "it is a safetensors file, but no archive of a model: it has weights and no description of layers")
    }
    let json: JSON
    do {
      json = try JSON(parsing: note)
    } catch {
      throw ArchiveError("its description cannot be read: \(error)")
    }
    func member<Value: JSONConvertible>(_ name: String, else standard: Value? = nil) throws -> Value {
      guard let value = json[name] else {
        guard let standard else { throw ArchiveError("its description has no \(name)") }
        return standard
      }
      guard let value = Value(json: value) else {
        throw ArchiveError("its \(name) cannot be \(value.encoded.prefix(80))")
      }
      return value
    }
    let version: Int = try member("version")
    guard (1...Self.version).contains(version) else {
      throw ArchiveError(
        "it has version \(version) of the format, this program reads up to \(Self.version); update Martlet to read it")
    }
    let shapes: [Shape] = try member("inputs")
    guard !shapes.isEmpty, shapes.allSatisfy({ $0.allSatisfy { $0 > 0 } && $0.count < Shape.maximumRank }) else {
      throw ArchiveError("its samples cannot have the shapes \(shapes)")
    }
    let (weights, selfTest) = try Self.parts(contents.entries, inputCount: shapes.count)
    let model = try Architecture(json: member("model")).model(
      input: shapes[0], weights: weights, layers: [ONNXModel.self] + types)
    guard try Self.inputShapes(known: model, given: shapes) == shapes else {
      throw ArchiveError("its model takes samples of other shapes than \(shapes)")
    }
    guard selfTest.inputs.map(\.count) == shapes.map(\.elementCount) else {
      throw ArchiveError("its self-test has samples of other shapes than \(shapes)")
    }
    let size = try ActivationSize.largest(in: model, for: shapes)
    guard size <= largestActivation else {
      throw ArchiveError(
        "one sample takes \(size) numbers between two of its layers, more than the \(largestActivation) that are believed of a file"
      )
    }
    let frozen: [String] = try member("frozen", else: [])
    for parameter in model.parameters where frozen.contains(parameter.name) { parameter.isTrainable = false }
    self.init(
      model: model, inputShapes: shapes, preprocessing: try json["preprocessing"].map(Preprocessing.init(json:)),
      classNames: try member("classes", else: []), loss: json["loss"].flatMap(String.init(json:)),
      metrics: try member("metrics", else: [:]), notes: try member("notes", else: [:]), selfTest: selfTest)
    try check()
  }

  private static func inputShapes(known model: any Layer, given: [Shape]) throws -> [Shape] {
    if let shapes = (model as? any GraphModel)?.knownInputShapes { return shapes }
    return (model as? Sequential)?.inputShape.map { [$0] } ?? Array(given.prefix(1))
  }

  /// The weights, and the sample of the self-test.
  private static func parts(
    _ entries: [String: Safetensors.Entry], inputCount: Int
  ) throws -> (weights: Weights, selfTest: SelfTest) {
    var tensors: [String: Tensor] = [:]
    var tests: [String: [Float]] = [:]
    for (name, entry) in entries {
      guard let values = entry.floats else {
        throw ArchiveError("'\(name)' is \(entry.dtype); weights and samples are float32")
      }
      if name.hasPrefix(testPrefix) {
        tests[String(name.dropFirst(testPrefix.count))] = values
      } else {
        guard !values.isEmpty else { throw ArchiveError("'\(name)' has no elements") }
        tensors[name] = Tensor(values, shape: Shape(entry.shape))
      }
    }
    let inputs = (0..<inputCount).compactMap { tests["input.\($0)"] }
    let outputs = (0..<tests.count).prefix { tests["output.\($0)"] != nil }.compactMap { tests["output.\($0)"] }
    guard inputs.count == inputCount, !outputs.isEmpty, tests.count == inputs.count + outputs.count else {
      throw ArchiveError("it lacks the sample, or the answer, of its self-test")
    }
    return (Weights(tensors), SelfTest(inputs: inputs, outputs: outputs))
  }

  /// Runs the model on the sample and compares. Devices round differently in the last digits, nothing else may differ.
  private func check() throws {
    let outputs = try Self.outputs(of: model, for: selfTest.inputs, shapes: inputShapes)
    guard outputs.map(\.count) == selfTest.outputs.map(\.count) else {
      throw ArchiveError(
        "its model gives \(outputs.map(\.count)) numbers, its self-test has \(selfTest.outputs.map(\.count))")
    }
    for (place, pair) in zip(outputs.joined(), selfTest.outputs.joined()).enumerated() {
      let (found, expected) = pair
      let isSame = found == expected || (found.isNaN && expected.isNaN)
      guard isSame || abs(found - expected) <= 1e-3 * max(1, abs(expected)) else {
        throw ArchiveError(
          "it does not pass its self-test: output \(place) is \(found) for its sample and was \(expected) when it was saved; its "
            + "weights were changed, or a layer does something else in this version")
      }
    }
  }
}

extension ArchiveError {
  fileprivate init(_ reason: String, in url: URL) {
    self.init(reason)
    file = url.path
  }
}
