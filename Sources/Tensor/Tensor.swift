import MartletBackend

/// An array of numbers with any number of axes up to eight, on a device.
///
/// A value: operations return new tensors and never change their operands. Copies and views (`reshaped`, `transposed`, slices,
/// broadcasts) share storage. Images are `[batch, height, width, channels]`.
///
/// A tensor that was computed from a leaf (`Parameter`, `requiringGradient()`) carries a node of the tape; see `gradients()`.
public struct Tensor: Sendable {
  package var storage: Storage
  package var layout: Layout
  /// The type of the elements.
  public let dtype: DType
  package var node: TapeNode?

  package init(storage: Storage, layout: Layout, dtype: DType, node: TapeNode? = nil) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
    self.node = node
  }

  /// A tensor with undefined elements, for a backend function to fill.
  package init(undefined shape: Shape, _ dtype: DType, on device: Device) {
    self.init(undefined: shape, dtype, on: device.backend)
  }

  /// A tensor with undefined elements, for a backend function to fill.
  package init(undefined shape: Shape, _ dtype: DType, on backend: any Backend) {
    storage = backend.allocate(byteCount: shape.elementCount * dtype.byteCount)
    layout = Layout(contiguous: shape)
    self.dtype = dtype
    node = nil
  }

  /// The extent of each axis, outermost first.
  public var shape: Shape { layout.shape }
  /// The number of axes.
  public var rank: Int { layout.rank }
  /// The number of elements.
  public var elementCount: Int { layout.elementCount }
  /// Where the elements are.
  public var device: Device { Device(backend: storage.backend) }

  package var view: View { View(storage: storage, layout: layout, dtype: dtype) }
  package var backend: any Backend { storage.backend }

  /// The same elements under another layout, constant.
  package func viewed(as layout: Layout) -> Tensor { Tensor(storage: storage, layout: layout, dtype: dtype) }
}

// Gradients: which tensors take part.
extension Tensor {
  /// The same value as a new leaf: `gradients()` of what is computed from it has an entry for it.
  ///
  /// - Precondition: the tensor is float32.
  public func requiringGradient() -> Tensor {
    require(dtype == .float32, "requiringGradient: gradients exist for float32 only, this tensor is \(dtype)")
    var leaf = self
    leaf.node = TapeNode()
    return leaf
  }

  /// The same value cut off from the tape: a constant to whatever uses it.
  public var detached: Tensor {
    var constant = self
    constant.node = nil
    return constant
  }

  /// Whether gradients flow into this tensor.
  public var requiresGradient: Bool { node != nil }
}
