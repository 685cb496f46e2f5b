import MartletAutograd
import MartletBackend
import MartletTensor

// Images come with their channels first and are turned around each operation. Turning is a view; what two neighbours turn back and forth
// costs nothing.
extension Operators {
  static let convolutions: [String: Function] = [
    "Conv": one(convolution),
    "ConvTranspose": one(transposedConvolution),
    "MaxPool": one { node in
      try pooled(node) { x, window in
        window.dilation == Extent2D(1)
          ? x.maxPool2d(size: window.size, stride: window.stride, padding: .explicit(window.margins))
          : gapped(x, window, around: -.infinity) { taps in taps.dropFirst().reduce(taps[0]) { Tensor.maximum($0, $1) }
          }
      }
    },
    "AveragePool": one { node in
      let counts = try node.int("count_include_pad", 0) != 0
      return try pooled(node, fillingMargins: counts) { x, window in
        if window.dilation == Extent2D(1) {
          return x.averagePool2d(size: window.size, stride: window.stride, padding: .explicit(window.margins))
        }
        func sum(_ x: Tensor) -> Tensor {
          gapped(x, window, around: 0) { taps in taps.dropFirst().reduce(taps[0]) { $0 + $1 } }
        }
        return sum(x) / sum(Tensor.ones(x.shape, on: node.device))
      }
    },
    "LpPool": one { node in
      let p = Float(try node.int("p", 2))
      guard p >= 1 else { throw ShapeError("'p' is \(p)") }
      // Outside there is nothing, which counts as 0.
      return try pooled(node, fillingMargins: true) { x, window in
        let powers = p == 2 ? x * x : x.abs().power(p)
        let sum = gapped(powers, window, around: 0) { taps in taps.dropFirst().reduce(taps[0]) { $0 + $1 } }
        return p == 2 ? sum.squareRoot() : sum.power(1 / p)
      }
    },
    "GlobalAveragePool": one { node in
      let x = try images(node)
      return x.mean(alongAxes: Array(2..<x.rank), keepingRank: true)
    },
    "GlobalMaxPool": one { node in
      let x = try images(node)
      return x.max(alongAxes: Array(2..<x.rank), keepingRank: true)
    },
  ]

  private static func images(_ node: Invocation) throws -> Tensor {
    let x = try node.floats(0)
    guard x.rank >= 3 else { throw ShapeError("images [batch, channels, …] are needed, got \(x.shape)") }
    return x
  }

  /// Settings of a window along one or two axes, as those of images; a sequence is an image of one row.
  private struct Geometry {
    var size, stride, dilation: Extent2D
    /// As given, in the order top, left, bottom, right.
    var margins: Margins
    let padding: String
    let isSequence: Bool

