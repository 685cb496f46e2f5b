import CMartletJPEG
import CMartletPNG

/// A picture in colours: rows of pixels from the top, each a byte of red, green and blue.
public struct ColorPicture: Equatable, Sendable {
  /// The number of pixels in a row.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels, `[height, width, 3]` row-major.
  public let pixels: [UInt8]

  /// Makes a picture of pixels.
  ///
  /// - Precondition: the sides are positive and the pixels fill them.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == 3 * width * height,
      "ColorPicture: \(pixels.count) bytes do not fill \(width)×\(height) pixels")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// No more pixels are decoded.
  private static let pixelLimit = 1 << 26
  private static let byteLimit = 1 << 28

  /// Reads a PNG or JPEG file, whichever it is by its first bytes; transparent places become white.
  ///
  /// - Throws: `DataFileError`, with the decoder's reason.
  public init(contentsOf path: String) throws {
    try self.init(encoded: FileBytes.read(path, limit: Self.byteLimit), file: path)
  }

  /// Reads the bytes of a PNG or JPEG file; `file` names them in errors.
  ///
  /// - Throws: `DataFileError`.
  package init(encoded bytes: [UInt8], file: String) throws {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = try Self.decodedPNG(bytes, file)
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = try Self.decodedJPEG(bytes, file)
    } else {
      throw DataFileError(file: file, .notAPicture)
    }
  }

  private static func decodedPNG(_ bytes: [UInt8], _ file: String) throws -> ColorPicture {
    var header = martlet_png()
    func failure() -> DataFileError {
      let reason = withUnsafeBytes(of: header.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      return DataFileError(file: file, .undecodablePNG(reason: reason))
    }
    guard martlet_png_size(bytes, bytes.count, &header) != 0 else { throw failure() }
    let (width, height) = try checkedSize(header.width, header.height, file)
    var rgba = [UInt8](repeating: 0, count: width * height * 4)
    guard martlet_png_decode_color(bytes, bytes.count, &header, &rgba) != 0 else { throw failure() }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for start in stride(from: 0, to: rgba.count, by: 4) {
      let alpha = Int(rgba[start + 3])
      for channel in 0..<3 {
        pixels.append(UInt8((Int(rgba[start + channel]) * alpha + 255 * (255 - alpha) + 127) / 255))
      }
    }
    return ColorPicture(width: width, height: height, pixels: pixels)
  }

  private static func decodedJPEG(_ bytes: [UInt8], _ file: String) throws -> ColorPicture {
    var header = martlet_jpeg()
    func failure() -> DataFileError {
      let reason = withUnsafeBytes(of: header.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      return DataFileError(file: file, .undecodableJPEG(reason: reason))
    }
    guard martlet_jpeg_size(bytes, bytes.count, &header) != 0 else { throw failure() }
    let (width, height) = try checkedSize(header.width, header.height, file)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    guard martlet_jpeg_decode(bytes, bytes.count, &header, &pixels) != 0 else { throw failure() }
    return ColorPicture(width: width, height: height, pixels: pixels)
  }

  private static func checkedSize(_ width: UInt32, _ height: UInt32, _ file: String) throws -> (Int, Int) {
    let (width, height) = (Int(width), Int(height))
    guard width > 0, height > 0, width * height <= pixelLimit else {
      throw DataFileError(file: file, .tooManyPixels(width: width, height: height, limit: pixelLimit))
    }
    return (width, height)
  }
}

extension ColorPicture {
  /// The picture in another size, proportions disregarded: each new pixel is the mean of what lies under it, weighted by a triangle
  /// twice as wide, so that nothing flickers when it shrinks.
  ///
  /// - Precondition: the sides are positive.
  public func scaled(width newWidth: Int, height newHeight: Int) -> ColorPicture {
    precondition(newWidth > 0 && newHeight > 0, "scaled: need positive sides; got \(newWidth)×\(newHeight)")
    if newWidth == width && newHeight == height { return self }
    let across = Self.weights(from: width, to: newWidth)
    let down = Self.weights(from: height, to: newHeight)
    var narrowed = [Float](repeating: 0, count: height * newWidth * 3)
    for row in 0..<height {
      for (column, taps) in across.enumerated() {
        for channel in 0..<3 {
          var sum: Float = 0
          for (tap, weight) in taps.weights.enumerated() {
            let place = (row * width + taps.first + tap) * 3 + channel
            sum += weight * Float(pixels[place])
          }
          narrowed[(row * newWidth + column) * 3 + channel] = sum
        }
      }
    }
    var result = [UInt8](repeating: 0, count: newHeight * newWidth * 3)
    for (row, taps) in down.enumerated() {
      for place in 0..<newWidth * 3 {
        var sum: Float = 0.5
        for (tap, weight) in taps.weights.enumerated() {
          sum += weight * narrowed[(taps.first + tap) * newWidth * 3 + place]
        }
        result[row * newWidth * 3 + place] = UInt8(min(max(sum, 0), 255))
      }
    }
    return ColorPicture(width: newWidth, height: newHeight, pixels: result)
  }

  private static func weights(from old: Int, to new: Int) -> [(first: Int, weights: [Float])] {
    let ratio = Float(old) / Float(new)
    let reach = max(ratio, 1)
    return (0..<new).map { place in
      let center = (Float(place) + 0.5) * ratio
      let first = max(Int((center - reach).rounded(.down)), 0)
      let last = min(Int((center + reach).rounded(.up)), old)
      let weights = (first..<last).map { max(0, 1 - (Float($0) + 0.5 - center).magnitude / reach) }
      let total = weights.reduce(0, +)
      return (first, weights.map { $0 / total })
    }
  }

  /// The picture in shades of grey, by the luma of ITU-R BT.601, as JPEG has it.
  public var gray: GrayPicture {
    var shades: [UInt8] = []
    shades.reserveCapacity(width * height)
    for start in stride(from: 0, to: pixels.count, by: 3) {
      let (red, green, blue) = (Int(pixels[start]), Int(pixels[start + 1]), Int(pixels[start + 2]))
      let thousandths: Int = 299 * red + 587 * green + 114 * blue + 500
      shades.append(UInt8(thousandths / 1000))
    }
    return GrayPicture(width: width, height: height, pixels: shades)
  }
}
