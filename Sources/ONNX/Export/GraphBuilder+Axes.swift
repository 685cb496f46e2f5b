import MartletBackend

// The order of axes. Martlet's arrays have the channels last, ONNX's convolutions, pooling and batch normalization want them
// first. A value is turned where a node needs it, once, and remembers the form it was made from, so that the nodes that would turn it
// back and forth between two convolutions are never written.
extension ONNX.GraphBuilder {
  /// A value with the channels first: `[batch, channels, …]`.
  func channelsFirst(_ x: ONNX.Value) -> ONNX.Value {
    guard x.shape.rank > 1, x.order == .channelsLast else { return x }
    let rank = x.shape.rank
    return turned(x, to: .channelsFirst, [0, rank] + (1..<rank))
  }

  /// A value in Martlet's order: `[batch, …, channels]`.
  public func channelsLast(_ x: ONNX.Value) -> ONNX.Value {
    guard x.order == .channelsFirst else { return x }
    return turned(x, to: .channelsLast, [0] + (2...x.shape.rank) + [1])
  }

  private func turned(_ x: ONNX.Value, to order: ONNX.Value.Order, _ permutation: [Int]) -> ONNX.Value {
    if let known = counterparts[x.name] { return known }
    let result = ONNX.Value(
      name: node("Transpose", [x.name], ["perm": .ints(permutation)]), shape: x.shape, elements: x.elements,
      order: order)
    counterparts[x.name] = result
    counterparts[result.name] = x
    return result
  }

  /// Values in one order: channels first if any of them is.
  func aligned(_ values: [ONNX.Value]) -> [ONNX.Value] {
    values.contains { $0.order == .channelsFirst } ? values.map(channelsFirst) : values
  }

  /// Where an axis of Martlet's order (the batch is axis 0) stands in the exported array.
  func position(of axis: Int, in x: ONNX.Value) -> Int {
    let rank = x.shape.rank + 1
    let axis = axis < 0 ? axis + rank : axis
    guard x.order == .channelsFirst, axis > 0 else { return axis }
    return axis == rank - 1 ? 1 : axis + 1
  }

  /// A batch with samples of another shape, and as many elements.
  public func reshaped(_ x: ONNX.Value, to shape: Shape) -> ONNX.Value {
    if x.shape == shape { return x }
    let x = channelsLast(x)
    let name =
      shape.rank == 1
      ? node("Flatten", [x.name]) : node("Reshape", [x.name, constant([-1] + Array(shape))])
    return ONNX.Value(name: name, shape: shape, elements: x.elements)
  }

  /// A value with its axes in another order; the batch is axis 0.
  func transposed(_ x: ONNX.Value, _ permutation: [Int]) -> String {
    node("Transpose", [channelsLast(x).name], ["perm": .ints(permutation)])
  }

  /// A value with an axis read from its end.
  func flipped(_ name: String, axis: Int) -> String {
    // From the last element to before the first, which no number but the smallest can say.
    node("Slice", [name, constant([-1]), constant([Int.min]), constant([axis]), constant([-1])])
  }

  /// A value as another type.
  func cast(_ x: ONNX.Value, to elements: ONNX.Elements) -> ONNX.Value {
    if x.elements == elements { return x }
    return ONNX.Value(
      name: node("Cast", [x.name], ["to": .int(elements.rawValue)]), shape: x.shape, elements: elements, order: x.order)
  }
}
