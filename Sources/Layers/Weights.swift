import Foundation
import MartletBackend
import MartletInterchange
import MartletTensor

/// The values of all parameters of a model at one moment, by path. A value: training on does not change it.
public struct Weights: Sendable {
  /// The values by path.
  public let tensors: [String: Tensor]

  /// - Precondition: values are float32.
  public init(_ tensors: [String: Tensor]) {
    require(tensors.values.allSatisfy { $0.dtype == .float32 }, "Weights: values have to be float32")
    self.tensors = tensors
  }
}

extension Weights {
  /// The arrays of a file.
  ///
  /// - Throws: `ModelError.weightsDoNotFit` naming one that is no weight.
  package init(_ entries: [String: Safetensors.Entry], from source: String) throws {
    self.init(
      try Dictionary(
        uniqueKeysWithValues: entries.map { name, entry in
          guard let values = entry.floats, !values.isEmpty, entry.shape.count <= Shape.maximumRank else {
            throw ModelError.weightsDoNotFit(
              source: source, reason: "'\(name)' is \(entry.dtype) of shape \(entry.shape), weights are float32")
          }
          return (name, Tensor(values, shape: Shape(entry.shape)))
        }))
  }
}

extension Layer {
  /// The values of all parameters, moving statistics included.
  ///
  /// - Precondition: the model was built.
  public var weights: Weights {
    Weights(Dictionary(parameters.map { ($0.name, $0.value.detached) }) { first, _ in first })
  }

  /// Gives all parameters the values that `weights` has for their paths: all of them, or none where something does not fit.
  ///
  /// - Throws: `ModelError.weightsDoNotFit` naming what is missing, left over or of another shape.
  public func restore(_ weights: Weights) throws { try restore(weights, from: "the set of weights") }

  private func restore(_ weights: Weights, from source: String) throws {
    let parameters = parameters
    try checkFit(weights.tensors.mapValues { Array($0.shape) }, from: source)
    for parameter in parameters {
      guard let value = weights.tensors[parameter.name] else { continue }
      parameter.assign(try value.to(parameter.value.device))
    }
  }

  /// Parts that were made as models of their own call their parameters alike until the whole is built.
  private func requireDifferentNames() throws {
    var names: Set<String> = []
    for parameter in parameters where !names.insert(parameter.name).inserted {
      throw ModelError.weightsDoNotFit(
        source: "a file of weights",
        reason: "two parameters are called '\(parameter.name)'; build(for:) the whole, which names them by their paths")
    }
  }

  private func checkFit(_ shapes: [String: [Int]], from source: String) throws {
    func misfit(_ reason: String) -> ModelError { .weightsDoNotFit(source: source, reason: reason) }
    try requireDifferentNames()
    let own = Dictionary(parameters.map { ($0.name, $0.shape.map(Array.init) ?? []) }) { first, _ in first }
    let missing = own.keys.filter { shapes[$0] == nil }.sorted()
    let unknown = shapes.keys.filter { own[$0] == nil }.sorted()
    guard missing.isEmpty && unknown.isEmpty else {
      let parts = [
        missing.isEmpty ? nil : "it lacks \(missing.joined(separator: ", "))",
        unknown.isEmpty ? nil : "the model has no \(unknown.joined(separator: ", "))",
      ]
      throw misfit(parts.compactMap { $0 }.joined(separator: "; ") + ". It was saved from a model with other layers")
    }
    for (name, shape) in own.sorted(by: { $0.key < $1.key }) where shapes[name] != shape {
      throw misfit("'\(name)' has shape \(shapes[name] ?? []), the model needs \(shape)")
    }
  }

  /// Writes the values of all parameters to a safetensors file, under their paths. Identical weights give identical files; the
  /// file is there completely or not at all.
  ///
  /// - Parameter metadata: Noted in the file's header, beside its format.
  /// - Throws: `FileError` when it cannot be written, `BackendError` when a value cannot be read.
  /// - Precondition: the model was built.
  public func save(to url: URL, metadata: [String: String] = [:]) throws {
    try requireDifferentNames()
    let entries = try weights.tensors.mapValues { Safetensors.Entry(floats: try $0.floats(), shape: Array($0.shape)) }
    try Safetensors.write(entries, metadata: metadata.merging(["format": "martlet"]) { $1 }, to: url)
  }

  /// Reads the values of all parameters from a safetensors file, or an archive: all of them, or none where something does not fit.
  ///
  /// - Throws: `FileError`, `SafetensorsError`, `ModelError.weightsDoNotFit`.
  /// - Precondition: the model was built.
  public func load(from url: URL) throws {
    // An archive of a model holds a sample for a test besides, which is no weight.
    let entries = try Safetensors.read(url).filter { !$0.key.hasPrefix("self-test:") }
    try checkFit(entries.mapValues(\.shape), from: url.path)
    try restore(Weights(entries, from: url.path), from: url.path)
  }
}
