/// Somewhere tensors live and are computed: the SIMD CPU, an OpenCL device, the reference.
///
/// A backend is a handful of functions over `View`s; everything else in Martlet is composed of them, and whoever writes
/// these functions and passes the conformance suite has written a complete backend. A backend knows nothing of gradients.
///
/// **Operands.** Shapes are checked by the caller. Views may be strided, broadcast (stride 0), flipped (negative stride) and
/// offset, on every operand unless a function says otherwise. Outputs are allocated by the caller and do not overlap inputs,
/// except that an output of `map` may be identical to an input. Any extent may be 0.
///
/// **Arithmetic** is specified, so that results can be compared bit for bit:
/// 1. *Contractions* (`matmul`, the convolutions): each output element is one chain `acc = fma(aₖ, bₖ, acc)` in ascending k,
///    beginning at +0.
/// 2. *Reductions*: the reduced elements of one output, in row-major order of the reduced axes, are cut into chunks of
///    1024. In a chunk, element i is combined into lane `i mod 16`; lanes begin at the combiner's identity. The lanes are
///    folded 8, 4, 2, 1 apart: `lane[l] = combine(lane[l], lane[l + 8])` and so on. Chunks are combined in order:
///    `total = combine(total, chunk)`, beginning with chunk 0. A chunk's missing elements leave its lanes at the identity.
/// 3. *Elementary functions* are those of `Elementary`; nothing is contracted or reordered.
///
/// A backend that cannot follow this exactly (a device without fused multiply-add) says so in `capabilities.isCanonical` and
/// is held to error bounds instead.
///
/// **Errors.** Functions do not throw: the first failure sticks to the backend, what it should have written is undefined,
/// and it is thrown by the next `download` or `synchronize`, which also clear it.
public protocol Backend: AnyObject, Sendable {
  /// The name a user selects it by: `cpu`, `opencl:0`, `reference`.
  var name: String { get }
  /// What it is and can do.
  var capabilities: Capabilities { get }
  /// Counters since the backend was made.
  var statistics: Statistics { get }

  /// Whether contractions asked for inside `withPrecision` of that level are computed in it, and not in float32.
  func computes(in precision: Precision) -> Bool
  /// Why they are not, in words that go on after the device's name and "does not compute in …: "; `nil` where they are.
  func refusal(of precision: Precision) -> String?

  // MARK: Memory

  /// A block of at least `byteCount` bytes with undefined contents. On failure the error sticks and the block is unusable.
  func allocate(byteCount: Int) -> Storage
  /// Copies bytes from the host, beginning at a byte of the storage. The source may be reused at once.
  func upload(_ source: UnsafeRawBufferPointer, to storage: Storage, atByte offset: Int)
  /// As `upload`, of bytes that are only now made: the closure fills memory that is copied from, or that is the storage's own.
  func upload(
    byteCount: Int, to storage: Storage, atByte offset: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void)
  /// Copies bytes to the host after everything before has finished; throws the first error since the last check.
  func download(_ storage: Storage, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) throws
  /// Begins to copy bytes to the host: those there are after everything before. Nobody waits until somebody asks for them.
  func beginDownload(_ storage: Storage, atByte offset: Int, byteCount: Int) -> any PendingDownload
  /// Offers work that others need not wait for. A backend whose threads are idle between functions may do it there, on a thread of
  /// its own; nobody may do it too, and then whoever needs the result does. Without a reference from elsewhere it is forgotten.
  func offer(_ errand: any Errand)
  /// Hands queued work to the device without waiting.
  func flush()
  /// Waits for all work; throws the first error since the last check.
  func synchronize() throws
  /// Gives cached memory back until at most so many bytes stay cached.
  func trim(toByteCount limit: Int)

  // MARK: Element by element

