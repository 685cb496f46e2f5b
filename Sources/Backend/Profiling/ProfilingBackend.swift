/// A backend that passes every call on to another and records it in a profile.
///
/// Where the other computes while it is called, the time of a call is its event. A device computes later: it is told which call
/// its commands belong to, and records their times itself.
///
/// A class because backends are.
public final class ProfilingBackend: Backend {
  /// When the functions of a backend have done their work.
  public enum Timing: Sendable {
    /// When they return.
    case onReturn
    /// Later; the device records its commands in the same profile.
    case onDevice
  }

  /// Who does the work.
  public let inner: any Backend
  /// Where calls are recorded.
  public let profile: Profile
  private let timing: Timing

  /// Wraps a backend.
  public init(_ inner: any Backend, into profile: Profile, timing: Timing = .onReturn) {
    self.inner = inner
    self.profile = profile
    self.timing = timing
  }

  private func record<Result>(
    _ name: String, _ detail: String, _ work: Work, _ body: () throws -> Result
  ) rethrows -> Result {
    let call = detail.isEmpty ? name : "\(name) \(detail)"
    profile.recordCall(call, work: work)
    switch timing {
    case .onDevice: return try ProfiledCall.$current.withValue(call, operation: body)
    case .onReturn:
      let start = profile.now
      defer {
        let duration = profile.now - start
        profile.record(
          Profile.Event(
            name: name, call: call, track: inner.name, start: start, duration: duration, work: work))
      }
      return try body()
    }
  }
}

/// A block of the wrapped backend under the name of the wrapping one. Immutable.
private final class ProfiledStorage: Storage, @unchecked Sendable {  // holds a reference that never changes
  let inner: Storage

  init(_ inner: Storage, of backend: ProfilingBackend) {
    self.inner = inner
    super.init(backend: backend, byteCount: inner.byteCount)
  }
}

private func unwrapped(_ storage: Storage) -> Storage { (storage as? ProfiledStorage)?.inner ?? storage }

private func unwrapped(_ view: View) -> View {
  View(storage: unwrapped(view.storage), layout: view.layout, dtype: view.dtype)
}

