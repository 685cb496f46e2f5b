#if OpenCL
  import MartletBackend

  /// How many sums one group or item computes.
  struct Tile: Hashable, Sendable {
    var rows: Int
    var columns: Int
    /// Elements an item works on at once; on processors a vector of columns.
    var width = 4
    /// For GPUs: the depth of a panel, and the rows and columns of an item.
    var depth = 0
    var itemRows = 0
    var itemColumns = 0

    /// On tensor cores: the rows and columns of a warp, 32 items.
    var warpRows = 0
    var warpColumns = 0

    /// How many items work on it together.
    var groupSize: Int {
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

    /// The tile for a contraction on tensor cores.
    static func chosenForTensorCores(for profile: OpenCLProfile, rows: Int, columns: Int, count: Int) -> Tile {
      let isLarge = (rows + 127) / 128 * ((columns + 127) / 128) * count >= 64
      if profile == .gpu && isLarge { return .warps(128, 128, warp: (32, 64)) }
      return profile == .gpu ? .warps(64, 64, warp: (32, 32)) : .warps(32, 32, warp: (16, 32))
    }

    /// The tile for a contraction where nothing was measured on the device.
    static func chosen(for profile: OpenCLProfile, rows: Int, columns: Int, count: Int, pooledRows: Int = 1) -> Tile {
      switch profile {
      case .cpu:
        let (wide, width) = columns > 16 ? (32, 16) : columns > 8 ? (16, 16) : (8, 8)
        if pooledRows > 1 { return .registers(pooledRows * max(1, 8 / pooledRows), wide, width: width) }
        // 6 × 32 sums, two vectors of b and one value of a fill the 32 registers of AVX-512; narrower where columns are few.
        let short: Int? = rows == 1 ? 1 : rows <= 4 ? 4 : nil  // few variants: each is a kernel to compile
        return .registers(short ?? (wide == 32 ? 6 : 8), wide, width: width)
      case .test: return .tiled(32, 32, item: (4, 4))
      case .gpu:
        if rows <= 16 { return .tiled(16, 128, item: (4, 4)) }
        if columns <= 32 { return .tiled(128, 32, item: (4, 4)) }
        // The largest tile that still gives every compute unit of a large device a group.
        func tiles(_ height: Int, _ width: Int) -> Int {
          (rows + height - 1) / height * ((columns + width - 1) / width) * count
        }
        if tiles(256, 128) >= 128 { return .tiled(256, 128, item: (16, 8)) }
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
