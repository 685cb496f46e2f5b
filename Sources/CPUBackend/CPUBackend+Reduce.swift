import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func reduce(
    _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
    epilogue: Epilogue?, outputs: [View]
  ) {
    countLaunch()
    precondition(
      combiners.count == program.outputs.count && combiners.count <= Int(martlet_most_results),
      "cpu: \(combiners.count) combiners for \(program.outputs.count) results; at most 4 are possible")
    guard let shape = inputs.first?.shape, let sources = memoryViews(reading: inputs),
      let targets = memoryViews(writing: outputs), let others = memoryViews(reading: epilogue?.inputs ?? [])
    else { return }
    let space = ReductionSpace(shape, along: axes)
    let width = space.outer * space.inner
    guard width > 0 else { return }
    let map = PreparedMap(
      program, shape: shape, inputs: sources, parameters: parameters, outputs: [], combinesResults: true,
      axes: space.order, on: self)
    let types = program.outputTypes
    let codes = zip(combiners, types).map { $0.code(for: $1) }
    // Values, and indices beside them.
    let words = width * space.chunks
    withScratch(byteCount: combiners.count * 2 * words * 4) { scratch in
      var results: [martlet_reduction_result] = []
      var finished: [MemoryView] = []
      for (index, combiner) in combiners.enumerated() {
        let values = scratch + 2 * index * words * 4
        let indices = values + words * 4
        results.append(
          martlet_reduction_result(
            slot: UInt8(map.plan.outputSlots[index]), combiner: UInt8(codes[index].rawValue),
            partial: values.assumingMemoryBound(to: UInt32.self), index: indices.assumingMemoryBound(to: Int32.self)))
        finished.append(
          MemoryView(
            dense: combiner.isArgument ? indices : values, shape: shape.reduced(along: axes),
            dtype: types[index] == .int32 || combiner.isArgument ? .int32 : .float32))
      }
      results.withUnsafeBufferPointer { results in
        var reduction = martlet_reduction(
          map: map.map, outer: space.outer, reduced: space.reduced, inner: space.inner, results: results.baseAddress,
          result_count: Int32(results.count))
        space.run(&reduction, cost: map.plan.cost + 2, on: threads)
      }
      for (code, result) in zip(codes, results) {
        martlet_combine_chunks(vector, code, result.partial, result.index, space.chunks, width)
      }
      finish(finished, epilogue, others, targets)
    }
  }

  /// Stores combined values, or what the epilogue makes of them.
  private func finish(_ values: [MemoryView], _ epilogue: Epilogue?, _ others: [MemoryView], _ targets: [MemoryView]) {
    if let epilogue, let shape = targets.first?.layout.shape {
      PreparedMap(
        epilogue.program, shape: shape, inputs: values + others, parameters: epilogue.parameters, outputs: targets,
        on: self
      ).run(on: threads)
      return
    }
    for (value, target) in zip(values, targets) { copy(value, to: target) }
  }

  /// Copies elements of one type to another place.
  func copy(_ source: MemoryView, to target: MemoryView) {
    let bytes = source.layout.elementCount * source.dtype.byteCount
    if source.dtype == target.dtype, source.layout.isContiguous, target.layout.isContiguous, bytes < 64 * 1024 {
      target.address.copyMemory(from: source.address, byteCount: bytes)
      return
    }
    PreparedMap(
      .copy(of: source.dtype.laneType), shape: source.layout.shape, inputs: [source], parameters: [],
      outputs: [target], on: self
    ).run(on: threads)
  }
}

extension ElementwiseProgram {
  private static let copies = [LaneType.float32, .int32, .bool].map { type in
    ElementwiseProgram(inputs: [type]) { x, _ in x }
  }

  /// The program whose output is its input.
  fileprivate static func copy(of type: LaneType) -> ElementwiseProgram { copies[Int(type.rawValue)] }
}

