import Foundation

/// How a training run shows where it is, on standard error.
public enum ProgressStyle: Hashable, Sendable {
  /// A bar where standard error is a terminal, lines where it is not.
  case automatic
  /// A bar that moves, as Keras draws it.
  case bar
  /// One line per epoch.
  case lines
  /// Nothing.
  case silent

  /// The style itself, with `automatic` decided.
  var resolved: ProgressStyle {
    guard self == .automatic else { return self }
    let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    return isTerminal && ProcessInfo.processInfo.environment["TERM"] != "dumb" ? .bar : .lines
  }
}

/// Draws the progress of a run.
package struct ProgressDisplay {
  private let style: ProgressStyle
  private let epochCount: Int
  private let look: () -> ProgressLook
  private let write: (String) -> Void
  private var epoch = 0
  /// How many batches the epoch has; `nil` where nobody knows.
  private var batchCount: Int?
  private var start = ContinuousClock.now
  private var firstStepEnd: ContinuousClock.Instant?
  private var isLineOpen = false

  package init(
    _ style: ProgressStyle, epochCount: Int, look: @escaping () -> ProgressLook = { .current() },
    write: @escaping (String) -> Void = { ProgressDisplay.writeToStandardError($0) }
  ) {
    self.style = style.resolved
    self.epochCount = epochCount
    self.look = look
    self.write = write
  }

  /// Output that nobody can read any more (a closed pipe) is no reason to stop training.
  package static func writeToStandardError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  package mutating func beginEpoch(_ epoch: Int, batchCount: Int?) {
    self.epoch = epoch
    self.batchCount = batchCount
    start = .now
    firstStepEnd = nil
    if style == .bar && epochCount > 1 { write("Epoch \(epoch)/\(epochCount)\n") }
  }

  /// Tells that the first step is over: it includes compiling and first touches of memory, and is not counted.
  package mutating func endFirstStep() { firstStepEnd = .now }

  /// Draws the bar as far as it is.
  package mutating func update(_ done: Int, values: [String: Double]) {
    guard style == .bar else { return }
    let perStep = secondsPerStep(done)
    let time = batchCount.map { perStep * Double($0 - done) } ?? (ContinuousClock.now - start).inSeconds
    draw(done, time: ProgressText.duration(time), perStep: perStep, values: values)
  }

  /// Draws the finished bar, or the line of an epoch.
  package mutating func endEpoch(_ record: EpochRecord, batchCount: Int, trainingSeconds: Double) {
    self.batchCount = batchCount
    let perStep = secondsPerStep(batchCount, total: trainingSeconds)
    switch style {
    case .bar:
      draw(
        batchCount, time: ProgressText.duration(record.seconds.rounded()), perStep: perStep, values: record.values,
        isLast: true)
      write("\n")
      isLineOpen = false
    case .lines:
      let time = ProgressText.duration(record.seconds.rounded())
      write(
        "Epoch \(epoch)/\(epochCount) - \(batchCount)/\(batchCount) - \(time) - \(ProgressText.perStep(perStep))"
          + " - \(ProgressText.values(record.values)) - \(Int(record.samplesPerSecond.rounded())) samples/s\n")
    case .silent, .automatic: break
    }
  }

  /// Says something on a line of its own.
  package mutating func note(_ text: String) {
    guard style != .silent else { return }
    close()
    write(text + "\n")
  }

  /// Leaves the terminal with the cursor on a line of its own, however the run ended.
  package mutating func close() {
    if isLineOpen { write("\n") }
    isLineOpen = false
  }

  private mutating func draw(
    _ done: Int, time: String, perStep: Double, values: [String: Double], isLast: Bool = false
  ) {
    let total = batchCount.map(String.init) ?? "?"
    let count = String(repeating: " ", count: max(0, total.count - String(done).count)) + "\(done)/\(total)"
    let line = look().line(
      count: count, done: batchCount == nil ? 0 : done, of: batchCount ?? 1, time: time,
      perStep: ProgressText.perStep(perStep), values: ProgressText.parts(values), isLast: isLast)
    // Back to the start of the line, over what was there, and away with whatever is left of it.
    let rest = "\u{1B}[K"
    write("\r\(line.replacingOccurrences(of: "\n", with: rest + "\n"))\(rest)")
    isLineOpen = true
  }

  private func secondsPerStep(_ done: Int, total: Double? = nil) -> Double {
    guard done > 0 else { return 0 }
    let elapsed = total ?? (ContinuousClock.now - start).inSeconds
    guard let firstStepEnd, done > 1 else { return elapsed / Double(done) }
    return max(0, elapsed - (firstStepEnd - start).inSeconds) / Double(done - 1)
  }
}

extension Duration {
  /// In seconds.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
