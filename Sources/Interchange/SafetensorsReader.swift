import Foundation
import MartletBackend

/// Why bytes are not a sound safetensors file.
public struct SafetensorsError: Error, Hashable, CustomStringConvertible {
  /// The file, where it is known.
  public var file: String?
  /// The first byte at fault, counted from the start of the file.
  public let position: Int
  /// What is wrong there.
  public let reason: String

  /// An error at a position.
  public init(position: Int, reason: String) {
    self.position = position
    self.reason = reason
  }

  /// File, position and reason in one sentence.
  public var description: String {
    "\(file ?? "the data") is not a sound safetensors file: at byte \(position): \(reason)"
  }
}

/// Takes a safetensors file apart. Nothing in the file is believed before it was compared with the size of the file: no header
/// makes the reader allocate more than the file holds, or read outside it.
package struct SafetensorsReader {
  private let bytes: Data
  /// What the format allows a header to take.
  private static let longestHeader = 100_000_000

  package init(bytes: Data) { self.bytes = bytes }

  package func contents() throws -> Safetensors.Contents {
    let header = try headerRange()
    let members = try HeaderParser(bytes: bytes, range: header).members()
    let dataStart = header.upperBound
    let dataCount = bytes.count - dataStart

    var result = Safetensors.Contents(entries: [:])
    var occupied: [(range: Range<Int>, name: String, position: Int)] = []
    for member in members {
      switch member.content {
      case .metadata(let notes):
        result.metadata = notes
      case .array(let declared):
        let (dtype, shape) = try checked(declared, of: member, dataCount: dataCount)
        let start = bytes.startIndex + dataStart
        let content = bytes[start + declared.offsets.lowerBound..<start + declared.offsets.upperBound]
        result.entries[member.name] = Safetensors.Entry(dtype: dtype, shape: shape, bytes: Array(content))
        if !declared.offsets.isEmpty { occupied.append((declared.offsets, member.name, member.position)) }
      }
    }
    try checkCoverage(&occupied, dataStart: dataStart, dataCount: dataCount)
    return result
  }

  private func headerRange() throws -> Range<Int> {
    guard bytes.count >= 8 else {
      throw SafetensorsError(position: bytes.count, reason: "the file ends inside the 8 bytes of the header's length")
    }
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Self.longestHeader else {
      throw SafetensorsError(
        position: 0, reason: "the header would take \(length) bytes, the format allows \(Self.longestHeader)")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw SafetensorsError(
        position: 0, reason: "the header would take \(length) bytes, the file has \(bytes.count - 8) after its length")
    }
    return 8..<8 + Int(length)
  }

  /// The type and shape of a declared array, when they agree with its place and its place with the file.
  private func checked(
    _ declared: HeaderParser.DeclaredArray, of member: HeaderParser.Member, dataCount: Int
  ) throws -> (DType, [Int]) {
    func fault(_ reason: String) -> SafetensorsError {
      SafetensorsError(position: member.position, reason: "'\(member.name)': \(reason)")
    }
    guard let dtype = DType(safetensorsName: declared.dtype) else {
      let known = DType.allCases.map(\.safetensorsName).joined(separator: ", ")
      throw fault("element type '\(declared.dtype)' is not one that can be read (\(known))")
    }
    guard declared.shape.count <= Shape.maximumRank else {
      throw fault("\(declared.shape.count) axes, at most \(Shape.maximumRank) are possible")
    }
    var byteCount = dtype.byteCount
    for extent in declared.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw fault("shape \(declared.shape) has more elements than can be counted") }
      byteCount = product
    }
    guard declared.offsets.upperBound <= dataCount else {
      throw fault("its bytes end at \(declared.offsets.upperBound), the file has \(dataCount) bytes of data")
    }
    guard declared.offsets.count == byteCount else {
      throw fault(
        "\(declared.dtype) of shape \(declared.shape) takes \(byteCount) bytes, its place has \(declared.offsets.count)"
      )
    }
    return (dtype, declared.shape)
  }

  /// The arrays have to fill the data one after the other: what overlaps or is left over hides something.
  private func checkCoverage(
    _ occupied: inout [(range: Range<Int>, name: String, position: Int)], dataStart: Int, dataCount: Int
  ) throws {
    occupied.sort { $0.range.lowerBound < $1.range.lowerBound }
    var end = 0
    var previous = ""
    for (range, name, position) in occupied {
      guard range.lowerBound >= end else {
        throw SafetensorsError(position: position, reason: "the bytes of '\(name)' and '\(previous)' overlap")
      }
      guard range.lowerBound == end else {
        throw SafetensorsError(
          position: dataStart + end, reason: "\(range.lowerBound - end) bytes before '\(name)' belong to no array")
      }
      (end, previous) = (range.upperBound, name)
    }
    guard end == dataCount else {
      throw SafetensorsError(
        position: dataStart + end, reason: "\(dataCount - end) bytes at the end belong to no array")
    }
  }
}
