import Foundation
import MartletData
import MartletTraining

/// The epochs of a run from whatever file has them: the record of a run, the report of `martlet train --json`, an encoded `History`, or
/// the table of a `CSVLog`.
public enum HistoryFile {
  /// Larger files are no histories.
  static let byteLimit = 1 << 28

  /// Reads a file, or the record in the folder of a run.
  ///
  /// - Throws: `RunError`.
  public static func read(_ path: String) throws -> History {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw RunError(path, "there is no such file or folder")
    }
    if isFolder.boolValue { return try RunFolder(path).record().history }
    let bytes: [UInt8]
    do {
      bytes = try FileBytes.read(path, limit: byteLimit)
    } catch {
      throw RunError(path, "it cannot be read: \(error)")
    }
    return try history(of: bytes, path)
  }

  /// The epochs in the bytes of a file.
  ///
  /// - Throws: `RunError`.
  package static func history(of bytes: [UInt8], _ path: String) throws -> History {
    let first = bytes.first { !" \n\r\t".utf8.contains($0) }
    let history = first == UInt8(ascii: "{") ? try fromJSON(bytes, path) : try fromCSV(bytes, path)
    guard !history.epochs.isEmpty else { throw RunError(path, "it has no epochs, so there is nothing to draw") }
    return history
  }

  private static func fromJSON(_ bytes: [UInt8], _ path: String) throws -> History {
    let decoder = JSONDecoder.ofRuns
    do {
      if let record = try? decoder.decode(RunRecord.self, from: Data(bytes)) { return record.history }
      if let history = try? decoder.decode(History.self, from: Data(bytes)) { return history }
      return try decoder.decode(Report.self, from: Data(bytes)).history
    } catch {
      throw RunError(path, "it is no history: " + RunError.reason(error))
    }
  }

  /// What `martlet train --json` writes, as far as it is needed.
  private struct Report: Decodable {
    let history: History

    private enum CodingKeys: CodingKey { case history }

    init(from decoder: any Decoder) throws {
      let epochs = try decoder.container(keyedBy: CodingKeys.self).decode([FlatEpoch].self, forKey: .history)
      history = History(flat: epochs)
    }
  }

  private static func fromCSV(_ bytes: [UInt8], _ path: String) throws -> History {
    guard let text = String(bytes: bytes, encoding: .utf8) else { throw RunError(path, "it is no text") }
    do {
      let table = try Table(csv: text)
      var columns: [String: [Double?]] = [:]
      for name in table.columnNames {
        if let numbers = try? table.numbers(name) { columns[name] = numbers }
      }
      guard columns.keys.contains(where: { !["epoch", "seconds", "samples_per_second"].contains($0) }) else {
        throw RunError(
          path, "its columns (\(table.columnNames.prefix(8).joined(separator: ", "))) have no numbers to draw")
      }
      return History(
        flat: (0..<table.rowCount).map { row in
          FlatEpoch(values: columns.compactMapValues { $0[row] })
        })
    } catch let error as RunError {
      throw error
    } catch {
      throw RunError(path, "it is neither a table nor JSON of a run: \(error)")
    }
  }
}

/// An epoch as one object of names and numbers.
struct FlatEpoch: Codable {
  var values: [String: Double]

  init(values: [String: Double]) { self.values = values }

  init(from decoder: any Decoder) throws { values = try decoder.singleValueContainer().decode([String: Double].self) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }

  init(_ record: EpochRecord) {
    values = record.values
    values["epoch"] = Double(record.epoch)
    values["seconds"] = record.seconds
    values["samples_per_second"] = record.samplesPerSecond
    if let rate = record.learningRate { values["learning_rate"] = rate }
  }
}

extension History {
  /// Epochs of files; where numbers are missing they are counted.
  init(flat epochs: [FlatEpoch]) {
    self.init()
    self.epochs = epochs.enumerated().map { index, epoch in
      var values = epoch.values
      func take(_ name: String) -> Double? { values.removeValue(forKey: name) }
      let number = take("epoch").flatMap { Int(exactly: $0.rounded()) } ?? index + 1
      let (seconds, rate) = (take("seconds") ?? 0, take("samples_per_second") ?? 0)
      let learningRate = take("learning_rate")
      return EpochRecord(
        epoch: number, values: values, seconds: seconds, samplesPerSecond: rate, learningRate: learningRate)
    }
  }
}
