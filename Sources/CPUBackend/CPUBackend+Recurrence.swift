import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  /// Rows do not depend on each other, so each thread takes a block of them through all steps: no waiting between steps, and the
  /// state of a block stays in its core's cache. Matrices are packed once for all steps.
  public func recurrence(
    _ products: [RecurrentProduct], _ program: ElementwiseProgram, inputs: [View], parameters: [Scalar],
    outputs: [View]
  ) {
    guard let shape = outputs.first?.shape, shape.elementCount > 0 else { return }
    let (steps, rows) = (shape[0], shape[1])
    let blockRows = rowsPerBlock(rows, products)
    guard let blockRows, let multiplications = stepProducts(products) else {
      recurrenceByStep(products, program, inputs: inputs, parameters: parameters, outputs: outputs)
      return
    }
    countLaunch()
    withSteps(of: program, shape, inputs, parameters, outputs) { finishStep in
      withPacked(multiplications[...], []) { jobs in
        threads.run(taskCount: (rows + blockRows - 1) / blockRows) { block in
          let range = (block * blockRows)..<min(rows, (block + 1) * blockRows)
          for step in 0..<steps {
            for job in jobs { job.run(step: step, rows: range, contraction) }
            finishStep(step, range)
          }
        }
      }
    }
  }

  /// Prepares the program for all steps, and hands on what runs it over some rows of one.
  private func withSteps(
    of program: ElementwiseProgram, _ shape: Shape, _ inputs: [View], _ parameters: [Scalar], _ outputs: [View],
    _ body: (_ run: (_ step: Int, _ rows: Range<Int>) -> Void) -> Void
  ) {
    if let cell = PreparedCell(program, inputs: inputs, outputs: outputs, on: self) {
      return body { cell.run(step: $0, rows: $1) }
    }
    let (steps, rows, columns) = (shape[0], shape[1], shape[2])
    let maps = UnsafeMutablePointer<PreparedMap>.allocate(capacity: steps)
    defer { maps.deallocate() }
    var prepared = 0
    defer { maps.deinitialize(count: prepared) }
    for step in 0..<steps {
      guard let sources = memoryViews(reading: inputs.map { $0.step(step) }),
        let targets = memoryViews(writing: outputs.map { $0.step(step) })
      else { return }
      (maps + step).initialize(
        to: PreparedMap(
          program, shape: [rows, columns], inputs: sources, parameters: parameters, outputs: targets, on: self))
      prepared += 1
    }
    body { maps[$0].run(($1.lowerBound * columns)..<($1.upperBound * columns)) }
  }

  /// How many rows a thread takes at a time; `nil` where the rows are too few for all threads and the products so large that
  /// threads had better share each of them.
  private func rowsPerBlock(_ rows: Int, _ products: [RecurrentProduct]) -> Int? {
    let worthSharing: Int = 1 << 20
    let blockRows = max(8, (rows + threads.threadCount - 1) / threads.threadCount)
    let blocks = (rows + blockRows - 1) / blockRows
    var multiplications = 0
    for product in products { multiplications += product.b.layout.elementCount * rows }
    return blocks < threads.threadCount && multiplications > worthSharing ? nil : blockRows
  }

  /// What the kernels need to know of the products, matrix by matrix; `nil` where they are not made for one.
  private func stepProducts(_ products: [RecurrentProduct]) -> [StepProduct]? {
    var result: [StepProduct] = []
    for product in products {
      let columns = product.c.shape[3]
      guard columns > 1, product.c.layout.strides[3] == 1, let a = elements(reading: product.a),
        let b = elements(reading: product.b), let c = elements(writing: product.c)
      else { return nil }
      for matrix in 0..<product.b.shape[0] {
        let next = StepProduct(product, matrix, a, b, c)
        if let last = result.indices.last, result[last].takes(next) { continue }
        result.append(next)
      }
    }
    return result
  }

  /// Packs the matrices one after the other, each in scratch memory of its own.
  private func withPacked(_ products: ArraySlice<StepProduct>, _ packed: [StepProduct], _ body: ([StepProduct]) -> Void)
  {
    guard var product = products.first else { return body(packed) }
    let panel = panelColumns
    let stepCount = product.terms.reduce(0) { $0 + $1.count }
    let panelElements = stepCount * panel
    let panels = (product.columns + panel - 1) / panel
    let packedByteCount = panels * panelElements * MemoryLayout<Float>.stride
    let runLength = contraction.pointee.run_length
    let runCount = product.terms.reduce(0) { $0 + ($1.count + runLength - 1) / runLength }
    withScratch(byteCount: packedByteCount + runCount * MemoryLayout<martlet_run>.stride) { scratch in
      let matrix = scratch.assumingMemoryBound(to: Float.self)
      var table = (scratch + packedByteCount).assumingMemoryBound(to: martlet_run.self)
      var job = martlet_contraction()
      job.b = UnsafePointer(matrix)
      job.b_panel_stride = panelElements
      job.a_step = product.aColumnStride
      job.b_step = panel
      job.beginChain(in: table)
      for term in product.terms {
        let first = job.step_count * panel
        job.appendSteps(a: term.aOffset, b: first, count: term.count, to: &table, runLength: runLength)
        packPanels(count: panels, elementsPerPanel: term.count * panel) { [product] index in
          contraction.pointee.pack(
            term.b + index * panel * term.bColumnStride, term.count, term.bRowStride,
            min(panel, product.columns - index * panel), term.bColumnStride, matrix + index * panelElements + first)
        }
      }
      job.columns = product.columns
      job.b_is_padded = true
      job.accumulate = product.accumulate
      job.tile_rows = contraction.pointee.tile_rows
      product.job = job
      withPacked(products.dropFirst(), packed + [product], body)
    }
  }
}

