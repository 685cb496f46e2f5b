import Foundation
import MartletData
import Testing

@Suite("IDX files") struct IDXTests {
  /// Written out by hand from the description of the format: 2 × 3 unsigned bytes.
  static let sixBytes: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]

  static func problem(in bytes: [UInt8]) -> DataFileError? {
    do {
      _ = try IDXArray(parsing: bytes, file: "f")
      return nil
    } catch {
      return error as? DataFileError
    }
  }

  @Test("are read as their header says")
  func example() throws {
    let array = try IDXArray(parsing: Self.sixBytes, file: "f")
    #expect(array == IDXArray(shape: [2, 3], elements: .uint8([1, 2, 3, 4, 5, 6])))
  }

  @Test("have most significant bytes first, in all six types")
  func types() throws {
    func elements(type: UInt8, _ bytes: [UInt8]) throws -> IDXArray.Elements {
      try IDXArray(parsing: [0, 0, type, 1, 0, 0, 0, 2] + bytes, file: "f").elements
    }
    #expect(try elements(type: 8, [7, 255]) == .uint8([7, 255]))
    #expect(try elements(type: 9, [7, 255]) == .int8([7, -1]))
    #expect(try elements(type: 11, [1, 2, 0xFF, 0xFE]) == .int16([258, -2]))
    #expect(try elements(type: 12, [0, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFD]) == .int32([65536, -3]))
    #expect(try elements(type: 13, [0x3F, 0x80, 0, 0, 0xC0, 0x20, 0, 0]) == .float32([1, -2.5]))
    let doubles: [UInt8] = [0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0x04, 0, 0, 0, 0, 0, 0]
    #expect(try elements(type: 14, doubles) == .float64([1, -2.5]))
  }

  @Test(
    "come back as they were written",
    arguments: [
      IDXArray(shape: [2, 3], elements: .uint8([1, 2, 3, 4, 5, 6])),
      IDXArray(shape: [2], elements: .int8([-128, 127])),
      IDXArray(shape: [1, 2, 1], elements: .int16([-32768, 32767])),
      IDXArray(shape: [2], elements: .int32([.min, .max])),
      IDXArray(shape: [2], elements: .float32([-.pi, .infinity])),
      IDXArray(shape: [2], elements: .float64([-.pi, 1e300])),
      IDXArray(shape: [0, 28, 28], elements: .uint8([])),
    ])
  func roundTrip(array: IDXArray) throws {
    #expect(try IDXArray(parsing: array.encoded, file: "f") == array)
    #expect(try IDXArray(parsing: Deflate.packed(array.encoded, as: .gzip), file: "f") == array)
  }

  @Test("may be gzipped in several members")
  func gzipMembers() throws {
    let packed =
      Deflate.packed(Array(Self.sixBytes[..<9]), as: .gzip) + Deflate.packed(Array(Self.sixBytes[9...]), as: .gzip)
    #expect(try IDXArray(parsing: packed, file: "f").elements == .uint8([1, 2, 3, 4, 5, 6]))
  }

  @Test("with a wrong header are refused with the byte at fault")
  func wrongHeader() {
    #expect(
      Self.problem(in: [1] + Self.sixBytes[1...])
        == DataFileError(file: "f", at: .byte(0), .notIDX(firstBytes: [1, 0, 8, 2])))
    #expect(
      Self.problem(in: [0, 0, 10, 1, 0, 0, 0, 0])
        == DataFileError(file: "f", at: .byte(2), .unknownElementType(code: 10)))
    #expect(Self.problem(in: [0, 0, 8, 0]) == DataFileError(file: "f", at: .byte(3), .noAxes))
    #expect(
      Self.problem(in: [])
        == DataFileError(file: "f", at: .byte(0), .truncated(promisedByteCount: 4, presentByteCount: 0)))
    #expect(
      Self.problem(in: Array(Self.sixBytes[..<10]))
        == DataFileError(file: "f", at: .byte(10), .truncated(promisedByteCount: 8, presentByteCount: 6)))
  }

  @Test("with too little or too much after the header are refused")
  func wrongLength() {
    #expect(
      Self.problem(in: Self.sixBytes.dropLast())
        == DataFileError(file: "f", at: .byte(12), .truncated(promisedByteCount: 6, presentByteCount: 5)))
    #expect(
      Self.problem(in: Self.sixBytes + [0])
        == DataFileError(file: "f", at: .byte(18), .trailingBytes(promisedByteCount: 6)))
    #expect(
      Self.problem(in: Deflate.packed(Self.sixBytes + [0], as: .gzip))
        == DataFileError(file: "f", at: .unpackedByte(18), .trailingBytes(promisedByteCount: 6)))
    #expect(
      Self.problem(in: Deflate.packed(Self.sixBytes.dropLast(), as: .gzip))
        == DataFileError(file: "f", at: .unpackedByte(17), .truncated(promisedByteCount: 6, presentByteCount: 5)))
  }

  @Test("that promise more than they can hold take no memory for it")
  func oversizedHeader() {
    // 4 GiB, 16 EiB and more than 2⁶⁴ bytes: allocating any of the last two would end the process.
    let axis: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
    for axes in 1...5 {
      let bytes = [0, 0, 8, UInt8(axes)] + Array(repeatElement(axis, count: axes).joined()) + [1, 2, 3]
      for input in [bytes, Deflate.packed(bytes, as: .gzip)] {
        let problem = Self.problem(in: input)?.problem
        switch problem {
        case .truncated, .impossibleShape: break
        default: Issue.record("\(axes) axes: \(String(describing: problem))")
        }
      }
    }
  }

  @Test("gzipped badly are refused with zlib's reason")
  func damagedGzip() {
    let packed = Deflate.packed(Self.sixBytes, as: .gzip)
    func reason(_ bytes: [UInt8]) -> String? {
      if case .damagedGzip(let reason) = Self.problem(in: bytes)?.problem { reason } else { nil }
    }
    var wrongChecksum = packed
    wrongChecksum[packed.count - 8] ^= 1
    #expect(reason(wrongChecksum) == "incorrect data check")
    #expect(reason(packed.dropLast()) == "it ends before its last block and checksum")
    #expect(reason(packed + [7]) == "other data follows its end")
  }

  @Test("cut anywhere are refused")
  func truncationSweep() {
    let packed = Deflate.packed(Self.sixBytes, as: .gzip)
    for bytes in [Self.sixBytes, packed] {
      for length in 0..<bytes.count { #expect(Self.problem(in: Array(bytes[..<length])) != nil, "cut to \(length)") }
    }
  }

  @Test("with any bit flipped are read or refused, and never read wrongly through gzip")
  func bitFlipSweep() {
    let values = (0..<300).map { UInt8(truncatingIfNeeded: $0 * $0) }
    let array = IDXArray(shape: [3, 10, 10], elements: .uint8(values))
    let packed = Deflate.packed(array.encoded, as: .gzip)
    for bit in 0..<array.encoded.count * 8 {
      var damaged = array.encoded
      damaged[bit / 8] ^= 1 << (bit % 8)
      _ = Self.problem(in: damaged)
    }
    for bit in 0..<packed.count * 8 {
      var damaged = packed
      damaged[bit / 8] ^= 1 << (bit % 8)
      // Flips in the unused fields of the gzip header change nothing; all others are found.
      if let read = try? IDXArray(parsing: damaged, file: "f") { #expect(read == array, "bit \(bit)") }
    }
  }

  @Test("that cannot be opened give the system's reason", arguments: ["/nowhere/file", "/tmp", "/dev/zero"])
  func unreadable(path: String) {
    let error = #expect(throws: DataFileError.self) { try IDXArray(contentsOf: path) }
    guard case .unreadable = error?.problem else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.hasPrefix("\(path): cannot be read: ") == true)
  }
}

