import Foundation
import MartletBackend

// Arrays as they stand in a file.
extension HostArray {
  /// The array of a file.
  ///
  /// - Parameter folder: Where files beside the model may lie; `nil` where none may be read.
  /// - Throws: `ONNXError` where its parts contradict each other.
  convenience init(_ stored: ONNXTensorProto, folder: URL?) throws {
    let place = "array '\(stored.name)'"
    func damaged(_ reason: String) -> ONNXError { .malformed(place: place, reason: reason) }
    let kind: ElementKind
    do { kind = try ElementKind(dataType: Int(stored.dataType)) } catch { throw damaged("\(error)") }
    let shape = try stored.possibleShape()
    let count = shape.reduce(1, *)
    let bytes: Data?
    if stored.dataLocation == .external {
      bytes = try ExternalData.bytes(of: stored, folder: folder)
    } else {
      bytes = stored.rawData.isEmpty ? nil : stored.rawData
    }
    if let bytes {
      let width = Self.byteCount(of: Int(stored.dataType))
      guard bytes.count == count * width else {
        throw damaged("\(bytes.count) bytes for \(count) elements of \(width)")
      }
      if kind == .float {
        self.init(floats: Self.floats(bytes, dataType: Int(stored.dataType)), shape: shape)
      } else {
        let integers = Self.integers(bytes, dataType: Int(stored.dataType))
        self.init(
          integers: kind == .boolean ? integers.map { $0 == 0 ? 0 : 1 } : integers, shape: shape, kind: kind,
          storedType: Int(stored.dataType))
      }
      return
    }
    let listed: Int
    if kind == .float {
      let values: [Float] =
        switch stored.dataType {
        case 1: stored.floatData
        case 11: stored.doubleData.map { Float($0) }
        case 10: stored.int32Data.map { Self.half(UInt16(truncatingIfNeeded: $0)) }
        default: stored.int32Data.map { Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: $0)) << 16) }
        }
      listed = values.count
      guard listed == count else { throw damaged("\(listed) elements for shape \(shape)") }
      self.init(floats: values, shape: shape)
    } else {
      let values: [Int] =
        switch stored.dataType {
        case 7: stored.int64Data.map { Int($0) }
        case 12, 13: stored.uint64Data.map { Int(clamping: $0) }
        default: stored.int32Data.map { Int($0) }
        }
      listed = values.count
      guard listed == count else { throw damaged("\(listed) elements for shape \(shape)") }
      self.init(
        integers: kind == .boolean ? values.map { $0 == 0 ? 0 : 1 } : values, shape: shape, kind: kind,
        storedType: Int(stored.dataType))
    }
  }

  private static func byteCount(of dataType: Int) -> Int {
    switch dataType {
    case 2, 3, 9: 1
    case 4, 5, 10, 16: 2
    case 7, 11, 13: 8
    default: 4
    }
  }

  private static func elements<Element>(_ bytes: Data, as type: Element.Type) -> [Element] {
    bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / MemoryLayout<Element>.size).map {
        buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: type)
      }
    }
  }

  private static func floats(_ bytes: Data, dataType: Int) -> [Float] {
    switch dataType {
    case 10: elements(bytes, as: UInt16.self).map(half)
    case 16: elements(bytes, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    case 11: elements(bytes, as: Double.self).map { Float($0) }
    default:
      [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
        count = bytes.copyBytes(to: UnsafeMutableRawBufferPointer(buffer)) / 4
      }
    }
  }

  private static func integers(_ bytes: Data, dataType: Int) -> [Int] {
    switch dataType {
    case 2, 9: elements(bytes, as: UInt8.self).map { Int($0) }
    case 3: elements(bytes, as: Int8.self).map { Int($0) }
    case 4: elements(bytes, as: UInt16.self).map { Int($0) }
    case 5: elements(bytes, as: Int16.self).map { Int($0) }
    case 6: elements(bytes, as: Int32.self).map { Int($0) }
    case 12: elements(bytes, as: UInt32.self).map { Int($0) }
    case 13: elements(bytes, as: UInt64.self).map { Int(clamping: $0) }
    default: elements(bytes, as: Int64.self).map { Int($0) }
    }
  }

  /// A number of IEEE's half precision: sign, 5 bits of exponent, 10 of fraction.
  private static func half(_ bits: UInt16) -> Float {
    let (exponent, fraction) = (Int(bits >> 10) & 31, Float(bits & 1023))
    let magnitude: Float =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 31: fraction == 0 ? .infinity : .nan
      default: (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
      }
    return bits >> 15 == 1 ? -magnitude : magnitude
  }
}

/// Arrays that lie in files beside the model.
enum ExternalData {
  /// - Throws: `ONNXError` where the file lies outside the model's folder or is too short.
  static func bytes(of stored: ONNXTensorProto, folder: URL?) throws -> Data {
    func damaged(_ reason: String) -> ONNXError { .malformed(place: "array '\(stored.name)'", reason: reason) }
    let entries = Dictionary(stored.externalData.map { ($0.key, $0.value) }) { first, _ in first }
    guard let location = entries["location"] else { throw damaged("its data are outside, but no file is named") }
    guard let folder else {
      throw damaged("its data are in the file '\(location)'; load the model from a file beside it, not from bytes")
    }
    // Resolved first, so that neither "..", nor an absolute path, nor a link leads out of the folder.
    let root = folder.resolvingSymlinksInPath().standardizedFileURL
    let file = root.appending(path: location).resolvingSymlinksInPath().standardizedFileURL
    guard !location.hasPrefix("/"), file.path.hasPrefix(root.path == "/" ? "/" : root.path + "/") else {
      throw damaged("its data would be in '\(location)', outside the folder of the model, where nothing is read")
    }
    let content: Data
    do {
      content = try Data(contentsOf: file)
    } catch {
      throw damaged("its data in '\(location)' cannot be read: \(error.localizedDescription)")
    }
    guard let offset = Int(entries["offset"] ?? "0"), offset >= 0, offset <= content.count,
      let length = Int(entries["length"] ?? "\(content.count - offset)"), length >= 0, length <= content.count - offset
    else { throw damaged("'\(location)' has \(content.count) bytes, too few for the array") }
    return content.subdata(in: content.startIndex + offset..<content.startIndex + offset + length)
  }
}
