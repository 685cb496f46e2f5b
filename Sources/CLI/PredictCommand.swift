import ArgumentParser
import Foundation
import Martlet

/// Says what a trained network sees in images.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what a trained network sees in images.",
    discussion: """
      An image is the number of a test sample, a PNG file of any size with a digit on it, or an IDX file of images, gzipped or
      plain.

      Examples:
        martlet predict cnn.safetensors 0 1 2
        martlet predict cnn.safetensors digit.png
        martlet predict cnn.safetensors t10k-images-idx3-ubyte.gz --limit 5
      """)

  @Argument(help: "Weights written by 'martlet train … --save'.")
  var weights: String

  @Argument(help: ArgumentHelp("Numbers of test samples, PNG files, IDX files.", valueName: "image"))
  var images: [String]

  @OptionGroup var devices: DeviceOptions
  @OptionGroup var data: DataOptions

  @Option(help: "How many classes to list per image.")
  var top = 3

  @Flag(help: "Print JSON instead of pictures.")
  var json = false

  func validate() throws {
    if images.isEmpty { throw ValidationError("name at least one image") }
    if top < 1 { throw ValidationError("--top has to be 1 or more; got \(top)") }
  }

  struct Prediction: Encodable {
    let image: String
    let prediction: String
    let probabilities: [String: Float]
    let label: String?
  }

  func run() throws {
    let (_, model) = try Recipe.load(weights)
    let trainer = Trainer(model, loss: .softmaxCrossEntropy, on: try devices.selected())
    let subjects = try ImageSource(data: data).images(named: images)
    var inputs: [Float] = []
    for subject in subjects { inputs += subject.values }
    let shape = Array(Recipe.inputShape)
    let predictions = try trainer.predict(try Dataset(inputs: inputs, shape: shape))
    var reports: [Prediction] = []
    for (index, subject) in subjects.enumerated() {
      let probabilities = predictions.probabilities(at: index)
      let ranking = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
      let names = MNIST.classNames
      if json {
        reports.append(
          Prediction(
            image: subject.name, prediction: names[ranking[0]],
            probabilities: Dictionary(uniqueKeysWithValues: zip(names, probabilities)),
            label: subject.label.map { names[$0] }))
        continue
      }
      print(subject.picture.terminalPicture)
      let answers = ranking.prefix(top).map { "\(names[$0]) (\(String(format: "%.1f", probabilities[$0] * 100)) %)" }
      let truth = subject.label.map { $0 == ranking[0] ? "  ✓" : "  ✗ it is \(names[$0])" } ?? ""
      print("\(subject.name): \(answers.joined(separator: ", "))\(truth)\n")
    }
    if json { try writeJSON(reports, to: "-") }
  }
}

/// Finds the images that a person names on the command line.
private struct ImageSource {
  let data: DataOptions

  struct Subject {
    let name: String
    let values: [Float]
    let picture: GrayPicture
    let label: Int?
  }

  func images(named names: [String]) throws -> [Subject] {
    let testSet = names.contains { Int($0) != nil } ? try data.load(quietly: false).test : nil
    return try names.flatMap { name in
      if let index = Int(name), let testSet { return [try sample(index, of: testSet)] }
      return try isPNG(name) ? [digit(fromPNG: name)] : digits(fromIDX: name)
    }
  }

  private func sample(_ index: Int, of dataset: Dataset) throws -> Subject {
    guard index >= 0 && index < dataset.count else {
      throw ValidationError("there is no test sample \(index): they are numbered 0 to \(dataset.count - 1)")
    }
    return subject("test sample \(index)", dataset.input(at: index), label: dataset.label(at: index))
  }

  private func digit(fromPNG path: String) throws -> Subject {
    guard let digit = try GrayPicture(contentsOfPNG: path).normalizedDigit() else {
      throw ValidationError("\(path): nothing but background; the picture needs a digit that stands out from it")
    }
    return subject(path, digit.pixels.map { Float($0) / 255 }, label: nil)
  }

  private func digits(fromIDX path: String) throws -> [Subject] {
    let dataset = try Dataset(idxImages: path)
    guard dataset.sampleShape.reduce(1, *) == Recipe.inputShape.elementCount else {
      throw ValidationError("\(path): images of \(dataset.sampleShape), the network needs 28 × 28")
    }
    return (0..<min(data.limit ?? .max, dataset.count)).map { index in
      subject("\(path) [\(index)]", dataset.input(at: index), label: nil)
    }
  }

  private func subject(_ name: String, _ values: [Float], label: Int?) -> Subject {
    Subject(name: name, values: values, picture: GrayPicture(width: 28, height: 28, values: values), label: label)
  }

  private func isPNG(_ path: String) -> Bool {
    let start = FileHandle(forReadingAtPath: path)?.readData(ofLength: 8) ?? Data()
    return start.elementsEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
      || path.lowercased().hasSuffix(".png")
  }
}
