import Foundation
import MartletBackend
import MartletReferenceBackend
import Synchronization

/// A backend with one mistake in it, for the suite to find.
final class MutantBackend: Backend {
  enum Mistake: CaseIterable {
    // The lowest bit of the last element an operation wrote is wrong.
    case map, reduce, softmax, scan, sort, gather, scatterAdd, matmul, conv2d, dataGradient, weightGradient, pool,
      poolBackward
    // What implementations get wrong.
    case ignoresAccumulate, ignoresEpilogue, ignoresDilation, swapsMargins, ignoresReversal, reversesTies,
      wrapsNegativeIndices, sumsInDouble, treatsNaNAsSmall, countsTheMargins, writesBesideTheView, changesItsMind,
      reportsAnError, keepsStorages, neverReuses, sharesScratch, swallowsErrors

    /// The operation whose cases have to find it.
    var operation: String {
      switch self {
      case .map, .writesBesideTheView: "copy"
      case .changesItsMind: "map in place"
      case .reduce: "maximum"
      case .softmax, .reportsAnError: "softmax"
      case .scan, .ignoresReversal: "scan"
      case .sort, .reversesTies: "sort"
      case .gather, .wrapsNegativeIndices: "gather"
      case .scatterAdd: "scatterAdd"
      case .matmul, .ignoresAccumulate, .sumsInDouble: "matmul"
      case .ignoresEpilogue: "matmul with epilogue"
      case .conv2d, .ignoresDilation: "conv2d"
      case .dataGradient, .swapsMargins: "conv2d data gradient"
      case .weightGradient: "conv2d weight gradient"
      case .pool, .treatsNaNAsSmall: "max pooling"
      case .countsTheMargins: "average pooling"
      case .poolBackward: "average pooling gradient"
      case .keepsStorages, .neverReuses: "memory reuse"
      case .sharesScratch: "several threads"
      case .swallowsErrors: "sticky errors"
      }
    }
  }

