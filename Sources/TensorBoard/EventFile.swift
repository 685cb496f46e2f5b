import Foundation
internal import SwiftProtobuf
import MartletCharts
import MartletData
import MartletInterchange

/// A file that TensorBoard shows while it grows: numbers, distributions, pictures and texts, each with a tag and a step.
///
///     let events = try EventFile(folder: URL(filePath: "logs/first"))
///     try events.add(0.25, "loss", step: 3)
///     try events.add(Histogram(of: weights), of: weights, "kernel", step: 3)
///
/// Every event is in the file when the call returns. A class, because it holds an open file.
public final class EventFile: Sendable {
  /// Where it is.
  public let url: URL
  private let descriptor: Int32

  /// Begins a new file in a folder, which is made where it is missing.
  ///
  /// - Throws: `FileError`.
  public init(folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(action: "make the folder", path: folder.path, reason: error.localizedDescription)
    }
    // TensorBoard looks for "tfevents" in names; files of one folder are read in the order of their names.
    let time = String(format: "%.6f", Date().timeIntervalSince1970)
    url = folder.appendingPathComponent("events.out.tfevents.\(time).\(getpid()).martlet")
    descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(action: "write", path: url.path, reason: String(cString: strerror(errno)))
    }
    var first = TBEvent()
    first.fileVersion = "brain.Event:2"
    try write(first, step: 0)
  }

  deinit { close(descriptor) }

  /// Adds a number.
  ///
  /// - Throws: `FileError`.
  public func add(_ number: Double, _ tag: String, step: Int) throws {
    var value = TBSummary.Value()
    value.simpleValue = Float(number)
    try write(value, tag, step: step)
  }

  /// Adds a distribution.
  ///
  /// - Parameter values: The values it was counted from, for their sums.
  /// - Throws: `FileError`.
  public func add(_ histogram: MartletCharts.Histogram, of values: [Float], _ tag: String, step: Int) throws {
    let finite = values.lazy.filter(\.isFinite).map(Double.init)
    var entry = TBHistogram()
    entry.min = finite.min() ?? 0
    entry.max = finite.max() ?? 0
    entry.num = Double(histogram.counts.reduce(0, +))
    entry.sum = finite.reduce(0, +)
    entry.sumSquares = finite.reduce(0) { $0 + $1 * $1 }
    entry.bucketLimit = Array(histogram.edges.dropFirst())
    entry.bucket = histogram.counts.map(Double.init)
    var value = TBSummary.Value()
    value.histo = entry
    try write(value, tag, step: step)
  }

  /// Adds a picture.
  ///
  /// - Throws: `FileError`; `DataFileError` if it cannot be encoded, which only a lack of memory explains.
  public func add(_ picture: ColorPicture, _ tag: String, step: Int) throws {
    var image = TBSummary.Image()
    (image.width, image.height, image.colorspace) = (Int32(picture.width), Int32(picture.height), 3)
    image.encodedImageString = Data(try picture.encodedPNG())
    var value = TBSummary.Value()
    value.image = image
    try write(value, tag, step: step)
  }

  /// Adds a text, which TensorBoard reads as Markdown.
  ///
  /// - Throws: `FileError`.
  public func add(_ text: String, _ tag: String, step: Int) throws {
    var tensor = TBTensor()
    tensor.dtype = 7
    var dimension = TBTensorShape.Dimension()
    dimension.size = 1
    tensor.tensorShape.dim = [dimension]
    tensor.stringVal = [Data(text.utf8)]
    var value = TBSummary.Value()
    value.tensor = tensor
    value.metadata.pluginData.pluginName = "text"
    try write(value, tag, step: step)
  }

  private func write(_ value: TBSummary.Value, _ tag: String, step: Int) throws {
    var value = value
    value.tag = tag
    var event = TBEvent()
    event.summary.value = [value]
    try write(event, step: step)
  }

  private func write(_ event: TBEvent, step: Int) throws {
    var event = event
    event.wallTime = Date().timeIntervalSince1970
    event.step = Int64(step)
    let payload: [UInt8]
    do {
      payload = try event.serializedBytes()
    } catch {
      throw FileError(action: "encode an event for", path: url.path, reason: "\(error)")
    }
    // One call, so that two threads cannot mix their records, and a reader sees whole ones.
    let record = RecordFrame.framed(payload)
    let count = record.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    guard count == record.count else {
      throw FileError(
        action: "write", path: url.path,
        reason: count < 0 ? String(cString: strerror(errno)) : "only a part was written")
    }
  }
}
