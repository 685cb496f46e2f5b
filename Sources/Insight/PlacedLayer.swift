import MartletAutograd
import MartletBackend
import MartletLayers
import MartletTensor

/// A layer at its place in a network, under the name that reports give it: `conv2d_1`, and inside a block `residual/conv2d`.
struct PlacedLayer {
  let name: String
  /// A `Layer` or a `CombiningLayer`.
  let content: any Sendable

  /// The layer, where it takes one tensor.
  var layer: (any Layer)? { content as? any Layer }

  /// The parameters with their paths inside the layer: `kernel`, `forward.kernel`.
  var parameters: [(path: String, parameter: Parameter)] {
    ParameterVisitor.objects(in: content).compactMap { path, object in (object as? Parameter).map { (path, $0) } }
  }
}

/// What a network consists of: layers that compute by themselves, found inside lists, graphs and residual blocks.
enum Composition {
  /// The layers in the order they run. One that is applied several times comes several times.
  static func layers(of network: any Layer) -> [PlacedLayer] { layers(of: network, within: "") }

  private static func layers(of layer: any Layer, within place: String) -> [PlacedLayer] {
    switch layer {
    case let list as Sequential:
      return zip(list.layers, names(of: list, place)).flatMap { layers(of: $0, within: $1) }
    case let graph as Model:
      return zip(graph.graphSteps, graph.stepNames).flatMap { step, name in
        (step.content as? any Layer).map { layers(of: $0, within: join(place, name)) }
          ?? [PlacedLayer(name: join(place, name), content: step.content)]
      }
    case let block as Residual:
      return layers(of: block.body, within: place)
        + (block.shortcut.map { layers(of: $0, within: join(place, "shortcut")) } ?? [])
    default:
      return [PlacedLayer(name: place, content: layer)]
    }
  }

  /// Runs a batch through a network in inference mode and hands over what each layer makes of it.
  static func visitOutputs(
    of network: any Layer, for inputs: Tensor, _ visit: (PlacedLayer, Tensor) throws -> Void
  ) throws {
    try withoutGradient { _ = try run(network, "", inputs, nil, visit) }
  }

  private static func run(
    _ layer: any Layer, _ place: String, _ x: Tensor, _ mask: Tensor?, _ visit: (PlacedLayer, Tensor) throws -> Void
  ) throws -> (output: Tensor, mask: Tensor?) {
    switch layer {
    case let list as Sequential:
      var (y, mask) = (x, mask)
      for (part, name) in zip(list.layers, names(of: list, place)) { (y, mask) = try run(part, name, y, mask, visit) }
      return (y, mask)
    case let graph as Model:
      var values = [x]
      for (step, name) in zip(graph.graphSteps, graph.stepNames) {
        let operands = step.operands.map { values[$0] }
        if let part = step.content as? any Layer {
          values.append(try run(part, join(place, name), operands[0], nil, visit).output)
        } else {
          values.append(step(operands, mode: .inference))
          try visit(PlacedLayer(name: join(place, name), content: step.content), values[values.count - 1])
        }
      }
      return (graph.outputSlots.first.map { values[$0] } ?? x, nil)
    case let block as Residual:
      let learned = try run(block.body, place, x, nil, visit).output
      let added = try block.shortcut.map { try run($0, join(place, "shortcut"), x, nil, visit).output } ?? x
      return (added + learned, nil)
    default:
      let output: Tensor
      var newMask: Tensor?
      if let layer = layer as? any MaskingLayer {
        (output, newMask) = layer.masked(x, mask: mask, mode: .inference)
      } else {
        output = layer(x, mode: .inference)
        newMask = layer is any MaskTransparent ? mask : nil
      }
      try visit(PlacedLayer(name: place, content: layer), output)
      return (output, newMask)
    }
  }

  private static func names(of list: Sequential, _ place: String) -> [String] {
    SummaryNames.names(of: list.layers).map { join(place, $0) }
  }

  private static func join(_ place: String, _ name: String) -> String { place.isEmpty ? name : "\(place)/\(name)" }
}

extension Layer {
  /// The shape of one sample, of networks that were made for one.
  var sampleShape: Shape? {
    switch self {
    case let list as Sequential: list.inputShape
    case let graph as Model: graph.inputShapes.count == 1 ? graph.inputShapes[0] : nil
    default: nil
    }
  }
}
