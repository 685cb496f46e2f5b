import Foundation
import MartletCharts
import MartletData
import MartletInterchange
import MartletMetrics

/// A run as one page of HTML that needs nothing else: no network, no other file, no script. It follows the reader's light or dark setting and
/// the width of the window.
public struct RunPage: Sendable {
  /// What the run is called.
  public let name: String
  /// What is known of it.
  public let record: RunRecord
  /// What more there is to see.
  public let evidence: RunEvidence?

  /// A page about a run.
  public init(name: String, record: RunRecord, evidence: RunEvidence?) {
    (self.name, self.record, self.evidence) = (name, record, evidence)
  }

  /// The page.
  ///
  /// - Throws: `DataFileError` if a picture cannot be encoded, which only a lack of memory explains.
  public func html() throws -> String {
    var sections = [head, advice]
    sections.append(try curves())
    if let evidence {
      sections.append(try confusion(evidence))
      sections.append(try thresholds(evidence))
      sections.append(mistakes(evidence))
      sections.append(galleries(evidence))
      sections.append(network(evidence))
      sections.append(try weights(evidence))
    }
    // One line of them is what the tiles above say.
    if let findings = record.findings, findings.contains("\n") || record.figures.isEmpty {
      sections.insert(section("What was found", "<pre>\(XML.escaped(findings))</pre>"), at: min(3, sections.count))
    }
    sections.append(reproduction)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(XML.escaped(name)) · \(XML.escaped(record.recipe))</title>
      <style>\(RunPageStyle.sheet)</style>
      </head>
      <body>
      <main>
      \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }
}

extension RunPage {
  /// Writes the page, which appears complete or not at all.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws {
    try AtomicFile.write(Array(try html().utf8), to: URL(fileURLWithPath: path))
  }
}

// The sections.
extension RunPage {
  private var head: String {
    let epochs = record.history.epochs.count
    var tiles: [(String, String)] = []
    for (name, words) in [
      ("test_accuracy", "test accuracy"), ("test_loss", "test loss"), ("test_r2", "R² on test samples"),
    ] {
      if let value = record.figures[name] {
        tiles.append(
          (name.hasSuffix("accuracy") ? NumberText.fixed(100 * value, 2) + "\u{202F}%" : NumberText.value(value), words)
        )
      }
    }
    if tiles.isEmpty, let last = record.history.epochs.last {
      for key in ["val_accuracy", "accuracy", "val_loss", "loss"].filter({ last[$0] != nil }).prefix(2) {
        tiles.append((NumberText.value(last[key] ?? .nan), key.replacingOccurrences(of: "val_", with: "validation ")))
      }
    }
    if epochs > 0 { tiles.append(("\(epochs)", epochs == 1 ? "epoch" : "epochs")) }
    if let count = record.parameterCount { tiles.append((NumberText.grouped(count), "parameters")) }
    if let count = record.trainingSampleCount { tiles.append((NumberText.grouped(count), "training samples")) }
    tiles.append((Self.duration(record.seconds), "of training"))
    let status = record.status == .done ? "good" : record.status == .running ? "" : "bad"
    let ending = [.killed, .interrupted].contains(record.status) ? record.progress : nil
    let reason =
      (record.reason ?? record.history.stopReason ?? ending).map { "<p class=\"reason\">\(XML.escaped($0))</p>" } ?? ""
    return """
      <header>
      <p class="kind">\(XML.escaped(record.recipe)) <span class="badge \(status)">\(record.status.rawValue)</span></p>
      <h1>\(XML.escaped(name))</h1>
      <p class="quiet">\(XML.escaped(Self.time(record.started)))\(record.environment["device"].map { " on " + XML.escaped($0) } ?? "")</p>
      \(reason)
      </header>
      <section class="tiles">
      \(tiles.map { "<div class=\"tile\"><b>\(XML.escaped($0.0))</b><span>\(XML.escaped($0.1))</span></div>" }.joined(separator: "\n"))
      </section>
      """
  }

  /// What the doctor noticed, each with its remedy.
  private var advice: String {
    let items = record.history.findings.map { finding in
      let when = finding.epoch.map { "after epoch \($0)" } ?? "before training"
      return "<li><span class=\"quiet\">\(when)</span> \(XML.escaped(finding.message)). "
        + "<span class=\"remedy\">Try: <code>\(XML.escaped(finding.remedy))</code></span></li>"
    }
    return items.isEmpty ? "" : section("What the doctor noticed", "<ul class=\"advice\">\(items.joined())</ul>")
  }