  /// Evaluates a program at every element of the outputs' common shape.
  ///
  /// - Parameters:
  ///   - inputs: One view per program input, broadcast to that shape; lane types fit.
  ///   - parameters: The program's run-time arguments.
  ///   - outputs: One view per program output; each element is written once (no stride of 0 where the extent exceeds 1).
  func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View])

  /// The same program with the same arguments over several sets of operands that have nothing to do with each other, each as by
  /// `map`: an optimizer's step on all parameters. A backend may do them in any order, or all at once.
  func mapEach(_ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar])

  // MARK: Along axes

  /// Evaluates a program over the inputs' common shape and combines each of its results along axes.
  ///
  /// - Parameters:
  ///   - program: The prologue; result i is combined with `combiners[i]`. It has at most 4 outputs.
  ///   - combiners: For `argumentOfMaximum` and `argumentOfMinimum` the value is the row-major index within the
  ///     reduced axes, int32.
  ///   - axes: Ascending, not empty.
  ///   - epilogue: Optionally computes the outputs from the combined values (its inputs, in order).
  ///   - outputs: The inputs' shape with 1 at `axes`. Over an empty range the result is the identity (index 0).
  func reduce(
    _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
    epilogue: Epilogue?, outputs: [View])

  /// Softmax of each row, `eˣ⁻ᵐ / Σ eˣ⁻ᵐ` with m the row's maximum, or its logarithm `(x - m) - ln Σ eˣ⁻ᵐ`.
  ///
  /// - Parameters:
  ///   - input, output: float32 `[rows, columns]`. The maximum and the sum are canonical reductions.
  func softmaxRows(_ input: View, logarithmic: Bool, output: View)

  /// Running sums of each row: `yᵢ = yᵢ₋₁ + xᵢ` one after the other, beginning at +0.
  ///
  /// - Parameters:
  ///   - input, output: `[rows, columns]`, float32 or int32.
  ///   - exclusive: Whether element i leaves itself out.
  ///   - reversed: Whether the sums run from the end.
  func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View)

  /// Sorts each row, stably; NaN counts as larger than everything.
  ///
  /// - Parameters:
  ///   - input: `[rows, columns]`, float32 or int32.
  ///   - values, indices: The sorted row, and for each of its elements the position it had; int32.
  func sort(_ input: View, descending: Bool, values: View, indices: View)

  // MARK: By index

  /// `output[o, j, i] = table[o, indices[j], i]`; an index outside the table gives 0.
  ///
  /// - Parameters:
  ///   - table: `[outer, n, inner]`, any type; indices: `[m]`, int32; output: `[outer, m, inner]`.
  func gather(_ table: View, indices: View, output: View)

  /// `output[o, indices[j], i] += updates[o, j, i]`, in ascending j; an index outside the output is left out.
  ///
  /// - Parameters:
  ///   - updates: `[outer, m, inner]`, float32 or int32; indices: `[m]`, int32; output: `[outer, n, inner]`.
  func scatterAdd(_ updates: View, indices: View, output: View)

  // MARK: Contractions

  /// `c[b, i, j] = Σₖ a[b, i, k] · b[b, k, j]`, float32.
  ///
  /// - Parameters:
  ///   - a, b, c: `[batch, m, k]`, `[batch, k, n]`, `[batch, m, n]`; transposes and broadcasts are strides.
  ///   - accumulate: Begin the chain at what `c` holds instead of +0.
  ///   - epilogue: Applied to the finished sums.
  func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View)

  /// Products and a program, step after step: what a recurrent layer does along a sequence.
  ///
  /// For t = 0, 1, … each product gives `c[t] = a[t] · b` (plus what `c[t]` holds), one product after the other, and then the
  /// program `outputs[t]` from `inputs[t]`, as `matmul` and `map` define them. Steps see what earlier ones wrote: views of one
  /// storage, a step apart or walking backwards, carry state along.
  ///
  /// A backend may let rows run ahead of each other: row r of a step, in every matrix, reads nothing that another row wrote, and
  /// no `b` is written. There is a definition for every backend, which calls `matmul` and `map`.
  ///
  /// - Parameters:
  ///   - products: In the order of execution.
  ///   - inputs, outputs: `[steps, rows, columns]`; inputs may be stretched along any axis.
  func recurrence(
    _ products: [RecurrentProduct], _ program: ElementwiseProgram, inputs: [View], parameters: [Scalar],
    outputs: [View])

  /// Convolution (cross-correlation) with contiguous operands; the chain runs over (kernel row, kernel column, channel), taps
  /// in the margins left out.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, in]`; weights: `[kernel height, kernel width, in/groups, out]`.
  ///   - output: `[batch, out height, out width, out]`.
  func conv2d(_ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, output: View)

  /// The gradient of `conv2d` for its input, which is also transposed convolution: the chain of an input element runs over the
  /// (kernel row, kernel column, output channel) that touched it. Contiguous operands.
  func conv2dDataGradient(_ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View)

  /// The gradient of `conv2d` for its weights: per slice (`Convolution.weightGradientSlices`) a chain over
  /// (image, output row, output column); slices are added in order, beginning with the first.
  /// Contiguous operands.
  func conv2dWeightGradient(_ input: View, upstream: View, _ convolution: Convolution, weightGradient: View)

  // MARK: Pooling

  /// The maximum or mean of each window. Contiguous operands, float32 `[batch, height, width, channels]`; dilation is 1, and
  /// every window holds at least one element of the image.
  ///
  /// A mean is the sum of the window's elements inside the image, added in row-major order beginning at +0, divided by their
  /// number.
  ///
  /// - Parameter index: For maximum: the row-major position in the window of the first largest element (NaN counts as
  ///   larger than everything), shaped like the output; uint8, or int32 for windows of more than 256 elements. Optional.
  func pool2d(_ input: View, _ kind: PoolingKind, _ window: Window, output: View, index: View?)

  /// The gradient of `pool2d`: each input element starts at +0 and receives, in ascending order of output positions, the
  /// upstream of the windows whose index points at it (maximum) or upstream / elements in the window (average).
  func pool2dBackward(_ upstream: View, _ kind: PoolingKind, _ window: Window, index: View?, inputGradient: View)

  // MARK: Convolution and maximum pooling as one

  // Optional: by default these are composed of the functions above. A backend that overrides them keeps the convolution's
  // results, and above all their gradient, out of memory. Results are those of the composition, bit for bit, with one freedom
  // in the gradients: terms whose upstream is zero, those of the elements that no index names among them, may be left out. That
  // shows only where an operand is not finite or a chain underflows to −0.

  /// `conv2d`, then the maximum of each window of its results.
  ///
  /// - Parameters:
  ///   - epilogue: Applied before pooling; further inputs are broadcast to the convolution's output.
  ///   - output, index: See `pool2d`.
  func conv2dMaxPooled(
    _ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, pooling: Window, output: View,
    index: View?)

  /// The gradient of `conv2dMaxPooled`, without epilogue, for its input: `pool2dBackward`, then `conv2dDataGradient`.
  ///
  /// - Parameters:
  ///   - upstream, index: Of the pooled results; contiguous.
  func conv2dMaxPooledDataGradient(
    _ upstream: View, index: View, pooling: Window, weights: View, _ convolution: Convolution, inputGradient: View)

  /// The gradient of `conv2dMaxPooled`, without epilogue, for its weights: `pool2dBackward`, then `conv2dWeightGradient`.
  ///
  /// - Parameters:
  ///   - upstream, index: Of the pooled results; contiguous.
  func conv2dMaxPooledWeightGradient(
    _ input: View, upstream: View, index: View, pooling: Window, _ convolution: Convolution, weightGradient: View)
}

