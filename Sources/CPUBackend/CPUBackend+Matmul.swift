import CMartletKernels
import MartletBackend
import Synchronization

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View) {
    countLaunch()
    guard let aElements = elements(reading: a), let bElements = elements(reading: b),
      let cElements = elements(writing: c),
      c.layout.elementCount > 0
    else { return }
    let product = MatrixProduct(
      a: StridedMatrices(aElements, a), b: StridedMatrices(bElements, b), c: StridedMatrices(cElements, c),
      batch: c.shape[0], rows: c.shape[1], columns: c.shape[2],
      steps: a.shape[2], accumulate: accumulate)
    if product.columnsAreDense, !product.isOneColumn {
      let fused = FusedEpilogue(epilogue, columns: c.shape[2], on: self)
      finishing(c, cElements, fused == nil ? epilogue : nil) { multiply(product, fused ?? FusedEpilogue(), $0) }
    } else if product.transposed.columnsAreDense {
      finishing(c, cElements, epilogue) { multiply(product.transposed, FusedEpilogue(), $0) }
    } else {
      multiplyThroughScratch(product)
      apply(epilogue, to: c)
    }
  }

  /// Computes results and runs a program over them in place: over each part while it is in the cache where the results lie
  /// in order, else over all of them afterwards.
  func finishing(
    _ results: View, _ base: UnsafeMutablePointer<Float>, _ epilogue: Epilogue?, compute: (FinishedElements?) -> Void
  ) {
    guard let epilogue, results.layout.isContiguous, let prepared = prepare(epilogue, over: results) else {
      compute(nil)
      apply(epilogue, to: results)
      return
    }
    compute(FinishedElements(base: base) { prepared.run($0) })
  }

  private func apply(_ epilogue: Epilogue?, to results: View) {
    guard let epilogue else { return }
    map(
      epilogue.program, inputs: [results] + epilogue.inputs, parameters: epilogue.parameters, outputs: [results])
  }

  /// C without two neighbouring elements in memory is computed densely and then copied, which nobody needs to be fast.
  private func multiplyThroughScratch(_ product: MatrixProduct) {
    withScratch(byteCount: product.batch * product.rows * product.columns * MemoryLayout<Float>.stride) { scratch in
      var dense = product
      dense.c = StridedMatrices(
        scratch.assumingMemoryBound(to: Float.self), batchStride: product.rows * product.columns,
        rowStride: product.columns, columnStride: 1)
      if product.accumulate { dense.c.copyElements(from: product.c, like: product) }
      multiply(dense, FusedEpilogue(), nil)
      product.c.copyElements(from: dense.c, like: product)
    }
  }

  private func multiply(_ product: MatrixProduct, _ epilogue: FusedEpilogue, _ finish: FinishedElements?) {
    let product = product.foldingBatchIntoRows()
    let kernels = contraction.pointee
    let isTrained =
      product.b.origin.map {
        cpuStorage($0.storage.takeUnretainedValue()).isDividedAmongThreads.load(ordering: .relaxed)
      } ?? false
    let plan = ProductPlan(
      product, tileRows: kernels.product_rows, panelColumns: kernels.product_columns,
      relaying: isTrained ? threads.threadCount : 1)
    guard let multiply = plan.packingOfB == .inPassing ? kernels.multiply_packing : kernels.multiply else { return }
    func compute(_ task: Int, _ block: Int, _ a: UnsafeMutablePointer<Float>?, _ b: UnsafeMutablePointer<Float>?) {
      var (matrices, part) = plan.part(ofTask: task, stepBlock: block)
      for matrix in matrices {
        var job = martlet_product(product, matrix, epilogue, plan)
        if let a { job.takeA(packed: a, plan, matrix: product.a.batchStride == 0 ? 0 : matrix) }
        if let b { job.takeB(packed: b, plan, matrix: product.b.batchStride == 0 ? 0 : matrix) }
        multiply(&job, &part)
        if block == plan.stepBlocks - 1 { finish?.report(part, of: job, plan) }
      }
    }
    // Nothing to hand out: the smallest products spend more on preparing than on computing.
    if plan.isOneTask { return compute(0, 0, nil, nil) }
    if plan.isRelay { return relay(plan) { compute($0, $1, nil, nil) } }
    withPackedA(product, plan) { a in
      withPackedB(product, plan) { b in
        for block in 0..<plan.stepBlocks {
          threads.run(taskCount: plan.taskCount, isLocal: plan.isSmall) { compute($0, block, a, b) }
        }
      }
    }
  }
}