  private func curves() throws -> String {
    guard !record.history.epochs.isEmpty else { return "" }
    let plots = record.history.figure().panels
    // Three stand beside each other, if they are small.
    let isSmall = plots.count.isMultiple(of: 3)
    let figures = try plots.map { try Self.figure($0, isSmall: isSmall) }
    return section(
      "Curves",
      "<div class=\"plots\(isSmall ? " small" : "")\">\(figures.joined())</div>" + details("All values", epochTable))
  }

  private var epochTable: String {
    let names = record.history.names
    let rows = record.history.epochs.map { epoch in
      let mark = epoch.epoch == record.history.bestEpoch ? " *" : ""
      return ["\(epoch.epoch)\(mark)"] + names.map { epoch.values[$0].map(NumberText.value) ?? "" }
        + [epoch.learningRate.map(NumberText.short) ?? "", NumberText.fixed(epoch.seconds, 2)]
    }
    return table(["epoch"] + names + ["learning rate", "seconds"], rows)
  }

  private func confusion(_ evidence: RunEvidence) throws -> String {
    guard let matrix = evidence.confusionMatrix else { return "" }
    let names = evidence.classNames
    let figures = try [ConfusionMatrix.Cells.counts, .shares].map { cells in
      let title = cells == .counts ? "samples" : "% of each true class"
      return "<figure>\(try matrix.figure(classNames: names, showing: cells, title: title).inlineSVG())</figure>"
    }
    let rows = names.indices.map { label in
      [names[label]]
        + [matrix.precision(ofClass: label), matrix.recall(ofClass: label), matrix.f1(ofClass: label)]
        .map { NumberText.fixed($0, 4) } + [NumberText.grouped(matrix.support(ofClass: label))]
    }
    return section(
      "Who was taken for whom",
      "<div class=\"plots\">\(figures.joined())</div>"
        + details(
          "Precision, recall and F1 of each class", table(["class", "precision", "recall", "F1", "samples"], rows)))
  }

  private func thresholds(_ evidence: RunEvidence) throws -> String {
    var plots: [Plot] = []
    if let roc = evidence.roc, roc.x.count == roc.y.count { plots.append(.roc(x: roc.x, y: roc.y, area: roc.area)) }
    if let curve = evidence.precisionRecall, curve.x.count == curve.y.count {
      plots.append(.precisionRecall(x: curve.x, y: curve.y, average: curve.area))
    }
    if plots.isEmpty { return "" }
    return section(
      "Over all thresholds",
      "<div class=\"plots\">\(try plots.map { "<figure>\(try Figure($0).inlineSVG())</figure>" }.joined())</div>")
  }

  private func mistakes(_ evidence: RunEvidence) -> String {
    guard evidence.confusionMatrix != nil else { return "" }
    let total = evidence.confusion.reduce(0, +)
    func className(_ label: Int) -> String {
      XML.escaped(evidence.classNames.indices.contains(label) ? evidence.classNames[label] : "\(label)")
    }
    let heading =
      "<p class=\"quiet\">\(NumberText.grouped(evidence.mistakeCount)) of \(NumberText.grouped(total)) test samples"
      + (evidence.mistakes.isEmpty ? "" : "; those the network was surest of") + "</p>"
    let tiles = evidence.mistakes.map { mistake in
      let picture =
        mistake.picture.map { "<img alt=\"test sample \(mistake.sample)\" src=\"\(Self.dataURI($0))\"/>" } ?? ""
      return
        "<li>\(picture)<b class=\"bad\">says \(className(mistake.prediction)), \(NumberText.fixed(100 * mistake.probability, 0))\u{202F}%</b>"
        + "<span>is \(className(mistake.label))</span><span class=\"quiet\">no. \(mistake.sample)</span></li>"
    }
    let list = tiles.isEmpty ? "" : "<ul class=\"samples\">\(tiles.joined())</ul>"
    return section("Worst mistakes", heading + list)
  }

  private func galleries(_ evidence: RunEvidence) -> String {
    let figures = evidence.galleries.map { gallery in
      "<figure class=\"gallery\"><figcaption><b>\(XML.escaped(gallery.title))</b> \(XML.escaped(gallery.caption))</figcaption>"
        + "<img alt=\"\(XML.escaped(gallery.title))\" src=\"\(Self.dataURI(gallery.picture))\"/></figure>"
    }
    return figures.isEmpty ? "" : section("Pictures", "<div class=\"galleries\">\(figures.joined())</div>")
  }

