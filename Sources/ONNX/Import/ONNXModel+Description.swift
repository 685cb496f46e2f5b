import Foundation
import MartletBackend
import MartletInterchange
import MartletLayers
internal import SwiftProtobuf

// An imported model in an archive: its description is the graph, its weights are arrays of the archive like all others.
extension ONNXModel: DescribedLayer {
  /// See `DescribedLayer`.
  public func describe(into description: inout LayerDescription) throws {
    do {
      description.put("graph", try file.serializedData().base64EncodedString())
    } catch {
      throw description.fault("its graph cannot be written: \(error)")
    }
    if turnsImages { description.put("channelsLast", true) }
    if let batchSize { description.put("batchSize", batchSize) }
    // What other layers build upon before the weights are there.
    if inputs.count == 1, let input = knownInputShapes?.first {
      description.put("output", try outputShape(for: input))
    }
  }

  /// See `DescribedLayer`.
  public init(described description: LayerDescription) throws {
    let text: String = try description.value("graph")
    guard let data = Data(base64Encoded: text) else { throw description.fault("its graph is no text in base 64") }
    var model: ONNXModel
    do {
      model = try ONNXModel(try ONNX.file(of: data), folder: nil, numbersAreElsewhere: true)
    } catch {
      throw description.fault("\(error)")
    }
    if try description.value("channelsLast", default: false) { model = model.turned() }
    if let size: Int = try description.optional("batchSize") {
      try description.require((1...1 << 20).contains(size), "its setting 'batchSize' cannot be \(size)")
      model.batchSize = size
    }
    model.describedOutput = try description.optional("output")
    model.name = description.name
    self = model
  }
}
