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
      A sample is the number of a test sample; for networks that see, a PNG file (in colours also JPEG) or an IDX file of images;
      for networks over tables, a CSV file with the same columns; for others, numbers with commas between them, or a text.

      Examples:
        martlet predict cnn.safetensors 0 1 2
        martlet predict cnn.safetensors digit.png
        martlet predict cnn.safetensors t10k-images-idx3-ubyte.gz --limit 5
        martlet predict spiral.safetensors 1.5,-2
      """)

  @Argument(help: "Weights written by 'martlet train … --save'.")
  var weights: String

  @Argument(help: ArgumentHelp("Numbers of test samples, files, numbers or texts.", valueName: "sample"))
  var samples: [String]

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(parsing: .unconditional, help: "How many classes to list per sample.")
  var top = 3

  @Flag(help: "Print JSON instead of pictures.")
  var json = false

  func validate() throws {
    if samples.isEmpty { throw ValidationError("name at least one sample") }
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
    let (saved, task, model) = try SavedNetwork.read(weights)
    let trainer = Trainer(model, loss: task.loss, on: try devices.selected())
    let reader = SampleReader(saved: saved, task: task, request: data.request(seed: saved.seed)) { note($0) }
    let found = try reader.samples(named: samples)
    let predictions = try trainer.predict(
      try Dataset(inputs: found.flatMap(\.values), shape: Array(saved.form.shape)))
    var reports: [Prediction] = []
    for (index, sample) in found.enumerated() {
      let answer = Answer(predictions, at: index, classNames: saved.classNames)
      if json {
        reports.append(answer.report(of: sample))
      } else {
        if let shown = sample.shown { print(shown) }
        print("\(sample.name): \(answer.text(top: top))\(answer.verdict(on: sample))\(sample.shown == nil ? "" : "\n")")
      }
    }
    if json { try writeJSON(reports, to: "-") }
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
