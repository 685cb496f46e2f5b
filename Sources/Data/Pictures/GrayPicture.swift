/// A picture in shades of grey: rows of bytes from the top, 0 black and 255 white.
public struct GrayPicture: Equatable, Sendable {
  /// The number of pixels in a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels, `[height, width]` row-major.
  public let pixels: [UInt8]

  /// Makes a picture of pixels.
  ///
  /// - Precondition: the sides are positive and the pixels fill them.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height,
      "GrayPicture: \(pixels.count) pixels do not fill \(width)×\(height)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Makes a picture of values between 0 (black) and 1 (white), `[height, width]` row-major; others are clamped.
  ///
  /// - Precondition: the sides are positive and the values fill them.
  public init(width: Int, height: Int, values: [Float]) {
    // A NaN compares false both ways and becomes black.
    self.init(
      width: width, height: height,
      pixels: values.map { $0 > 0 ? UInt8(($0 < 1 ? $0 : 1) * 255 + 0.5) : 0 })
  }

  subscript(row: Int, column: Int) -> UInt8 { pixels[row * width + column] }

  /// Lays pictures of equal size side by side, row by row, with black gaps between them.
  ///
  /// - Precondition: there is at least one picture, all are equally large, and `columns` is positive.
  public static func contactSheet(of pictures: [GrayPicture], columns: Int, gap: Int = 2) -> GrayPicture {
    guard let first = pictures.first else { preconditionFailure("contactSheet: need at least one picture") }
    precondition(columns > 0 && gap >= 0, "contactSheet: need columns > 0, gap ≥ 0; got \(columns), \(gap)")
    let rows = (pictures.count + columns - 1) / columns
    let width = columns * (first.width + gap) + gap
    let height = rows * (first.height + gap) + gap
    var pixels = [UInt8](repeating: 0, count: width * height)
    for (index, picture) in pictures.enumerated() {
      precondition(
        picture.width == first.width && picture.height == first.height,
        "contactSheet: picture \(index) is not as large as the first")
      let top = gap + index / columns * (first.height + gap)
      let left = gap + index % columns * (first.width + gap)
      for row in 0..<picture.height {
        let start = (top + row) * width + left
        pixels.replaceSubrange(
          start..<start + picture.width, with: picture.pixels[row * picture.width..<(row + 1) * picture.width])
      }
    }
    return GrayPicture(width: width, height: height, pixels: pixels)
  }
}

extension Dataset {
  /// One input as a picture; `nil` where inputs are not `[height, width]` or `[height, width, 1]`.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public func picture(at index: Int) -> GrayPicture? {
    guard sampleShape.count == 2 || sampleShape.count == 3 && sampleShape[2] == 1 else { return nil }
    return GrayPicture(width: sampleShape[1], height: sampleShape[0], values: input(at: index))
  }
}
