import CMartletKernels
import MartletBackend

// `Backend` documents these.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
  public func matmul(_ a: View, _ b: View, accumulate: Bool, epilogue: Epilogue?, into c: View) {
    countLaunch()
    guard let aElements = elements(of: a), let bElements = elements(of: b), let cElements = elements(of: c),
      c.layout.elementCount > 0
    else { return }
    let product = MatrixProduct(
      a: StridedMatrices(aElements, a.layout), b: StridedMatrices(bElements, b.layout),
      c: StridedMatrices(cElements, c.layout), batch: c.shape[0], rows: c.shape[1], columns: c.shape[2],
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
    let panel = panelColumns
    let panels = (product.columns + panel - 1) / panel
    let tiles = (product.rows + contraction.pointee.tile_rows - 1) / contraction.pointee.tile_rows
    // Packing pays when a panel is read several times; rows of B that are dense can be read where they are.
    let isPacked = product.b.columnStride != 1 || tiles >= 6
    let packedMatrices = product.b.batchStride == 0 ? 1 : product.batch
    let panelElements = product.steps * panel
    let packedElements = isPacked ? packedMatrices * panels * panelElements : 0
    let copiesA = panels >= 4 && product.a.rowsArePagesApart && product.steps > 0
    let runLength = copiesA ? contraction.pointee.copied_run_length : contraction.pointee.run_length
    let runsByteCount = (product.steps + runLength - 1) / runLength * MemoryLayout<martlet_run>.stride
    withScratch(byteCount: packedElements * MemoryLayout<Float>.stride + runsByteCount) { scratch in
      let packed = scratch.assumingMemoryBound(to: Float.self)
      var table = (scratch + packedElements * MemoryLayout<Float>.stride).assumingMemoryBound(to: martlet_run.self)
      if isPacked {
        packPanels(count: packedMatrices * panels, elementsPerPanel: panelElements) { index in
          let (matrix, first) = (index / panels, index % panels * panel)
          contraction.pointee.pack(
            product.b.element(matrix, 0, first), product.steps, product.b.rowStride,
            min(panel, product.columns - first), product.b.columnStride, packed + index * panelElements)
        }
      }
      var job = martlet_contraction()
      job.a = UnsafePointer(product.a.base)
      job.b = UnsafePointer(isPacked ? packed : product.b.base)
      job.c = product.c.base
      job.row_count = (product.batch, 1, product.rows)
      job.a_stride = (product.a.batchStride, 0, product.a.rowStride)
      job.c_stride = (product.c.batchStride, 0, product.c.rowStride)
      job.tile_rows = contraction.pointee.tile_rows
      job.copies_a = copiesA
      job.columns = product.columns
      job.b_stride =
        isPacked ? (packedMatrices == 1 ? 0 : panels * panelElements) : product.b.batchStride
      job.b_panel_stride = isPacked ? panelElements : panel
      job.a_step = product.a.columnStride
      job.b_step = isPacked ? panel : product.b.rowStride
      job.beginChain(in: table)
      job.appendSteps(a: 0, b: 0, count: product.steps, to: &table, runLength: runLength)
      job.b_is_padded = isPacked
      job.accumulate = product.accumulate
      job.bias = epilogue.bias
      job.activation = epilogue.activation
      contract([job], finish: finish)
    }
  }
}

/// A batch of matrices somewhere in memory.
private struct StridedMatrices {
  var base: UnsafeMutablePointer<Float>
  var batchStride: Int
  var rowStride: Int
  var columnStride: Int

  init(_ base: UnsafeMutablePointer<Float>, batchStride: Int, rowStride: Int, columnStride: Int) {
    self.base = base
    self.batchStride = batchStride
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  init(_ base: UnsafeMutablePointer<Float>, _ layout: Layout) {
    self.init(
      base, batchStride: layout.shape[0] == 1 ? 0 : layout.strides[0], rowStride: layout.strides[1],
      columnStride: layout.shape[2] == 1 ? 1 : layout.strides[2])
  }

  /// Whether rows lie whole pages apart, so that those of a tile compete for the same few cache lines.
  var rowsArePagesApart: Bool {
    let pageElements = 1024
    return rowStride != 0 && rowStride % pageElements == 0
  }

  var transposed: StridedMatrices {
    StridedMatrices(base, batchStride: batchStride, rowStride: columnStride, columnStride: rowStride)
  }

  func element(_ matrix: Int, _ row: Int, _ column: Int) -> UnsafeMutablePointer<Float> {
    base + (matrix * batchStride + row * rowStride + column * columnStride)
  }

  func copyElements(from other: StridedMatrices, like product: MatrixProduct) {
    for matrix in 0..<product.batch {
      for row in 0..<product.rows {
        for column in 0..<product.columns {
          element(matrix, row, column).pointee = other.element(matrix, row, column).pointee
        }
      }
    }
  }
}

/// c = a · b for each matrix of a batch; b may be the same matrix throughout.
private struct MatrixProduct {
  var a: StridedMatrices
  var b: StridedMatrices
  var c: StridedMatrices
  var batch: Int
  var rows: Int
  var columns: Int
  var steps: Int
  var accumulate: Bool

  var columnsAreDense: Bool { c.columnStride == 1 }
  /// A single column fills one lane of a vector; transposed, it fills all of them.
  var isOneColumn: Bool { columns == 1 && rows > 1 && c.rowStride == 1 }

  /// cᵀ = bᵀ · aᵀ: the same products in the same order, since a·b = b·a in every bit.
  var transposed: MatrixProduct {
    MatrixProduct(
      a: b.transposed, b: a.transposed, c: c.transposed, batch: batch, rows: columns, columns: rows, steps: steps,
      accumulate: accumulate)
  }

  /// One tall product where b is the same throughout and the matrices of a and of c follow upon each other.
  func foldingBatchIntoRows() -> MatrixProduct {
    guard batch > 1, b.batchStride == 0, a.batchStride == a.rowStride * rows, c.batchStride == c.rowStride * rows
    else { return self }
    var folded = self
    folded.rows = batch * rows
    folded.batch = 1
    return folded
  }
}
