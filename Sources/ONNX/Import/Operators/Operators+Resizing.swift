import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let resizing: [String: Function] = [
    "Resize": one(resize),
    "Upsample": one(resize),
    "Pad": one(pad),
  ]

  // MARK: Resize

  /// Axis by axis: each result takes the element nearest to its place, or two in proportion.
  private static func resize(_ node: Invocation) throws -> Tensor {
    let x = try node.floats(0)
    let isOld = node.node.operation == "Upsample" || node.version < 11
    let mode = try node.string("mode", "nearest")
    guard ["nearest", "linear", "bilinear", "cubic"].contains(mode) else {
      throw ShapeError("the mode '\(mode)' is not supported")
    }
    guard try node.int("antialias", 0) == 0 else { throw ShapeError("'antialias' is not supported") }
    guard try node.string("keep_aspect_ratio_policy", "stretch") == "stretch" else {
      throw ShapeError("'keep_aspect_ratio_policy' is not supported")
    }
    let rule = isOld ? "asymmetric" : try node.string("coordinate_transformation_mode", "half_pixel")
    let rounding = isOld ? "floor" : try node.string("nearest_mode", "round_prefer_floor")
    let axes = try node.ints("axes").map { try $0.map { try node.axis($0, rank: x.rank) } } ?? Array(0..<x.rank)
    let scalesAt = isOld ? 1 : 2
    let sizes = try isOld ? nil : node.optionalIntegers(3)
    var scales = try node.optional(scalesAt).map { _ in try node.host(scalesAt).numbers }
    if scales?.isEmpty != false { scales = try node.node.floats("scales") }
    var y = x
    for (index, axis) in axes.enumerated() {
      let extent = x.shape[axis]
      let (count, scale): (Int, Float)
      if let sizes, !sizes.isEmpty {
        guard sizes.count == axes.count else { throw ShapeError("\(sizes.count) sizes for \(axes.count) axes") }
        (count, scale) = (sizes[index], Float(sizes[index]) / Float(extent))
      } else {
        guard let scales, scales.count == axes.count, scales[index] > 0, Float(extent) * scales[index] < 0x1p24 else {
          throw ShapeError("neither sizes nor possible factors for \(axes.count) axes are given")
        }
        (count, scale) = (Int(Float(extent) * scales[index]), scales[index])
      }
      if count == extent && scale == 1 { continue }
      var shape = Array(y.shape)
      shape[axis] = count
      _ = try node.allowed(shape)
      let places = try (0..<count).map {
        try place(of: $0, count: count, extent: extent, scale: scale, rule: rule)
      }
      switch mode {
      case "nearest":
        y = y.gathered(indices(try places.map { try nearest($0, rounding) }, extent, node), alongAxis: axis)
      case "cubic": y = try cubic(y, places, axis, node)
      default: y = between(y, places, axis, node)
      }
    }
    return y
  }

  /// Where a result lies on the axis it is made from.
  private static func place(of index: Int, count: Int, extent: Int, scale: Float, rule: String) throws -> Float {
    let index = Float(index)
    switch rule {
    case "half_pixel": return (index + 0.5) / scale - 0.5
    case "pytorch_half_pixel": return count > 1 ? (index + 0.5) / scale - 0.5 : 0
    case "half_pixel_symmetric":
      let adjustment = Float(count) / (scale * Float(extent))
      let offset = Float(extent) / 2 * (1 - adjustment)
      return offset + (index + 0.5) / scale - 0.5
    // By the exact length, of which the count is the whole part.
    case "align_corners": return count > 1 ? index * Float(extent - 1) / (scale * Float(extent) - 1) : 0
    case "asymmetric": return index / scale
    default: throw ShapeError("'coordinate_transformation_mode' '\(rule)' is not supported")
    }
  }

  private static func nearest(_ place: Float, _ rounding: String) throws -> Float {
    switch rounding {
    case "floor": place.rounded(.down)
    case "ceil": place.rounded(.up)
    case "round_prefer_floor": (place - 0.5).rounded(.up)
    case "round_prefer_ceil": (place + 0.5).rounded(.down)
    default: throw ShapeError("'nearest_mode' '\(rounding)' is not supported")
    }
  }

  private static func indices(_ places: [Float], _ extent: Int, _ node: Invocation) -> Tensor {
    Tensor(
      places.map { $0.isNaN ? 0 : Int32(min(max($0, 0), Float(extent - 1))) } as [Int32], shape: [places.count],
      on: node.device)
  }

  private static func between(_ x: Tensor, _ places: [Float], _ axis: Int, _ node: Invocation) -> Tensor {
    let extent = x.shape[axis]
    let held = places.map { min(max($0, 0), Float(extent - 1)) }
    let lower = held.map { $0.rounded(.down) }
    var along = Shape(repeating: 1, rank: x.rank)
    along[axis] = places.count
    let share = Tensor(zip(held, lower).map { $0 - $1 }, shape: along, on: node.device)
    let below = x.gathered(indices(lower, extent, node), alongAxis: axis)
    let above = x.gathered(indices(lower.map { $0 + 1 }, extent, node), alongAxis: axis)
    return below * (1 - share) + above * share
  }

  /// Four elements around each place, by the polynomials of Keys 1981 with the slope `cubic_coeff_a`.
  private static func cubic(_ x: Tensor, _ places: [Float], _ axis: Int, _ node: Invocation) throws -> Tensor {
    let extent = x.shape[axis]
    let a = try node.float("cubic_coeff_a", -0.75)
    let leavesOut = try node.int("exclude_outside", 0) != 0
    func weight(_ distance: Float) -> Float {
      let d = abs(distance)
      if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
      return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0
    }
    let below = places.map { $0.rounded(.down) }
    let taps = (-1...2).map { offset in below.map { $0 + Float(offset) } }
    var weights = taps.map { tap in
      zip(tap, places).map { leavesOut && ($0 < 0 || $0 > Float(extent - 1)) ? 0 : weight($0 - $1) }
    }
    if leavesOut {
      let sums = places.indices.map { place in weights.reduce(0) { $0 + $1[place] } }
      weights = weights.map { zip($0, sums).map { $1 == 0 ? 0 : $0 / $1 } }
    }
    var along = Shape(repeating: 1, rank: x.rank)
    along[axis] = places.count
    let parts = zip(taps, weights).map { tap, weight in
      x.gathered(indices(tap, extent, node), alongAxis: axis) * Tensor(weight, shape: along, on: node.device)
    }
    return parts.dropFirst().reduce(parts[0], +)
  }

  // MARK: Pad

  private static func pad(_ node: Invocation) throws -> Tensor {
    let x = try node.tensor(0)
    guard let amounts = try node.version < 11 ? node.ints("pads") : node.optionalIntegers(1) else {
      throw ShapeError("'pads' is missing")
    }
    let axes = try node.optionalIntegers(3).map { try $0.map { try node.axis($0, rank: x.rank) } } ?? Array(0..<x.rank)
    guard amounts.count == 2 * axes.count, amounts.allSatisfy({ abs(Double($0)) < 0x1p30 }) else {
      throw ShapeError("\(amounts) for \(axes.count) axes")
    }
    let mode = try node.string("mode", "constant")
    let value = try node.version < 11 ? node.float("value", 0) : node.number(2) ?? 0
    var y = x
    for (index, axis) in axes.enumerated() {
      var (before, after) = (amounts[index], amounts[axes.count + index])
      // Negative amounts take away.
      let (cutBefore, cutAfter) = (max(-before, 0), max(-after, 0))
      (before, after) = (max(before, 0), max(after, 0))
      let extent = y.shape[axis] - cutBefore - cutAfter
      guard extent > 0 else { throw ShapeError("nothing is left along axis \(axis) of shape \(x.shape)") }
      y = y.sliced(axis: axis, from: cutBefore, count: extent)
      if before == 0 && after == 0 { continue }
      var shape = Array(y.shape)
      shape[axis] = before + extent + after
      _ = try node.allowed(shape)
      if mode == "constant" {
        guard y.dtype == .float32 || y.dtype == .int32 && abs(value) < 0x1p31 else {
          throw ShapeError("padding of \(y.dtype) with \(value)")
        }
        var pairs = Array(repeating: (before: 0, after: 0), count: y.rank)
        pairs[axis] = (before, after)
        y = y.padded(pairs, mode: .constant(y.dtype == .int32 ? value.rounded() : value))
      } else {
        let sources = try (-before..<extent + after).map { try source(of: $0, extent: extent, mode: mode) }
        y = y.gathered(
          Tensor(sources.map { Int32($0) } as [Int32], shape: [sources.count], on: node.device), alongAxis: axis)
      }
    }
    return y
  }

  /// The element that stands for a place that may lie outside.
  private static func source(of place: Int, extent: Int, mode: String) throws -> Int {
    func remainder(_ a: Int, _ b: Int) -> Int { ((a % b) + b) % b }
    switch mode {
    case "edge": return min(max(place, 0), extent - 1)
    case "wrap": return remainder(place, extent)
    case "reflect":
      guard extent > 1 else { return 0 }
      let folded = remainder(place, 2 * (extent - 1))
      return folded < extent ? folded : 2 * (extent - 1) - folded
    default: throw ShapeError("the mode '\(mode)' is not supported")
    }
  }
}
