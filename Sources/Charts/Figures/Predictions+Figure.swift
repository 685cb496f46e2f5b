import MartletData
import MartletTraining

extension Predictions {
  /// Samples as pictures with what the model takes them for; wrong ones have a frame and say what is right.
  ///
  /// - Parameters:
  ///   - samples: The samples the predictions are about, pictures of one or three channels.
  ///   - wrongFirst: Whether mistakes come first, those the model was surest of before all others.
  ///   - limit: No more samples than this.
  /// - Throws: `FigureError` where samples are no pictures, the model does not classify, or there are not as many predictions as samples.
  public func figure(of samples: Dataset, wrongFirst: Bool = false, limit: Int = 32, title: String = "") throws
    -> Figure
  {
    let order = try ranked(samples, wrongFirst: wrongFirst).prefix(max(limit, 0))
    let answers = labels
    let tiles = try order.map { index in
      let label = samples.label(at: index)
      let isRight = label.map { $0 == answers[index] }
      let share = probability(of: answers[index], at: index)
      var captions = ["\(samples.name(ofClass: answers[index])), \(NumberText.fixed(100 * share, 0)) %"]
      if let label, isRight == false { captions.append("is \(samples.name(ofClass: label))") }
      return Sheet.Tile(try samples.colorPicture(at: index), captions: captions, isRight: isRight)
    }
    return Figure(panels: [.sheet(Sheet(title, tiles: Array(tiles), columns: 8))], columns: 1)
  }

  /// The places of samples: as they come, or mistakes first.
  private func ranked(_ samples: Dataset, wrongFirst: Bool) throws -> [Int] {
    let answers = labels
    guard samples.count == count else {
      throw FigureError("\(count) predictions do not belong to \(samples.count) samples")
    }
    guard answers.count == count else { throw FigureError("the model does not say which class a sample has") }
    return wrongFirst
      ? mistakes(of: samples) + (0..<count).filter { samples.label(at: $0) == answers[$0] } : Array(0..<count)
  }

  /// The places of samples that were taken for something else, those the model was surest of first.
  package func mistakes(of samples: Dataset) -> [Int] {
    let answers = labels
    guard answers.count == samples.count else { return [] }
    let wrong = answers.indices.filter { index in samples.label(at: index).map { $0 != answers[index] } ?? false }
    return wrong.sorted { probability(of: answers[$0], at: $0) > probability(of: answers[$1], at: $1) }
  }

  /// How probable a class is for a sample.
  package func probability(of label: Int, at index: Int) -> Double {
    let row = probabilities(at: index)
    if row.count == 1 { return Double(label == 1 ? row[0] : 1 - row[0]) }
    return row.indices.contains(label) ? Double(row[label]) : .nan
  }

  /// Samples above what a model made of them, as autoencoders do.
  ///
  /// - Parameters:
  ///   - samples: The samples the predictions are about.
  ///   - limit: No more samples than this.
  /// - Throws: `FigureError` where samples or results are no pictures, or there are not as many.
  public func reconstructions(of samples: Dataset, limit: Int = 10, title: String = "") throws -> Figure {
    guard samples.count == count else {
      throw FigureError("\(count) predictions do not belong to \(samples.count) samples")
    }
    let places = 0..<min(count, max(limit, 0))
    var rows = [("given", try places.map { try samples.colorPicture(at: $0) })]
    rows.append(("made", try places.map { try ColorPicture(values: output(at: $0), shape: samples.sampleShape) }))
    let targets = places.compactMap { index -> [Float]? in
      guard case .values(let target, _) = samples.batch(of: [index]).targets else { return nil }
      return target
    }
    if targets.count == places.count, targets != places.map({ samples.input(at: $0) }) {
      rows.append(("wanted", try targets.map { try ColorPicture(values: $0, shape: samples.sampleShape) }))
    }
    let sheet = Sheet(
      title, tiles: rows.flatMap { row in row.1.map { Sheet.Tile($0) } }, columns: max(places.count, 1),
      rowNames: rows.map(\.0))
    return Figure(panels: [.sheet(sheet)], columns: 1)
  }
}

/// Why something cannot be drawn.
public struct FigureError: Error, Equatable, CustomStringConvertible {
  /// What is wrong.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension Dataset {
  /// The name of a class; its number where it has none.
  package func name(ofClass label: Int) -> String {
    classNames.indices.contains(label) ? classNames[label] : "\(label)"
  }

  /// A sample as a picture.
  ///
  /// - Throws: `FigureError` where it is none.
  package func colorPicture(at index: Int) throws -> ColorPicture {
    try ColorPicture(values: input(at: index), shape: sampleShape)
  }
}

extension ColorPicture {
  /// Values from 0 to 1 as pixels: `[height, width]`, with one channel or with three.
  ///
  /// - Throws: `FigureError` where they are no picture.
  package init(values: [Float], shape: [Int]) throws {
    let channels = shape.count == 3 ? shape[2] : 1
    guard shape.count == 2 || shape.count == 3, channels == 1 || channels == 3, shape.allSatisfy({ $0 > 0 }),
      values.count == shape.reduce(1, *)
    else {
      throw FigureError(
        "values of shape \(shape) are no picture; [height, width], or with 1 or 3 channels, would be one")
    }
    let bytes = values.map { UInt8(max(0, min(255, ($0.isFinite ? $0 : 0) * 255 + 0.5))) }
    self.init(
      width: shape[1], height: shape[0], pixels: channels == 3 ? bytes : bytes.flatMap { [$0, $0, $0] })
  }
}
