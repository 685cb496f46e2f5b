import Foundation
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletOptimizers
import MartletTensor

/// Where a run keeps what it needs to go on after it was interrupted, by whatever: Ctrl-C, a crash, a power cut.
///
/// The folder gets one file, `checkpoint.safetensors`: the weights, the optimizer's state, the best weights so far, and, as JSON in the
/// notes, the place in the data, the history and what callbacks remember. It is replaced all or nothing. A run that goes on from it ends
/// with the same weights, bit for bit, as one that was never interrupted.
public struct Checkpoint: Hashable, Sendable {
  /// The folder; made when it is not there.
  public let folder: URL
  /// Whether to go on from what the folder holds. Where it holds nothing yet, the run begins at the beginning.
  public let resuming: Bool
  /// How often to save within an epoch; after each epoch, unless they are short, and when stopped it is saved anyway.
  public let interval: Duration
  /// How long nothing is saved after something was, also where epochs are shorter; the first and the last are saved anyway.
  public let pause: Duration

  /// Keeps checkpoints in a folder.
  public init(
    _ folder: URL, resuming: Bool = false, every interval: Duration = .seconds(60), pausing pause: Duration = .zero
  ) {
    self.folder = folder
    self.resuming = resuming
    self.interval = interval
    self.pause = pause
  }

  /// The file.
  public var file: URL { folder.appendingPathComponent("checkpoint.safetensors") }
  /// Whether there is something to go on from.
  public var exists: Bool { FileManager.default.fileExists(atPath: file.path) }
}

/// Everything a run needs to go on, besides the arrays.
struct Progress: Codable {
  /// What has to be the same in the run that goes on.
  struct Settings: Codable, Equatable {
    var seed: UInt64
    var batchSize: Int
    var batchesPerUpdate: Int
    var shuffles: Bool
    var samples: Int
    var validationSamples: Int
    var sampleShape: [Int]
    var loss: String
    var optimizer: String
    var callbacks: [String]
  }

  var version = 1
  var settings: Settings
  var epochsBegun: Int
  var stepsTaken: Int
  var updates: Int
  var rateFactor: Double
  /// The epoch to go on with, and how many of its batches are done.
  var epoch: Int
  var batch: Int
  var meter: Meter.Memory?
  var history: History
  var best: TrainingRun.Best?
  var callbacks: [[String: Double]]
}

/// A checkpoint's contents and the file they are in.
package struct CheckpointFile {
  private static let key = "martlet.run"
  var progress: Progress
  var model: [String: Safetensors.Entry]
  var optimizer: [String: Safetensors.Entry]
  var best: [String: Safetensors.Entry]

  /// - Throws: `FileError`, where the folder or file cannot be written.
  func write(to checkpoint: Checkpoint) throws {
    do {
      try FileManager.default.createDirectory(at: checkpoint.folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(action: "make", path: checkpoint.folder.path, reason: error.localizedDescription)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let notes = String(decoding: try encoder.encode(progress), as: UTF8.self)
    var entries: [String: Safetensors.Entry] = [:]
    for (part, arrays) in [("model", model), ("optimizer", optimizer), ("best", best)] {
      for (name, entry) in arrays { entries["\(part)/\(name)"] = entry }
    }
    try Safetensors.write(entries, metadata: [Self.key: notes, "format": "martlet"], to: checkpoint.file)
  }

  /// - Throws: `FileError`, `SafetensorsError`, `TrainingError.checkpointDoesNotFit` for a file that is no checkpoint.
  init(reading url: URL) throws {
    try self.init(Safetensors.contents(of: url), path: url.path)
  }

  /// - Throws: `TrainingError.checkpointDoesNotFit` for the contents of another file.
  package init(_ contents: Safetensors.Contents, path: String) throws {
    func part(_ name: String, of entries: [String: Safetensors.Entry]) -> [String: Safetensors.Entry] {
      Dictionary(
        uniqueKeysWithValues: entries.compactMap { key, entry in
          key.hasPrefix(name + "/") ? (String(key.dropFirst(name.count + 1)), entry) : nil
        })
    }
    guard let notes = contents.metadata[Self.key] else {
      throw TrainingError.checkpointDoesNotFit(path: path, reason: "it is not the checkpoint of a run")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      progress = try decoder.decode(Progress.self, from: Data(notes.utf8))
    } catch {
      throw TrainingError.checkpointDoesNotFit(
        path: path, reason: "its notes cannot be understood, or another version wrote them")
    }
    model = part("model", of: contents.entries)
    optimizer = part("optimizer", of: contents.entries)
    best = part("best", of: contents.entries)
  }

  init(
    progress: Progress, model: [String: Tensor], optimizer: [String: Tensor], best: [String: Tensor]
  ) throws {
    func entries(_ tensors: [String: Tensor]) throws -> [String: Safetensors.Entry] {
      try tensors.mapValues { Safetensors.Entry(floats: try $0.floats(), shape: Array($0.shape)) }
    }
    self.progress = progress
    self.model = try entries(model)
    self.optimizer = try entries(optimizer)
    self.best = try entries(best)
  }

  /// Arrays of a file as tensors.
  ///
  /// - Throws: `TrainingError.checkpointDoesNotFit` where one does not hold float32.
  static func tensors(_ entries: [String: Safetensors.Entry], path: String) throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, entry) in entries {
      guard let values = entry.floats, entry.shape.count <= Shape.maximumRank else {
        throw TrainingError.checkpointDoesNotFit(
          path: path, reason: "'\(name)' is \(entry.dtype) of shape \(entry.shape)")
      }
      tensors[name] = Tensor(values, shape: Shape(entry.shape))
    }
    return tensors
  }
}

extension Progress.Settings {
  /// The first setting that differs, in words; `nil` where all are the same.
  func difference(from other: Self) -> String? {
    func compare<Value: Equatable>(_ name: String, _ mine: Value, _ theirs: Value) -> String? {
      mine == theirs ? nil : "\(name) was \(theirs) and is now \(mine)"
    }
    return compare("the seed", seed, other.seed) ?? compare("the batch size", batchSize, other.batchSize)
      ?? compare("the number of batches per update", batchesPerUpdate, other.batchesPerUpdate)
      ?? compare("shuffling", shuffles, other.shuffles)
      ?? compare("the number of training samples", samples, other.samples)
      ?? compare("the number of validation samples", validationSamples, other.validationSamples)
      ?? compare("the shape of a sample", sampleShape, other.sampleShape) ?? compare("the loss", loss, other.loss)
      ?? compare("the optimizer", optimizer, other.optimizer)
      ?? compare("the list of callbacks", callbacks, other.callbacks)
  }
}