// MARK: Relays
extension CPUBackend {
  /// Advances the chains of a task block by block, each as soon as the block before has been done, whoever does it. Blocks follow
  /// upon each other in the loop, so that each thread begins with blocks of its own, and no other reads its rows of b.
  private func relay(_ plan: ProductPlan, _ compute: (_ task: Int, _ block: Int) -> Void) {
    // Counters a cache line apart, since several threads write them.
    let spacing = 64 / MemoryLayout<Atomic<Int>>.stride
    let blocksDone = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: plan.taskCount * spacing)
    for task in 0..<plan.taskCount { (blocksDone + task * spacing).initialize(to: Atomic(0)) }
    threads.run(taskCount: plan.taskCount * plan.stepBlocks, isLocal: true) { index in
      let (block, task) = index.quotientAndRemainder(dividingBy: plan.taskCount)
      let done = blocksDone + task * spacing
      ThreadPool.wait(until: { done.pointee.load(ordering: .acquiring) == block })
      compute(task, block)
      done.pointee.store(block + 1, ordering: .releasing)
    }
    blocksDone.deallocate()
  }
}

// MARK: Packing
extension CPUBackend {
  private typealias PackKernel =
    @convention(c) (
      UnsafePointer<martlet_product>?, UnsafePointer<martlet_product_part>?, UnsafeMutablePointer<Float>?
    ) -> Void

  private func withPackedA(
    _ product: MatrixProduct, _ plan: ProductPlan, _ body: (UnsafeMutablePointer<Float>?) -> Void
  ) {
    guard plan.packsA else { return body(nil) }
    let parts = PackingParts(
      matrices: product.a.batchStride == 0 ? 1 : product.batch, tiles: plan.tiles, panels: 0, panelsPerTask: 0,
      steps: product.steps, elementsPerStep: product.rows)
    let form = PackedMatrices(
      .productRows, product.a, matrices: parts.matrices, rows: product.rows, columns: product.steps,
      elementsPerMatrix: plan.packedElementsOfA)
    withPacked(form, product, plan, parts, contraction.pointee.pack_a, body)
  }

  private func withPackedB(
    _ product: MatrixProduct, _ plan: ProductPlan, _ body: (UnsafeMutablePointer<Float>?) -> Void
  ) {
    guard plan.packingOfB == .before else { return body(nil) }
    // Dense rows are read from end to end, columns of neighbouring steps panel by panel.
    let isDense = product.b.columnStride == 1
    let parts = PackingParts(
      matrices: product.b.batchStride == 0 ? 1 : product.batch, tiles: 0, panels: plan.panels,
      panelsPerTask: isDense ? plan.panels : 1, steps: product.steps,
      elementsPerStep: isDense ? product.columns : plan.panelColumns)
    let form = PackedMatrices(
      .productColumns, product.b, matrices: parts.matrices, rows: product.steps, columns: product.columns,
      elementsPerMatrix: plan.packedElementsOfB)
    withPacked(form, product, plan, parts, contraction.pointee.pack_b, body)
  }

  private func withPacked(
    _ form: PackedMatrices, _ product: MatrixProduct, _ plan: ProductPlan, _ parts: PackingParts, _ kernel: PackKernel?,
    _ body: (UnsafeMutablePointer<Float>?) -> Void
  ) {
    guard let kernel else { return }
    withPacked(form.key, of: form.storage, byteCount: form.byteCount) { bytes in
      let packed = bytes.assumingMemoryBound(to: Float.self)
      threads.run(taskCount: parts.taskCount) { task in
        var (matrix, part) = parts[task]
        var job = martlet_product(product, matrix, FusedEpilogue(), plan)
        kernel(&job, &part, packed + matrix * form.elementsPerMatrix)
      }
    } _: { bytes in
      body(bytes.assumingMemoryBound(to: Float.self))
    }
  }
}

/// Matrices as they will be packed, and where from.
private struct PackedMatrices {
  let key: PackedFormKey
  let storage: Storage?
  let elementsPerMatrix: Int
  let byteCount: Int

