extension GrayPicture {
  /// The one digit in a picture, brought into the form that MNIST's have; `nil` where nothing is written.
  ///
  /// MNIST's digits are bright on black, fit a box of 20×20 pixels, and have their centre of mass in the middle of 28×28.
  /// A picture that is 28×28 and bright on black already is taken to be in that form and comes back as it is. In any
  /// other, the tone of the margin counts as paper, and whatever differs from it clearly as ink; paper that lies in the shade is lit
  /// evenly first, and strokes of a thin pen are drawn as wide as MNIST's are.
  public func normalizedDigit() -> GrayPicture? {
    let paper = marginTone
    if width == Self.side && height == Self.side && paper < 32 { return hasInk(paper) ? self : nil }
    let isInTheShade = paper > 127 && min(width, height) > Self.side && isUnevenlyLit
    return isInTheShade ? reduced().evenlyLit().digit() : digit()
  }

  /// The digit on paper that has one tone.
  private func digit() -> GrayPicture? {
    let ink = inkAmounts(marginTone)
    guard var ink, var box = Self.boundingBox(of: ink, width: width, height: height) else { return nil }
    let pixelsPerUnit = Float(max(box.rows.count, box.columns.count)) / Float(Self.box)
    let stroke = Self.strokeWidth(of: ink, width: width) / pixelsPerUnit
    if stroke < Self.thinnestStroke, pixelsPerUnit > 2 {
      if max(width, height) > 280 { return reduced().digit() }
      let radius = Int(((Self.usualStroke - stroke) / 2 * pixelsPerUnit).rounded())
      ink = Self.extremes(of: ink, width: width, radius: radius, by: max)
      box = Self.boundingBox(of: ink, width: width, height: height) ?? box
    }

    let longest = max(box.rows.count, box.columns.count)
    let scaledWidth = max((box.columns.count * Self.box + longest / 2) / longest, 1)
    let scaledHeight = max((box.rows.count * Self.box + longest / 2) / longest, 1)
    let scaled = Self.averaged(ink, width: width, box: box, to: (scaledWidth, scaledHeight))
    return Self.centred(scaled, width: scaledWidth, height: scaledHeight)
  }

  private static let side = 28
  private static let box = 20
  /// How wide strokes are in a box of that size: thinner ones would come out as a shade of grey.
  private static let thinnestStroke: Float = 1.4
  private static let usualStroke: Float = 2.2
  /// Differences from the paper that are smaller than this are not written by anyone.
  private static let faintestInk = 32

  /// The middle one of the tones along the edge.
  private var marginTone: Int { marginTones.sorted()[marginTones.count / 2] }

  /// The tones along the edge.
  var marginTones: [Int] {
    var tones: [Int] = []
    for column in 0..<width { tones += [Int(self[0, column]), Int(self[height - 1, column])] }
    for row in 0..<height { tones += [Int(self[row, 0]), Int(self[row, width - 1])] }
    return tones
  }

  private func hasInk(_ paper: Int) -> Bool {
    pixels.contains { Int($0) - paper >= Self.faintestInk }
  }

  /// How much ink there is in each pixel, the darkest place 1; `nil` where there is none anywhere.
  private func inkAmounts(_ paper: Int) -> [Float]? {
    // On paper brighter than middle grey, ink is darker; on darker paper it is brighter.
    let direction = paper > 127 ? -1 : 1
    let amounts = pixels.map { max((Int($0) - paper) * direction, 0) }
    guard let most = amounts.max(), most >= Self.faintestInk else { return nil }
    // The grain of the paper is not ink.
    return amounts.map { 8 * $0 > most ? Float($0) / Float(most) : 0 }
  }

  private static func boundingBox(
    of ink: [Float], width: Int, height: Int
  ) -> (rows: Range<Int>, columns: Range<Int>)? {
    var (top, bottom, left, right) = (height, -1, width, -1)
    for row in 0..<height {
      for column in 0..<width where ink[row * width + column] > 0.25 {
        (top, bottom) = (min(top, row), max(bottom, row))
        (left, right) = (min(left, column), max(right, column))
      }
    }
    return bottom < 0 ? nil : (top..<bottom + 1, left..<right + 1)
  }

  /// The contents of a box in another size, each new pixel the mean of the area that it covers.
  static func averaged(
    _ ink: [Float], width: Int, box: (rows: Range<Int>, columns: Range<Int>), to size: (width: Int, height: Int)
  ) -> [Float] {
    let across = overlaps(of: size.width, with: box.columns)
    let down = overlaps(of: size.height, with: box.rows)
    var result: [Float] = []
    for row in down {
      for column in across {
        var sum: Float = 0
        for (y, rowShare) in row {
          for (x, columnShare) in column { sum += ink[y * width + x] * rowShare * columnShare }
        }
        result.append(sum)
      }
    }
    return result
  }

  /// For each of `count` equal parts of a range, the whole numbers it overlaps, and what share of the part each is.
  private static func overlaps(of count: Int, with range: Range<Int>) -> [[(index: Int, share: Float)]] {
    let length = Float(range.count) / Float(count)
    return (0..<count).map { part in
      let (start, end) = (Float(part) * length, Float(part + 1) * length)
      return (Int(start)..<min(Int(end.rounded(.up)), range.count)).map { index in
        let overlap = min(end, Float(index + 1)) - max(start, Float(index))
        return (range.lowerBound + index, max(overlap, 0) / length)
      }
    }
  }

  private static func centred(_ ink: [Float], width: Int, height: Int) -> GrayPicture {
    var (mass, x, y) = (Float(0), Float(0), Float(0))
    for (index, amount) in ink.enumerated() {
      mass += amount
      x += amount * (Float(index % width) + 0.5)
      y += amount * (Float(index / width) + 0.5)
    }
    let middle = Float(side) / 2
    let left = Int((middle - x / mass).rounded())
    let top = Int((middle - y / mass).rounded())
    var values = [Float](repeating: 0, count: side * side)
    for (index, amount) in ink.enumerated() {
      let (row, column) = (top + index / width, left + index % width)
      if 0..<side ~= row && 0..<side ~= column { values[row * side + column] = amount }
    }
    return GrayPicture(width: side, height: side, values: values)
  }
}
