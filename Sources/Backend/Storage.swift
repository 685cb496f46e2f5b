/// A block of memory on one backend. A class because tensors that are views of one another share it, and because its
/// reference count tells when the block may be reused. Each backend subclasses it; the block goes back to the backend's
/// pool when the last reference disappears.
open class Storage: @unchecked Sendable {  // immutable here; subclasses say how they keep the promise
  /// The backend that made the block and is the only one to understand it.
  public let backend: any Backend
  /// The usable size in bytes.
  public let byteCount: Int

  /// A block of a backend; for subclasses.
  public init(backend: any Backend, byteCount: Int) {
    self.backend = backend
    self.byteCount = byteCount
  }
}

/// An operand of a backend function: elements of a type, laid out in a storage.
public struct View: Sendable {
  /// The memory the elements are in.
  public var storage: Storage
  /// Where in it they are.
  public var layout: Layout
  /// What they are.
  public var dtype: DType

  /// Elements of a type, laid out in a storage.
  public init(storage: Storage, layout: Layout, dtype: DType) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
  }

  /// The extents of the layout.
  public var shape: Shape { layout.shape }
}