  let mistake: Mistake
  private let inner = ReferenceBackend(arithmetic: .canonical)
  private let accurate = ReferenceBackend(arithmetic: .accurate)
  private let calls = Atomic(0)
  private let kept = Mutex<[Storage]>([])
  private let identity = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }
  private let scratch: Storage

  init(_ mistake: Mistake) {
    self.mistake = mistake
    scratch = inner.allocate(byteCount: 4 << 16)
  }

  var name: String { "mutant" }
  var capabilities: Capabilities { inner.capabilities }
  var statistics: Statistics { inner.statistics }
  func allocate(byteCount: Int) -> Storage {
    if mistake == .neverReuses { inner.trim(toByteCount: 0) }
    let storage = inner.allocate(byteCount: byteCount)
    if mistake == .keepsStorages { kept.withLock { $0.append(storage) } }
    return storage
  }
  func upload(_ source: UnsafeRawBufferPointer, to storage: Storage, atByte offset: Int) {
    inner.upload(source, to: storage, atByte: offset)
  }
  func download(_ storage: Storage, atByte offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    try inner.download(storage, atByte: offset, into: target)
  }
  func flush() { inner.flush() }
  func synchronize() throws {
    if mistake == .swallowsErrors { try? inner.synchronize() } else { try inner.synchronize() }
    if mistake == .reportsAnError { throw BackendError.deviceLost(device: name, detail: "as told") }
  }
  func trim(toByteCount limit: Int) { inner.trim(toByteCount: limit) }

  func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
    inner.map(program, inputs: inputs, parameters: parameters, outputs: outputs)
    spoil(outputs[0], .map)
    if mistake == .writesBesideTheView { change(outputs[0].storage, byte: outputs[0].storage.byteCount - 1) }
    if mistake == .changesItsMind && calls.add(1, ordering: .relaxed).newValue % 2 == 0 { flip(outputs[0]) }
  }

  func reduce(
    _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
    epilogue: Epilogue?, outputs: [View]
  ) {
    inner.reduce(
      program, combiners: combiners, axes: axes, inputs: inputs, parameters: parameters,
      epilogue: mistake == .ignoresEpilogue && combiners.count == outputs.count ? nil : epilogue, outputs: outputs)
    spoil(outputs[0], .reduce)
  }

  func softmaxRows(_ input: View, logarithmic: Bool, output: View) {
    if mistake == .sharesScratch, input.shape.elementCount <= 1 << 16 {
      // The rows wait a moment in memory that every thread uses.
      let rows = View(storage: scratch, layout: Layout(contiguous: input.shape), dtype: .float32)
      inner.map(identity, inputs: [input], parameters: [], outputs: [rows])
      usleep(3000)
      return inner.softmaxRows(rows, logarithmic: logarithmic, output: output)
    }
    inner.softmaxRows(input, logarithmic: logarithmic, output: output)
    spoil(output, .softmax)
  }

  func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View) {
    inner.scan(input, exclusive: exclusive, reversed: reversed && mistake != .ignoresReversal, output: output)
    spoil(output, .scan)
  }

  func sort(_ input: View, descending: Bool, values: View, indices: View) {
    // Sorting the row back to front turns ties around.
    var source = input
    if mistake == .reversesTies, input.shape[1] > 0 {
      source.layout = input.layout.sliced(axis: 1, from: input.shape[1] - 1, count: input.shape[1], step: -1)
    }
    inner.sort(source, descending: descending, values: values, indices: indices)
    if mistake == .reversesTies {
      let mirror = ElementwiseProgram(inputs: [.int32], parameters: [.int32]) { x, p in [p[0] - x[0]] }
      inner.map(mirror, inputs: [indices], parameters: [.int32(Int32(input.shape[1]) - 1)], outputs: [indices])
    }
    spoil(indices, .sort)
  }

  func gather(_ table: View, indices: View, output: View) {
    guard mistake == .wrapsNegativeIndices, indices.shape[0] > 0 else {
      inner.gather(table, indices: indices, output: output)
      return spoil(output, .gather)
    }
    let wrapped = View(
      storage: inner.allocate(byteCount: indices.shape.elementCount * 4), layout: Layout(contiguous: indices.shape),
      dtype: .int32)
    let wrap = ElementwiseProgram(inputs: [.int32], parameters: [.int32]) { x, p in
      [.select(x[0] .< .integer(0), x[0] + p[0], x[0])]
    }
    inner.map(wrap, inputs: [indices], parameters: [.int32(Int32(table.shape[1]))], outputs: [wrapped])
    inner.gather(table, indices: wrapped, output: output)
  }

  func scatterAdd(_ updates: View, indices: View, output: View) {
    inner.scatterAdd(updates, indices: indices, output: output)
    spoil(output, .scatterAdd)
  }

  func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View) {
    guard mistake != .sumsInDouble else { return multiplyInDouble(a, b, accumulate, epilogue, c) }
    inner.matmul(
      a, b, accumulate: accumulate && mistake != .ignoresAccumulate,
      epilogue: mistake == .ignoresEpilogue ? nil : epilogue, into: c)
    spoil(c, .matmul)
  }

  func conv2d(_ input: View, weights: View, _ convolution: Convolution, epilogue: Epilogue?, output: View) {
    inner.conv2d(
      input, weights: weights, mistaken(convolution, over: input),
      epilogue: mistake == .ignoresEpilogue ? nil : epilogue,
      output: output)
    spoil(output, .conv2d)
  }

  func conv2dDataGradient(_ upstream: View, weights: View, _ convolution: Convolution, inputGradient: View) {
    inner.conv2dDataGradient(
      upstream, weights: weights, mistaken(convolution, over: inputGradient), inputGradient: inputGradient)
    spoil(inputGradient, .dataGradient)
  }

  func conv2dWeightGradient(_ input: View, upstream: View, _ convolution: Convolution, weightGradient: View) {
    inner.conv2dWeightGradient(
      input, upstream: upstream, mistaken(convolution, over: input), weightGradient: weightGradient)
    spoil(weightGradient, .weightGradient)
  }

  func pool2d(_ input: View, _ kind: PoolingKind, _ window: Window, output: View, index: View?) {
    inner.pool2d(input, kind, window, output: output, index: index)
    spoil(output, .pool)
    if mistake == .countsTheMargins && kind == .average {
      inner.map(
        ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0] * 0.5] }, inputs: [output], parameters: [],
        outputs: [output])
    }
    if mistake == .treatsNaNAsSmall {
      let program = ElementwiseProgram(inputs: [.float32]) { x, _ in [.select(x[0] .== x[0], x[0], -1)] }
      inner.map(program, inputs: [output], parameters: [], outputs: [output])
    }
  }

  func pool2dBackward(_ upstream: View, _ kind: PoolingKind, _ window: Window, index: View?, inputGradient: View) {
    inner.pool2dBackward(upstream, kind, window, index: index, inputGradient: inputGradient)
    spoil(inputGradient, .poolBackward)
  }

  // MARK: The mistakes

  private func mistaken(_ convolution: Convolution, over input: View) -> Convolution {
    var changed = convolution
    if mistake == .swapsMargins {
      let margins = convolution.window.margins
      changed.window.margins = Margins(
        top: margins.bottom, bottom: margins.top, left: margins.right, right: margins.left)
    }
    if mistake == .ignoresDilation {
      let window = convolution.window
      changed.window.dilation = Extent2D(1)
      // As much less margin as the window is smaller, so that the number of positions stays.
      changed.window.margins.bottom -= (window.dilation.height - 1) * (window.size.height - 1)
      changed.window.margins.right -= (window.dilation.width - 1) * (window.size.width - 1)
    }
    return changed
  }

  private func multiplyInDouble(_ a: View, _ b: View, _ accumulate: Bool, _ epilogue: Epilogue?, _ c: View) {
    func moved(_ view: View, from: ReferenceBackend, to: ReferenceBackend) -> View {
      var bytes = [UInt8](repeating: 0, count: view.storage.byteCount)
      try? bytes.withUnsafeMutableBytes { try from.download(view.storage, atByte: 0, into: $0) }
      let storage = to.allocate(byteCount: bytes.count)
      bytes.withUnsafeBytes { to.upload($0, to: storage, atByte: 0) }
      return View(storage: storage, layout: view.layout, dtype: view.dtype)
    }
    func there(_ view: View) -> View { moved(view, from: inner, to: accurate) }
    let result = there(c)
    let epilogueThere = epilogue.map {
      Epilogue($0.program, inputs: $0.inputs.map(there), parameters: $0.parameters)
    }
    accurate.matmul(there(a), there(b), accumulate: accumulate, epilogue: epilogueThere, into: result)
    var bytes = [UInt8](repeating: 0, count: c.storage.byteCount)
    try? bytes.withUnsafeMutableBytes { try accurate.download(result.storage, atByte: 0, into: $0) }
    bytes.withUnsafeBytes { inner.upload($0, to: c.storage, atByte: 0) }
  }

  private func spoil(_ output: View, _ kind: Mistake) {
    if mistake == kind { flip(output) }
  }

  /// Turns the lowest bit of the last element around.
  private func flip(_ output: View) {
    guard output.shape.elementCount > 0 else { return }
    let last = zip(output.shape, output.layout.strides).reduce(output.layout.offset) { $0 + ($1.0 - 1) * $1.1 }
    change(output.storage, byte: last * output.dtype.byteCount)
  }

  private func change(_ storage: Storage, byte: Int) {
    guard byte >= 0 else { return }
    var value: UInt8 = 0
    withUnsafeMutableBytes(of: &value) { try? inner.download(storage, atByte: byte, into: $0) }
    value ^= 1
    withUnsafeBytes(of: &value) { inner.upload($0, to: storage, atByte: byte) }
  }
}
