import MartletAutograd
import MartletBackend
import MartletTensor
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One array of numbers that a layer learns, or collects while others learn.
///
/// A class for its identity: gradients and optimizer state are kept by parameter, and two layers that hold the same parameter
/// share it. A layer makes its parameters with an initializer; their shape, and with it their first value, follows when the
/// layer is built for an input.
public final class Parameter: Sendable {
  /// What a parameter is for.
  public enum Role: Hashable, Sendable {
    /// Changed by an optimizer along its gradient.
    case weight
    /// Collected by the layer itself, like the moving mean of batch normalization; never has a gradient.
    case statistic
  }

  /// What the parameter is for.
  public let role: Role
  /// How its first value is made.
  public let initializer: Initializer

  private struct State {
    var tensor: Tensor?
    var name = ""
    var seed: UInt64 = 0
    var isTrainable: Bool
    /// Whether somebody has the value and will put it back.
    var isTaken = false
  }

  private let state: Mutex<State>
  // The same leaf of the tape as long as the parameter lives, so that gradients are found by it whatever the value is by then.
  private let leaf = TapeNode()

  /// A parameter whose shape is not known yet.
  public init(_ initializer: Initializer, role: Role = .weight) {
    self.initializer = initializer
    self.role = role
    state = Mutex(State(isTrainable: role == .weight))
  }

  /// A parameter with a first value.
  ///
  /// - Precondition: the value is float32.
  public convenience init(_ value: Tensor, role: Role = .weight) {
    self.init(.zeros, role: role)
    assign(value)
  }
}

// What it is called and whether it learns.
extension Parameter {
  /// The path from the model to the parameter, for example `2.kernel`; empty until the model was built.
  public var name: String { state.withLock { $0.name } }

  /// Whether optimizers change it. A parameter that is frozen keeps its value and has no gradient; a statistic is never trainable.
  public var isTrainable: Bool {
    get { state.withLock { $0.isTrainable } }
    set { state.withLock { $0.isTrainable = newValue && role == .weight } }
  }
}

// Its value.
extension Parameter {
  /// Whether it has a value, and with that a shape.
  public var isInitialized: Bool { whenPresent { $0.tensor != nil } }

  /// The extents of the value; `nil` until it has one.
  public var shape: Shape? { whenPresent { $0.tensor?.shape } }

  /// The number of elements; 0 until it has a value.
  public var elementCount: Int { shape?.elementCount ?? 0 }

  /// The value: a leaf of the tape if the parameter is trainable, a constant otherwise.
  ///
  /// - Precondition: the layer was built.
  public var value: Tensor {
    let current: Tensor? = whenPresent { state in
      var tensor = state.tensor
      if state.isTrainable { tensor?.node = leaf }
      return tensor
    }
    guard let current else {
      fatalError(
        "Parameter '\(name)' has no value yet: put its layer into a Sequential, or call build(for:) on the model first")
    }
    return current
  }

  /// Replaces the value.
  ///
  /// - Precondition: the new value is float32 and has the shape of the old one.
  public func assign(_ value: Tensor) {
    require(value.dtype == .float32, "Parameter '\(name)': a value of type \(value.dtype), float32 is needed")
    let value = value.detached.contiguous()
    whenPresent { state in
      if let old = state.tensor {
        require(
          old.shape == value.shape, "Parameter '\(state.name)': a value of shape \(value.shape) for one of \(old.shape)"
        )
      }
      state.tensor = value
    }
  }

  /// Changes the value where it lies. The closure gets the only reference to it that the parameter has, so that a value nobody
  /// else looks at can be overwritten.
  package func update(_ body: (inout Tensor) -> Void) {
    guard var value = take() else { return }
    body(&value)
    putBack(value)
  }

  /// Takes the value out to change it where it lies: the caller has the only reference to it that the parameter had. Whoever else
  /// wants to look at it waits until it is put back. `nil` where there is none.
  package func take() -> Tensor? {
    whenPresent { state in
      state.isTaken = state.tensor != nil
      return state.tensor.take()
    }
  }

  /// Puts back what was taken.
  package func putBack(_ value: Tensor) {
    state.withLock { state in
      state.tensor = value
      state.isTaken = false
    }
  }

  /// Does something under the lock while the value is not taken out.
  private func whenPresent<Result>(_ body: (inout sending State) -> Result) -> Result {
    while true {
      let result: Result? = state.withLock { $0.isTaken ? Optional<Result>.none : .some(body(&$0)) }
      if let result { return result }
      sched_yield()
    }
  }

  /// Gives the parameter its shape and first value, drawn for its name and seed; the same on every device.
  ///
  /// - Throws: `ShapeError` when it already has a value of another shape (a layer used for two different inputs), or when the
  ///   shape has no or too many elements.
  public func initialize(shape: Shape) throws {
    let (existing, name, seed) = whenPresent { ($0.tensor?.shape, $0.name, $0.seed) }
    if let existing {
      guard existing == shape else {
        throw ShapeError(
          "parameter '\(name)' has shape \(existing), this input needs \(shape); "
            + "use a layer of its own for each kind of input")
      }
      return
    }
    try Self.checkSize(shape, of: name)
    assign(Tensor(initializer.values(shape: shape, seed: seed, name: name), shape: shape))
  }

  private static func checkSize(_ shape: Shape, of name: String) throws {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow, product <= Int(Int32.max) else {
        throw ShapeError("parameter '\(name)' would have shape \(shape), from 1 to \(Int32.max) elements are possible")
      }
      count = product
    }
  }

  /// Moves the value to a device.
  ///
  /// - Throws: `BackendError` when it cannot be read.
  package func move(to device: Device) throws {
    guard let tensor = whenPresent({ $0.tensor }), tensor.device != device else { return }
    let moved = try tensor.to(device)
    state.withLock { $0.tensor = moved }
  }
}

extension Parameter: PathAddressed {
  /// Tells a parameter without a value where it stands, which decides the random numbers it begins with.
  package func settle(path: String, seed: UInt64) {
    state.withLock { state in
      state.name = path
      if state.tensor == nil { state.seed = seed }
    }
  }
}

extension Gradients {
  /// The gradient for a parameter; `nil` where it had no influence or is not trainable.
  public subscript(parameter: Parameter) -> Tensor? { self[parameter.node] }
}

extension Parameter {
  /// Its leaf on the tape.
  package var node: TapeNode { leaf }
}
