/// The part of the zip format that arrays travel in: members that are stored or deflated, each with a name and a checksum.
///
/// A file is the members, each behind a header of its own, then a directory that lists them, then a record of where the directory
/// lies. The directory is what counts.
///
/// - Source: PKWARE's APPNOTE.TXT, version 6.3.
package enum ZipFile {
  /// One file within.
  package struct Member: Hashable, Sendable {
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  fileprivate static let memberMark: UInt32 = 0x0403_4b50
  fileprivate static let entryMark: UInt32 = 0x0201_4b50
  fileprivate static let endMark: UInt32 = 0x0605_4b50
  fileprivate static let endLength = 22
}

extension ZipFile {
  /// The members of a file in the order of its directory.
  ///
  /// No two may overlap, and none may promise more than deflate can give for its size, so that memory is bounded by the file's size.
  ///
  /// - Throws: `NumPyError` with position and reason.
  package static func members(of bytes: [UInt8]) throws -> [Member] {
    let end = try endRecord(of: bytes)
    let directory = Int(number32(bytes, end + 16))
    let size = Int(number32(bytes, end + 12))
    let count = Int(number16(bytes, end + 10))
    guard count != 0xFFFF, directory != 0xFFFF_FFFF else {
      throw NumPyError(position: end, reason: "a zip file of more than 65534 members or 4 GiB cannot be read")
    }
    guard directory + size == end, number16(bytes, end + 4) == 0, number16(bytes, end + 8) == UInt16(count) else {
      throw NumPyError(position: end, reason: "the zip file's directory is not where its end says it is")
    }
    var members: [Member] = []
    var names: Set<String> = []
    var occupied: [Range<Int>] = []
    var position = directory
    for _ in 0..<count {
      let entry = try DirectoryEntry(bytes, at: position, end: end)
      guard names.insert(entry.name).inserted else {
        throw NumPyError(position: position, reason: "two members are called '\(entry.name)'")
      }
      let place = try entry.place(in: bytes, before: directory)
      occupied.append(entry.start..<place.upperBound)
      members.append(Member(name: entry.name, bytes: try entry.contents(bytes[place], at: place.lowerBound)))
      position += entry.length
    }
    guard position == end else {
      throw NumPyError(position: position, reason: "the zip file's directory does not end where it should")
    }
    occupied.sort { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(occupied, occupied.dropFirst()) where one.upperBound > next.lowerBound {
      throw NumPyError(position: next.lowerBound, reason: "two members of the zip file overlap")
    }
    return members
  }

  /// Where the end record lies: at the end, but for a comment whose length it says itself.
  private static func endRecord(of bytes: [UInt8]) throws -> Int {
    let latest = bytes.count - endLength
    guard latest >= 0 else { throw NumPyError(position: bytes.count, reason: "the file is too short for a zip file") }
    for position in stride(from: latest, through: max(0, latest - 0xFFFF), by: -1)
    where number32(bytes, position) == endMark && Int(number16(bytes, position + 20)) == latest - position {
      return position
    }
    throw NumPyError(position: bytes.count, reason: "it does not end as a zip file does; it may have been cut off")
  }

  fileprivate static func number16(_ bytes: [UInt8], _ position: Int) -> UInt16 {
    UInt16(bytes[position]) | UInt16(bytes[position + 1]) << 8
  }

  fileprivate static func number32(_ bytes: [UInt8], _ position: Int) -> UInt32 {
    UInt32(number16(bytes, position)) | UInt32(number16(bytes, position + 2)) << 16
  }
}

/// What the directory says about one member.
private struct DirectoryEntry {
  let name: String
  /// Where the member's own header begins.
  let start: Int
  /// The bytes that the entry takes in the directory.
  let length: Int
  private let method: UInt16
  private let checksum: UInt32
  private let packedCount: Int
  private let count: Int

  init(_ bytes: [UInt8], at position: Int, end: Int) throws {
    guard end - position >= 46, ZipFile.number32(bytes, position) == ZipFile.entryMark else {
      throw NumPyError(position: position, reason: "an entry of the zip file's directory has to stand here")
    }
    let lengths = [28, 30, 32].map { Int(ZipFile.number16(bytes, position + $0)) }
    length = 46 + lengths.reduce(0, +)
    guard length <= end - position else {
      throw NumPyError(position: position, reason: "an entry of the zip file's directory goes on after its end")
    }
    let text = bytes[position + 46..<position + 46 + lengths[0]]
    guard let name = String(validating: text, as: UTF8.self), !name.isEmpty else {
      throw NumPyError(position: position + 46, reason: "the name of a member is empty or not UTF-8")
    }
    self.name = name
    guard ZipFile.number16(bytes, position + 8) & 1 == 0 else {
      throw NumPyError(position: position, reason: "'\(name)' is encrypted")
    }
    method = ZipFile.number16(bytes, position + 10)
    checksum = ZipFile.number32(bytes, position + 16)
    packedCount = Int(ZipFile.number32(bytes, position + 20))
    count = Int(ZipFile.number32(bytes, position + 24))
    start = Int(ZipFile.number32(bytes, position + 42))
    guard ![packedCount, count, start].contains(0xFFFF_FFFF) else {
      throw NumPyError(position: position, reason: "'\(name)' is larger than 4 GiB, which cannot be read")
    }
  }

  /// Where the packed bytes lie.
  func place(in bytes: [UInt8], before directory: Int) throws -> Range<Int> {
    guard start + 30 <= directory, ZipFile.number32(bytes, start) == ZipFile.memberMark else {
      throw NumPyError(
        position: min(start, bytes.count), reason: "'\(name)' does not begin here, where the directory says")
    }
    let first = start + 30 + Int(ZipFile.number16(bytes, start + 26)) + Int(ZipFile.number16(bytes, start + 28))
    guard first + packedCount <= directory else {
      throw NumPyError(position: start, reason: "'\(name)' goes on after the end of the data")
    }
    return first..<first + packedCount
  }

  func contents(_ packed: ArraySlice<UInt8>, at position: Int) throws -> [UInt8] {
    let contents: [UInt8]?
    switch method {
    case 0: contents = packedCount == count ? Array(packed) : nil
    case 8: contents = count / Deflate.largestRatio > packedCount ? nil : Deflate.unpacked(packed, count: count)
    default:
      throw NumPyError(
        position: start, reason: "'\(name)' is packed by method \(method); stored and deflated can be read")
    }
    guard let contents else {
      throw NumPyError(position: position, reason: "'\(name)' does not unpack to the \(count) bytes that it promises")
    }
    guard Deflate.checksum(contents) == checksum else {
      throw NumPyError(position: position, reason: "'\(name)' is damaged: its checksum is another")
    }
    return contents
  }
}

extension ZipFile {
  /// The bytes of a file with these members. The same members give the same bytes: all have the zip format's first date.
  ///
  /// - Parameter compressing: Whether members are deflated where that makes them smaller.
  /// - Throws: `NumPyError` for more or larger members than the format has room for.
  package static func encoded(_ members: [Member], compressing: Bool) throws -> [UInt8] {
    guard members.count < 0xFFFF else {
      throw NumPyError(position: 0, reason: "a zip file has no room for \(members.count) members")
    }
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let deflated = compressing ? Deflate.packed(member.bytes) : nil
      let packed = deflated.flatMap { $0.count < member.bytes.count ? $0 : nil }
      let data = packed ?? member.bytes
      let name = Array(member.name.utf8)
      guard bytes.count + directory.count + data.count + member.bytes.count < 0xFFFF_0000, name.count < 0xFFFF else {
        throw NumPyError(
          position: 0, reason: "'\(member.name)' makes the zip file larger than 4 GiB, for which the format has no room"
        )
      }
      // Version 2.0, names in UTF-8, method, 1980-01-01 00:00, checksum, sizes, length of the name, no extra field.
      let facts =
        little(UInt16(20)) + little(UInt16(0x0800)) + little(UInt16(packed == nil ? 0 : 8)) + little(UInt16(0))
        + little(UInt16(0x21)) + little(Deflate.checksum(member.bytes)) + little(UInt32(data.count))
        + little(UInt32(member.bytes.count)) + little(UInt16(name.count)) + little(UInt16(0))
      directory += little(entryMark) + little(UInt16(20)) + facts
      directory += [UInt8](repeating: 0, count: 10) + little(UInt32(bytes.count)) + name
      bytes += little(memberMark) + facts + name + data
    }
    let counts = little(UInt16(members.count))
    return bytes + directory + little(endMark) + [0, 0, 0, 0] + counts + counts + little(UInt32(directory.count))
      + little(UInt32(bytes.count)) + [0, 0]
  }

  private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
