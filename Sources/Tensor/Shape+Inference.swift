import MartletBackend

// The shape of a result from the shapes of the operands. The rules are written here once: operations stop the program with the
// error's description, layers and whatever checks before running throw it.
extension Shape {
  /// `target` with its -1, if any, replaced by what makes the number of elements fit.
  ///
  /// - Throws: `ShapeError` where the numbers of elements differ or more than one extent is open.
  public func reshapedShape(to target: Shape) throws -> Shape {
    var result = target
    if let open = target.firstIndex(of: -1) {
      result[open] = 1
      let known = result.elementCount
      guard !result.contains(where: { $0 < 0 }), known > 0, elementCount % known == 0 else {
        throw ShapeError("reshaped: shape \(self) with \(elementCount) elements does not fit \(target)")
      }
      result[open] = elementCount / known
    }
    guard !result.contains(where: { $0 < 0 }), result.elementCount == elementCount else {
      throw ShapeError("reshaped: shape \(self) with \(elementCount) elements does not fit \(target)")
    }
    return result
  }

  /// The shape of a matrix product by NumPy's rules: the last two axes are the matrices, those before are broadcast, a vector is
  /// a row on the left and a column on the right, and that axis is dropped from the result.
  ///
  /// - Throws: `ShapeError` where the inner axes differ, the outer ones do not broadcast, or an operand is a scalar.
  public static func matmulShape(
    _ a: Shape, _ b: Shape, transposingLeft: Bool = false, transposingRight: Bool = false
  ) throws -> Shape {
    guard a.rank > 0 && b.rank > 0 else { throw ShapeError("matmul: a scalar in \(a) × \(b); multiply with *") }
    guard !(transposingLeft && a.rank < 2) && !(transposingRight && b.rank < 2) else {
      throw ShapeError("matmul: a vector cannot be transposed, \(a) × \(b)")
    }
    func matrix(_ shape: Shape, isTransposed: Bool, isLeft: Bool) -> (Int, Int) {
      if shape.rank == 1 { return isLeft ? (1, shape[0]) : (shape[0], 1) }
      let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
      return isTransposed ? (columns, rows) : (rows, columns)
    }
    let (m, inner) = matrix(a, isTransposed: transposingLeft, isLeft: true)
    let (k, n) = matrix(b, isTransposed: transposingRight, isLeft: false)
    guard inner == k else {
      let note = transposingLeft || transposingRight ? " (after transposing as asked)" : ""
      throw ShapeError("matmul: inner axes differ, \(a) × \(b)\(note): \(inner) against \(k)")
    }
    var result = try Shape(a.dropLast(2)).broadcast(with: Shape(b.dropLast(2)), for: "matmul \(a) × \(b)")
    if a.rank > 1 { result.append(m) }
    if b.rank > 1 { result.append(n) }
    return result
  }

  /// The shape of `dense`: `[…, features]` with a kernel `[features, units]` gives `[…, units]`.
  ///
  /// - Throws: `ShapeError` where the features differ or the ranks are wrong.
  public static func denseShape(input: Shape, kernel: Shape) throws -> Shape {
    guard kernel.rank == 2, input.rank >= 1, input[input.rank - 1] == kernel[0] else {
      throw ShapeError(
        "dense: an input of shape \(input) with a kernel of shape \(kernel); "
          + "the last axis of the input has to be the first of the kernel")
    }
    var result = input
    result[input.rank - 1] = kernel[1]
    return result
  }

  /// The geometry and the output shape of `conv2d`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, in]`
  ///   - kernel: `[kernel height, kernel width, in/groups, out]`
  /// - Throws: `ShapeError` where ranks or channels do not fit or the window does not fit into the image.
  public static func conv2dShape(
    input: Shape, kernel: Shape, stride: Extent2D = Extent2D(1), padding: Padding = .valid,
    dilation: Extent2D = Extent2D(1), groups: Int = 1
  ) throws -> (shape: Shape, convolution: Convolution) {
    guard input.rank == 4 && kernel.rank == 4 else {
      throw ShapeError(
        "conv2d: wants an input [batch, height, width, channels] and a kernel [height, width, in/groups, out]; "
          + "got \(input) and \(kernel)")
    }
    guard groups > 0, input[3] == kernel[2] * groups, kernel[3] % groups == 0 else {
      throw ShapeError(
        "conv2d: \(input[3]) channels with a kernel of shape \(kernel) in \(groups) groups; "
          + "the kernel's third axis has to be channels / groups, and its fourth a multiple of groups")
    }
    let image = Extent2D(input[1], input[2])
    let window = try Window(
      size: Extent2D(kernel[0], kernel[1]), stride: stride, dilation: dilation, padding: padding, over: image,
      for: "conv2d")
    let output = window.outputExtent(over: image)
    return (
      [input[0], output.height, output.width, kernel[3]], Convolution(window: window, groups: groups)
    )
  }

