import Foundation
import Martlet

/// Finds the samples that a person names: numbers of test samples, files, numbers, texts.
package struct SampleReader {
  let saved: SavedNetwork
  let task: SupervisedTask
  let request: DataRequest
  let note: (String) -> Void

  package init(saved: SavedNetwork, task: SupervisedTask, request: DataRequest, note: @escaping (String) -> Void) {
    self.saved = saved
    self.task = task
    self.request = request
    self.note = note
  }

  /// A sample as the network takes it, and as people see it.
  package struct Sample {
    package let name: String
    package let values: [Float]
    /// A picture of it in characters, where it is one.
    package var shown: String?
    /// The right class, where it is known.
    package var label: Int?
    /// The right numbers, where they are known and few.
    package var target: [Float]?
  }

  /// - Throws: `SampleError` for a name that stands for nothing; `DataFileError`, `TableError` and what else is wrong with a file.
  package func samples(named names: [String]) throws -> [Sample] {
    var measured: Dataset?
    return try names.flatMap { name -> [Sample] in
      if let index = Int(name) {
        let known = try measured ?? load()
        measured = known
        return [try sample(index, of: known)]
      }
      if let samples = try arrays(name) { return samples }
      switch task.subject {
      case .digit: return try isPicture(name) ? [digit(from: name)] : digits(fromIDX: name)
      case .picture: return [try picture(name)]
      case .numbers(let names): return [try numbers(name, names: names)]
      case .row(let derive): return try rows(of: name, derive)
      case .text(let vocabulary): return [Sample(name: "“\(name)”", values: codes(of: name, in: vocabulary))]
      }
    }
  }

  private func load() throws -> Dataset {
    let data = try task.data.load(request)
    data.notes.forEach(note)
    return data.measured
  }

  private func sample(_ index: Int, of dataset: Dataset) throws -> Sample {
    guard index >= 0 && index < dataset.count else {
      throw SampleError.noSuchSample(index: index, count: dataset.count)
    }
    try requireFit(Shape(dataset.sampleShape), of: "the test samples")
    var found = Sample(name: "test sample \(index)", values: dataset.input(at: index))
    found.label = dataset.label(at: index)
    found.shown = dataset.picture(at: index)?.terminalPicture
    if case .values(let values, let shape) = dataset.batch(of: [index]).targets, shape.reduce(1, *) <= 8 {
      found.target = values
    }
    return found
  }

  private func requireFit(_ shape: Shape, of what: String) throws {
    guard shape == saved.form.shape else { throw SampleError.wrongShape(what, shape: shape, needed: saved.form.shape) }
  }

  private func digit(from path: String) throws -> Sample {
    let picture = try isPNG(path) ? GrayPicture(contentsOfPNG: path) : ColorPicture(contentsOf: path).gray
    guard let digit = picture.normalizedDigit() else { throw SampleError.blank(path) }
    try requireFit([digit.height, digit.width, 1], of: path)
    return Sample(name: path, values: digit.pixels.map { Float($0) / 255 }, shown: digit.terminalPicture)
  }

  private func digits(fromIDX path: String) throws -> [Sample] {
    let dataset = try Dataset(idxImages: path)
    guard !dataset.isEmpty else { throw SampleError.noImages(path) }
    try requireFit(Shape(dataset.sampleShape), of: "\(path): images")
    return (0..<min(request.limit ?? .max, dataset.count)).map { index in
      Sample(
        name: "\(path) [\(index)]", values: dataset.input(at: index),
        shown: dataset.picture(at: index)?.terminalPicture)
    }
  }

  private func picture(_ path: String) throws -> Sample {
    let shape = saved.form.shape
    guard shape.rank == 3, shape[2] == 3 else {
      throw SampleError.wrongShape(path, shape: [1, 1, 3], needed: shape)
    }
    let picture = try ColorPicture(contentsOf: path).scaled(width: shape[1], height: shape[0])
    return Sample(name: path, values: picture.pixels.map { Float($0) / 255 }, shown: picture.gray.terminalPicture)
  }

  private func numbers(_ text: String, names: [String]) throws -> Sample {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Float($0.trimmingCharacters(in: .whitespaces)) }.filter(\.isFinite)
    guard values.count == parts.count, values.count == saved.form.shape.elementCount else {
      throw SampleError.notNumbers(text, needed: names)
    }
    return Sample(name: text, values: values)
  }

  private func rows(of path: String, _ derive: (Table) throws -> Table) throws -> [Sample] {
    guard let preparation = saved.preparation else { throw SampleError.noPreparation }
    let features = try preparation.features(of: try derive(Table(contentsOfCSV: path)))
    guard features.columnCount == saved.form.shape.elementCount else {
      throw SampleError.wrongShape(path, shape: [features.columnCount], needed: saved.form.shape)
    }
    return (0..<min(request.limit ?? .max, features.rowCount)).map { row in
      Sample(name: "\(path), row \(row)", values: features.row(row).map { Float($0) })
    }
  }

  /// A text as the codes of its words, cut off or filled up at the length of a sample.
  private func codes(of text: String, in vocabulary: Vocabulary?) -> [Float] {
    let codes = vocabulary?.encoded([text]).first ?? []
    return (0..<saved.form.shape.elementCount).map { $0 < codes.count ? Float(codes[$0]) : 0 }
  }

  /// The samples of an `.npy` file, or of the first array in an `.npz` file; `nil` for what is neither.
  private func arrays(_ path: String) throws -> [Sample]? {
    let entry: Safetensors.Entry
    switch URL(fileURLWithPath: path).pathExtension.lowercased() {
    case "npy": entry = try NPY.read(URL(fileURLWithPath: path))
    case "npz":
      let arrays = try NPZ.read(URL(fileURLWithPath: path))
      guard let first = arrays["x"] ?? arrays["arr_0"] ?? (arrays.count == 1 ? arrays.first?.value : nil) else {
        throw SampleError.noSamples(path, arrays: arrays.keys.sorted())
      }
      entry = first
    default: return nil
    }
    let (values, shape) = (entry.numbers, saved.form.shape)
    let size = shape.elementCount
    // One sample without a batch, or a batch; an axis of one channel may be left out.
    guard values.count.isMultiple(of: size), values.count > 0,
      entry.shape.filter({ $0 != 1 }).suffix(shape.filter { $0 != 1 }.count).elementsEqual(shape.filter { $0 != 1 })
    else { throw SampleError.wrongShape("\(path): samples", shape: Shape(entry.shape), needed: shape) }
    return (0..<min(request.limit ?? .max, values.count / size)).map { index in
      Sample(name: "\(path) [\(index)]", values: Array(values[index * size..<(index + 1) * size]))
    }
  }

  private func isPicture(_ path: String) -> Bool {
    let start = (try? FileHandle(forReadingAtPath: path)?.read(upToCount: 3)) ?? Data()
    return isPNG(path) || start.elementsEqual([0xFF, 0xD8, 0xFF])
  }

  private func isPNG(_ path: String) -> Bool {
    let start = (try? FileHandle(forReadingAtPath: path)?.read(upToCount: 8)) ?? Data()
    return start.elementsEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
      || path.lowercased().hasSuffix(".png")
  }
}

