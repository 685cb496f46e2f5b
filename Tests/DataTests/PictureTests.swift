import Foundation
import MartletData
import Testing

@Suite("PNG files") struct PNGTests {
  /// A ramp that differs in every pixel of a row and between rows.
  private static func tone(_ row: Int, _ column: Int) -> Int { (row * 23 + column * 31) % 256 }

  private static func expected(width: Int, height: Int, _ tone: (Int, Int) -> Int) -> [UInt8] {
    (0..<width * height).map { UInt8(tone($0 / width, $0 % width)) }
  }

  @Test("in grey, RGB and palette, interlaced or not, have the tones they were written with", arguments: [false, true])
  func kinds(isInterlaced: Bool) throws {
    for (width, height) in [(1, 1), (3, 2), (9, 7), (17, 13)] {
      let tones = Self.expected(width: width, height: height, Self.tone)
      let writers = [
        PNGWriter(width: width, height: height, color: .gray, bitDepth: 8) { [Self.tone($0, $1)] },
        PNGWriter(width: width, height: height, color: .gray, bitDepth: 16) { [Self.tone($0, $1) * 257] },
        PNGWriter(width: width, height: height, color: .rgb, bitDepth: 8) {
          [Int](repeating: Self.tone($0, $1), count: 3)
        },
        PNGWriter(width: width, height: height, color: .rgb, bitDepth: 16) {
          [Int](repeating: Self.tone($0, $1) * 257, count: 3)
        },
        PNGWriter(width: width, height: height, color: .grayAlpha, bitDepth: 8) { [Self.tone($0, $1), 255] },
        PNGWriter(width: width, height: height, color: .rgba, bitDepth: 16) {
          [Int](repeating: Self.tone($0, $1) * 257, count: 3) + [65535]
        },
        PNGWriter(
          width: width, height: height, color: .palette, bitDepth: 8,
          palette: (0..<256).map { [UInt8](repeating: UInt8($0), count: 3) }
        ) { [Self.tone($0, $1)] },
      ]
      for var writer in writers {
        writer.isInterlaced = isInterlaced
        let picture = try GrayPicture(png: writer.bytes, file: "f")
        #expect(picture.width == width && picture.height == height)
        // Grey made of equal colours may be rounded by one.
        let error = zip(picture.pixels, tones).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(error <= (writer.color == .gray && writer.bitDepth == 8 ? 0 : 1), "\(writer.color), \(writer.bitDepth)")
      }
    }
  }

  @Test("with fewer than 8 bits span the whole range", arguments: [1, 2, 4])
  func fewBits(bitDepth: Int) throws {
    let most = 1 << bitDepth - 1
    let writer = PNGWriter(width: 11, height: 3, color: .gray, bitDepth: bitDepth) { [($0 + $1) % (most + 1)] }
    let picture = try GrayPicture(png: writer.bytes, file: "f")
    #expect(picture.pixels == Self.expected(width: 11, height: 3) { ($0 + $1) % (most + 1) * 255 / most })
  }

  @Test("are white where they are transparent, and mixed with white where half so")
  func transparency() throws {
    let writer = PNGWriter(width: 3, height: 1, color: .grayAlpha, bitDepth: 8) { _, column in
      [0, [0, 255, 128][column]]
    }
    #expect(try GrayPicture(png: writer.bytes, file: "f").pixels == [255, 0, 127])
  }

  @Test("weigh green more than red, and red more than blue, as the eye does")
  func colors() throws {
    let writer = PNGWriter(width: 3, height: 1, color: .rgb, bitDepth: 8) { _, column in
      (0..<3).map { $0 == column ? 255 : 0 }
    }
    let tones = try GrayPicture(png: writer.bytes, file: "f").pixels
    #expect(tones[1] > tones[0] && tones[0] > tones[2] && tones[2] > 0)
  }

