import Foundation
import MartletAutograd
import MartletBackend
import MartletData
import MartletInterchange
import MartletLayers
import MartletTensor

/// A trained model with everything that is needed to use it, in one file: what it is made of, its weights, how samples are prepared, what its
/// classes are called, how good it was, and a sample with the right answer, by which whoever loads the file checks that it still gives
/// what it gave.
///
///     try Archive(model, classNames: ["cat", "dog"]).save(to: url)
///     let archive = try Archive.load(url)
///     let answer = archive.model(x)
///
/// The file is a safetensors file, so every program that reads those has the weights under their paths.
public struct Archive: Sendable {
  /// The model, with its weights. It knows nothing of the program that made it.
  public let model: any Layer
  /// The shape of one sample of each input.
  public let inputShapes: [Shape]
  /// How what people have becomes what the model takes; `nil` where that is not known.
  public var preprocessing: Preprocessing?
  /// What the classes are called, in the order of the outputs; empty where there are none.
  public var classNames: [String]
  /// The name of the loss the model was trained with, which says how outputs become probabilities.
  public var loss: String?
  /// How good the model was, by names such as `test_accuracy`.
  public var metrics: [String: Double]
  /// Whatever else is to be known, by key: who trained it, on what, under which licence.
  public var notes: [String: String]
  /// The sample by which the file is checked.
  public let selfTest: SelfTest

  /// A sample and what the model made of it.
  public struct SelfTest: Hashable, Sendable {
    /// One sample for each input, row-major.
    public let inputs: [[Float]]
    /// What the model gave for it, for each output.
    public let outputs: [[Float]]
  }

  /// The version of the format that is written.
  public static let version = 1

  /// An archive of a model.
  ///
  /// - Parameters:
  ///   - input: The shape of one sample, for a model that does not know it: a block, or a single layer.
  ///   - sample: The sample for the check, one for each input; by default numbers from 0 to 1.
  /// - Throws: `DescriptionError` naming a layer that cannot be written down; `ArchiveError`; `BackendError`.
  /// - Precondition: the model was built.
  public init(
    _ model: any Layer, input: Shape? = nil, sample: [[Float]]? = nil, preprocessing: Preprocessing? = nil,
    classNames: [String] = [], loss: String? = nil, metrics: [String: Double] = [:], notes: [String: String] = [:]
  ) throws {
    inputShapes = try Self.inputShapes(of: model, given: input)
    let inputs = sample ?? inputShapes.map { Self.numbers($0.elementCount) }
    guard inputs.map(\.count) == inputShapes.map(\.elementCount) else {
      throw ArchiveError(
        "the sample has \(inputs.map(\.count)) numbers, the model takes samples of shape \(inputShapes)")
    }
    // Whoever loads the file makes the model from the description; what that cannot do is found out now.
    let twin: any Layer
    do {
      twin = try Architecture(of: model).model(input: input ?? inputShapes[0], weights: model.weights)
    } catch let error as ModelError {
      throw ArchiveError(
        "the model cannot be made again from its description (\(error)); layers share parameters in a way that only a Model, in which "
          + "the same layer is applied again, can describe")
    }
    _ = twin
    self.model = model
    self.preprocessing = preprocessing
    self.classNames = classNames
    self.loss = loss
    self.metrics = metrics
    self.notes = notes
    selfTest = SelfTest(inputs: inputs, outputs: try Self.outputs(of: model, for: inputs, shapes: inputShapes))
  }

  init(
    model: any Layer, inputShapes: [Shape], preprocessing: Preprocessing?, classNames: [String], loss: String?,
    metrics: [String: Double], notes: [String: String], selfTest: SelfTest
  ) {
    self.model = model
    self.inputShapes = inputShapes
    self.preprocessing = preprocessing
    self.classNames = classNames
    self.loss = loss
    self.metrics = metrics
    self.notes = notes
    self.selfTest = selfTest
  }

  private static func inputShapes(of model: any Layer, given: Shape?) throws -> [Shape] {
    if let shapes = (model as? any GraphModel)?.knownInputShapes { return shapes }
    guard let shape = (model as? Sequential)?.inputShape ?? given else {
      throw ArchiveError(
        "the model does not know the shape of its samples; give it: Archive(model, input: [28, 28, 1])")
    }
    return [shape]
  }

  /// From 0 to 1 in mixed order; as indices, all of them are 0.
  private static func numbers(_ count: Int) -> [Float] { (0..<count).map { Float($0 * 37 % 101) / 101 } }

  /// What a model gives for one sample of each input.
  static func outputs(of model: any Layer, for inputs: [[Float]], shapes: [Shape]) throws -> [[Float]] {
    let device = model.parameters.first?.value.device ?? .current
    return try withDevice(device) {
      try withoutGradient {
        let tensors = zip(inputs, shapes).map { Tensor($0, shape: Shape([1] + Array($1)), on: device) }
        let results = try (model as? any GraphModel)?.predictions(tensors) ?? [model(tensors[0], mode: .inference)]
        return try results.map { try $0.cast(to: .float32).floats() }
      }
    }
  }
}

/// Why a model cannot be archived, or a file is not an archive that can be used.
public struct ArchiveError: Error, Hashable, CustomStringConvertible {
  /// The file, where it is known.
  public var file: String?
  /// What is wrong.
  public let reason: String

  init(_ reason: String) { self.reason = reason }

  /// File and reason in one sentence.
  public var description: String { file.map { "\($0): \(reason)" } ?? reason }
}