  /// The geometry and the output shape of `convTransposed2d`: with `.same` the extents are multiplied by the stride, with
  /// `.valid` they become `(extent - 1) · stride + Swift.max(reach, stride)`, where reach is the kernel's extent with its dilation (Keras' rule);
  /// explicit margins are taken away from `(extent - 1) · stride + reach`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, in]`
  ///   - kernel: `[kernel height, kernel width, out, in]`
  /// - Throws: `ShapeError` where ranks or channels do not fit or nothing would be left.
  public static func convTransposed2dShape(
    input: Shape, kernel: Shape, stride: Extent2D = Extent2D(1), padding: Padding = .valid,
    dilation: Extent2D = Extent2D(1)
  ) throws -> (shape: Shape, convolution: Convolution) {
    guard input.rank == 4 && kernel.rank == 4 && input[3] == kernel[3] else {
      throw ShapeError(
        "convTransposed2d: wants an input [batch, height, width, in] and a kernel [height, width, out, in]; "
          + "got \(input) and \(kernel)")
    }
    guard Swift.min(kernel[0], kernel[1], stride.height, stride.width, dilation.height, dilation.width) > 0 else {
      throw ShapeError(
        "convTransposed2d: kernel \(kernel), stride \(stride) and dilation \(dilation) have to be positive")
    }
    func extent(_ input: Int, _ size: Int, _ stride: Int, _ dilation: Int, _ margins: Int) -> Int {
      let reach = (size - 1) * dilation + 1
      switch padding {
      case .same: return input * stride
      case .valid: return (input - 1) * stride + Swift.max(reach, stride)
      case .explicit: return (input - 1) * stride + reach - margins
      }
    }
    var margins = Margins()
    if case .explicit(let given) = padding { margins = given }
    let output = Extent2D(
      extent(input[1], kernel[0], stride.height, dilation.height, margins.top + margins.bottom),
      extent(input[2], kernel[1], stride.width, dilation.width, margins.left + margins.right))
    guard output.height > 0 && output.width > 0 else {
      throw ShapeError("convTransposed2d: nothing is left of an image of shape \(input) with padding \(padding)")
    }
    let window = try Window(
      size: Extent2D(kernel[0], kernel[1]), stride: stride, dilation: dilation, padding: padding, over: output,
      for: "convTransposed2d")
    return ([input[0], output.height, output.width, kernel[2]], Convolution(window: window))
  }

  /// The window and the output shape of pooling.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`
  ///   - stride: By default the size.
  /// - Throws: `ShapeError` where the rank is wrong or the window does not fit into the image.
  public static func pool2dShape(
    input: Shape, size: Extent2D, stride: Extent2D? = nil, padding: Padding = .valid
  ) throws -> (shape: Shape, window: Window) {
    guard input.rank == 4 else {
      throw ShapeError("pool2d: wants an input [batch, height, width, channels]; got \(input)")
    }
    let image = Extent2D(input[1], input[2])
    let window = try Window(size: size, stride: stride ?? size, padding: padding, over: image, for: "pool2d")
    let output = window.outputExtent(over: image)
    return ([input[0], output.height, output.width, input[3]], window)
  }

  /// The shape of tensors one after the other along an axis.
  ///
  /// - Throws: `ShapeError` where there are none, or other axes differ.
  public static func concatenatedShape(_ shapes: [Shape], alongAxis axis: Int) throws -> Shape {
    guard let first = shapes.first else { throw ShapeError("concatenated: no tensors") }
    let axis = try first.normalizedAxis(axis, for: "concatenated")
    var result = first
    for shape in shapes.dropFirst() {
      var expected = shape
      if shape.rank == first.rank { expected[axis] = first[axis] }
      guard expected == first else {
        throw ShapeError("concatenated: shapes \(first) and \(shape) differ beside axis \(axis)")
      }
      result[axis] += shape[axis]
    }
    return result
  }

  /// This shape with elements added before and after along each axis.
  ///
  /// - Throws: `ShapeError` where an amount is negative or there is not one per axis.
  public func paddedShape(_ amounts: [(before: Int, after: Int)]) throws -> Shape {
    guard amounts.count == rank, amounts.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
      throw ShapeError("padded: amounts \(amounts) for a tensor of shape \(self); one pair per axis, zero or more")
    }
    var result = self
    for (axis, amount) in amounts.enumerated() { result[axis] += amount.before + amount.after }
    return result
  }
}