extension Combiner {
  fileprivate var isArgument: Bool { self == .argumentOfMaximum || self == .argumentOfMinimum }

  fileprivate func code(for type: LaneType) -> martlet_combiner {
    precondition(type != .bool, "cpu: \(self) of truth values")
    let isFloat = type == .float32
    return switch self {
    case .sum: isFloat ? martlet_sum_f32 : martlet_sum_i32
    case .product: isFloat ? martlet_product_f32 : martlet_product_i32
    case .maximum: isFloat ? martlet_maximum_of_f32 : martlet_maximum_of_i32
    case .minimum: isFloat ? martlet_minimum_of_f32 : martlet_minimum_of_i32
    case .argumentOfMaximum: isFloat ? martlet_argument_of_maximum_f32 : martlet_argument_of_maximum_i32
    case .argumentOfMinimum: isFloat ? martlet_argument_of_minimum_f32 : martlet_argument_of_minimum_i32
    }
  }
}

/// The axes of a reduction as three: kept ones, the reduced ones, and kept ones behind the last that is reduced.
///
/// Moving the reduced axes behind the outer kept ones changes neither the order of the results nor, for each of them, the
/// order of the elements.
private struct ReductionSpace {
  private(set) var outer = 1
  private(set) var reduced = 1
  private(set) var inner = 1
  /// The original axes in their new order; `nil` where it is the old one.
  private(set) var order: [Int]?

  init(_ shape: Shape, along axes: [Int]) {
    let lastReduced = axes.last { shape[$0] != 1 } ?? -1
    // Lists of axes without heap storage.
    var (before, along, behind) = (Shape(), Shape(), Shape())
    for axis in shape.indices {
      if shape[axis] != 1 && axes.contains(axis) {
        along.append(axis)
        reduced *= shape[axis]
      } else if axis < lastReduced {
        before.append(axis)
        outer *= shape[axis]
      } else {
        behind.append(axis)
        inner *= shape[axis]
      }
    }
    // Axes that were moved leave a kept one between reduced ones or behind them.
    if let first = along.first, let lastBefore = before.last, first < lastBefore {
      order = Array(before) + Array(along) + Array(behind)
    }
  }

  /// Chunks of the canonical order per result.
  var chunks: Int { max(1, (reduced + Int(martlet_reduction_chunk) - 1) / Int(martlet_reduction_chunk)) }

  /// Some 20 µs for a task, as for `map`.
  private static let stepsPerTask = 256 * 1024

  /// Computes the partial results of all chunks.
  ///
  /// - Parameter cost: How long an element takes, in simple steps.
  func run(_ reduction: inout martlet_reduction, cost: Int, on threads: ThreadPool) {
    let chunkLength = min(reduced, Int(martlet_reduction_chunk))
    withUnsafePointer(to: reduction) { reduction in
      if inner == 1 {
        distribute(units: outer * chunks, cost: cost * chunkLength, on: threads) {
          martlet_reduce_rows(reduction, $0.lowerBound, $0.upperBound)
        }
        return
      }
      let columns = min(inner, martlet_most_columns(reduction))
      let windows = (inner + columns - 1) / columns
      distribute(units: outer * chunks * windows, cost: cost * chunkLength * columns, on: threads) { units in
        for unit in units {
          let (part, window) = unit.quotientAndRemainder(dividingBy: windows)
          let (row, chunk) = part.quotientAndRemainder(dividingBy: chunks)
          let first = window * columns
          martlet_reduce_columns(reduction, row, chunk, first, min(columns, inner - first))
        }
      }
    }
  }

  private func distribute(units: Int, cost: Int, on threads: ThreadPool, _ body: (Range<Int>) -> Void) {
    let unitsPerTask = max(1, Self.stepsPerTask / max(1, cost))
    threads.run(taskCount: (units + unitsPerTask - 1) / unitsPerTask) { task in
      body((task * unitsPerTask)..<min(units, (task + 1) * unitsPerTask))
    }
  }
}
