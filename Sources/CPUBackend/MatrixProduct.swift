import CMartletKernels
import MartletBackend

/// A batch of matrices somewhere in memory.
struct StridedMatrices {
  var base: UnsafeMutablePointer<Float>
  var batchStride: Int
  var rowStride: Int
  var columnStride: Int
  /// The storage they lie in, and where the first element is in it; nil for scratch memory. Whoever multiplies holds the views,
  /// and with them the storages: a product is copied too often to count references.
  var origin: (storage: Unmanaged<Storage>, offset: Int)?

  init(_ base: UnsafeMutablePointer<Float>, batchStride: Int, rowStride: Int, columnStride: Int) {
    self.base = base
    self.batchStride = batchStride
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  init(_ base: UnsafeMutablePointer<Float>, _ view: View) {
    let layout = view.layout
    self.init(
      base, batchStride: layout.shape[0] == 1 ? 0 : layout.strides[0], rowStride: layout.strides[1],
      columnStride: layout.shape[2] == 1 ? 1 : layout.strides[2])
    origin = (.passUnretained(view.storage), layout.offset)
  }

  /// Whether one step along the rows moves by whole pages, so that the lines of many steps compete for the same few places
  /// in a cache.
  var rowsArePagesApart: Bool {
    let pageElements = 1024
    return rowStride != 0 && rowStride % pageElements == 0
  }

  var transposed: StridedMatrices {
    var result = self
    swap(&result.rowStride, &result.columnStride)
    return result
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

/// c = a · b for each matrix of a batch; a or b may be the same matrix throughout.
struct MatrixProduct {
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

/// How a product is packed, and cut into tasks: by its shape and strides alone.
struct ProductPlan {
  /// What happens to columns of b that are not neighbours, or rows that are far apart.
  enum Packing { case none, before, inPassing }

  let tileRows: Int
  let panelColumns: Int
  let tiles: Int
  let panels: Int
  let packsA: Bool
  let packingOfB: Packing
  /// A task computes so many tiles of so many panels of so many matrices.
  private(set) var tilesPerTask: Int
  private(set) var panelsPerTask: Int
  private(set) var matricesPerTask: Int
  /// The chains are advanced block by block, so that the panels of a task stay in the second cache, or in a relay.
  private(set) var stepBlocks: Int
  /// Whether threads hand chains on to each other: each has a block of b's rows, which no other reads. In training, a step on the
  /// weights then finds their lines in the cache of the thread that writes them and in no other, as it did in the step before;
  /// taking back lines that others have read costs more than the whole step.
  let isRelay: Bool
  /// Whether tasks take so little time that they should stay where their operands are.
  let isSmall: Bool

  private let batch: Int
  private let steps: Int

  /// Below this a task is not worth handing out: a few microseconds.
  private static let fewestMultiplicationsPerTask: Int = 1 << 17
  /// Above this the last task may keep everyone waiting.
  private static let mostMultiplicationsPerTask: Int = 1 << 22
  private static let wantedTasks = 16
  /// From some 20 to some 80 µs on one core: less is not worth a wait.
  private static let smallMultiplications = (1 << 20)...(1 << 22)
  /// So many elements of b fill half of a core's second cache.
  private static let cachedElements: Int = 1 << 17
  /// Rows of b are as fast to read as a copy of them if there are no more elements than this.
  private static let nearElements: Int = 1 << 18
  /// Relays are for the weights of dense layers and batches of training: steps, columns and rows.
  private static let relayedSteps = 256...8192
  private static let fewestRelayedColumns = 64
  private static let mostRelayedRows = 128
  /// So many tasks per thread, at least, keep those that wait for the first and for the last short.
  private static let relayedTasksPerThread = 4
  /// Fewer tiles than this do not pay for a copy of b's rows.
  private static let fewestTilesWorthPacking = 6

  /// - Parameter threads: How many have parts of b in their caches. Decides who advances which part of a chain, and nothing else.
  init(_ product: MatrixProduct, tileRows: Int, panelColumns: Int, relaying threads: Int) {
    self.tileRows = tileRows
    self.panelColumns = panelColumns
    self.batch = product.batch
    self.steps = product.steps
    tiles = (product.rows + tileRows - 1) / tileRows
    panels = (product.columns + panelColumns - 1) / panelColumns
    let columns = min(product.columns, panelColumns)

    isSmall = Self.smallMultiplications.contains(
      product.batch * product.rows * product.columns * product.steps)
    // Two panels share what a task reads of a.
    panelsPerTask = min(panels, 2)
    let most = max(1, Self.cachedElements / (panelsPerTask * columns))
    let blocks = max(1, (product.steps + most / 2) / most)
    // A matrix has to be long to be read at the speed of arithmetic; with few rows, memory limits.
    let multiplicationsPerRow = product.columns * max(1, product.steps)
    let total = product.batch * max(product.rows, 8) * multiplicationsPerRow
    let wanted = min(
      max(total / Self.wantedTasks, Self.fewestMultiplicationsPerTask), Self.mostMultiplicationsPerTask)
    // Long chains of few rows: a panel for one tile is a task.
    if wanted < tileRows * panelsPerTask * columns * product.steps { panelsPerTask = 1 }
    let perPanel = max(product.rows, 8) * columns * max(1, product.steps)
    if perPanel * panelsPerTask <= wanted {
      // Few rows: all of them, and as many panels and matrices as make a task.
      tilesPerTask = tiles
      panelsPerTask = max(1, min(panels, wanted / perPanel))
      matricesPerTask = panelsPerTask == panels ? max(1, wanted / (perPanel * panels)) : 1
    } else {
      tilesPerTask = max(1, min(tiles, wanted * tiles / (perPanel * panelsPerTask)))
      matricesPerTask = 1
    }
    let isDense = product.b.columnStride == 1
    if isDense && (tiles < Self.fewestTilesWorthPacking || Self.isNear(product, steps: product.steps)) {
      packingOfB = .none
      stepBlocks = 1
    } else if isDense && tilesPerTask < tiles && Self.isNear(product, steps: product.steps / blocks) {
      packingOfB = .none
      stepBlocks = blocks
    } else {
      packingOfB = tilesPerTask == tiles ? .inPassing : .before
      stepBlocks = packingOfB == .before ? blocks : 1
    }
    isRelay =
      threads > 1 && packingOfB == .none && stepBlocks == 1 && product.batch == 1
      && tiles * panels >= Self.relayedTasksPerThread * threads && Self.relayedSteps.contains(product.steps)
      && product.columns >= Self.fewestRelayedColumns && product.rows <= Self.mostRelayedRows
    if isRelay {
      (tilesPerTask, panelsPerTask) = (1, 1)
      stepBlocks = threads
    }
    // Steps of a that are lines apart are read once per panel: over many steps, or whole pages apart, they leave the cache. Rows that
    // are neighbours share lines, which stay if a block of steps is near and they do not compete for places.
    let manySteps = 256
    let staysNear =
      product.a.rowStride == 1 && product.steps / stepBlocks * product.a.columnStride <= Self.nearElements
      && product.a.columnStride % 32 != 0
    packsA =
      product.a.columnStride != 1 && panels > 1 && !staysNear
      && (product.steps > manySteps || product.a.transposed.rowsArePagesApart) && product.steps > 16 && !isRelay
  }

  /// Whether all tiles find so many rows of b in a cache as they lie.
  private static func isNear(_ product: MatrixProduct, steps: Int) -> Bool {
    steps * product.columns <= nearElements && !product.b.rowsArePagesApart
  }

  var packedElementsOfA: Int { tiles * tileRows * steps }
  var packedElementsOfB: Int { panels * panelColumns * steps }

  /// Whether there is nothing to pack before, and nothing to share.
  var isOneTask: Bool { !packsA && packingOfB != .before && taskCount == 1 }
  var taskCount: Int { matrixGroups * panelGroups * tileGroups }
  private var tileGroups: Int { (tiles + tilesPerTask - 1) / tilesPerTask }
  private var panelGroups: Int { (panels + panelsPerTask - 1) / panelsPerTask }
  private var matrixGroups: Int { (batch + matricesPerTask - 1) / matricesPerTask }

  /// What a task computes in a block of steps. Neighbouring tasks share panels.
  func part(ofTask task: Int, stepBlock: Int) -> (matrices: Range<Int>, part: martlet_product_part) {
    let (rest, tileGroup) = task.quotientAndRemainder(dividingBy: tileGroups)
    let (matrixGroup, panelGroup) = rest.quotientAndRemainder(dividingBy: panelGroups)
    let (tile, panel, matrix) = (tileGroup * tilesPerTask, panelGroup * panelsPerTask, matrixGroup * matricesPerTask)
    return (
      matrix..<min(batch, matrix + matricesPerTask),
      martlet_product_part(
        first_tile: tile, last_tile: min(tiles, tile + tilesPerTask), first_panel: panel,
        last_panel: min(panels, panel + panelsPerTask), first_step: stepBlock * steps / stepBlocks,
        last_step: (stepBlock + 1) * steps / stepBlocks)
    )
  }
}
