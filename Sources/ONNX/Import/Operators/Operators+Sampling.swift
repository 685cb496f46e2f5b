import MartletAutograd
import MartletBackend
import MartletTensor

// Images read between their pixels, and put together of overlapping pieces.
extension Operators {
  static let sampling: [String: Function] = ["GridSample": one(gridSample), "Col2Im": one(assembled)]

  /// `y[n, c, i, j]` is `x[n, c]` at the place `grid[n, i, j] = (x, y)`, of which -1 and 1 are the borders.
  private static func gridSample(_ node: Invocation) throws -> Tensor {
    let (x, grid) = (try node.floats(0), try node.floats(1))
    guard x.rank == 4, grid.rank == 4, grid.shape[0] == x.shape[0], grid.shape[3] == 2 else {
      throw ShapeError("places of shape \(grid.shape) in images of \(x.shape); images along two axes are supported")
    }
    let mode = try node.string("mode", "linear")
    let isNearest = mode == "nearest"
    guard isNearest || ["linear", "bilinear"].contains(mode) else {
      throw ShapeError("the mode '\(mode)' is not supported")
    }
    let border = try node.string("padding_mode", "zeros")
    guard ["zeros", "border"].contains(border) else { throw ShapeError("the padding '\(border)' is not supported") }
    let isAligned = try node.int("align_corners", 0) != 0
    let (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let count = grid.shape[1] * grid.shape[2]
    _ = try node.allowed([batch, count, channels], work: 4 * batch * count * channels)

    /// Where a place from -1 to 1 lies among pixels.
    func pixels(_ column: Int, _ extent: Int) -> Tensor {
      let place = grid.sliced(axis: 3, from: column, count: 1).reshaped(to: [batch, count])
      let at = isAligned ? (place + 1) * (Float(extent - 1) / 2) : ((place + 1) * Float(extent) - 1) * 0.5
      // Far outside is as good as just outside, and can be counted.
      let low: Float = border == "border" ? 0 : -2
      return Tensor.minimum(Tensor.maximum(at, low), Float(extent - 1) - low)
    }
    let (across, down) = (pixels(0, width), pixels(1, height))
    let rows = x.transposed([0, 2, 3, 1]).reshaped(to: [batch * height * width, channels])
    let first = (Tensor.range(batch, on: node.device) * Float(height * width)).expanded(at: 1)

    /// The pixels at whole places; nothing outside.
    func taken(_ row: Tensor, _ column: Tensor) -> Tensor {
      func inside(_ place: Tensor, _ extent: Int) -> Tensor { (place .>= 0) & (place .<= Float(extent - 1)) }
      func bounded(_ place: Tensor, _ extent: Int) -> Tensor {
        Tensor.minimum(Tensor.maximum(place, 0), Float(extent - 1)).cast(to: .int32)
      }
      let place = first + bounded(row, height) * Float(width) + bounded(column, width)
      let isThere = (inside(row, height) & inside(column, width)).cast(to: .float32)
      return rows.gathered(place) * isThere.expanded(at: 2)
    }
    let y: Tensor
    if isNearest {
      y = taken(down.round(), across.round())
    } else {
      let (top, left) = (down.detached.floor(), across.detached.floor())
      let (below, right) = ((down - top).expanded(at: 2), (across - left).expanded(at: 2))
      let upper = taken(top, left) * (1 - right) + taken(top, left + 1) * right
      let lower = taken(top + 1, left) * (1 - right) + taken(top + 1, left + 1) * right
      y = upper * (1 - below) + lower * below
    }
    return y.reshaped(to: [batch, grid.shape[1], grid.shape[2], channels]).transposed([0, 3, 1, 2])
  }

  /// Images of which columns of pieces are known, overlapping pixels added up: the reverse of taking pieces out.
  private static func assembled(_ node: Invocation) throws -> Tensor {
    let x = try node.floats(0)
    let (image, block) = (try node.integers(1), try node.integers(2))
    func pair(_ name: String, _ standard: Int) throws -> [Int] {
      let values = try node.ints(name) ?? [standard, standard]
      guard values.count == 2, values.allSatisfy({ (standard...1 << 16).contains($0) }) else {
        throw ShapeError("'\(name)' is \(values)")
      }
      return values
    }
    let pads = try node.ints("pads") ?? [0, 0, 0, 0]
    let (strides, dilations) = (try pair("strides", 1), try pair("dilations", 1))
    guard x.rank == 3, image.count == 2, block.count == 2, pads.count == 4,
      (image + block).allSatisfy({ (1...1 << 16).contains($0) }), pads.allSatisfy({ (0...1 << 16).contains($0) }),
      x.shape[1].isMultiple(of: block[0] * block[1])
    else { throw ShapeError("pieces of \(block) in \(x.shape) for images of \(image); two axes are supported") }
    let counts = (0..<2).map { axis -> Int in
      let reach = dilations[axis] * (block[axis] - 1) + 1
      let room = image[axis] + pads[axis] + pads[axis + 2] - reach
      return room < 0 ? 0 : room / strides[axis] + 1
    }
    guard counts.allSatisfy({ $0 > 0 && $0 < 1 << 20 }), counts[0] * counts[1] == x.shape[2] else {
      throw ShapeError("\(x.shape[2]) pieces where there are \(counts)")
    }
    let (batch, channels) = (x.shape[0], x.shape[1] / (block[0] * block[1]))
    let pixels = image[0] * image[1]
    _ = try node.allowed([batch, channels, pixels])
    // Where each element of a column belongs; those in the margins nowhere.
    var places: [Int32] = []
    places.reserveCapacity(block[0] * block[1] * x.shape[2])
    for row in 0..<block[0] {
      for column in 0..<block[1] {
        for down in 0..<counts[0] {
          for across in 0..<counts[1] {
            let y = down * strides[0] + row * dilations[0] - pads[0]
            let x = across * strides[1] + column * dilations[1] - pads[1]
            let isInside = (0..<image[0]).contains(y) && (0..<image[1]).contains(x)
            places.append(isInside ? Int32(y * image[1] + x) : Int32(pixels))
          }
        }
      }
    }
    let columns = x.reshaped(to: [batch * channels, places.count]).transposed([1, 0])
    return columns.scatteredSum(Tensor(places, shape: [places.count], on: node.device), count: pixels)
      .transposed([1, 0]).reshaped(to: [batch, channels, image[0], image[1]])
  }
}
