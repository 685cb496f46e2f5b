import MartletBackend
import MartletInterchange
import Testing

@Suite("Arrays of NumPy, .npy") struct NPYTests {
  static func file(_ header: String, version: UInt8 = 1, data: [UInt8] = []) -> [UInt8] {
    let length = header.utf8.count
    let size = version == 1 ? 2 : 4
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + (0..<size).map { UInt8(length >> (8 * $0) & 0xFF) }
      + Array(header.utf8) + data
  }

  private func read(_ type: String, _ shape: String, _ data: [UInt8], fortran: Bool = false) throws -> NPY.Contents {
    let order = fortran ? "True" : "False"
    return try NPY.contents(
      of: Self.file("{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }", data: data))
  }

  @Test("what is written can be read again")
  func roundTrip() throws {
    let entries = [
      Safetensors.Entry(floats: [1.5, -2, .infinity, 0], shape: [2, 2]), Safetensors.Entry(int32s: [7], shape: []),
      Safetensors.Entry(dtype: .bool, shape: [3], bytes: [1, 0, 1]), Safetensors.Entry(floats: [], shape: [0, 4]),
      Safetensors.Entry(dtype: .uint8, shape: [1, 2, 1], bytes: [0, 255]),
    ]
    for entry in entries {
      let contents = try NPY.contents(of: NPY.encoded(entry))
      #expect(contents.entry == entry && !contents.isRounded)
    }
  }

  @Test("one number is these bytes: magic, version, a header that ends at a multiple of 64 bytes, the number")
  func bytes() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
    let padded = header + String(repeating: " ", count: 128 - 10 - 1 - header.utf8.count) + "\n"
    let entry = Safetensors.Entry(floats: [1], shape: [1])
    // Room for 21 digits of the first extent takes the header beyond 64 bytes.
    #expect(NPY.encoded(entry) == Self.file(padded, data: [0, 0, 0x80, 0x3F]))
  }

  @Test("all types that fit one of ours, in either byte order")
  func types() throws {
    #expect(try read(">f4", "(1,)", [0x3F, 0x80, 0, 0]).entry.floats == [1])
    #expect(try read("<f2", "(2,)", [0x00, 0x3C, 0x00, 0xC0]).entry.floats == [1, -2])
    let double = try read("<f8", "()", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    #expect(double.entry.floats == [1] && double.isRounded && double.storedType == "<f8")
    #expect(try read(">f8", "(1,)", [0x3F, 0xF0, 0, 0, 0, 0, 0, 1]).entry.floats == [1])
    #expect(try read("|i1", "(2,)", [0xFF, 0x7F]).entry.int32s == [-1, 127])
    #expect(try read(">i2", "(1,)", [0xFF, 0xFE]).entry.int32s == [-2])
    #expect(try read(">i4", "(1,)", [0xFF, 0xFF, 0xFF, 0xFE]).entry.int32s == [-2])
    #expect(try read("<i8", "(1,)", [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).entry.int32s == [-2])
    #expect(try read("<u2", "(1,)", [0xFE, 0xFF]).entry.int32s == [0xFFFE])
    #expect(try read("|u1", "(1,)", [0xFE]).entry == Safetensors.Entry(dtype: .uint8, shape: [1], bytes: [0xFE]))
    #expect(try read("|b1", "(2,)", [1, 0]).entry == Safetensors.Entry(dtype: .bool, shape: [2], bytes: [1, 0]))
  }

  @Test("columns first becomes rows first")
  func fortran() throws {
    // 0 1 2 / 3 4 5 column by column.
    #expect(try read("|u1", "(2, 3)", [0, 3, 1, 4, 2, 5], fortran: true).entry.bytes == [0, 1, 2, 3, 4, 5])
    let cube = try read("|u1", "(2, 1, 2, 2)", [0, 4, 2, 6, 1, 5, 3, 7], fortran: true)
    #expect(cube.entry.bytes == [0, 1, 2, 3, 4, 5, 6, 7] && cube.entry.shape == [2, 1, 2, 2])
  }

  @Test("versions 2 and 3 have a longer length", arguments: [2, 3] as [UInt8])
  func versions(_ version: UInt8) throws {
    let header = "{'shape': (1L,), \"descr\":'|u1','fortran_order':False}\n"
    #expect(try NPY.contents(of: Self.file(header, version: version, data: [9])).entry.bytes == [9])
  }

  @Test("a truncated file is refused at every length, and so is one that goes on")
  func truncated() {
    let bytes = NPY.encoded(Safetensors.Entry(floats: [1, 2, 3], shape: [3]))
    for count in 0..<bytes.count {
      #expect(throws: NumPyError.self) { try NPY.contents(of: Array(bytes.prefix(count))) }
    }
    #expect(throws: NumPyError.self) { try NPY.contents(of: bytes + [0]) }
  }

  static let faults: [(type: String, shape: String, data: [UInt8], reason: String)] = [
    ("|O", "(1,)", [1], "Python objects"), ("<c8", "(1,)", [1, 2, 3, 4, 5, 6, 7, 8], "'<c8' cannot be read"),
    ("<U3", "(1,)", [], "cannot be read"), ("<f4", "(2,)", [0, 0, 0, 0], "takes 8 bytes, the file has 4"),
    ("<f4", "(4611686018427387904, 4)", [], "too many"), ("<f8", "(2305843009213693952,)", [], "too many"),
    ("<f4", "(-1,)", [], "whole number"), ("<f4", "(99999999999999999999,)", [], "too large"),
    ("<f4", "(1,1,1,1,1,1,1,1,1)", [0, 0, 0, 0], "9 axes"), ("|b1", "(1,)", [2], "truth value is 2"),
    ("<i8", "(1,)", [0, 0, 0, 0x80, 0, 0, 0, 0], "too large for int32"), ("<u4", "(1,)", [0, 0, 0, 0x80], "too large"),
  ]

  @Test("what cannot be had is refused with the reason", arguments: faults)
  func fault(_ fault: (type: String, shape: String, data: [UInt8], reason: String)) {
    let error = #expect(throws: NumPyError.self) { try read(fault.type, fault.shape, fault.data) }
    #expect(error?.reason.contains(fault.reason) == true, "\(error?.description ?? "no error")")
  }

  @Test(
    "a header that is no dictionary of three keys is refused",
    arguments: [
      "", "{}", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "{'descr': '<f4', 'shape': ()}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "{'descr': '<f4",
      "{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}", "{'descr': '<f4', 'fortran_order': True, 'shape': (1}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': ()} + 1",
    ])
  func headers(_ header: String) {
    #expect(throws: NumPyError.self) { try NPY.contents(of: Self.file(header, data: [0, 0, 0, 0])) }
  }

  @Test("any single damaged byte is refused or harmless, never a crash")
  func damaged() {
    let bytes = NPY.encoded(Safetensors.Entry(floats: [1, 2, 3], shape: [3]))
    for position in bytes.indices {
      for value: UInt8 in [0, 0x27, 0x28, 0x2C, 0x39, 0x7D, 0xFF] {
        var damaged = bytes
        damaged[position] = value
        _ = try? NPY.contents(of: damaged)
      }
    }
  }
}