  @Test("come back as they were written")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    for (width, height) in [(1, 1), (28, 28), (300, 3)] {
      let picture = GrayPicture(
        width: width, height: height, pixels: Self.expected(width: width, height: height, Self.tone))
      try picture.writePNG(to: "\(directory.path)/picture.png")
      #expect(try GrayPicture(contentsOfPNG: "\(directory.path)/picture.png") == picture)
    }
  }

  @Test("that are cut or have a bit flipped are refused or read, and end nothing")
  func damage() throws {
    let bytes = PNGWriter(width: 9, height: 7, color: .gray, bitDepth: 8) { [Self.tone($0, $1)] }.bytes
    for length in 0..<bytes.count - 12 {
      #expect(throws: DataFileError.self, "cut to \(length)") {
        try GrayPicture(png: Array(bytes[..<length]), file: "f")
      }
    }
    for bit in 0..<bytes.count * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      if let picture = try? GrayPicture(png: damaged, file: "f") { #expect(picture.width == 9 && picture.height == 7) }
    }
    #expect(throws: DataFileError.self) { try GrayPicture(png: Array("no picture".utf8), file: "f") }
    #expect(throws: DataFileError.self) { try GrayPicture(png: [], file: "f") }
  }

  @Test("that claim to be huge take no memory for it")
  func huge() throws {
    var writer = PNGWriter(width: 1, height: 1, color: .gray, bitDepth: 8) { _, _ in [0] }
    writer.width = 100_000
    writer.height = 0
    var bytes = writer.bytes
    // The height, and with it the checksum of the header, made 100,000 as well.
    bytes.replaceSubrange(20..<24, with: bytes[16..<20])
    let checksum = Deflate.crc32(of: Array(bytes[12..<29]))
    bytes.replaceSubrange(29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) })
    #expect(throws: DataFileError(file: "f", .tooManyPixels(width: 100_000, height: 100_000, limit: 1 << 24))) {
      try GrayPicture(png: bytes, file: "f")
    }
  }
}

@Suite("A digit in a picture") struct DigitPictureTests {
  /// A black stroke on white paper, as someone may draw it in a paint program.
  private func paper(width: Int, height: Int, ink: UInt8 = 0, paper: UInt8 = 255, rows: Range<Int>, columns: Range<Int>)
    -> GrayPicture
  {
    GrayPicture(
      width: width, height: height,
      pixels: (0..<width * height).map { rows ~= $0 / width && columns ~= $0 % width ? ink : paper })
  }

  @Test("fills a box of 20 pixels and is centred by mass, bright on black")
  func box() throws {
    let picture = paper(width: 400, height: 300, rows: 40..<140, columns: 300..<320)
    let digit = try #require(picture.normalizedDigit())
    // 100 × 20 becomes 20 × 4, in the middle of 28: rows 4 to 23, columns 12 to 15.
    let expected = (0..<784).map { 4..<24 ~= $0 / 28 && 12..<16 ~= $0 % 28 ? UInt8(255) : 0 }
    #expect(digit.pixels == expected)
  }

