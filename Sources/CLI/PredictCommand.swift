import ArgumentParser
import Foundation
import Martlet
import MartletRecipes

/// Says what a trained network makes of samples.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what a trained network makes of images, numbers or texts.",
    discussion: """
      A sample is the number of a test sample; for networks that see, a PNG or JPEG file or an IDX file of images, gzipped or not; for
      networks over tables, a CSV file with the same columns; for others, numbers with commas between them, or a text; for all of them an
      .npy file, or an .npz file with the array x.

      Examples:
        martlet predict first 0 1 2                the network of a stored run
        martlet predict cnn.martlet digit.png
        martlet predict cnn.martlet t10k-images-idx3-ubyte.gz --limit 5
        martlet predict titanic.martlet people.csv --output predictions.csv
        martlet predict spiral.martlet 1.5,-2
        martlet predict resnet.onnx cat.jpg
      """)

  @Argument(
    help: ArgumentHelp(
      "A stored run, an archive or weights written by 'martlet train … --save', or an ONNX file.", valueName: "network"),
    completion: .networks)
  var network: String

  @Argument(
    help: ArgumentHelp("Numbers of test samples, files, numbers or texts.", valueName: "sample"), completion: .file())
  var samples: [String]

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(parsing: .unconditional, help: "How many classes to list per sample.")
  var top = 3

  @Option(
    help: ArgumentHelp("Write one row per sample as CSV; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var output: String?

  @Flag(help: "Print one JSON object instead of pictures.")
  var json = false

  func validate() throws {
    if samples.isEmpty { throw ValidationError("name at least one sample") }
    if json && output == "-" {
      throw ValidationError("--json and --output - both write to standard output: use one of them")
    }
    if let output { try requireWritable(output) }
    if top < 1 { throw ValidationError("--top has to be 1 or more; got \(top)") }
  }

  struct Prediction: Encodable {
    let image: String
    let prediction: String
    let probabilities: [String: Float]?
    let outputs: [Float]?
    let label: String?
  }

  func run() throws {
    let (saved, task, model) = try SavedNetwork.read(try NetworkFile.place(of: network))
    let trainer = Trainer(model, loss: task.loss, on: try devices.selected())
    let reader = SampleReader(saved: saved, task: task, request: data.request(seed: saved.seed)) { note($0) }
    let found = try reader.samples(named: samples)
    let predictions = try trainer.predict(
      try Dataset(inputs: found.flatMap(\.values), shape: Array(saved.form.shape)))
    if let output { try write(found, predictions, classNames: saved.classNames, to: output) }
    if output == "-" { return }
    var reports: [Prediction] = []
    for (index, sample) in found.enumerated() {
      let answer = Answer(predictions, at: index, classNames: saved.classNames)
      if json {
        reports.append(answer.report(of: sample))
      } else if output == nil {
        if let shown = sample.shown { print(shown) }
        print("\(sample.name): \(answer.text(top: top))\(answer.verdict(on: sample))\(sample.shown == nil ? "" : "\n")")
      }
    }
    if json { try writeJSON(["predictions": reports], to: "-") }
  }

  /// A table with a row per sample: its name, the answer, and the probability of each class or the outputs.
  private func write(
    _ samples: [SampleReader.Sample], _ predictions: Predictions, classNames: [String], to path: String
  ) throws {
    func cell(_ text: String) -> String {
      text.contains { ",\"\r\n".contains($0) } ? "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\"" : text
    }
    var rows: [[String]] = []
    for (index, sample) in samples.enumerated() {
      let answer = Answer(predictions, at: index, classNames: classNames)
      let classes = !answer.probabilities.isEmpty
      let values = classes ? answer.probabilities : answer.outputs
      if rows.isEmpty {
        let names = classes ? answer.names : values.indices.map { "output_\($0)" }
        rows.append(["sample"] + (classes ? ["prediction"] : []) + names)
      }
      let first = classes ? [answer.ranking.first.map { answer.names[$0] } ?? ""] : []
      rows.append([sample.name] + first + values.map { "\($0)" })
    }
    let text = rows.map { $0.map(cell).joined(separator: ",") + "\n" }.joined()
    try Output.write(Data(text.utf8), toFile: path)
    if path != "-" { note("wrote \(path)") }
  }
}

/// What a network said about one sample.
private struct Answer {
  let outputs: [Float]
  /// Of each class; empty where there are none.
  let probabilities: [Float]
  let names: [String]
  let ranking: [Int]

  init(_ predictions: Predictions, at index: Int, classNames: [String]) {
    outputs = predictions.output(at: index)
    let given = predictions.probabilities(at: index)
    // One probability is that of the second of two classes.
    let probabilities = given.count == 1 ? [1 - given[0], given[0]] : given
    self.probabilities = classNames.isEmpty || probabilities.count == classNames.count ? probabilities : []
    names = classNames.isEmpty ? probabilities.indices.map(String.init) : classNames
    ranking = self.probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
  }

  func text(top: Int) -> String {
    if ranking.isEmpty {
      return outputs.prefix(8).map { String(format: "%.4g", $0) }.joined(separator: ", ")
        + (outputs.count > 8 ? ", …" : "")
    }
    return ranking.prefix(top).map { "\(names[$0]) (\(String(format: "%.1f", probabilities[$0] * 100)) %)" }
      .joined(separator: ", ")
  }

  func verdict(on sample: SampleReader.Sample) -> String {
    if let label = sample.label, let first = ranking.first {
      return label == first ? "  ✓" : "  ✗ it is \(names.indices.contains(label) ? names[label] : "\(label)")"
    }
    guard let target = sample.target else { return "" }
    return "  (measured: \(target.map { String(format: "%.4g", $0) }.joined(separator: ", ")))"
  }

  func report(of sample: SampleReader.Sample) -> PredictCommand.Prediction {
    PredictCommand.Prediction(
      image: sample.name, prediction: ranking.first.map { names[$0] } ?? text(top: 1),
      probabilities: ranking.isEmpty ? nil : Dictionary(zip(names, probabilities)) { first, _ in first },
      outputs: ranking.isEmpty ? outputs : nil,
      label: sample.label.map { names.indices.contains($0) ? names[$0] : "\($0)" })
  }
}
