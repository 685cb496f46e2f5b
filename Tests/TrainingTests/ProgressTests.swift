import Foundation
import MartletTraining
import Synchronization
import Testing

@Suite("Progress") struct ProgressTests {
  private final class Recorder: Sendable {
    private let content = Mutex("")
    var text: String { content.withLock { $0 } }
    func write(_ text: String) { content.withLock { $0 += text } }
  }

  private func record(_ epoch: Int) -> EpochRecord {
    EpochRecord(
      epoch: epoch, values: ["val_loss": 0.0812, "loss": 0.75581, "accuracy": 0.76949, "val_accuracy": 0.9783],
      seconds: 12.2, samplesPerSecond: 4571.4)
  }

  @Test("is one line per epoch where nobody can see a bar move")
  func lines() {
    let recorder = Recorder()
    var display = ProgressDisplay(.lines, epochCount: 3, write: recorder.write)
    display.beginEpoch(1, batchCount: 422)
    display.update(10, values: ["loss": 2])
    display.endEpoch(record(1), batchCount: 422, trainingSeconds: 11.816)
    #expect(
      recorder.text
        == "Epoch 1/3 - 422/422 - 12s - 28ms/step - accuracy: 0.7695 - loss: 0.7558 - val_accuracy: 0.9783 - val_loss: 0.0812"
        + " - 4571 samples/s\n")
  }

  @Test("is Keras' bar on a terminal, which is left on a line of its own")
  func bar() {
    let recorder = Recorder()
    var display = ProgressDisplay(.bar, epochCount: 2, look: { ProgressLook() }, write: recorder.write)
    display.beginEpoch(2, batchCount: 40)
    display.update(8, values: ["loss": 0.00012])
    let pieces = recorder.text.components(separatedBy: "\n")
    #expect(pieces[0] == "Epoch 2/2")
    let bold = "\r\u{1B}[1m 8/40\u{1B}[0m "
    let bar = "\u{1B}[32m━━━━\u{1B}[0m\u{1B}[37m━━━━━━━━━━━━━━━━\u{1B}[0m \u{1B}[1m0s\u{1B}[0m "
    #expect(pieces[1].hasPrefix(bold + bar))
    #expect(pieces[1].hasSuffix("/step - loss: 1.2000e-04\u{1B}[K"))
    display.close()
    display.close()
    #expect(recorder.text.components(separatedBy: "\n").count == 3)
  }

  @Test("fits into every terminal: the bar shrinks, then values are left out; the last line of an epoch goes on below")
  func width() {
    func line(_ columns: Int?, isLast: Bool = false) -> String {
      ProgressLook(columns: columns, hasColors: false).line(
        count: " 8/40", done: 8, of: 40, time: "1:05", perStep: "28ms/step",
        values: ["accuracy: 0.7695", "loss: 0.7558"], isLast: isLast)
    }
    let whole = " 8/40 ━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 1:05 28ms/step - accuracy: 0.7695 - loss: 0.7558"
    #expect(line(nil) == whole && line(whole.count + 1) == whole)
    #expect(line(62, isLast: true) == whole.replacing(" - loss", with: "\n      - loss"))
    #expect(line(whole.count) == whole.replacing("━━━━", with: "━━━"))
    #expect(line(50) == " 8/40 ━╌╌╌╌╌╌╌╌ 1:05 28ms/step - accuracy: 0.7695")
    #expect(line(30) == " 8/40 ━╌╌╌╌╌╌╌ 1:05 28ms/step")
    for columns in 0..<200 { #expect(line(columns).count < max(columns, 12)) }
    // What is left of an earlier line is wiped away from each of them.
    let recorder = Recorder()
    var display = ProgressDisplay(
      .bar, epochCount: 1, look: { ProgressLook(columns: 62, hasColors: false) }, write: recorder.write)
    display.beginEpoch(1, batchCount: 40)
    display.endEpoch(record(1), batchCount: 40, trainingSeconds: 1)
    #expect(recorder.text.split(separator: "\n").allSatisfy { $0.hasSuffix("\u{1B}[K") })
  }

  @Test("has neither colours nor characters beyond ASCII where those are not wanted")
  func plain() {
    let look = ProgressLook.current(["LANG": "C", "NO_COLOR": "1"])
    #expect(!look.hasColors && !look.isUnicode && ProgressLook.current(["LC_ALL": "nl_BE.UTF-8"]).isUnicode)
    let line = look.line(count: "2/4", done: 2, of: 4, time: "1s", perStep: "1s/step", values: [], isLast: true)
    #expect(line == "2/4 ==========.......... 1s 1s/step")
  }

  @Test("is nothing when silenced")
  func silent() {
    let recorder = Recorder()
    var display = ProgressDisplay(.silent, epochCount: 2, write: recorder.write)
    display.beginEpoch(1, batchCount: 4)
    display.update(1, values: [:])
    display.endEpoch(record(1), batchCount: 4, trainingSeconds: 1)
    display.close()
    #expect(recorder.text.isEmpty)
  }

  @Test("shortens times and numbers as Keras does")
  func texts() {
    #expect([59, 65, 7385].map { ProgressText.duration(Double($0)) } == ["59s", "1:05", "2:03:05"])
    #expect([2, 0.0281, 0.00095].map(ProgressText.perStep) == ["2s/step", "28ms/step", "950us/step"])
    #expect(
      [0.5, 0.001, 0, .nan, -.infinity].map(ProgressText.number) == [
        "0.5000", "1.0000e-03", "0.0000e+00", "nan", "-inf",
      ])
  }
}
