import Foundation
import MartletBackend

// Arrays of a file whose numbers are elsewhere: those of parameters, which are in the model and may change there.
extension ONNXTensorProto {
  /// The shape, all of whose elements can be counted, also where an extent is 0.
  ///
  /// - Throws: `ONNXError`.
  func possibleShape() throws -> [Int] {
    var possible = 1
    for extent in dims {
      let (product, overflow) = possible.multipliedReportingOverflow(by: Int(max(extent, 1)))
      guard extent >= 0, !overflow, product <= Int(Int32.max) else {
        throw ONNXError.malformed(place: "array '\(name)'", reason: "impossible shape \(dims)")
      }
      possible = product
    }
    return dims.map { Int($0) }
  }

  /// Whether there are floating-point elements, but no numbers for them.
  var lacksNumbers: Bool {
    [1, 10, 11, 16].contains(dataType) && !dims.isEmpty && !dims.contains(0) && dims.count <= Shape.maximumRank
      && dataLocation == .default && rawData.isEmpty && floatData.isEmpty && doubleData.isEmpty && int32Data.isEmpty
  }

  mutating func removeNumbers() {
    (rawData, floatData, doubleData, int32Data) = (Data(), [], [], [])
    (externalData, dataLocation) = ([], .default)
  }

  /// Puts numbers in, as the array's type has them; those of fewer digits are rounded to the nearest.
  mutating func fill(_ values: [Float]) {
    switch dataType {
    case 10:
      rawData = values.map { Self.half($0).littleEndian }.withUnsafeBytes { Data($0) }
    case 11: rawData = values.map { Double($0).bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
    case 16: rawData = values.map { Self.bfloat16($0).littleEndian }.withUnsafeBytes { Data($0) }
    default: rawData = values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
    }
  }

  /// Half precision, ties to even, as far as it reaches: from 65520 on it is infinite.
  static func half(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = value.magnitude
    if value.isNaN { return sign | 0x7E00 }
    if magnitude >= 65520 { return sign | 0x7C00 }
    if magnitude < 0x1p-14 {
      // A multiple of the smallest number there is; 1024 of them are the smallest with an exponent, whose bits follow.
      return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
    }
    let bits = magnitude.bitPattern
    let rounded = bits + 0xFFF + (bits >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: (rounded >> 13) &- (112 << 10))
  }

  /// The upper half of single precision, ties to even.
  static func bfloat16(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7FC0 }
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }
}

extension HostArray {
  /// Whether the array can be a parameter.
  var canBeLearned: Bool { kind == .float && count > 0 && !shape.isEmpty && shape.count <= Shape.maximumRank }
}
