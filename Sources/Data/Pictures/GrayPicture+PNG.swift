import CMartletPNG
import Foundation

extension GrayPicture {
  /// No more pixels are decoded: 64 megabytes of memory while it lasts.
  private static let pixelLimit = 1 << 24
  /// Far more than any PNG of so many pixels needs.
  private static let pngByteLimit = 1 << 28

  /// Reads a PNG file of any kind; colours become grey, and transparent places white, like paper; black, where what is drawn on them is white.
  ///
  /// - Throws: `DataFileError`, with libpng's reason.
  public init(contentsOfPNG path: String) throws {
    try self.init(png: FileBytes.read(path, limit: Self.pngByteLimit), file: path)
  }

  /// Reads the bytes of a PNG file; `file` names them in errors.
  ///
  /// - Throws: `DataFileError`, with libpng's reason.
  package init(png bytes: [UInt8], file: String) throws {
    var header = martlet_png()
    guard martlet_png_size(bytes, bytes.count, &header) != 0 else { throw Self.undecodable(header, file) }
    let (width, height) = (Int(header.width), Int(header.height))
    guard width * height <= Self.pixelLimit else {
      throw DataFileError(file: file, .tooManyPixels(width: width, height: height, limit: Self.pixelLimit))
    }
    // A byte of grey and a byte of opacity for each pixel.
    var grayAlpha = [UInt8](repeating: 0, count: width * height * 2)
    guard martlet_png_decode(bytes, bytes.count, &header, &grayAlpha) != 0 else {
      throw Self.undecodable(header, file)
    }
    let paper = Self.paper(under: grayAlpha)
    let pixels = stride(from: 0, to: grayAlpha.count, by: 2).map { index in
      let (gray, alpha) = (Int(grayAlpha[index]), Int(grayAlpha[index + 1]))
      return UInt8((gray * alpha + paper * (255 - alpha) + 127) / 255)
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// The tone that transparent places get: that which what is drawn stands out from.
  private static func paper(under grayAlpha: [UInt8]) -> Int {
    var (sum, weight) = (0, 0)
    for index in stride(from: 0, to: grayAlpha.count, by: 2) {
      sum += Int(grayAlpha[index]) * Int(grayAlpha[index + 1])
      weight += Int(grayAlpha[index + 1])
    }
    // A picture without a transparent place has no use for it.
    return sum > 224 * weight ? 0 : 255
  }

  /// The picture as the bytes of a PNG file.
  ///
  /// - Throws: `DataFileError` if libpng cannot encode it, which only a lack of memory explains.
  package func encodedPNG() throws -> [UInt8] {
    try PNGEncoder.encoded(pixels, channels: 1, width: width, height: height)
  }

  /// Writes the picture as a PNG file, which appears complete or not at all.
  ///
  /// - Throws: `DataFileError` if the file cannot be written.
  public func writePNG(to path: String) throws {
    try FileBytes.write(encodedPNG(), to: path)
  }

  private static func undecodable(_ header: martlet_png, _ file: String) -> DataFileError {
    DataFileError(file: file, .undecodablePNG(reason: PNGEncoder.message(header)))
  }
}

extension ColorPicture {
  /// The picture as the bytes of a PNG file.
  ///
  /// - Throws: `DataFileError` if libpng cannot encode it, which only a lack of memory explains.
  package func encodedPNG() throws -> [UInt8] {
    try PNGEncoder.encoded(pixels, channels: 3, width: width, height: height)
  }

  /// Writes the picture as a PNG file, which appears complete or not at all.
  ///
  /// - Throws: `DataFileError` if the file cannot be written.
  public func writePNG(to path: String) throws {
    try FileBytes.write(encodedPNG(), to: path)
  }

  /// A grey picture as one in colours.
  public init(_ gray: GrayPicture) {
    self.init(width: gray.width, height: gray.height, pixels: gray.pixels.flatMap { [$0, $0, $0] })
  }
}

private enum PNGEncoder {
  static func encoded(_ pixels: [UInt8], channels: Int, width: Int, height: Int) throws -> [UInt8] {
    var header = martlet_png()
    header.width = UInt32(width)
    header.height = UInt32(height)
    // Never longer than the raw rows with a filter byte each, deflate's overhead and the chunks around them.
    let raw = (channels * width + 1) * height
    var byteCount = raw + raw / 100 + 4096
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard martlet_png_encode(pixels, Int32(channels), &header, &bytes, &byteCount) != 0 else {
      throw DataFileError(file: "PNG in memory", .undecodablePNG(reason: message(header)))
    }
    return Array(bytes[..<byteCount])
  }

  static func message(_ header: martlet_png) -> String {
    withUnsafeBytes(of: header.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
