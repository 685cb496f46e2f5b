import Martlet

/// Pictures of results.
enum Sheets {
  /// Twelve test samples: what the network was given, what it made of it, and, where that is something else, what it should have made.
  static func reconstructions(_ trained: TrainedNetwork) throws -> ColorPicture {
    let samples = trained.data.measured.prefix(12)
    let made = try trained.trainer.predict(samples)
    let size = (height: samples.sampleShape[0], width: samples.sampleShape[1])
    func pictures(_ values: (Int) -> [Float]) -> [GrayPicture] {
      (0..<samples.count).map { GrayPicture(width: size.width, height: size.height, values: values($0)) }
    }
    let given = pictures { samples.input(at: $0) }
    let wanted = pictures { index in
      guard case .values(let target, _) = samples.batch(of: [index]).targets else { return samples.input(at: index) }
      return target
    }
    let rows = given + pictures { made.output(at: $0) } + (given == wanted ? [] : wanted)
    return ColorPicture(GrayPicture.contactSheet(of: rows, columns: samples.count))
  }

  /// Test samples in colours, eight rows of them; those the network took for something else have a red frame.
  static func samples(_ trained: TrainedNetwork, columns: Int) throws -> ColorPicture {
    let samples = trained.data.measured.prefix(8 * columns)
    let answers = try trained.trainer.predict(samples).labels
    let (height, width) = (samples.sampleShape[0], samples.sampleShape[1])
    let (cellHeight, cellWidth) = (height + 4, width + 4)
    var sheet = Canvas(width: columns * cellWidth, height: (samples.count + columns - 1) / columns * cellHeight)
    for index in 0..<samples.count {
      let (top, left) = (index / columns * cellHeight, index % columns * cellWidth)
      let isRight = answers[index] == samples.label(at: index)
      let values = samples.input(at: index)
      for row in 0..<cellHeight {
        for column in 0..<cellWidth {
          let (y, x) = (row - 2, column - 2)
          let place = (top + row, left + column)
          if y >= 0 && y < height && x >= 0 && x < width {
            let start = (y * width + x) * 3
            sheet.paint(place, (values[start], values[start + 1], values[start + 2]))
          } else {
            sheet.paint(place, isRight ? (1, 1, 1) : (0.85, 0, 0))
          }
        }
      }
    }
    return sheet.picture
  }

  /// What a network says about every point of a square, blue for -1 or the first class and orange for 1 or the second, with the samples on
  /// top of it.
  static func plane(_ trained: TrainedNetwork) throws -> ColorPicture {
    let (side, scale) = (240, 4)
    let samples = trained.data.train
    let points = (0..<samples.count).map { samples.input(at: $0) }
    let reach = 1.1 * (points.joined().map(\.magnitude).max() ?? 1)
    var grid: [Float] = []
    for row in 0..<side / scale {
      for column in 0..<side / scale {
        let step = 2 * reach / Float(side / scale)
        grid += [(Float(column) + 0.5) * step - reach, reach - (Float(row) + 0.5) * step]
      }
    }
    let said = try trained.trainer.predict(try Dataset(inputs: grid, shape: [2]))
    var canvas = Canvas(width: side, height: side)
    for row in 0..<side {
      for column in 0..<side {
        let index = row / scale * (side / scale) + column / scale
        let probabilities = said.probabilities(at: index)
        let value = probabilities.last.map { 2 * $0 - 1 } ?? said.output(at: index)[0]
        canvas.paint((row, column), Self.tint(value, strength: 0.55))
      }
    }
    for (index, point) in points.enumerated() {
      let column = Int((point[0] + reach) / (2 * reach) * Float(side))
      let row = Int((reach - point[1]) / (2 * reach) * Float(side))
      let value: Float =
        switch samples.batch(of: [index]).targets {
        case .labels(let labels): labels[0] == 1 ? 1 : -1
        case .values(let values, _): values[0]
        case .none: 0
        }
      for (down, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        canvas.paint((min(row + down, side - 1), min(column + right, side - 1)), Self.tint(value, strength: 1))
      }
    }
    return canvas.picture
  }

  /// From white at 0 to orange at 1 and blue at -1.
  private static func tint(_ value: Float, strength: Float) -> Canvas.Color {
    let amount = min(max(value.magnitude, 0), 1) * strength
    let end: Canvas.Color = value > 0 ? (0.9, 0.45, 0) : (0.05, 0.4, 0.75)
    return (1 + (end.red - 1) * amount, 1 + (end.green - 1) * amount, 1 + (end.blue - 1) * amount)
  }

  /// A picture in colours while it is drawn.
  private struct Canvas {
    typealias Color = (red: Float, green: Float, blue: Float)
    private let width: Int
    private let height: Int
    private var pixels: [UInt8]

    init(width: Int, height: Int) {
      (self.width, self.height) = (width, height)
      pixels = [UInt8](repeating: 255, count: width * height * 3)
    }

    var picture: ColorPicture { ColorPicture(width: width, height: height, pixels: pixels) }

    mutating func paint(_ place: (row: Int, column: Int), _ color: Color) {
      let start = (place.row * width + place.column) * 3
      for (channel, part) in [color.red, color.green, color.blue].enumerated() {
        pixels[start + channel] = UInt8(min(max(part, 0), 1) * 255)
      }
    }
  }
}