// What a backend gets for nothing, and may do better.
extension Backend {
  /// By way of memory of the host; see `Backend`.
  public func upload(
    byteCount: Int, to storage: Storage, atByte offset: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { bytes.deallocate() }
    fill(bytes)
    upload(UnsafeRawBufferPointer(bytes), to: storage, atByte: offset)
  }

  /// One after the other; see `Backend`.
  public func mapEach(_ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar]) {
    for set in sets { map(program, inputs: set.inputs, parameters: parameters, outputs: set.outputs) }
  }
}

/// The operands of one call of `map`.
public struct MapOperands: Sendable {
  /// One view per program input.
  public var inputs: [View]
  /// One view per program output.
  public var outputs: [View]

  /// Operands for a program.
  public init(inputs: [View], outputs: [View]) {
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// How a reduction combines values. Lanes begin at the identity given with each.
public enum Combiner: Hashable, Sendable {
  /// 0; float32 or int32.
  case sum
  /// 1; float32 or int32.
  case product
  /// -∞ or the least int32; the opcode `maximum`.
  case maximum
  /// +∞ or the greatest int32; the opcode `minimum`.
  case minimum
  /// Index of the first largest; NaN counts as larger than everything.
  case argumentOfMaximum
  /// Index of the first smallest; NaN counts as smaller than everything.
  case argumentOfMinimum
}

/// A program applied to results before they are stored.
public struct Epilogue: Sendable {
  /// Its first inputs are the results; the others are `inputs`.
  public var program: ElementwiseProgram
  /// Further inputs, broadcast to the output's shape.
  public var inputs: [View]
  /// Run-time arguments of the program.
  public var parameters: [Scalar]

  /// A program with its further inputs and arguments.
  public init(_ program: ElementwiseProgram, inputs: [View] = [], parameters: [Scalar] = []) {
    self.program = program
    self.inputs = inputs
    self.parameters = parameters
  }
}

/// What a backend is and can do.
public struct Capabilities: Hashable, Sendable {
  /// Sorts of devices.
  public enum Kind: String, Hashable, Sendable { case reference, cpu, gpu, accelerator }

  /// The sort of device.
  public var kind: Kind
  /// The device in words, for example `AMD EPYC, avx512, 2 threads`.
  public var deviceName: String
  /// Whether arithmetic follows the specification bit for bit.
  public var isCanonical: Bool
  /// Host threads it computes with; 1 for devices.
  public var threadCount: Int
  /// Bytes of memory, where known.
  public var memoryByteCount: Int?

  /// A description of a device.
  public init(kind: Kind, deviceName: String, isCanonical: Bool, threadCount: Int = 1, memoryByteCount: Int? = nil) {
    self.kind = kind
    self.deviceName = deviceName
    self.isCanonical = isCanonical
    self.threadCount = threadCount
    self.memoryByteCount = memoryByteCount
  }
}

/// Counters of a backend, for tests of mechanisms and for reports.
public struct Statistics: Hashable, Sendable {
  /// Bytes in live storages.
  public var bytesInUse = 0
  /// The most bytes there ever were in live storages.
  public var peakBytesInUse = 0
  /// Bytes kept for reuse.
  public var bytesCached = 0
  /// Blocks obtained from the operating system or driver.
  public var systemAllocations = 0
  /// Backend functions run (CPU, reference) or kernels launched (devices).
  public var launches = 0
  /// Programs compiled for a device.
  public var programBuilds = 0
  /// Waits for a device.
  public var synchronizations = 0

  /// All counters at zero.
  public init() {}
}