@Suite("Pictures and labels from IDX files") struct IDXDatasetTests {
  private let directory: TemporaryDirectory
  private let images: String

  init() throws {
    directory = try TemporaryDirectory()
    images = try directory.write(
      IDXArray(shape: [2, 1, 3], elements: .uint8([0, 51, 255, 255, 0, 102])).encoded, to: "images")
  }

  private func labels(_ values: [UInt8]) throws -> String {
    try directory.write(IDXArray(shape: [values.count], elements: .uint8(values)).encoded, to: "labels")
  }

  @Test("become samples between 0 and 1 with one channel")
  func reading() throws {
    let data = try Dataset(idxImages: images, labels: labels([1, 0]), classNames: ["a", "b"])
    #expect(data.sampleShape == [1, 3, 1])
    #expect(data.input(at: 0) == [0, 0.2, 1])
    #expect(data.label(at: 0) == 1)
    #expect(try Dataset(idxImages: images).batches(size: 2)[0].targets == .none)
  }

  @Test("of different number are refused")
  func countMismatch() throws {
    let labels = try labels([1, 0, 1])
    #expect(throws: DataFileError(file: labels, .countMismatch(labels: 3, samples: 2, samplesFile: images))) {
      try Dataset(idxImages: images, labels: labels, classNames: ["a", "b"])
    }
  }

  @Test("with a label that is no class are refused at its byte, plain or packed")
  func labelRange() throws {
    let plain = try labels([1, 2])
    let problem = DataFileError.Problem.labelOutOfRange(index: 1, label: 2, classCount: 2)
    #expect(throws: DataFileError(file: plain, at: .byte(9), problem)) {
      try Dataset(idxImages: images, labels: plain, classNames: ["a", "b"])
    }
    let packed = try directory.write(Deflate.packed(directory.contents(of: "labels") ?? [], as: .gzip), to: "l.gz")
    #expect(throws: DataFileError(file: packed, at: .unpackedByte(9), problem)) {
      try Dataset(idxImages: images, labels: packed, classNames: ["a", "b"])
    }
  }

  @Test("that have been swapped are told apart")
  func swapped() throws {
    let labels = try labels([1, 0])
    let error = #expect(throws: DataFileError.self) {
      try Dataset(idxImages: labels, labels: images, classNames: ["a", "b"])
    }
    #expect(error?.description.contains("holds bytes of shape [2] where pictures") == true)
  }
}

@Suite("SHA-256") struct SHA256Tests {
  // The first two are the examples of FIPS 180-4; a million times "a" is from NIST's test vectors.
  @Test("gives the published digests")
  func published() {
    #expect(
      SHA256.hexDigest(of: Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexDigest(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(SHA256.hexDigest(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexDigest(of: [UInt8](repeating: 97, count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
