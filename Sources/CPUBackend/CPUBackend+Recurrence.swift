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
    let maps = UnsafeMutablePointer<PreparedMap>.allocate(capacity: steps)
    defer { maps.deallocate() }
    var prepared = 0
    defer { maps.deinitialize(count: prepared) }
    for step in 0..<steps {
      guard let sources = memoryViews(inputs.map { $0.step(step) }),
        let targets = memoryViews(outputs.map { $0.step(step) })
      else { return }
      (maps + step).initialize(
        to: PreparedMap(
          program, shape: [rows, shape[2]], inputs: sources, parameters: parameters, outputs: targets, on: self))
      prepared += 1
    }
    let columns = shape[2]
    withPacked(multiplications[...], []) { jobs in
      threads.run(taskCount: (rows + blockRows - 1) / blockRows) { block in
        let range = (block * blockRows)..<min(rows, (block + 1) * blockRows)
        for step in 0..<steps {
          for job in jobs { job.run(step: step, rows: range, contraction) }
          maps[step].run((range.lowerBound * columns)..<(range.upperBound * columns))
        }
      }
    }
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

  /// What the kernels need to know of the products; `nil` where they are not made for one.
  private func stepProducts(_ products: [RecurrentProduct]) -> [StepProduct]? {
    var result: [StepProduct] = []
    for product in products {
      let columns = product.c.shape[2]
      guard columns > 1, product.c.layout.strides[2] == 1, let a = elements(of: product.a),
        let b = elements(of: product.b), let c = elements(of: product.c)
      else { return nil }
      result.append(StepProduct(product, a, b, c))
    }
    return result
  }

  /// Packs the matrices one after the other, each in scratch memory of its own.
  private func withPacked(_ products: ArraySlice<StepProduct>, _ packed: [StepProduct], _ body: ([StepProduct]) -> Void)
  {
    guard var product = products.first else { return body(packed) }
    let panel = panelColumns
    let panelElements = product.stepCount * panel
    let panels = (product.columns + panel - 1) / panel
    let packedByteCount = panels * panelElements * MemoryLayout<Float>.stride
    withScratch(byteCount: packedByteCount + product.stepCount * MemoryLayout<martlet_step>.stride) { scratch in
      let matrix = scratch.assumingMemoryBound(to: Float.self)
      let table = (scratch + packedByteCount).assumingMemoryBound(to: martlet_step.self)
      for k in 0..<product.stepCount { table[k] = martlet_step(a: k * product.a.columnStride, b: k * panel) }
      packPanels(count: panels, elementsPerPanel: panelElements) { [product] index in
        contraction.pointee.pack(
          product.b.base + index * panel * product.b.columnStride, product.stepCount, product.b.rowStride,
          min(panel, product.columns - index * panel), product.b.columnStride, matrix + index * panelElements)
      }
      product.packed = UnsafePointer(matrix)
      product.table = UnsafePointer(table)
      withPacked(products.dropFirst(), packed + [product], body)
    }
  }
}

/// One product of a recurrence, for any block of rows of any step.
private struct StepProduct {
  struct Operand {
    var base: UnsafeMutablePointer<Float>
    var step, rowStride, columnStride: Int
  }

  let a, b, c: Operand
  let columns, stepCount: Int
  let accumulate: Bool
  var packed: UnsafePointer<Float>?
  var table: UnsafePointer<martlet_step>?

  init(
    _ product: RecurrentProduct, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    _ c: UnsafeMutablePointer<Float>
  ) {
    func operand(_ base: UnsafeMutablePointer<Float>, _ strides: Strides) -> Operand {
      Operand(base: base, step: strides[0], rowStride: strides[1], columnStride: strides[2])
    }
    self.a = operand(a, product.a.layout.strides)
    self.b = operand(b, product.b.asBatchOfOne.layout.strides)
    self.c = operand(c, product.c.layout.strides)
    columns = product.c.shape[2]
    stepCount = product.b.shape[0]
    accumulate = product.accumulate
  }

  func run(step: Int, rows: Range<Int>, _ kernels: UnsafePointer<martlet_contraction_kernels>) {
    let panel = kernels.pointee.panel_columns
    var job = martlet_contraction()
    job.a = UnsafePointer(a.base + (step * a.step + rows.lowerBound * a.rowStride))
    job.b = packed
    job.c = c.base + (step * c.step + rows.lowerBound * c.rowStride)
    job.row_count = (1, 1, rows.count)
    job.a_stride = (0, 0, a.rowStride)
    job.c_stride = (0, 0, c.rowStride)
    job.tile_rows = kernels.pointee.tile_rows
    job.columns = columns
    job.b_panel_stride = stepCount * panel
    job.steps = table
    job.step_count = stepCount
    job.b_is_padded = true
    job.accumulate = accumulate
    let tiles = (rows.count + job.tile_rows - 1) / job.tile_rows
    kernels.pointee.contract(&job, 0, tiles, 0, (columns + panel - 1) / panel)
  }
}
