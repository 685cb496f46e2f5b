import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletTensor

extension Layer {
  /// Reads weights that were saved from a Keras 3 model of the same layers, all or nothing:
  ///
  ///     np.savez("weights.npz", **{w.path: w.numpy() for w in model.weights})     # by path
  ///     np.savez("weights.npz", *[w.numpy() for w in model.weights])              # by position
  ///     safetensors.numpy.save_file({w.path: w.numpy() for w in model.weights}, "weights.safetensors")
  ///
  /// Layers are found by their names where both sides gave them one, then by type and number (`dense_4` before `dense_7`), then by
  /// their order and the shapes of their weights. Layouts and the order of gates are the same as here.
  ///
  /// - Throws: `FileError`, `NumPyError` or `SafetensorsError` for a file that cannot be read; `ModelError.weightsDoNotFit` listing what
  ///   did not find its counterpart, on both sides.
  /// - Precondition: the model was built.
  public func loadKeras(from url: URL) throws {
    let data = try FileError.bytes(of: url)
    if data.starts(with: [0x50, 0x4B]) {
      let arrays = try NumPyError.naming(url.path) { try NPZ.arrays(of: data) }
      try restoreKeras(arrays.map { ($0.name, $0.contents.entry) }, isOrdered: true, from: url)
    } else {
      let entries = try Safetensors.read(url)
      try restoreKeras(entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, isOrdered: false, from: url)
    }
  }

  /// - Parameter isOrdered: Whether the arrays stand in the order of the model.
  package func restoreKeras(
    _ arrays: [(name: String, entry: Safetensors.Entry)], isOrdered: Bool, from url: URL
  ) throws {
    let file = KerasFile(arrays, isOrdered: isOrdered)
    do {
      try restore(Weights(try KerasMatch(of: self, with: file).tensors))
    } catch let error as KerasMatch.Misfit {
      throw ModelError.weightsDoNotFit(source: url.path, reason: error.reason)
    }
  }
}

/// What lies in a file of Keras weights.
struct KerasFile {
  /// The weights of one layer: by the names they have here.
  struct Layer {
    /// The last part of the layer's path: `dense_1`.
    let name: String
    let path: String
    var weights: [String: Safetensors.Entry]

    /// The name without the number that Keras puts behind it, and the number.
    var numbered: (base: String, number: Int) {
      guard let end = name.lastIndex(of: "_"), let number = Int(name[name.index(after: end)...]) else {
        return (name, 0)
      }
      return (String(name[..<end]), number)
    }
  }

  /// In the order of the file.
  private(set) var layers: [Layer] = []
  /// The arrays in their order, where they have no names but numbers.
  private(set) var positions: [Safetensors.Entry]?
  /// Whether the order is that of the model.
  let isOrdered: Bool

  init(_ arrays: [(name: String, entry: Safetensors.Entry)], isOrdered: Bool) {
    self.isOrdered = isOrdered
    // State of random numbers and counters are no weights.
    let weights = arrays.filter { $0.entry.dtype == .float32 && !$0.name.contains("seed_generator") }
    let numbers = weights.compactMap { $0.name.hasPrefix("arr_") ? Int($0.name.dropFirst(4)) : nil }
    if numbers.count == weights.count, !numbers.isEmpty {
      positions = zip(numbers, weights).sorted { $0.0 < $1.0 }.map(\.1.entry)
      return
    }
    for (name, entry) in weights {
      let (path, weight) = Self.split(name)
      if let index = layers.firstIndex(where: { $0.path == path }) {
        layers[index].weights[weight] = entry
      } else {
        layers.append(
          Layer(name: path.split(separator: "/").last.map(String.init) ?? "", path: path, weights: [weight: entry]))
      }
    }
  }

  /// `model/lstm/lstm_cell/recurrent_kernel` is `recurrentKernel` of `model/lstm`, `model/attention/query/bias` is `queryBias`.
  private static func split(_ name: String) -> (layer: String, weight: String) {
    var parts = name.split(separator: "/").map(String.init)
    var weight = parts.popLast() ?? name
    // Weights of cells are those of the layer around them.
    if let last = parts.last, last.contains("_cell") { parts.removeLast() }
    let projections = ["query": "query", "key": "key", "value": "value", "attention_output": "output"]
    if parts.count > 1, let last = parts.last, let projection = projections[last], ["kernel", "bias"].contains(weight) {
      parts.removeLast()
      weight = "\(projection)_\(weight)"
    }
    let words = weight.split(separator: "_")
    let camel = words.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
    return (parts.joined(separator: "/"), camel)
  }
}

/// Which weight of a file belongs to which parameter of a model.
struct KerasMatch {
  /// The values by the paths of the parameters.
  private(set) var tensors: [String: Tensor] = [:]

  /// What has no counterpart.
  struct Misfit: Error {
    let reason: String
  }