/// One matrix product of a recurrence, for any block of rows of any step.
private struct StepProduct {
  /// Neighbouring steps of the chain: where they lie in a row of A, behind the first, and the rows of B that belong to them.
  struct Term {
    var aOffset, count: Int
    var b: UnsafeMutablePointer<Float>
    var bRowStride, bColumnStride: Int
  }

  /// Of A: terms of one chain have to be in one block of memory.
  let storage: Storage
  let a, c: UnsafeMutablePointer<Float>
  let aStep, aRowStride, aColumnStride, cStep, cRowStride: Int
  let columns: Int
  let accumulate: Bool
  var terms: [Term]
  /// With everything that is the same at every step.
  var job = martlet_contraction()

  init(
    _ product: RecurrentProduct, _ matrix: Int, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    _ c: UnsafeMutablePointer<Float>
  ) {
    let (aStrides, bStrides, cStrides) = (product.a.layout.strides, product.b.layout.strides, product.c.layout.strides)
    self.a = a + matrix * aStrides[1]
    self.c = c + matrix * cStrides[1]
    (aStep, aRowStride, aColumnStride) = (aStrides[0], aStrides[2], aStrides[3])
    (cStep, cRowStride) = (cStrides[0], cStrides[2])
    storage = product.a.storage
    columns = product.c.shape[3]
    accumulate = product.accumulate
    terms = [
      Term(
        aOffset: 0, count: product.b.shape[1], b: b + matrix * bStrides[0], bRowStride: bStrides[1],
        bColumnStride: bStrides[2])
    ]
  }

  /// Takes over a product that goes on with the same chains, from another part of the same storage; false where it does not.
  mutating func takes(_ next: StepProduct) -> Bool {
    guard storage === next.storage, next.accumulate, c == next.c, cStep == next.cStep, cRowStride == next.cRowStride,
      columns == next.columns,
      aStep == next.aStep, aRowStride == next.aRowStride, aColumnStride == next.aColumnStride
    else { return false }
    for var term in next.terms {
      term.aOffset += a.distance(to: next.a)
      terms.append(term)
    }
    return true
  }

  func run(step: Int, rows: Range<Int>, _ kernels: UnsafePointer<martlet_contraction_kernels>) {
    var job = job
    job.a = UnsafePointer(a + (step * aStep + rows.lowerBound * aRowStride))
    job.c = c + (step * cStep + rows.lowerBound * cRowStride)
    job.row_count = (1, 1, rows.count)
    job.a_stride = (0, 0, aRowStride)
    job.c_stride = (0, 0, cRowStride)
    let tiles = (rows.count + job.tile_rows - 1) / job.tile_rows
    let panels = (columns + kernels.pointee.panel_columns - 1) / kernels.pointee.panel_columns
    kernels.pointee.contract(&job, 0, tiles, 0, panels)
  }
}
