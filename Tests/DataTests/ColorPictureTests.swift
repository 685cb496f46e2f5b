import Foundation
import MartletData
import Testing

@Suite("Colour pictures and folders of them") struct ColorPictureTests {
  // Written by libjpeg-turbo at quality 90: 16×8 pixels, the left half (200, 30, 40), the right half (20, 60, 220); and in grey 50, 180.
  private static let colorJPEG = """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIU\
    FRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAIABADAREA\
    AhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABgf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFgEBAQEAAAAAAAAAAAAAAAAACQcI/8QAFBEBAAAAAAAA\
    AAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AgiftwCpKBjv/2Q==
    """
  private static let grayJPEG = """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIU\
    FRT/wAALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAACAn/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/ABeq2//Z
    """

  private func bytes(_ base64: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: base64))) }

  private func expectPixel(_ picture: ColorPicture, _ row: Int, _ column: Int, _ color: [Int]) {
    let start = (row * picture.width + column) * 3
    let found = picture.pixels[start..<start + 3].map(Int.init)
    // JPEG keeps flat colours to a few steps.
    #expect(zip(found, color).allSatisfy { abs($0 - $1) <= 4 }, "\(found), expected \(color)")
  }

  @Test("JPEG is decoded, in colours and in grey")
  func jpeg() throws {
    let color = try ColorPicture(encoded: bytes(Self.colorJPEG), file: "f")
    #expect(color.width == 16 && color.height == 8)
    expectPixel(color, 0, 0, [200, 30, 40])
    expectPixel(color, 7, 15, [20, 60, 220])
    let gray = try ColorPicture(encoded: bytes(Self.grayJPEG), file: "f")
    expectPixel(gray, 3, 2, [50, 50, 50])
    expectPixel(gray, 3, 12, [180, 180, 180])
  }

  @Test("PNG of every kind becomes colours, transparent places white")
  func png() throws {
    let rgba = PNGWriter(width: 2, height: 1, color: .rgba, bitDepth: 8) { _, column in
      column == 0 ? [10, 20, 30, 255] : [10, 20, 30, 0]
    }
    #expect(try ColorPicture(encoded: rgba.bytes, file: "f").pixels == [10, 20, 30, 255, 255, 255])
    let gray = PNGWriter(width: 2, height: 1, color: .gray, bitDepth: 8) { _, column in [column * 200] }
    #expect(try ColorPicture(encoded: gray.bytes, file: "f").pixels == [0, 0, 0, 200, 200, 200])
    let deep = PNGWriter(width: 1, height: 1, color: .rgb, bitDepth: 16, isInterlaced: true) { _, _ in
      [257, 514, 65_535]
    }
    #expect(try ColorPicture(encoded: deep.bytes, file: "f").pixels == [1, 2, 255])
  }

  @Test("no damage stops the program: every cut and every changed byte is decoded or said to be wrong")
  func damage() throws {
    for picture in [try bytes(Self.colorJPEG), try bytes(Self.grayJPEG)] {
      for length in 0..<picture.count {
        do { _ = try ColorPicture(encoded: Array(picture.prefix(length)), file: "f") } catch is DataFileError {}
        var changed = picture
        changed[length] ^= 0x55
        do { _ = try ColorPicture(encoded: changed, file: "f") } catch is DataFileError {}
      }
      #expect(throws: DataFileError.self) {
        try ColorPicture(encoded: Array(picture.prefix(picture.count - 20)), file: "f")
      }
    }
    #expect(throws: DataFileError(file: "f", .notAPicture)) { try ColorPicture(encoded: [1, 2, 3], file: "f") }
  }

  @Test("scaling averages what lies under a pixel, and passes between pixels when it enlarges")
  func scaling() {
    let picture = ColorPicture(width: 4, height: 1, pixels: [0, 0, 0, 100, 0, 0, 100, 0, 0, 200, 0, 0])
    // Weights ¼, ¾, ¾, ¼ of which the outermost falls away at the edge: (¾·0 + ¾·100 + ¼·100) / (7/4).
    let small = picture.scaled(width: 2, height: 1)
    #expect(small.pixels[0] == 57 && small.pixels[3] == 143)
    let flat = ColorPicture(width: 3, height: 5, pixels: [UInt8](repeating: 77, count: 45))
    #expect(flat.scaled(width: 7, height: 2).pixels.allSatisfy { $0 == 77 })
    let large = ColorPicture(width: 2, height: 1, pixels: [0, 0, 0, 100, 0, 0]).scaled(width: 4, height: 1)
    #expect(stride(from: 0, to: 12, by: 3).map { large.pixels[$0] } == [0, 25, 75, 100])
    #expect(picture.scaled(width: 4, height: 1) == picture)
  }

  @Test("folders are classes; broken files are reported and the rest is read")
  func folders() throws {
    let folder = try TemporaryDirectory()
    let png = PNGWriter(width: 3, height: 3, color: .rgb, bitDepth: 8) { _, _ in [10, 200, 30] }.bytes
    try folder.write(bytes(Self.colorJPEG), to: "pets/dog/a.JPG")
    try folder.write(png, to: "pets/cat/b.png")
    try folder.write([1, 2, 3], to: "pets/cat/broken.jpeg")
    try folder.write([1, 2, 3], to: "pets/cat/notes.txt")
    try folder.write([1], to: "pets/readme.md")
    let (data, problems) = try ImageFolder.load(folder.path + "/pets", width: 4, height: 2)
    #expect(data.classNames == ["cat", "dog"] && data.sampleShape == [2, 4, 3])
    #expect((0..<data.count).map { data.label(at: $0) } == [0, 1])
    #expect(data.input(at: 0).prefix(3).map { Int(($0 * 255).rounded()) } == [10, 200, 30])
    #expect(problems.map(\.problem) == [.notAPicture] && problems[0].file.hasSuffix("cat/broken.jpeg"))
    #expect(
      try ImageFolder.load(folder.path + "/pets", width: 4, height: 2, channels: 1).dataset.sampleShape == [2, 4, 1])
    #expect(throws: DataFileError.self) { try ImageFolder.load(folder.path + "/none", width: 4, height: 2) }
    #expect(throws: DataFileError.self) { try ImageFolder.load(folder.path + "/pets/dog", width: 4, height: 2) }
  }
}
