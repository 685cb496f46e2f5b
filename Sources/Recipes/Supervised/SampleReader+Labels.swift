import Foundation
import Martlet

extension SampleReader {
  /// Samples from files, with their right answers from another file, or from a column of the same table.
  ///
  /// - Throws: `SampleError` where there are not as many answers as samples, or one is no class; what reading the files throws.
  package func labelled(_ paths: [String], by labels: String) throws -> RecipeData {
    let found = try samples(named: paths)
    let answers = try self.answers(labels, tables: paths)
    let count = min(found.count, request.limit ?? .max)
    guard answers.count >= count, answers.count == found.count || request.limit != nil else {
      throw SampleError.answers(count: answers.count, samples: found.count)
    }
    let (values, shape) = (found.prefix(count).flatMap(\.values), Array(saved.form.shape))
    let known = answers.prefix(count)
    let dataset: Dataset
    if saved.classNames.isEmpty {
      dataset = try Dataset(inputs: values, shape: shape, targets: try known.map(Self.number))
    } else {
      let classes = try known.map { answer in
        if let index = saved.classNames.firstIndex(of: answer) { return index }
        guard let index = Int(exactly: try Self.number(answer)), saved.classNames.indices.contains(index) else {
          throw SampleError.noClass(answer, known: saved.classNames)
        }
        return index
      }
      dataset = try Dataset(inputs: values, shape: shape, labels: classes, classNames: saved.classNames)
    }
    var data = RecipeData(train: dataset, source: paths.joined(separator: ", "))
    data.test = dataset
    return data
  }

  private static func number(_ text: String) throws -> Float {
    guard let value = Float(text), value.isFinite else { throw SampleError.noNumber(text) }
    return value
  }

  private func answers(_ labels: String, tables: [String]) throws -> [String] {
    let url = URL(fileURLWithPath: labels)
    switch url.pathExtension.lowercased() {
    case "npy": return try NPY.read(url).numbers.map(Self.text)
    case "npz":
      let arrays = try NPZ.read(url)
      guard let entry = arrays["y"] ?? arrays["labels"] ?? (arrays.count == 1 ? arrays.first?.value : nil) else {
        throw SampleError.noAnswers(labels, arrays: arrays.keys.sorted())
      }
      return entry.numbers.map(Self.text)
    default: break
    }
    if FileManager.default.fileExists(atPath: labels) {
      guard case .uint8(let values) = try IDXArray(contentsOf: labels).elements else {
        throw SampleError.noAnswers(labels, arrays: [])
      }
      return values.map { "\($0)" }
    }
    return try tables.flatMap { path in try Table(contentsOfCSV: path).texts(labels).map { $0 ?? "" } }
  }

  /// Whole numbers without a point, as classes are called.
  private static func text(_ value: Float) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