  init(
    _ order: PackedFormKey.Order, _ source: StridedMatrices, matrices: Int, rows: Int, columns: Int,
    elementsPerMatrix: Int
  ) {
    key = PackedFormKey(
      order: order,
      source: [
        source.origin?.offset ?? 0, matrices, rows, columns, source.batchStride, source.rowStride, source.columnStride,
        0,
      ])
    storage = source.origin?.storage.takeUnretainedValue()
    self.elementsPerMatrix = elementsPerMatrix
    byteCount = matrices * elementsPerMatrix * MemoryLayout<Float>.stride
  }
}

/// How packing is cut into tasks: by matrices, panels and steps.
private struct PackingParts {
  let matrices: Int
  let tiles: Int
  let panels: Int
  let panelsPerTask: Int
  let steps: Int
  private let stepsPerTask: Int

  private static let elementsPerTask: Int = 1 << 14

  init(matrices: Int, tiles: Int, panels: Int, panelsPerTask: Int, steps: Int, elementsPerStep: Int) {
    self.matrices = matrices
    self.tiles = tiles
    self.panels = panels
    self.panelsPerTask = panelsPerTask
    self.steps = steps
    let transposedBlock = 16
    stepsPerTask =
      (Self.elementsPerTask / max(1, elementsPerStep) + transposedBlock) / transposedBlock * transposedBlock
  }

  private var stepGroups: Int { (steps + stepsPerTask - 1) / stepsPerTask }
  private var panelGroups: Int { panelsPerTask == 0 ? 1 : (panels + panelsPerTask - 1) / panelsPerTask }
  var taskCount: Int { matrices * stepGroups * panelGroups }

  subscript(task: Int) -> (matrix: Int, part: martlet_product_part) {
    let (rest, stepGroup) = task.quotientAndRemainder(dividingBy: stepGroups)
    let (matrix, panelGroup) = rest.quotientAndRemainder(dividingBy: panelGroups)
    let (step, panel) = (stepGroup * stepsPerTask, panelGroup * panelsPerTask)
    return (
      matrix,
      martlet_product_part(
        first_tile: 0, last_tile: tiles, first_panel: panel, last_panel: min(panels, panel + panelsPerTask),
        first_step: step, last_step: min(steps, step + stepsPerTask))
    )
  }
}

extension martlet_product {
  /// One matrix of a product, with its operands as they lie.
  fileprivate init(_ product: MatrixProduct, _ matrix: Int, _ epilogue: FusedEpilogue, _ plan: ProductPlan) {
    self.init()
    a = UnsafePointer(product.a.element(matrix, 0, 0))
    b = UnsafePointer(product.b.element(matrix, 0, 0))
    c = product.c.element(matrix, 0, 0)
    (rows, columns, steps) = (product.rows, product.columns, product.steps)
    (a_tile, a_row, a_step) = (product.a.rowStride * plan.tileRows, product.a.rowStride, product.a.columnStride)
    (b_step, b_column) = (product.b.rowStride, product.b.columnStride)
    c_row = product.c.rowStride
    accumulate = product.accumulate
    bias = epilogue.bias
    activation = epilogue.activation
  }

  fileprivate mutating func takeA(packed: UnsafeMutablePointer<Float>, _ plan: ProductPlan, matrix: Int) {
    a = UnsafePointer(packed + matrix * plan.packedElementsOfA)
    (a_tile, a_row, a_step) = (plan.tileRows * steps, 1, plan.tileRows)
  }

  fileprivate mutating func takeB(packed: UnsafeMutablePointer<Float>, _ plan: ProductPlan, matrix: Int) {
    b = UnsafePointer(packed + matrix * plan.packedElementsOfB)
    b_is_packed = true
  }
}

extension FinishedElements {
  /// Reports the elements of a finished part, in as few ranges as possible.
  fileprivate func report(_ part: martlet_product_part, of job: martlet_product, _ plan: ProductPlan) {
    let firstColumn = part.first_panel * plan.panelColumns
    let columns = min(job.columns, part.last_panel * plan.panelColumns) - firstColumn
    let rows = (part.first_tile * plan.tileRows)..<min(job.rows, part.last_tile * plan.tileRows)
    let first = base.distance(to: job.c) + firstColumn
    if columns == job.c_row {
      body((first + rows.lowerBound * columns)..<(first + rows.upperBound * columns))
    } else {
      for row in rows { body((first + row * job.c_row)..<(first + row * job.c_row + columns)) }
    }
  }
}