  init(of model: any Layer, with file: KerasFile) throws {
    if let positions = file.positions {
      try match(model.parameters, positions)
      return
    }
    var mine = KerasLayer.all(in: model)
    var theirs = file.layers
    // By the names that people gave.
    for layer in mine {
      guard let name = layer.name, let index = theirs.firstIndex(where: { $0.name == name && layer.fits($0) }) else {
        continue
      }
      take(theirs.remove(at: index), for: layer)
      mine.removeAll { $0.path == layer.path }
    }
    // By type, in the order of Keras' numbers, where there are as many of it on both sides.
    for base in Set(mine.map(\.base)) {
      let ours = mine.filter { $0.base == base }
      let found = theirs.filter { $0.numbered.base == base || $0.name == base }
        .sorted { $0.numbered.number < $1.numbered.number }
      guard ours.count == found.count, zip(ours, found).allSatisfy({ $0.fits($1) }) else { continue }
      for (layer, weights) in zip(ours, found) { take(weights, for: layer) }
      mine.removeAll { $0.base == base }
      theirs.removeAll { candidate in found.contains { $0.path == candidate.path } }
    }
    // By what fits: the next in a file that has the model's order, the only one in another.
    for layer in mine {
      let fitting = theirs.indices.filter { layer.fits(theirs[$0]) }
      guard let first = fitting.first, file.isOrdered || fitting.count == 1 else { continue }
      take(theirs.remove(at: first), for: layer)
      mine.removeAll { $0.path == layer.path }
    }
    guard mine.isEmpty && theirs.isEmpty else { throw Misfit(reason: Self.list(mine, theirs)) }
  }

  private mutating func take(_ weights: KerasFile.Layer, for layer: KerasLayer) {
    for (name, parameter) in layer.parameters {
      guard let entry = weights.weights[name], let values = entry.floats else { continue }
      tensors[parameter.name] = Tensor(values, shape: Shape(entry.shape))
    }
  }

  private mutating func match(_ parameters: [Parameter], _ arrays: [Safetensors.Entry]) throws {
    guard parameters.count == arrays.count else {
      throw Misfit(reason: "it has \(arrays.count) arrays without names, the model has \(parameters.count) parameters")
    }
    for (index, (parameter, entry)) in zip(parameters, arrays).enumerated() {
      guard parameter.shape.map(Array.init) == entry.shape, let values = entry.floats else {
        throw Misfit(
          reason: "arr_\(index) has shape \(entry.shape), '\(parameter.name)', which stands there in the model, has "
            + "\(parameter.shape.map { "\($0)" } ?? "none"); save by path to match layers by name")
      }
      tensors[parameter.name] = Tensor(values, shape: Shape(entry.shape))
    }
  }

  private static func list(_ mine: [KerasLayer], _ theirs: [KerasFile.Layer]) -> String {
    func shapes(_ weights: [(name: String, shape: [Int])]) -> String {
      weights.sorted { $0.name < $1.name }.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    }
    let ours = mine.map { layer in
      "\n  here '\(layer.path)' (\(layer.base)): \(shapes(layer.parameters.map { ($0.key, $0.value.shape.map(Array.init) ?? []) }))"
    }
    let others = theirs.map { layer in
      "\n  there '\(layer.path)': \(shapes(layer.weights.map { ($0.key, $0.value.shape) }))"
    }
    return "these layers have no counterpart:" + (ours + others).joined()
  }
}

/// A layer with parameters, as Keras would call it.
struct KerasLayer {
  /// The path to it here.
  let path: String
  /// What a person called it.
  let name: String?
  /// What Keras calls its kind: `dense`, `forward_lstm`.
  let base: String
  /// By their names within the layer.
  let parameters: [String: Parameter]

  /// Whether another has weights of the same names and shapes.
  func fits(_ other: KerasFile.Layer) -> Bool {
    parameters.count == other.weights.count
      && parameters.allSatisfy { name, parameter in other.weights[name]?.shape == parameter.shape.map(Array.init) }
  }

  /// Every layer with parameters of its own inside a model, in order, those that are applied twice once.
  static func all(in model: any Layer) -> [KerasLayer] {
    var found: [KerasLayer] = []
    collect(model, at: "", prefix: "", into: &found)
    return found
  }

  private static func collect(_ layer: any Sendable, at path: String, prefix: String, into found: inout [KerasLayer]) {
    func inner(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch layer {
    case let block as Sequential:
      for part in block.parts { collect(part.part, at: inner(part.name), prefix: "", into: &found) }
    case let graph as Model:
      for part in graph.parts { collect(part.part, at: inner(part.name), prefix: "", into: &found) }
    case let residual as Residual:
      collect(residual.body, at: inner("body"), prefix: "", into: &found)
      if let shortcut = residual.shortcut { collect(shortcut, at: inner("shortcut"), prefix: "", into: &found) }
    case let distributed as TimeDistributed: collect(distributed.layer, at: inner("layer"), prefix: "", into: &found)
    case let both as Bidirectional:
      collect(both.forward, at: inner("forward"), prefix: "forward_", into: &found)
      collect(both.backward, at: inner("backward"), prefix: "backward_", into: &found)
    case let layer as any DescribedLayer:
      let known = Set(found.flatMap { $0.parameters.values.map(ObjectIdentifier.init) })
      let parameters = ParameterVisitor.objects(in: layer).compactMap { place in
        (place.object as? Parameter).map { (place.path, $0) }
      }
      guard !parameters.isEmpty, !parameters.contains(where: { known.contains(ObjectIdentifier($0.1)) }) else { return }
      let type = (layer as? any Layer).map { Swift.type(of: $0).typeName } ?? Swift.type(of: layer).describedType
      found.append(
        KerasLayer(
          path: path, name: layer.name.map { prefix + $0 }, base: prefix + SummaryNames.snakeCase(type),
          parameters: Dictionary(parameters) { first, _ in first }))
    default: break
    }
  }
}
