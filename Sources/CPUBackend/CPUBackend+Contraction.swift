import CMartletKernels
import MartletBackend

/// One of the up to three axes of rows of a contraction: how many rows, and how A and C move from one to the next.
struct RowAxis {
  var count: Int
  var a: Int
  var c: Int
}

extension martlet_contraction {
  /// Sets the axes of rows, outermost first: neighbours that form one axis are merged, and an axis long enough to fill
  /// tiles comes last, since its rows share tiles.
  ///
  /// - Parameters:
  ///   - mostTileRows: How many rows a tile has at most.
  ///   - mostShortTileRows: The same for short chains, which end before the processor has looked past a large tile.
  mutating func setRows(_ axes: [RowAxis], mostTileRows: Int, mostShortTileRows: Int) {
    var merged: [RowAxis] = []
    for axis in axes where axis.count != 1 {
      if let outer = merged.last, outer.a == axis.a * axis.count, outer.c == axis.c * axis.count {
        merged[merged.count - 1] = RowAxis(count: outer.count * axis.count, a: axis.a, c: axis.c)
      } else {
        merged.append(axis)
      }
    }
    let tileRows = step_count < 32 ? min(mostTileRows, mostShortTileRows) : mostTileRows
    tile_rows = tileRows
    // A tile of half the rows still computes at full speed; below that, a longer axis is better even if it strides wider.
    if let inner = merged.last, inner.count < tileRows / 2,
      let longest = merged.indices.max(by: { merged[$0].count < merged[$1].count })
    {
      merged.append(merged.remove(at: longest))
    }
    while merged.count < 3 { merged.insert(RowAxis(count: 1, a: 0, c: 0), at: 0) }
    row_count = (merged[0].count, merged[1].count, merged[2].count)
    a_stride = (merged[0].a, merged[1].a, merged[2].a)
    c_stride = (merged[0].c, merged[1].c, merged[2].c)
  }
}

extension martlet_contraction {
  /// Begins an empty chain whose runs are written to a table.
  mutating func beginChain(in table: UnsafeMutablePointer<martlet_run>) {
    runs = UnsafePointer(table)
    run_count = 0
    step_count = 0
  }

  /// Appends neighbouring steps to the chain: to its last run where they continue it, else as runs of their own.
  ///
  /// - Parameters:
  ///   - table: Where the next run is written; moves behind those that are.
  ///   - runLength: How long a run may be.
  mutating func appendSteps(
    a: Int, b: Int, count: Int, to table: inout UnsafeMutablePointer<martlet_run>, runLength: Int
  ) {
    step_count += count
    if run_count > 0 {
      let last = table - 1
      let length = last.pointee.length
      if last.pointee.a + length * a_step == a, last.pointee.b + length * b_step == b, length + count <= runLength {
        last.pointee.length += count
        return
      }
    }
    for first in stride(from: 0, to: count, by: runLength) {
      table.pointee = martlet_run(
        a: a + first * a_step, b: b + first * b_step, length: min(runLength, count - first))
      table += 1
      run_count += 1
    }
  }
}

extension CPUBackend {
  /// How many columns a panel of B has.
  var panelColumns: Int { contraction.pointee.panel_columns }

  /// Runs independent contractions on all threads.
  ///
  /// - Parameters:
  ///   - perChannel: Whether A has a channel per column (`contract_channels`).
  ///   - finish: Called with each range of finished elements of C, on the thread that has just written them.
  func contract(_ contractions: [martlet_contraction], perChannel: Bool = false, finish: FinishedElements? = nil) {
    let table = contraction.pointee
    var taskCount = 0
    let divided = contractions.map { contraction in
      let part = DividedContraction(contraction, panelColumns: table.panel_columns, firstTask: taskCount)
      taskCount += part.taskCount
      return part
    }
    let kernel: (DividedContraction.Kernel)? = perChannel ? table.contract_channels : table.contract
    guard let kernel else { return }
    divided.withUnsafeBufferPointer { divided in
      threads.run(taskCount: taskCount) { task in
        let index = divided.partitioningIndex { task < $0.firstTask } - 1
        divided[index].run(task: task, kernel)
        if let finish { divided[index].forEachElementRange(of: task, from: finish.base, finish.body) }
      }
    }
  }

  /// Packs panels of B in parallel where there is enough to pack.
  ///
  /// - Parameter pack: Packs one panel.
  func packPanels(count: Int, elementsPerPanel: Int, _ pack: (_ panel: Int) -> Void) {
    let worthwhile = 16_384
    let panelsPerTask = max(1, worthwhile / max(1, elementsPerPanel))
    threads.run(taskCount: (count + panelsPerTask - 1) / panelsPerTask) { task in
      for panel in (task * panelsPerTask)..<min(count, (task + 1) * panelsPerTask) { pack(panel) }
    }
  }
}

/// Where finished elements are reported: as ranges of positions after `base`.
struct FinishedElements {
  let base: UnsafeMutablePointer<Float>
  let body: (Range<Int>) -> Void
}