  @Test("may be bright on dark, faint on grey, or smaller than the box")
  func tones() throws {
    let expected = paper(width: 400, height: 300, rows: 40..<140, columns: 300..<320).normalizedDigit()
    #expect(
      paper(width: 400, height: 300, ink: 255, paper: 0, rows: 40..<140, columns: 300..<320).normalizedDigit()
        == expected)
    #expect(
      paper(width: 400, height: 300, ink: 120, paper: 180, rows: 40..<140, columns: 300..<320).normalizedDigit()
        == expected)
    #expect(paper(width: 30, height: 9, rows: 2..<7, columns: 4..<5).normalizedDigit() == expected)
  }

  @Test("that is in MNIST's form already stays as it is")
  func alreadyNormal() {
    let digit = StrokeDigits(seed: 3).picture(at: 0)
    #expect(digit.normalizedDigit() == digit)
  }

  @Test("drawn dark on light comes back nearly as it was")
  func inverted() throws {
    for index in 0..<20 {
      let digit = StrokeDigits(seed: 3).picture(at: index)
      let dark = GrayPicture(width: 28, height: 28, pixels: digit.pixels.map { 255 - $0 })
      let back = try #require(dark.normalizedDigit())
      // The same ink within a third, wherever size and centring have moved it.
      let (before, after) = (digit.pixels.reduce(0) { $0 + Int($1) }, back.pixels.reduce(0) { $0 + Int($1) })
      #expect(abs(Double(after) / Double(before) - 1) < 0.7, "\(before) \(after)")
    }
  }

  @Test("is found on paper in the shade, and in the strokes of a thin pen")
  func photographed() throws {
    // Ink on paper that gets darker towards one side, or lies half in the shade.
    for shade in [{ Float($0) / 400 * 0.6 }, { $0 > 200 ? 0.4 : 0 }] as [(Int) -> Float] {
      let pixels = (0..<400 * 300).map { place -> Float in
        let (row, column) = (place / 400, place % 400)
        let isInk = 60..<240 ~= row && 190..<215 ~= column
        return (isInk ? 0.2 : 0.95) * (1 - shade(column))
      }
      let digit = try #require(GrayPicture(width: 400, height: 300, values: pixels).normalizedDigit())
      // An upright stroke in the middle, and nothing beside it.
      let rows = (0..<28).map { row in (0..<28).filter { digit.pixels[row * 28 + $0] > 100 } }
      #expect(rows[14].allSatisfy { 12...15 ~= $0 } && !rows[14].isEmpty && rows[14] == rows[8] && rows[1].isEmpty)
    }
    // A thin pen writes as dark as a thick one.
    let thin = try #require(paper(width: 1000, height: 1000, rows: 200..<800, columns: 500..<504).normalizedDigit())
    #expect(thin.pixels[14 * 28 + 14] > 200 || thin.pixels[14 * 28 + 13] > 200)
  }

  @Test("is missed where there is nothing but paper")
  func blank() {
    #expect(GrayPicture(width: 5, height: 5, pixels: [UInt8](repeating: 200, count: 25)).normalizedDigit() == nil)
    #expect(GrayPicture(width: 28, height: 28, pixels: [UInt8](repeating: 0, count: 784)).normalizedDigit() == nil)
    #expect(GrayPicture(width: 1, height: 1, pixels: [9]).normalizedDigit() == nil)
  }
}

@Suite("Pictures") struct PictureTests {
  @Test("in the terminal show two rows of pixels in a line")
  func terminal() {
    let picture = GrayPicture(width: 4, height: 3, pixels: [0, 255, 0, 255, 0, 0, 255, 255, 128, 0, 0, 0])
    #expect(picture.terminalPicture == " ▀▄█\n░")
    #expect(
      GrayPicture.terminalSheet(of: [picture, picture, picture], columns: 2) == " ▀▄█  ▀▄█\n░    ░   \n ▀▄█\n░   ")
  }

  @Test("on a contact sheet stand side by side with gaps")
  func contactSheet() {
    let pictures = (1...3).map { GrayPicture(width: 1, height: 1, pixels: [$0]) }
    let sheet = GrayPicture.contactSheet(of: pictures, columns: 2, gap: 1)
    #expect(
      sheet
        == GrayPicture(
          width: 5, height: 5, pixels: [0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]))
  }

  @Test("of values clamp what is out of range")
  func clamping() {
    let picture = GrayPicture(width: 5, height: 1, values: [-1, 0, 0.5, 2, .nan])
    #expect(picture.pixels == [0, 0, 128, 255, 0])
  }

  @Test("of samples exist where samples are grey pictures")
  func samples() throws {
    let data = try Dataset(bytes: [1, 2, 3, 4, 5, 6], shape: [1, 3, 1], labels: [0, 0])
    #expect(data.picture(at: 1) == GrayPicture(width: 3, height: 1, pixels: [4, 5, 6]))
    #expect(try Dataset(inputs: [1, 2, 3], shape: [1, 1, 3]).picture(at: 0) == nil)
    #expect(try Dataset(inputs: [1, 2, 3], shape: [3]).picture(at: 0) == nil)
  }
}
