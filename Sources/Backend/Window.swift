/// A height and a width, in elements.
public struct Extent2D: Hashable, Sendable, CustomStringConvertible {
  /// From top to bottom.
  public var height: Int
  /// From left to right.
  public var width: Int

  /// A height and a width.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same both ways.
  public init(_ side: Int) { self.init(side, side) }

  /// The product of the two.
  public var area: Int { height * width }
  /// Height×width.
  public var description: String { "\(height)×\(width)" }
}

/// Zeros (for max pooling, nothing) added around an image, in elements.
public struct Margins: Hashable, Sendable {
  public var top, bottom, left, right: Int

  /// The amounts on each side; none unless given.
  public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// The same amount on all four sides.
  public init(all amount: Int) { self.init(top: amount, bottom: amount, left: amount, right: amount) }
}

/// How a sliding window treats the border of an image.
public enum Padding: Hashable, Sendable {
  /// None: every window lies inside.
  case valid
  /// So much that the output extent is `ceil(input / stride)`; where the total is odd the extra row or column goes to the
  /// bottom or right (TensorFlow's and Keras' rule).
  case same
  /// As given.
  case explicit(Margins)
}

/// A window that slides over the height and width of NHWC images: the geometry of convolutions and pooling.
public struct Window: Hashable, Sendable {
  /// How many elements the window covers, not counting gaps.
  public var size: Extent2D
  /// How far it moves from one position to the next.
  public var stride: Extent2D
  /// The distance between neighbouring taps; 1 is a dense window.
  public var dilation: Extent2D
  /// What is added around the image.
  public var margins: Margins

  /// A window with given margins; dense and moving by one unless said otherwise.
  public init(
    size: Extent2D, stride: Extent2D = Extent2D(1), dilation: Extent2D = Extent2D(1), margins: Margins = Margins()
  ) {
    self.size = size
    self.stride = stride
    self.dilation = dilation
    self.margins = margins
  }

  /// A window whose margins follow from a padding rule and the extent of the image.
  ///
  /// - Throws: `ShapeError` where an extent is not positive, a margin is negative or the window does not fit the image.
  public init(
    size: Extent2D, stride: Extent2D, dilation: Extent2D = Extent2D(1), padding: Padding, over image: Extent2D,
    for operation: String
  ) throws {
    guard min(size.height, size.width, stride.height, stride.width, dilation.height, dilation.width) > 0 else {
      throw ShapeError("\(operation): window \(size), stride \(stride) and dilation \(dilation) have to be positive")
    }
    // Beyond this the arithmetic below could overflow; such numbers come from damaged files.
    let limit = Int(Int32.max)
    guard
      max(size.height, size.width, stride.height, stride.width, dilation.height, dilation.width) <= limit,
      max(image.height, image.width) <= limit
    else {
      throw ShapeError("\(operation): window \(size), stride \(stride) or dilation \(dilation) is too large")
    }
    let margins: Margins
    switch padding {
    case .valid: margins = Margins()
    case .explicit(let given):
      guard min(given.top, given.bottom, given.left, given.right) >= 0 else {
        throw ShapeError("\(operation): padding has to be zero or more; got \(given)")
      }
      guard max(given.top, given.bottom, given.left, given.right) <= limit else {
        throw ShapeError("\(operation): padding \(given) is too large")
      }
      margins = given
    case .same:
      func total(_ image: Int, _ size: Int, _ stride: Int, _ dilation: Int) -> Int {
        let output = (image + stride - 1) / stride
        return max((output - 1) * stride + (size - 1) * dilation + 1 - image, 0)
      }
      let vertical = total(image.height, size.height, stride.height, dilation.height)
      let horizontal = total(image.width, size.width, stride.width, dilation.width)
      margins = Margins(
        top: vertical / 2, bottom: vertical - vertical / 2, left: horizontal / 2, right: horizontal - horizontal / 2)
    }
    self.init(size: size, stride: stride, dilation: dilation, margins: margins)
    let output = outputExtent(over: image)
    guard output.height > 0 && output.width > 0 else {
      throw ShapeError(
        "\(operation): a window of \(size) (dilation \(dilation)) does not fit into an image of \(image); "
          + "use a smaller window, padding .same, or fewer pooling steps before it")
    }
  }

  /// How many positions the window takes over an image; zero or less where it does not fit.
  public func outputExtent(over image: Extent2D) -> Extent2D {
    func count(_ image: Int, _ size: Int, _ stride: Int, _ dilation: Int) -> Int {
      let room = image - (size - 1) * dilation - 1
      return room < 0 ? 0 : room / stride + 1
    }
    return Extent2D(
      count(image.height + margins.top + margins.bottom, size.height, stride.height, dilation.height),
      count(image.width + margins.left + margins.right, size.width, stride.width, dilation.width))
  }
}

/// The geometry of a convolution: a window, and how many groups the channels fall into. With `g` groups, output channels
/// `[i·out/g, (i+1)·out/g)` see input channels `[i·in/g, (i+1)·in/g)` only; `g = in` is a depthwise convolution.
public struct Convolution: Hashable, Sendable {
  /// How the kernel slides.
  public var window: Window
  /// Into how many groups the channels fall.
  public var groups: Int

  /// A convolution; of one group unless said otherwise.
  public init(window: Window, groups: Int = 1) {
    self.window = window
    self.groups = groups
  }

  /// Into how many slices of whole images the sum over the batch is cut when the gradient of the weights is computed; slice
  /// `s` of `S` holds images `s·batch/S ..< (s+1)·batch/S`. The sums of the slices are added in order. The number follows
  /// from shapes alone, so that results do not depend on the number of threads; few where the weights are many, since each
  /// slice writes and reads a copy of them: together they take no more than a megabyte.
  public static func weightGradientSlices(batch: Int, weightCount: Int) -> Int {
    max(1, min(batch, 16, (1 << 18) / max(weightCount, 1)))
  }
}

/// What pooling makes of a window.
public enum PoolingKind: Hashable, Sendable {
  /// The largest element; the margins do not take part.
  case maximum
  /// The mean over the elements inside the image; the margins do not count.
  case average
}