  private func network(_ evidence: RunEvidence) -> String {
    var content = ""
    if let drawing = evidence.drawing, drawing.hasPrefix("<svg") {
      // A picture, not part of the page: whatever the file says, nothing in it is run.
      content +=
        "<div class=\"drawing\"><img alt=\"the network\" src=\"data:image/svg+xml;base64,\(Data(drawing.utf8).base64EncodedString())\"/></div>"
    }
    if let summary = evidence.summary {
      content += details("Layers, shapes, parameters", "<pre>\(XML.escaped(summary))</pre>")
    }
    return content.isEmpty ? "" : section("Network", content)
  }

  private func weights(_ evidence: RunEvidence) throws -> String {
    let figures = try evidence.weights.prefix(48).compactMap { spread -> String? in
      guard !spread.counts.isEmpty, spread.edges.count == spread.counts.count + 1 else { return nil }
      let shape = spread.shape.map(String.init).joined(separator: "×")
      let plot = Histogram(edges: spread.edges, counts: spread.counts).plot(title: "\(spread.name)  \(shape)")
      return try Self.figure(.plot(plot), isSmall: true)
    }
    return figures.isEmpty ? "" : section("Weights", "<div class=\"plots small\">\(figures.joined())</div>")
  }

  private var reproduction: String {
    let command =
      record.command.isEmpty ? "" : "<pre class=\"command\">\(XML.escaped(ShellWord.line(record.command)))</pre>"
    var settings = record.options.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    if let source = record.dataSource { settings.append(["data source", source]) }
    if let weights = record.weights { settings.append(["weights", weights]) }
    let surroundings = record.environment.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    let memory = record.peakMemoryByteCount.map { [["peak memory", "\($0 / 1_048_576) MiB"]] } ?? []
    let figures = record.figures.sorted { $0.key < $1.key }.map { [$0.key, NumberText.value($0.value)] }
    var cards = [("Options", settings), ("Surroundings", surroundings + memory)]
    if !figures.isEmpty { cards.append(("Results", figures)) }
    let tables = cards.filter { !$0.1.isEmpty }.map { "<div><h3>\($0.0)</h3>\(table([], $0.1))</div>" }
    return section(
      "How to do it again",
      "<p class=\"quiet\">The same command, data and version give the same weights, bit for bit.</p>" + command
        + "<div class=\"cards\">\(tables.joined())</div>")
  }
}

// The pieces.
extension RunPage {
  private func section(_ title: String, _ content: String) -> String {
    "<section><h2>\(XML.escaped(title))</h2>\n\(content)\n</section>"
  }

  private func details(_ title: String, _ content: String) -> String {
    "<details><summary>\(XML.escaped(title))</summary>\(content)</details>"
  }

  private func table(_ header: [String], _ rows: [[String]]) -> String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>" + cells.map { "<\(tag)>\(XML.escaped($0))</\(tag)>" }.joined() + "</tr>"
    }
    let head = header.isEmpty ? "" : "<thead>\(row(header, "th"))</thead>"
    let kind = header.isEmpty ? "pairs" : "numbers"
    return
      "<div class=\"scroll\"><table class=\"\(kind)\">\(head)<tbody>\(rows.map { row($0, "td") }.joined())</tbody></table></div>"
  }

  private static func figure(_ panel: Figure.Panel, isSmall: Bool) throws -> String {
    var figure = Figure(panels: [panel], columns: 1)
    if isSmall { figure.plotSize = (320, 220) }
    return "<figure>\(try figure.inlineSVG())</figure>"
  }

  private static func dataURI(_ png: Data) -> String { "data:image/png;base64,\(png.base64EncodedString())" }

  private static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, 0..<1e9 ~= seconds else { return "?" }
    if seconds < 60 { return NumberText.fixed(seconds, 1) + "\u{202F}s" }
    let minutes = Int(seconds / 60)
    return minutes < 60
      ? "\(minutes)\u{202F}min \(Int(seconds) % 60)\u{202F}s" : "\(minutes / 60)\u{202F}h \(minutes % 60)\u{202F}min"
  }

  private static func time(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "d MMMM yyyy, HH:mm 'UTC'"
    return formatter.string(from: date)
  }
}

/// Words of a command line, as a shell takes each for one.
package enum ShellWord {
  /// The line to type.
  package static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  /// In quotes, where it needs them.
  package static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=,+%@".contains($0)) }
    return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
