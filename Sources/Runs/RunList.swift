import Foundation
import MartletCharts
import MartletTraining

/// Runs that lie in one folder.
public struct RunList: Sendable {
  /// A run with its record.
  public struct Entry: Sendable {
    /// Where it is.
    public let folder: RunFolder
    /// What is known of it.
    public let record: RunRecord

    /// A run that was read.
    public init(folder: RunFolder, record: RunRecord) { (self.folder, self.record) = (folder, record) }

    /// By which people call it.
    public var name: String { folder.name }
  }

  /// The runs, the latest last.
  public let entries: [Entry]
  /// Why folders that look like runs could not be read.
  public let problems: [RunError]

  /// Looks into a folder.
  ///
  /// - Throws: `RunError` where there is none, or it cannot be read.
  public init(in path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw RunError(path, "there is no such folder; 'martlet train RECIPE --run NAME' stores a run")
    }
    guard isFolder.boolValue else { throw RunError(path, "it is no folder") }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw RunError(path, "it cannot be read: \(error.localizedDescription)")
    }
    var (entries, problems): ([Entry], [RunError]) = ([], [])
    for name in names.sorted() {
      let folder = RunFolder(URL(fileURLWithPath: path).appendingPathComponent(name).path)
      guard folder.exists else { continue }
      do {
        entries.append(Entry(folder: folder, record: try folder.record()))
      } catch let error as RunError {
        problems.append(error)
      }
    }
    self.entries = entries.sorted { $0.record.started < $1.record.started }
    self.problems = problems
  }

  /// A new folder for a run, `NAME-1` or the next number that is free.
  ///
  /// - Throws: `RunError` where none can be made.
  public static func newFolder(in path: String, for name: String) throws -> RunFolder {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw RunError(path, "the folder cannot be made: \(error.localizedDescription)")
    }
    for number in 1...99_999 {
      let place = URL(fileURLWithPath: path).appendingPathComponent("\(name)-\(number)").path
      if FileManager.default.fileExists(atPath: place) { continue }
      do {
        // Fails where another process was faster.
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        return RunFolder(place)
      } catch  where FileManager.default.fileExists(atPath: place) {
        continue
      } catch {
        throw RunError(place, "the folder cannot be made: \(error.localizedDescription)")
      }
    }
    throw RunError(path, "there are too many runs of \(name) in it")
  }
}

/// What tells runs apart: options and surroundings that differ, and results side by side.
public struct RunComparison: Sendable {
  /// One quantity, a text for each run; empty where a run does not have it.
  public struct Row: Hashable, Sendable {
    /// What it is.
    public let name: String
    /// For each run.
    public let values: [String]
    /// The runs with the best value, where one can be better than another.
    public let best: Set<Int>
  }

  /// The runs.
  public let names: [String]
  /// What was decided differently; nothing where all was the same.
  public let differences: [Row]
  /// What came out.
  public let results: [Row]
  private let entries: [RunList.Entry]
  /// The epochs of each.
  public var histories: [History] { entries.map(\.record.history) }

  /// Compares runs.
  public init(_ entries: [RunList.Entry]) {
    self.entries = entries
    names = entries.map(\.name)
    let records = entries.map(\.record)
    var settings: [(name: String, values: [String])] = [("recipe", records.map(\.recipe))]
    for name in Set(records.flatMap(\.options.keys)).sorted() {
      settings.append((name, records.map { $0.options[name] ?? "" }))
    }
    settings.append(("data source", records.map { $0.dataSource ?? "" }))
    settings.append(("training samples", records.map { $0.trainingSampleCount.map(NumberText.grouped) ?? "" }))
    settings.append(("parameters", records.map { $0.parameterCount.map(NumberText.grouped) ?? "" }))
    for name in Set(records.flatMap(\.environment.keys)).sorted() {
      settings.append((name, records.map { $0.environment[name] ?? "" }))
    }
    differences = settings.filter { Set($0.values).count > 1 }.map { Row(name: $0.name, values: $0.values, best: []) }

    var rows = [Row(name: "status", values: records.map(\.status.rawValue), best: [])]
    rows.append(Row(name: "epochs", values: records.map { "\($0.history.epochs.count)" }, best: []))
    for name in Set(records.flatMap(\.history.names)).sorted() {
      rows.append(Self.row("last \(name)", records.map { $0.history.epochs.last?[name] }))
    }
    for name in Set(records.flatMap(\.figures.keys)).sorted() {
      rows.append(Self.row(name, records.map { $0.figures[name] }))
    }
    rows.append(
      Row(
        name: "seconds", values: records.map { NumberText.fixed($0.seconds, 1) },
        best: Self.best(records.map(\.seconds), isSmaller: true)))
    results = rows
  }

  private static func row(_ name: String, _ values: [Double?]) -> Row {
    let isSmaller: Bool? =
      ["loss", "error", "perplexity"].contains { name.hasSuffix($0) }
      ? true
      : ["accuracy", "precision", "recall", "f1", "auc", "r2", "kappa"].contains { name.contains($0) } ? false : nil
    return Row(
      name: name, values: values.map { $0.map(NumberText.value) ?? "" },
      best: isSmaller.map { best(values.map { $0 ?? .nan }, isSmaller: $0) } ?? [])
  }

  /// All with the best value; none where all are the same.
  private static func best(_ values: [Double], isSmaller: Bool) -> Set<Int> {
    let known = values.filter(\.isFinite)
    guard let best = isSmaller ? known.min() : known.max(), Set(known).count > 1 else { return [] }
    return Set(values.indices.filter { values[$0] == best })
  }

  /// The curves of all runs over each other; `nil` where the quantity was measured in none.
  ///
  /// - Parameter name: `val_loss`; without one, the validation loss where every run has it, else the loss.
  public func plot(_ name: String? = nil) -> Plot? {
    let name = name ?? (histories.allSatisfy { !$0["val_loss"].isEmpty } ? "val_loss" : "loss")
    guard histories.contains(where: { !$0[name].isEmpty }) else { return nil }
    var plot = Plot(name, x: Plot.Axis("epoch", wholeNumbers: true))
    for (run, history) in zip(names, histories) {
      plot.add(
        Plot.Series(run, x: history.epochs.map { Double($0.epoch) }, y: history.epochs.map { $0[name] ?? .nan }))
    }
    return plot
  }
}