/// Why a name stands for no sample.
package enum SampleError: Error, CustomStringConvertible {
  case noSuchSample(index: Int, count: Int)
  case blank(String)
  case noImages(String)
  case wrongShape(String, shape: Shape, needed: Shape)
  case notNumbers(String, needed: [String])
  case noPreparation
  case noSamples(String, arrays: [String])
  case noAnswers(String, arrays: [String])
  case answers(count: Int, samples: Int)
  case noClass(String, known: [String])
  case noNumber(String)

  /// What is wrong, and what would be right.
  package var description: String {
    switch self {
    case .noSuchSample(let index, let count):
      "there is no test sample \(index): they are numbered 0 to \(count - 1)"
    case .blank(let path):
      "\(path): nothing but background; the picture needs a digit that stands out from it"
    case .noImages(let path):
      "\(path) holds no images"
    case .wrongShape(let what, let shape, let needed):
      "\(what) have the shape \(shape), the network needs \(needed)"
    case .notNumbers(let text, let needed):
      "'\(text)' is not \(needed.count) number\(needed.count == 1 ? "" : "s") with commas between them: "
        + needed.joined(separator: ",")
    case .noAnswers(let path, let arrays):
      "\(path) has no list of right answers"
        + (arrays.isEmpty ? "" : "; it has \(arrays.joined(separator: ", ")): call them y")
    case .answers(let count, let samples):
      "there are \(count) right answers for \(samples) samples"
    case .noClass(let answer, let known):
      "'\(answer)' is none of the classes, which are \(known.joined(separator: ", "))"
    case .noNumber(let text):
      "the answer '\(text)' is no number"
    case .noSamples(let path, let arrays):
      "\(path) has the arrays \(arrays.joined(separator: ", ")); call the samples x"
    case .noPreparation:
      "the file of weights does not say how rows become samples; train and save it again"
    }
  }
}