/// A contraction cut into tasks, by its shape alone.
private struct DividedContraction {
  typealias Kernel =
    @convention(c) (UnsafePointer<martlet_contraction>?, Int, Int, Int, Int) -> Void

  let contraction: martlet_contraction
  let firstTask: Int
  private let units: Int
  private let panels: Int
  private let unitsPerTask: Int
  private let panelsPerTask: Int
  private let panelColumns: Int

  /// A task takes tens of microseconds: many against the cost of handing it out, few against that of waiting for the last.
  private static let mostMultiplicationsPerTask: Int = 1 << 20
  /// Less work than that makes so many tasks, which end at almost the same time on two or four threads, unless they would
  /// be shorter than a microsecond.
  private static let fewestTasks = 16
  private static let fewestMultiplicationsPerTask: Int = 1 << 16
  /// Panels of 384 steps (`STEPS_PER_BLOCK`) that stay in a core's second cache beside A.
  private static let mostPanelsPerTask = 8
  /// So many units share the panels of B that a task fetches, where these are large.
  private static let unitsSharingLargePanels = 8
  private static let largePanelElements: Int = 1 << 15

  init(_ contraction: martlet_contraction, panelColumns: Int, firstTask: Int) {
    let rows = contraction.row_count
    let tiles = (rows.2 + contraction.tile_rows - 1) / contraction.tile_rows
    self.contraction = contraction
    self.firstTask = firstTask
    self.panelColumns = panelColumns
    units = rows.0 * rows.1 * tiles
    panels = (contraction.columns + panelColumns - 1) / panelColumns
    let steps = max(1, contraction.step_count)
    let multiplications = rows.0 * rows.1 * rows.2 * contraction.columns * steps
    let perTask = max(
      Self.fewestMultiplicationsPerTask, min(Self.mostMultiplicationsPerTask, multiplications / Self.fewestTasks))
    // Few tiles, as of one image: their panels make the tasks.
    let sharedPanels = units < Self.fewestTasks ? panels * max(1, units) / Self.fewestTasks : panels
    panelsPerTask =
      multiplications < perTask ? max(1, panels) : max(1, min(sharedPanels, Self.mostPanelsPerTask))
    let columns = min(contraction.columns, panelsPerTask * panelColumns)
    let multiplicationsPerUnit = max(1, rows.2 * columns * steps / max(1, tiles))
    let needsSharing = steps * columns > Self.largePanelElements && units >= Self.fewestTasks
    let fewest = needsSharing ? min(Self.unitsSharingLargePanels, units / Self.fewestTasks + 1) : 1
    unitsPerTask = max(fewest, perTask / multiplicationsPerUnit, 1)
  }

  var taskCount: Int { unitGroups * panelGroups }
  private var unitGroups: Int { (units + unitsPerTask - 1) / unitsPerTask }
  private var panelGroups: Int { (panels + panelsPerTask - 1) / panelsPerTask }

  /// What one task computes.
  private func part(ofTask task: Int) -> (units: Range<Int>, panels: Range<Int>) {
    let (panelGroup, unitGroup) = (task - firstTask).quotientAndRemainder(dividingBy: unitGroups)
    let (unit, panel) = (unitGroup * unitsPerTask, panelGroup * panelsPerTask)
    return (unit..<min(units, unit + unitsPerTask), panel..<min(panels, panel + panelsPerTask))
  }

  func run(task: Int, _ kernel: Kernel) {
    let part = part(ofTask: task)
    withUnsafePointer(to: contraction) {
      kernel($0, part.units.lowerBound, part.units.upperBound, part.panels.lowerBound, part.panels.upperBound)
    }
  }

  /// The elements of C that a task wrote, as few ranges as possible.
  func forEachElementRange(of task: Int, from base: UnsafeMutablePointer<Float>, _ body: (Range<Int>) -> Void) {
    let part = part(ofTask: task)
    let (rows, strides) = (contraction.row_count, contraction.c_stride)
    let tiles = units / (rows.0 * rows.1)
    let (rowsPerTile, largerTiles) = rows.2.quotientAndRemainder(dividingBy: tiles)
    let firstColumn = part.panels.lowerBound * panelColumns
    let columns = min(contraction.columns, part.panels.upperBound * panelColumns) - firstColumn
    let origin = base.distance(to: contraction.c) + firstColumn
    var range = 0..<0
    for unit in part.units {
      let (tile, j, i) = (unit % tiles, unit / tiles % rows.1, unit / tiles / rows.1)
      let firstRow = tile * rowsPerTile + min(tile, largerTiles)
      for m in firstRow..<(firstRow + rowsPerTile + (tile < largerTiles ? 1 : 0)) {
        let start = origin + i * strides.0 + j * strides.1 + m * strides.2
        if start == range.upperBound {
          range = range.lowerBound..<(start + columns)
        } else {
          if !range.isEmpty { body(range) }
          range = start..<(start + columns)
        }
      }
    }
    if !range.isEmpty { body(range) }
  }
}

extension UnsafeBufferPointer {
  /// The first index whose element satisfies a predicate that is false, then true; the end if none does.
  fileprivate func partitioningIndex(where isSecond: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
