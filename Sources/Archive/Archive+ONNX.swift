import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletTensor

// Archives from ONNX files, and the reverse. What an archive knows besides the model stands in properties of the ONNX file, which other
// programs pass over.
extension Archive {
  /// Writes the model as an ONNX file, with what the archive says besides as properties: `importONNX` gives back samples prepared in the
  /// same way, the same classes, metrics and notes.
  ///
  /// - Throws: `ONNXError` naming a layer that has no counterpart; `FileError`, `BackendError`.
  public func exportONNX(to url: URL) throws {
    var members: [String: JSON] = ["metrics": metrics.json, "notes": notes.json]
    members["loss"] = loss?.json
    members["preprocessing"] = try preprocessing?.json()
    if (model as? ONNXModel)?.turnsImages == true { members["channelsLast"] = true.json }
    try ONNX.export(
      model, inputShape: inputShapes.first, to: url,
      ONNX.Details(classNames: classNames, properties: [Self.key: JSON.object(members).encoded]))
  }

  /// An archive of the model in an ONNX file. The graph itself is the architecture: the archive needs nothing but Martlet, and can go on
  /// learning.
  ///
  /// Of a file that Martlet did not write, samples and answers are guessed: images whose channels stand first are taken with their
  /// channels last, as pictures are here; a model that ends in a softmax, or makes several numbers of an image, tells classes apart; so does one
  /// that ends in the sigmoid of a single number.
  ///
  /// - Parameters:
  ///   - input: The shape of one sample, where the file leaves it open.
  ///   - classNames: The names of the classes, where the file does not say them.
  /// - Throws: `FileError`, `ONNXError`; `ArchiveError` where the shape of a sample is not known, or names do not fit.
  public static func importONNX(_ url: URL, input: Shape? = nil, classNames: [String] = []) throws -> Archive {
    var model = try ONNX.load(url)
    let noted: JSON?
    do { noted = try model.properties[key].map { try JSON(parsing: $0) } } catch {
      throw ArchiveError("\(url.path): its property \(key) cannot be read: \(error)")
    }
    let isOurs = noted != nil || model.producer.hasPrefix("Martlet")
    if noted?["channelsLast"].flatMap(Bool.init(json:)) ?? (!isOurs && model.takesChannelsFirst) {
      model = model.turned()
    }
    guard input != nil || model.knownInputShapes != nil else {
      throw ArchiveError(
        "\(url.path) leaves the shape of a sample open, \(model.inputs); say which shape samples have (martlet convert … --input 10,3)"
      )
    }
    if let input, let known = model.knownInputShapes, known != [input] {
      throw ArchiveError("\(url.path) takes samples of shape \(known), not \(input)")
    }
    var archive: Archive
    do {
      func made() throws -> Archive {
        try Archive(
          model, input: input, preprocessing: try noted?["preprocessing"].map(Preprocessing.init(json:)),
          classNames: classNames.isEmpty ? model.classNames : classNames,
          loss: noted?["loss"].flatMap(String.init(json:)),
          metrics: noted?["metrics"].flatMap([String: Double].init(json:)) ?? [:],
          notes: noted?["notes"].flatMap([String: String].init(json:)) ?? [:])
      }
      archive = try made()
      if model.batchSize == nil, !model.takesTwo(of: archive.selfTest.inputs, archive.inputShapes) {
        model.batchSize = 1
        archive = try made()
      }
    } catch let error as ShapeError {
      throw ArchiveError("\(url.path): \(error)")
    } catch let error as DescriptionError {
      throw ArchiveError("\(url.path): \(error)")
    }
    if let answers = archive.selfTest.outputs.first?.count, answers > 1, !classNames.isEmpty,
      classNames.count != answers
    {
      throw ArchiveError("\(url.path) gives \(answers) numbers for a sample, and \(classNames.count) classes are named")
    }
    if noted == nil { archive.guessAnswers(of: model) }
    return archive
  }

  /// What the outputs of a model of others mean, by what it ends in.
  private mutating func guessAnswers(of model: ONNXModel) {
    guard inputShapes.count == 1, selfTest.outputs.count == 1,
      let answer = try? model.outputShape(for: inputShapes[0]), answer.rank == 1
    else { return }
    let count = answer[0]
    switch model.lastOperation {
    case "Softmax" where count > 1: loss = "categorical_crossentropy"
    case "LogSoftmax" where count > 1: loss = "softmax_cross_entropy"
    case "Sigmoid" where count == 1: loss = "binary_crossentropy"
    case "Gemm", "MatMul", "Add":
      guard count > 1, inputShapes[0].rank == 3 || classNames.count == count else { return }
      loss = "softmax_cross_entropy"
    default: return
    }
    if classNames.isEmpty { classNames = (0..<max(count, 2)).map(String.init) }
  }
}

extension ONNXModel {
  /// Whether the model also runs on two samples at once: some only say that they take any number.
  fileprivate func takesTwo(of sample: [[Float]], _ shapes: [Shape]) -> Bool {
    let pairs = zip(sample, shapes).map { Tensor($0 + $0, shape: Shape([2] + Array($1))) }
    return (try? withoutGradient { try run(pairs) }) != nil
  }
}
