import MartletAutograd
import MartletBackend
import MartletInterchange

// A graph is written down as its inputs, its steps in order, each with a layer and the places of what it is applied to, and the places of its
// outputs. Places count the inputs first, then what the steps give. A layer that is applied again is not written again: the step
// says which earlier step it shares the layer with.

extension Model: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    description.put(
      "inputs",
      inputShapes.indices.map { index -> JSON in
        guard let name = inputNames[index] else { return ["shape": inputShapes[index].json] }
        return ["shape": inputShapes[index].json, "name": name.json]
      })
    var owners: [Set<ObjectIdentifier>: Int] = [:]
    var list: [JSON] = []
    for (index, step) in steps.enumerated() {
      let identity = Set(step.part.parameters.map(ObjectIdentifier.init))
      var members: [String: JSON] = ["of": step.operands.json]
      if let earlier = owners[identity], !identity.isEmpty {
        members["sharing"] = earlier.json
      } else {
        if !identity.isEmpty { owners[identity] = index }
        members["layer"] = try description.json(of: step.part.content, at: step.pathName)
      }
      list.append(.object(members))
    }
    description.put("steps", list)
    description.put("outputs", outputs)
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let inputs: [JSON] = try description.value("inputs")
    let inputSymbols = try inputs.map { input in
      guard let shape = input["shape"].flatMap(Shape.init(json:)) else {
        throw description.fault("an input has no shape")
      }
      return Symbol.input(shape, name: input["name"].flatMap(String.init(json:)))
    }
    var values = inputSymbols
    var parts: [any DescribedLayer] = []
    let steps: [JSON] = try description.value("steps")
    for (index, step) in steps.enumerated() {
      guard let places = step["of"].flatMap([Int].init(json:)), !places.isEmpty,
        places.allSatisfy(values.indices.contains)
      else { throw description.fault("step \(index) is applied to nothing that is there before it") }
      if let earlier = step["sharing"].flatMap(Int.init(json:)) {
        guard parts.indices.contains(earlier) else {
          throw description.fault("step \(index) shares the layer of step \(earlier), which is not before it")
        }
        parts.append(parts[earlier])
      } else if let layer = step["layer"] {
        let name = layer["name"].flatMap(String.init(json:)) ?? String(index)
        parts.append(try description.part(layer, at: name))
      } else {
        throw description.fault("step \(index) has no layer")
      }
      let operands = places.map { values[$0] }
      if operands.count == 1, let layer = parts[index] as? any Layer {
        values.append(layer(operands[0]))
      } else if let layer = parts[index] as? any CombiningLayer {
        values.append(layer(operands))
      } else {
        throw description.fault("step \(index) gives \(operands.count) tensors to a layer that takes one")
      }
    }
    let outputs: [Int] = try description.value("outputs")
    guard outputs.allSatisfy(values.indices.contains) else { throw description.fault("an output is not there") }
    try self.init(
      inputs: inputSymbols, outputs: outputs.map { values[$0] }, seed: 0, name: description.name,
      makingParameters: false)
  }
}

extension Model {
  /// Each layer with the shapes it takes and gives; no layer where several are combined.
  package var stepShapes: [(layer: (any Layer)?, inputs: [Shape], output: Shape)] {
    var shapes = inputShapes
    return steps.map { step in
      let operands = step.operands.map { shapes[$0] }
      shapes.append(step.outputShape)
      guard case .layer(let layer) = step.part else { return (nil, operands, step.outputShape) }
      return (layer, operands, step.outputShape)
    }
  }
}
