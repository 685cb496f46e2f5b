import Foundation
import MartletData
import MartletInterchange

/// The folder of one run: `run.json`, the record; `evidence.json`, what pages are made of; the network.
public struct RunFolder: Hashable, Sendable {
  /// Where it is.
  public let path: String

  /// A folder; whether there is a run in it shows when it is read.
  public init(_ path: String) { self.path = path }

  /// The folder's own name, by which people call the run.
  public var name: String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }

  /// Whether there is a run in it.
  public var exists: Bool { FileManager.default.fileExists(atPath: file("run.json")) }

  /// A file in it.
  public func file(_ name: String) -> String { path + (path.hasSuffix("/") ? "" : "/") + name }

  /// The record. A run that says it goes on while no process works on it was killed.
  ///
  /// - Throws: `RunError` where there is none, or it cannot be understood.
  public func record() throws -> RunRecord {
    var record = try read(RunRecord.self, "run.json")
    if record.status == .running && RunClaim.isFree(path) { record.status = .killed }
    return record
  }

  /// Where something is that a record names.
  public func place(of name: String) -> String { name.hasPrefix("/") ? name : file(name) }

  /// What the record does not have: who was taken for whom, mistakes, weights. `nil` where nothing was kept.
  ///
  /// - Throws: `RunError` where it cannot be understood.
  public func evidence() throws -> RunEvidence? {
    FileManager.default.fileExists(atPath: file("evidence.json")) ? try read(RunEvidence.self, "evidence.json") : nil
  }

  /// Writes the record, all or nothing; makes the folder where it is missing. From a record of a run that goes on until one of a run that is
  /// over, the folder is this process's alone.
  ///
  /// - Throws: `RunError`, also where another process trains this run.
  public func write(_ record: RunRecord) throws {
    let goesOn = record.status == .running
    if goesOn {
      try make()
      try RunClaim.take(path)
    }
    try write(record, "run.json")
    if !goesOn { RunClaim.release(path) }
  }

  /// Writes what pages are made of.
  ///
  /// - Throws: `RunError`.
  public func write(_ evidence: RunEvidence) throws { try write(evidence, "evidence.json") }

  private func make() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw RunError(path, "the folder cannot be made: \(error.localizedDescription)")
    }
  }

  private func write(_ value: some Encodable, _ name: String) throws {
    try make()
    do {
      let bytes = try JSONEncoder.ofRuns.encode(value) + Data("\n".utf8)
      try AtomicFile.write(Array(bytes), to: URL(fileURLWithPath: file(name)))
    } catch let error as FileError {
      throw RunError(file(name), "it cannot be written: \(error.reason)")
    }
  }

  private func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    guard FileManager.default.fileExists(atPath: path) else { throw RunError(path, "there is no such run") }
    guard FileManager.default.fileExists(atPath: file(name)) else {
      throw RunError(path, "there is no \(name) in it, so it is not the folder of a run")
    }
    let bytes: [UInt8]
    do {
      bytes = try FileBytes.read(file(name), limit: HistoryFile.byteLimit)
    } catch {
      throw RunError(file(name), "it cannot be read: \(error)")
    }
    do {
      return try JSONDecoder.ofRuns.decode(type, from: Data(bytes))
    } catch {
      throw RunError(file(name), "it is no record of a run: " + RunError.reason(error))
    }
  }
}
