#if OpenCL
  import MartletBackend

  /// How many sums one group or item computes.
  package struct Tile: Hashable, Sendable {
    package var rows: Int
    package var columns: Int
    /// Elements an item works on at once; on processors a vector of columns.
    package var width = 4
    /// For GPUs: the depth of a panel, and the rows and columns of an item.
    package var depth = 0
    package var itemRows = 0
    package var itemColumns = 0

    /// On tensor cores: the rows and columns of a warp, 32 items.
    var warpRows = 0
    var warpColumns = 0

    /// How many items work on it together.
    package var groupSize: Int {
      if warpRows > 0 { return rows / warpRows * (columns / warpColumns) * 32 }
      return depth == 0 ? 1 : rows / itemRows * (columns / itemColumns)
    }

    /// A processor's tile holds whole windows of a pooling of up to so many elements.
    static let mostPooledRows = 9

    /// For processors.
    static func registers(_ rows: Int, _ columns: Int, width: Int) -> Tile {
      Tile(rows: rows, columns: columns, width: width)
    }

    /// For GPUs.
    static func tiled(_ rows: Int, _ columns: Int, item: (rows: Int, columns: Int), depth: Int = 8) -> Tile {
      Tile(rows: rows, columns: columns, depth: depth, itemRows: item.rows, itemColumns: item.columns)
    }

    /// For tensor cores: the sums of a warp lie in the registers of its items.
    static func warps(_ rows: Int, _ columns: Int, warp: (rows: Int, columns: Int)) -> Tile {
      Tile(rows: rows, columns: columns, width: 1, depth: 16, warpRows: warp.rows, warpColumns: warp.columns)
    }

    /// For convolutions over few channels on GPUs: eight items side by side, each with 8 or 4 rows of 4 columns.
    static func direct(for profile: OpenCLProfile, columns: Int) -> Tile {
      let (across, down) = (columns <= 4 ? 1 : 8, profile == .gpu ? (columns <= 4 ? 128 : 32) : 8)
      let rows = profile == .gpu && columns > 4 ? 8 : 4
      return .tiled(down * rows, across * 4, item: (rows, 4))
    }

    /// The same and then ever smaller ones, for devices on which a kernel does not fit.
    package func andSmaller(isDirect: Bool) -> [Tile] {
      if depth == 0 { return [self] }
      if isDirect {
        return [self, .tiled(32, itemColumns == columns ? 4 : 32, item: (4, 4))]
      }
      if warpRows > 0 { return [self, .warps(64, 64, warp: (32, 32)), .warps(32, 32, warp: (16, 32))] }
      let ladder = [
        Tile.tiled(128, 128, item: (8, 8)), .tiled(64, 64, item: (4, 4)), .tiled(32, 32, item: (4, 4)),
        .tiled(16, 32, item: (4, 4)),
      ]
      return [self] + ladder.filter { $0.rows * $0.columns < rows * columns }
    }

    /// The tile for a contraction on tensor cores.
    static func chosenForTensorCores(for profile: OpenCLProfile, rows: Int, columns: Int, count: Int) -> Tile {
      let isLarge = (rows + 127) / 128 * ((columns + 127) / 128) * count >= 64
      if profile == .gpu && isLarge { return .warps(128, 128, warp: (32, 64)) }
      return profile == .gpu ? .warps(64, 64, warp: (32, 32)) : .warps(32, 32, warp: (16, 32))
    }

    /// The tile for a contraction where nothing was measured on the device.
    ///
    /// | `gpu` | |
    /// |---|---|
    /// | up to 16 rows | 16 × 128; where columns are as few, 16 × 32 |
    /// | up to 4 columns | 128 × 4 |
    /// | up to 32 columns | 128 × 32 |
    /// | a product that gives 128 groups so | 256 × 128: 16 × 8 sums an item |
    /// | anything that gives 128 groups so | 128 × 128 |
    /// | that gives 64 groups so | 64 × 64 |
    /// | else | 32 × 32 |
    ///
    /// The 128 sums of an item in the largest tile and the coordinates that a convolution's loader keeps do not fit the 255 registers
    /// of an item together, so that tile is for `matmul`.
    package static func chosen(
      for profile: OpenCLProfile, _ kind: ContractionKind, rows: Int, columns: Int, count: Int, pooledRows: Int = 1
    ) -> Tile {
      switch profile {
      case .cpu:
        let (wide, width) = columns > 16 ? (32, 16) : columns > 8 ? (16, 16) : (8, 8)
        if pooledRows > 1 { return .registers(pooledRows * max(1, 8 / pooledRows), wide, width: width) }
        // 6 × 32 sums, two vectors of b and one value of a fill the 32 registers of AVX-512; narrower where columns are few.
        let short: Int? = rows == 1 ? 1 : rows <= 4 ? 4 : nil  // few variants: each is a kernel to compile
        if kind == .weightGradient && (9...12).contains(rows) && wide == 32 {
          return .registers(rows, wide, width: width)  // all taps of a small window in one tile
        }
        return .registers(short ?? (wide == 32 ? 6 : 8), wide, width: width)
      case .test: return .tiled(32, 32, item: (4, 4))
      case .gpu:
        // The chains of a weight gradient are long, and few: a deep panel lets loading overlap with more arithmetic.
        if rows <= 16 && columns <= 32 { return .tiled(16, 32, item: (4, 4), depth: 32) }
        if rows <= 16 { return .tiled(16, 128, item: (4, 4)) }
        if columns <= 4 { return .tiled(128, 4, item: (4, 4)) }
        if columns <= 32 { return .tiled(128, 32, item: (4, 4)) }
        // The largest tile that still gives every compute unit of a large device a group.
        func tiles(_ height: Int, _ width: Int) -> Int {
          (rows + height - 1) / height * ((columns + width - 1) / width) * count
        }
        if kind == .matmul && tiles(256, 128) >= 128 { return .tiled(256, 128, item: (16, 8)) }
        if tiles(128, 128) >= 128 { return .tiled(128, 128, item: (8, 8)) }
        return tiles(64, 64) >= 64 ? .tiled(64, 64, item: (4, 4)) : .tiled(32, 32, item: (4, 4))
      }
    }
  }

  /// Which tiles a device uses: those that were measured on it, those of the table in the source otherwise.
  struct Tiles: Sendable {
    var table = TileTable()
    /// While tiles are tried: the one to use, and the class of the contraction that ran last.
    var forced: Tile?
    var latest: TileTable.ShapeClass?
  }
#endif