    /// - Parameter part: Those of several axes that are meant, one or two; by default all.
    init(_ node: Invocation, size: [Int], rank: Int, part: Range<Int>? = nil) throws {
      let axes = rank - 2
      let part = part ?? 0..<axes
      guard part.count == 1 || part.count == 2 else {
        throw ShapeError("only along one or two axes is there such an operation here; this is along \(axes)")
      }
      let isSequence = part.count == 1
      self.isSequence = isSequence
      func extent(_ values: [Int]?, _ name: String) throws -> Extent2D {
        let values = values ?? Array(repeating: 1, count: axes)
        guard values.count == axes, values.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
          throw ShapeError("'\(name)' is \(values); \(axes) positive numbers are needed")
        }
        let own = values[part]
        return isSequence ? Extent2D(1, own[part.lowerBound]) : Extent2D(own[part.lowerBound], own[part.lowerBound + 1])
      }
      self.size = try extent(size, "kernel_shape")
      stride = try extent(try node.ints("strides"), "strides")
      dilation = try extent(try node.ints("dilations"), "dilations")
      let pads = try node.ints("pads") ?? Array(repeating: 0, count: 2 * axes)
      guard pads.count == 2 * axes, pads.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
        throw ShapeError("'pads' is \(pads); \(2 * axes) numbers from 0 on are needed")
      }
      let (before, after) = (Array(pads[..<axes][part]), Array(pads[axes...].dropFirst(part.lowerBound)))
      margins =
        isSequence
        ? Margins(left: before[0], right: after[0])
        : Margins(top: before[0], bottom: after[0], left: before[1], right: after[1])
      padding = try node.string("auto_pad", "NOTSET")
      guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(padding) else {
        throw ShapeError("'auto_pad' is '\(padding)'")
      }
    }

    /// The window over an image, with the margins that follow from it.
    func window(over image: Extent2D) throws -> Window {
      let rule: Padding =
        switch padding {
        case "NOTSET": .explicit(margins)
        case "VALID": .valid
        default: .same
        }
      var window = try Window(
        size: size, stride: stride, dilation: dilation, padding: rule, over: image, for: "the window")
      if padding == "SAME_LOWER" {
        // The odd one goes to the other side.
        let m = window.margins
        window.margins = Margins(top: m.bottom, bottom: m.top, left: m.right, right: m.left)
      }
      return window
    }
  }

  /// `[batch, height, width, channels]`.
  private static func channelsLast(_ x: Tensor) -> Tensor {
    x.rank == 3 ? x.transposed([0, 2, 1]).expanded(at: 1) : x.transposed([0, 2, 3, 1])
  }

  private static func channelsFirst(_ y: Tensor, isSequence: Bool) -> Tensor {
    isSequence ? y.squeezed(at: 1).transposed([0, 2, 1]) : y.transposed([0, 3, 1, 2])
  }

  /// `[out, in, …]` as `[height, width, in, out]`, and `[in, out, …]` as `[height, width, out, in]`.
  private static func turned(kernel: Tensor) -> Tensor {
    kernel.rank == 3 ? kernel.transposed([2, 1, 0]).expanded(at: 0) : kernel.transposed([2, 3, 1, 0])
  }

  private static func weights(_ node: Invocation) throws -> (x: Tensor, kernel: Tensor, bias: Tensor?) {
    let (x, kernel, bias) = (try images(node), try node.floats(1), try node.optionalFloats(2))
    guard kernel.rank == x.rank else { throw ShapeError("a kernel of shape \(kernel.shape) for \(x.shape)") }
    return (x, kernel, bias)
  }

  private static func convolution(_ node: Invocation) throws -> Tensor {
    let (x, kernel, bias) = try weights(node)
    let groups = try node.int("group", 1)
    guard groups >= 1, groups <= x.shape[1] else { throw ShapeError("\(groups) groups of \(x.shape[1]) channels") }
    if x.rank == 5 { return try spatialConvolution(node, x, kernel, bias, groups: groups) }
    let geometry = try Geometry(node, size: Array(kernel.shape.dropFirst(2)), rank: x.rank)
    let (images, turned) = (channelsLast(x), turned(kernel: kernel))
    let window = try geometry.window(over: Extent2D(images.shape[1], images.shape[2]))
    let (shape, _) = try Shape.conv2dShape(
      input: images.shape, kernel: turned.shape, stride: window.stride, padding: .explicit(window.margins),
      dilation: window.dilation, groups: groups)
    if let bias, bias.shape != [shape[3]] { throw ShapeError("a bias of shape \(bias.shape) for \(shape[3]) channels") }
    _ = try node.allowed(Array(shape), work: work(shape, times: kernel.elementCount / kernel.shape[0]))
    let y = images.conv2d(
      turned, bias: bias, stride: window.stride, padding: .explicit(window.margins), dilation: window.dilation,
      groups: groups)
    return channelsFirst(y, isSequence: geometry.isSequence)
  }

  /// Along three axes: for each layer of the kernel a convolution of the images in the depths it meets, summed up.
  private static func spatialConvolution(
    _ node: Invocation, _ x: Tensor, _ kernel: Tensor, _ bias: Tensor?, groups: Int
  ) throws -> Tensor {
    let size = Array(kernel.shape.dropFirst(2))
    let deep = try Geometry(node, size: size, rank: 5, part: 0..<1).window(over: Extent2D(1, x.shape[2]))
    let plane = try Geometry(node, size: size, rank: 5, part: 1..<3).window(over: Extent2D(x.shape[3], x.shape[4]))
    let (before, after) = (deep.margins.left, deep.margins.right)
    let reach = (deep.size.width - 1) * deep.dilation.width
    guard max(before, after, reach) < 1 << 20 else { throw ShapeError("the window is too large") }
    let depth = (x.shape[2] + before + after - reach - 1) / deep.stride.width + 1
    guard x.shape[2] + before + after > reach else { throw ShapeError("a kernel deeper than \(x.shape)") }
    // [batch, depth, height, width, channels]
    _ = try node.allowed([x.shape[0], x.shape[2] + before + after, x.shape[3], x.shape[4], x.shape[1]])
    let images = x.transposed([0, 2, 3, 4, 1]).padded([(0, 0), (before, after), (0, 0), (0, 0), (0, 0)])
    var sum: Tensor?
    for layer in 0..<size[0] {
      let own = turned(kernel: kernel.sliced(axis: 2, from: layer, count: 1).squeezed(at: 2))
      let met = images.sliced(
        axis: 1, from: layer * deep.dilation.width, count: depth, step: depth == 1 ? 1 : deep.stride.width)
      let folded = Shape([x.shape[0] * depth, x.shape[3], x.shape[4], x.shape[1]])
      let (shape, _) = try Shape.conv2dShape(
        input: folded, kernel: own.shape, stride: plane.stride, padding: .explicit(plane.margins),
        dilation: plane.dilation, groups: groups)
      _ = try node.allowed(Array(shape), work: work(shape, times: own.elementCount / own.shape[3]))
      let y = met.reshaped(to: folded).conv2d(
        own, stride: plane.stride, padding: .explicit(plane.margins), dilation: plane.dilation, groups: groups)
      sum = sum.map { $0 + y } ?? y
    }
    guard var y = sum else { throw ShapeError("an empty kernel") }
    if let bias {
      guard bias.shape == [y.shape[3]] else {
        throw ShapeError("a bias of shape \(bias.shape) for \(y.shape[3]) channels")
      }
      y = y + bias
    }
    return y.reshaped(to: [x.shape[0], depth, y.shape[1], y.shape[2], y.shape[3]]).transposed([0, 4, 1, 2, 3])
  }

  private static func transposedConvolution(_ node: Invocation) throws -> Tensor {
    let (x, kernel, bias) = try weights(node)
    var geometry = try Geometry(node, size: Array(kernel.shape.dropFirst(2)), rank: x.rank)
    let groups = try node.int("group", 1)
    let channels = x.shape[1]
    guard groups > 0, channels.isMultiple(of: groups), kernel.shape[0] == channels else {
      throw ShapeError("a kernel of shape \(kernel.shape) in \(groups) groups for \(channels) channels")
    }
    let axes = x.rank - 2
    func extent(_ values: [Int]?, least: Int) throws -> Extent2D? {
      guard let values else { return nil }
      guard values.count == axes, values.allSatisfy({ (least...Int(Int32.max)).contains($0) }) else {
        throw ShapeError("\(values) for \(axes) axes")
      }
      return axes == 1 ? Extent2D(axes == 1 && least > 0 ? 1 : 0, values[0]) : Extent2D(values[0], values[1])
    }
    var added = try extent(try node.ints("output_padding"), least: 0) ?? Extent2D(0)
    let images = channelsLast(x)
    // What there would be without margins.
    func full(_ input: Int, _ size: Int, _ stride: Int, _ dilation: Int, _ added: Int) throws -> Int {
      guard max(input, size, stride, dilation) < 1 << 20 else { throw ShapeError("the window is too large") }
      return (input - 1) * stride + (size - 1) * dilation + 1 + added
    }
    let height = try full(
      images.shape[1], geometry.size.height, geometry.stride.height, geometry.dilation.height, added.height)
    let width = try full(
      images.shape[2], geometry.size.width, geometry.stride.width, geometry.dilation.width, added.width)
    var wanted = try extent(try node.ints("output_shape"), least: 1)
    if wanted == nil, geometry.padding.hasPrefix("SAME") {
      wanted = Extent2D(images.shape[1] * geometry.stride.height, images.shape[2] * geometry.stride.width)
    }
    if let wanted {
      let (vertical, horizontal) = (max(height - wanted.height, 0), max(width - wanted.width, 0))
      // More than there would be without margins is added at the end.
      (added.height, added.width) = (
        added.height + max(wanted.height - height, 0), added.width + max(wanted.width - width, 0)
      )
      let isUpper = geometry.padding == "SAME_UPPER"
      let (top, left) =
        isUpper ? (vertical / 2, horizontal / 2) : (vertical - vertical / 2, horizontal - horizontal / 2)
      geometry.margins = Margins(top: top, bottom: vertical - top, left: left, right: horizontal - left)
    }
    // Rows and columns added at the end first take back what the margins there cut off.
    let m = geometry.margins
    let (bottom, right) = (max(m.bottom - added.height, 0), max(m.right - added.width, 0))
    let extra = Extent2D(max(added.height - m.bottom, 0), max(added.width - m.right, 0))
    let margins = Margins(top: m.top, bottom: bottom, left: m.left, right: right)
    let parts = try (0..<groups).map { group -> Tensor in
      let size = channels / groups
      let input = images.sliced(axis: 3, from: group * size, count: size)
      let own = turned(kernel: kernel.sliced(axis: 0, from: group * size, count: size))
      let (shape, _) = try Shape.convTransposed2dShape(
        input: input.shape, kernel: own.shape, stride: geometry.stride, padding: .explicit(margins),
        dilation: geometry.dilation)
      _ = try node.allowed(Array(shape), work: work(shape, times: own.elementCount / own.shape[2]))
      return input.convTransposed2d(
        own, stride: geometry.stride, padding: .explicit(margins), dilation: geometry.dilation)
    }
    var y = Tensor.concatenated(parts, alongAxis: 3)
    if extra != Extent2D(0) {
      _ = try node.allowed([y.shape[0], y.shape[1] + extra.height, y.shape[2] + extra.width, y.shape[3]])
      y = y.padded([(0, 0), (0, extra.height), (0, extra.width), (0, 0)])
    }
    if let bias {
      guard bias.shape == [y.shape[3]] else {
        throw ShapeError("a bias of shape \(bias.shape) for \(y.shape[3]) channels")
      }
      y = y + bias
    }
    return channelsFirst(y, isSequence: geometry.isSequence)
  }

  /// - Parameter fillingMargins: Whether margins count as zeros rather than as nothing.
  private static func pooled(
    _ node: Invocation, fillingMargins: Bool = false, _ body: (Tensor, Window) -> Tensor
  ) throws -> Tensor {
    let x = try images(node)
    guard let size = try node.ints("kernel_shape") else { throw ShapeError("'kernel_shape' is missing") }
    guard try node.int("storage_order", 0) == 0 else { throw ShapeError("'storage_order' 1 is not supported") }
    guard x.rank == 5 else {
      let geometry = try Geometry(node, size: size, rank: x.rank)
      let y = try pooled(channelsLast(x), geometry, node, fillingMargins: fillingMargins, body)
      return channelsFirst(y, isSequence: geometry.isSequence)
    }
    // In the planes first, then along the depth, each plane a row of one image.
    let planes = Shape([x.shape[0] * x.shape[2], x.shape[3], x.shape[4], x.shape[1]])
    let plane = try Geometry(node, size: size, rank: 5, part: 1..<3)
    let y = try pooled(
      x.transposed([0, 2, 3, 4, 1]).reshaped(to: planes), plane, node, fillingMargins: fillingMargins, body)
    let rows = y.reshaped(to: [x.shape[0], x.shape[2], y.shape[1] * y.shape[2], x.shape[1]]).transposed([0, 2, 1, 3])
    let deep = try Geometry(node, size: size, rank: 5, part: 0..<1)
    let z = try pooled(rows, deep, node, fillingMargins: fillingMargins, body)
    return z.reshaped(to: [x.shape[0], y.shape[1], y.shape[2], z.shape[2], x.shape[1]]).transposed([0, 4, 3, 1, 2])
  }

  /// - Parameter images: `[batch, height, width, channels]`; a sequence is an image of one row.
  private static func pooled(
    _ images: Tensor, _ geometry: Geometry, _ node: Invocation, fillingMargins: Bool, _ body: (Tensor, Window) -> Tensor
  ) throws -> Tensor {
    var images = images
    var image = Extent2D(images.shape[1], images.shape[2])
    // Rows that are not an axis of the window are as many as they are.
    var window = try geometry.window(over: image)
    let m = window.margins
    // Where the last window may begin: not in the margins at the end.
    let (lastRow, lastColumn) = (image.height + m.top, image.width + m.left)
    let reach = Extent2D(
      (window.size.height - 1) * window.dilation.height + 1, (window.size.width - 1) * window.dilation.width + 1)
    guard max(m.top, m.bottom) < reach.height, max(m.left, m.right) < reach.width,
      reach.height <= image.height + m.top + m.bottom, reach.width <= image.width + m.left + m.right
    else { throw ShapeError("windows of \(reach) with margins \(m) over images of \(image)") }
    guard window.dilation == Extent2D(1) || window.size.area <= 1024 else {
      throw ShapeError("a window of \(window.size) with gaps is too large")
    }
    if fillingMargins {
      image = Extent2D(image.height + m.top + m.bottom, image.width + m.left + m.right)
      _ = try node.allowed([images.shape[0], image.height, image.width, images.shape[3]])
      images = images.padded([(0, 0), (m.top, m.bottom), (m.left, m.right), (0, 0)])
      window.margins = Margins()
    }
    if try node.int("ceil_mode", 0) != 0 {
      // A last window that is only partly inside, as long as it begins inside.
      func end(_ image: Int, _ size: Int, _ stride: Int, _ before: Int, _ after: Int, last: Int) -> (Int, Int) {
        let room = image + before + after - size
        var count = (room + stride - 1) / stride + 1
        if (count - 1) * stride >= last { count -= 1 }
        let margin = (count - 1) * stride + size - image - before
        return (max(margin, 0), max(-margin, 0))
      }
      let own = window.margins
      let (bottom, below) = end(
        image.height, reach.height, window.stride.height, own.top, own.bottom, last: lastRow)
      let (right, beside) = end(
        image.width, reach.width, window.stride.width, own.left, own.right, last: lastColumn)
      (window.margins.bottom, window.margins.right) = (bottom, right)
      // What no window reaches would be room for one more.
      image = Extent2D(image.height - below, image.width - beside)
      images = images.sliced(axis: 1, from: 0, count: image.height).sliced(axis: 2, from: 0, count: image.width)
    }
    let (shape, _) = try Shape.pool2dShape(
      input: images.shape, size: reach, stride: window.stride, padding: .explicit(window.margins))
    _ = try node.allowed(Array(shape), work: work(shape, times: 16 * window.size.area))
    return body(images, window)
  }

  /// A window tap by tap: what each tap meets at all positions of the window.
  ///
  /// - Parameter around: What the margins are filled with.
  private static func gapped(
    _ x: Tensor, _ window: Window, around value: Float, _ joined: ([Tensor]) -> Tensor
  ) -> Tensor {
    let m = window.margins
    let padded = x.padded([(0, 0), (m.top, m.bottom), (m.left, m.right), (0, 0)], mode: .constant(value))
    func count(_ extent: Int, _ size: Int, _ dilation: Int, _ stride: Int) -> Int {
      (extent - (size - 1) * dilation - 1) / stride + 1
    }
    let rows = count(padded.shape[1], window.size.height, window.dilation.height, window.stride.height)
    let columns = count(padded.shape[2], window.size.width, window.dilation.width, window.stride.width)
    let taps = (0..<window.size.height).flatMap { row in
      (0..<window.size.width).map { column in
        padded
          .sliced(axis: 1, from: row * window.dilation.height, count: rows, step: rows == 1 ? 1 : window.stride.height)
          .sliced(
            axis: 2, from: column * window.dilation.width, count: columns, step: columns == 1 ? 1 : window.stride.width)
      }
    }
    return joined(taps)
  }
}
