import Martlet

/// A function of a backend with operands of given shapes.
struct Primitive: Sendable {
  let name: String
  let operands: [Operand]
  var operations = 0.0
  let call: @Sendable (any Backend, [View]) -> Void

  /// An operand: small numbers of both signs, or zeros where they are indices.
  struct Operand: Sendable {
    let shape: Shape
    var dtype = DType.float32
    var byteCount: Int { shape.elementCount * dtype.byteCount }
  }

  init(
    _ name: String, _ shapes: [Shape], operations: Double = 0,
    call: @escaping @Sendable (any Backend, [View]) -> Void
  ) {
    self.init(name, shapes.map { Operand(shape: $0) }, operations: operations, call: call)
  }

  init(
    _ name: String, _ operands: [Operand], operations: Double = 0,
    call: @escaping @Sendable (any Backend, [View]) -> Void
  ) {
    self.name = name
    self.operands = operands
    self.operations = operations
    self.call = call
  }

  var benchmark: Benchmark {
    let bytes = operands.reduce(0) { $0 + Double($1.byteCount) }
    let (operands, call) = (operands, call)
    return Benchmark(
      name, in: .primitives, cost: Cost(operations: operations, bytes: bytes),
      unit: operations > 0 ? .gigaflops : .gigabytesPerSecond
    ) { setting in
      let backend = setting.device.backend
      let views = operands.map { $0.placed(on: backend) }
      return { call(backend, views) }
    }
  }
}

extension Primitive.Operand {
  fileprivate func placed(on backend: any Backend) -> View {
    let storage = backend.allocate(byteCount: byteCount)
    if dtype == .float32 {
      (0..<shape.elementCount).map { Float($0 % 17) / 8 - 1 }.withUnsafeBytes {
        backend.upload($0, to: storage, atByte: 0)
      }
    } else {
      [UInt8](repeating: 0, count: byteCount).withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
    }
    return View(storage: storage, layout: Layout(contiguous: shape), dtype: dtype)
  }
}

extension View {
  /// The same memory, seen with other shape and strides.
  func seen(as shape: Shape, strides: Strides) -> View {
    View(storage: storage, layout: Layout(shape: shape, strides: strides), dtype: dtype)
  }

  /// With its axes in another order.
  func transposed(_ order: [Int]) -> View {
    View(storage: storage, layout: layout.transposed(order), dtype: dtype)
  }
}

extension Catalogue {
  static let primitiveBenchmarks: [Benchmark] =
    (maps + reductions + rows + products + windows).map(\.benchmark)
}