private func unwrapped(_ epilogue: Epilogue?) -> Epilogue? {
  epilogue.map { Epilogue($0.program, inputs: $0.inputs.map(unwrapped), parameters: $0.parameters) }
}

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension ProfilingBackend {
  public var name: String { inner.name }
  public var capabilities: Capabilities { inner.capabilities }
  public var statistics: Statistics { inner.statistics }
  public func computes(in precision: Precision) -> Bool { inner.computes(in: precision) }
  public func refusal(of precision: Precision) -> String? { inner.refusal(of: precision) }

  public func allocate(byteCount: Int) -> Storage { ProfiledStorage(inner.allocate(byteCount: byteCount), of: self) }

  public func upload(_ source: UnsafeRawBufferPointer, to storage: Storage, atByte offset: Int) {
    record("upload", "", Work(bytes: source.count)) { inner.upload(source, to: unwrapped(storage), atByte: offset) }
  }

  public func upload(
    byteCount: Int, to storage: Storage, atByte offset: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    record("upload", "", Work(bytes: byteCount)) {
      inner.upload(byteCount: byteCount, to: unwrapped(storage), atByte: offset, filledBy: fill)
    }
  }

  public func download(_ storage: Storage, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    try record("download", "", Work(bytes: target.count)) {
      try inner.download(unwrapped(storage), atByte: offset, into: target)
    }
  }

  public func beginDownload(_ storage: Storage, atByte offset: Int, byteCount: Int) -> any PendingDownload {
    record("beginDownload", "", Work(bytes: byteCount)) {
      inner.beginDownload(unwrapped(storage), atByte: offset, byteCount: byteCount)
    }
  }

  public func flush() { inner.flush() }
  public func synchronize() throws { try inner.synchronize() }
  public func trim(toByteCount limit: Int) { inner.trim(toByteCount: limit) }

  public func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
    record("map", "\(program.gist) \(outputs[0].shape.crossed)", Work(touching: inputs + outputs)) {
      inner.map(program, inputs: inputs.map(unwrapped), parameters: parameters, outputs: outputs.map(unwrapped))
    }
  }

  public func mapEach(_ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar]) {
    let work = Work(touching: sets.flatMap { $0.inputs + $0.outputs })
    record("mapEach", "\(program.gist) over \(sets.count) sets", work) {
      let sets = sets.map { MapOperands(inputs: $0.inputs.map(unwrapped), outputs: $0.outputs.map(unwrapped)) }
      inner.mapEach(program, sets, parameters: parameters)
    }
  }

  public func reduce(
    _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
    epilogue: Epilogue?, outputs: [View]
  ) {
    let shape = inputs.first?.shape.crossed ?? ""
    let work = Work(touching: inputs + (epilogue?.inputs ?? []) + outputs)
    record("reduce", "\(combiners.map { "\($0)" }.joined(separator: "+")) of \(shape) along \(axes)", work) {
      inner.reduce(
        program, combiners: combiners, axes: axes, inputs: inputs.map(unwrapped), parameters: parameters,
        epilogue: unwrapped(epilogue), outputs: outputs.map(unwrapped))
    }
  }

  public func softmaxRows(_ input: View, logarithmic: Bool, output: View) {
    record("softmaxRows", input.shape.crossed, Work(touching: [input, output])) {
      inner.softmaxRows(unwrapped(input), logarithmic: logarithmic, output: unwrapped(output))
    }
  }

  public func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View) {
    record("scan", input.shape.crossed, Work(touching: [input, output])) {
      inner.scan(unwrapped(input), exclusive: exclusive, reversed: reversed, output: unwrapped(output))
    }
  }

  public func sort(_ input: View, descending: Bool, values: View, indices: View) {
    record("sort", input.shape.crossed, Work(touching: [input, values, indices])) {
      inner.sort(
        unwrapped(input), descending: descending, values: unwrapped(values), indices: unwrapped(indices))
    }
  }

  public func gather(_ table: View, indices: View, output: View) {
    record("gather", "\(output.shape.crossed) from \(table.shape.crossed)", Work(touching: [output, indices, output])) {
      inner.gather(unwrapped(table), indices: unwrapped(indices), output: unwrapped(output))
    }
  }

  public func scatterAdd(_ updates: View, indices: View, output: View) {
    let work = Work(touching: [updates, updates, indices, updates])
    record("scatterAdd", "\(updates.shape.crossed) into \(output.shape.crossed)", work) {
      inner.scatterAdd(unwrapped(updates), indices: unwrapped(indices), output: unwrapped(output))
    }
  }

  public func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View) {
    let (count, m, n, k) = (c.shape[0], c.shape[1], c.shape[2], a.shape[2])
    let work = Work(flops: 2 * count * m * n * k, touching: [a, b, c] + (epilogue?.inputs ?? []))
    record("matmul", count == 1 ? "\(m)×\(k)×\(n)" : "\(count) of \(m)×\(k)×\(n)", work) {
      inner.matmul(
        unwrapped(a), unwrapped(b), accumulate: accumulate, epilogue: unwrapped(epilogue), into: unwrapped(c))
    }
  }

  public func recurrence(
    _ products: [RecurrentProduct], _ program: ElementwiseProgram, inputs: [View], parameters: [Scalar],
    outputs: [View]
  ) {
    let flops = products.reduce(0) { $0 + 2 * $1.c.layout.elementCount * $1.a.shape[3] }
    let work = Work(flops: flops, touching: products.flatMap { [$0.a, $0.b, $0.c] } + inputs + outputs)
    record("recurrence", "\(program.gist) \(outputs[0].shape.crossed)", work) {
      inner.recurrence(
        products.map { product in
          RecurrentProduct(
            unwrapped(product.a), unwrapped(product.b), accumulate: product.accumulate, into: unwrapped(product.c))
        }, program, inputs: inputs.map(unwrapped), parameters: parameters, outputs: outputs.map(unwrapped))
    }
  }

  public func conv2d(_ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, output: View) {
    let work = Work.convolution(input, weights: weights, output)
    record("conv2d", "\(input.shape.crossed) by \(weights.shape.crossed)", work) {
      inner.conv2d(
        unwrapped(input), weights: unwrapped(weights), convolution, epilogue: unwrapped(epilogue),
        output: unwrapped(output))
    }
  }

  public func conv2dDataGradient(_ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View) {
    let work = Work.convolution(inputGradient, weights: weights, upstream)
    record("conv2dDataGradient", "\(inputGradient.shape.crossed) by \(weights.shape.crossed)", work) {
      inner.conv2dDataGradient(
        unwrapped(upstream), weights: unwrapped(weights), convolution, inputGradient: unwrapped(inputGradient))
    }
  }

  public func conv2dWeightGradient(_ input: View, upstream: View, _ convolution: Convolution, weightGradient: View) {
    let work = Work.convolution(input, weights: weightGradient, upstream)
    record("conv2dWeightGradient", "\(input.shape.crossed) by \(weightGradient.shape.crossed)", work) {
      inner.conv2dWeightGradient(
        unwrapped(input), upstream: unwrapped(upstream), convolution, weightGradient: unwrapped(weightGradient))
    }
  }

  public func pool2d(_ input: View, _ kind: PoolingKind, _ window: Window, output: View, index: View?) {
    record("pool2d", "\(kind) \(window.size) of \(input.shape.crossed)", Work(touching: [input, output])) {
      inner.pool2d(unwrapped(input), kind, window, output: unwrapped(output), index: index.map(unwrapped))
    }
  }

  public func pool2dBackward(
    _ upstream: View, _ kind: PoolingKind, _ window: Window, index: View?, inputGradient: View
  ) {
    let work = Work(touching: [upstream, inputGradient])
    record("pool2dBackward", "\(kind) \(window.size) of \(inputGradient.shape.crossed)", work) {
      inner.pool2dBackward(
        unwrapped(upstream), kind, window, index: index.map(unwrapped), inputGradient: unwrapped(inputGradient))
    }
  }

  public func conv2dMaxPooled(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, pooling: Window, output: View,
    index: View?
  ) {
    let work = Work.convolution(convolution, of: input.shape, weights: weights, touching: [input, weights, output])
    record("conv2dMaxPooled", "\(input.shape.crossed) by \(weights.shape.crossed), \(pooling.size)", work) {
      inner.conv2dMaxPooled(
        unwrapped(input), weights: unwrapped(weights), convolution, epilogue: unwrapped(epilogue), pooling: pooling,
        output: unwrapped(output), index: index.map(unwrapped))
    }
  }

  public func conv2dMaxPooledDataGradient(
    _ upstream: View, index: View, pooling: Window, weights: View, _ convolution: Convolution, inputGradient: View
  ) {
    let operands = [upstream, weights, inputGradient]
    let work = Work.convolution(convolution, of: inputGradient.shape, weights: weights, touching: operands)
    let detail = "\(inputGradient.shape.crossed) by \(weights.shape.crossed), \(pooling.size)"
    record("conv2dMaxPooledDataGradient", detail, work) {
      inner.conv2dMaxPooledDataGradient(
        unwrapped(upstream), index: unwrapped(index), pooling: pooling, weights: unwrapped(weights), convolution,
        inputGradient: unwrapped(inputGradient))
    }
  }

  public func conv2dMaxPooledWeightGradient(
    _ input: View, upstream: View, index: View, pooling: Window, _ convolution: Convolution, weightGradient: View
  ) {
    let operands = [input, upstream, weightGradient]
    let work = Work.convolution(convolution, of: input.shape, weights: weightGradient, touching: operands)
    let detail = "\(input.shape.crossed) by \(weightGradient.shape.crossed), \(pooling.size)"
    record("conv2dMaxPooledWeightGradient", detail, work) {
      inner.conv2dMaxPooledWeightGradient(
        unwrapped(input), upstream: unwrapped(upstream), index: unwrapped(index), pooling: pooling, convolution,
        weightGradient: unwrapped(weightGradient))
    }
  }
}

extension Shape {
  /// The extents as `32×28×28×1`.
  fileprivate var crossed: String { map { String($0) }.joined(separator: "×") }
}

extension ElementwiseProgram {
  /// What it does in a word or three: its opcodes without leaves, each once.
  fileprivate var gist: String {
    var names: [String] = []
    for i in instructions where i.opcode.operandCount > 0 || i.opcode == .randomBits {
      let name = "\(i.opcode)"
      if !names.contains(name) { names.append(name) }
    }
    if names.isEmpty { return "copy" }
    return names.prefix(3).joined(separator: "·") + (names.count > 3 ? "…" : "")
  }
}
