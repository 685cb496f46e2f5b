import CMartletPNG
import Foundation

extension GrayPicture {
  /// No more pixels are decoded: 64 megabytes of memory while it lasts.
  private static let pixelLimit = 1 << 24
  /// Far more than any PNG of so many pixels needs.
  private static let pngByteLimit = 1 << 28

  /// Reads a PNG file of any kind; colours become grey, and transparent places white, like paper.
  ///
  /// - Throws: `DataFileError`, with libpng's reason.
  public init(contentsOfPNG path: String) throws {
    try self.init(png: FileBytes.read(path, limit: Self.pngByteLimit), file: path)
  }

  /// Reads the bytes of a PNG file; `file` names them in errors.
  ///
  /// - Throws: `DataFileError`, with libpng's reason.
  package init(png bytes: [UInt8], file: String) throws {
    // libpng's simplified calls catch their own errors and leave the reason in the structure: nothing jumps through Swift.
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    try bytes.withUnsafeBytes { buffer in
      guard png_image_begin_read_from_memory(&image, buffer.baseAddress, buffer.count) != 0 else {
        throw Self.undecodable(image, file)
      }
      let (width, height) = (Int(image.width), Int(image.height))
      guard width * height <= Self.pixelLimit else {
        throw DataFileError(file: file, .tooManyPixels(width: width, height: height, limit: Self.pixelLimit))
      }
    }
    // Most 16-bit files are made from ordinary 8-bit ones and mean the same tones, whether they say so or not.
    image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    image.format = UInt32(PNG_FORMAT_FLAG_ALPHA)  // grey and alpha

    var grayAlpha = [UInt8](repeating: 0, count: Int(image.width) * Int(image.height) * 2)
    // The input must still be where it was when reading began; hence both steps see the array at the same address.
    let (width, height) = (Int(image.width), Int(image.height))
    let isDecoded = bytes.withUnsafeBytes { _ in png_image_finish_read(&image, nil, &grayAlpha, 0, nil) != 0 }
    guard isDecoded else { throw Self.undecodable(image, file) }

    self.init(
      width: width, height: height,
      pixels: (0..<width * height).map { pixel in
        let (gray, alpha) = (Int(grayAlpha[2 * pixel]), Int(grayAlpha[2 * pixel + 1]))
        return UInt8((gray * alpha + 255 * (255 - alpha) + 127) / 255)
      })
  }

  /// The picture as the bytes of a PNG file.
  ///
  /// - Throws: `DataFileError` if libpng cannot encode it, which only a lack of memory explains.
  package func encodedPNG() throws -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.format = 0  // grey
    defer { png_image_free(&image) }
    // Never longer than the raw rows with a filter byte each, deflate's overhead and the chunks around them.
    var byteCount = (width + 1) * height + (width + 1) * height / 100 + 4096
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard png_image_write_to_memory(&image, &bytes, &byteCount, 0, pixels, 0, nil) != 0 else {
      throw Self.undecodable(image, "PNG in memory")
    }
    return Array(bytes[..<byteCount])
  }

  /// Writes the picture as a PNG file, which appears complete or not at all.
  ///
  /// - Throws: An error of Foundation if the file cannot be written.
  public func writePNG(to path: String) throws {
    try Data(encodedPNG()).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  private static func undecodable(_ image: png_image, _ file: String) -> DataFileError {
    let reason = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return DataFileError(file: file, .undecodablePNG(reason: reason))
  }
}
