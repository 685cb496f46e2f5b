#if OpenCL
  // What `martlet tune` tries, and what a file of tiles may name.
  extension Tile {
    static func candidates(for profile: OpenCLProfile) -> [Tile] {
      switch profile {
      case .cpu:
        [
          .registers(1, 32, width: 16), .registers(4, 32, width: 16), .registers(6, 32, width: 16),
          .registers(8, 32, width: 16), .registers(12, 32, width: 16), .registers(4, 48, width: 16),
          .registers(8, 16, width: 16), .registers(14, 16, width: 16), .registers(8, 16, width: 8),
          .registers(6, 16, width: 8), .registers(4, 24, width: 8), .registers(8, 8, width: 8),
          .registers(12, 8, width: 8),
        ]
      case .gpu:
        [8, 16].flatMap { depth -> [Tile] in
          [
            .tiled(256, 128, item: (16, 8), depth: depth), .tiled(128, 256, item: (8, 16), depth: depth),
            .tiled(128, 128, item: (8, 8), depth: depth), .tiled(128, 64, item: (8, 4), depth: depth),
            .tiled(64, 128, item: (4, 8), depth: depth), .tiled(64, 64, item: (4, 4), depth: depth),
            .tiled(64, 64, item: (8, 8), depth: depth), .tiled(32, 32, item: (4, 4), depth: depth),
            .tiled(16, 128, item: (4, 4), depth: depth), .tiled(128, 32, item: (4, 4), depth: depth),
            .tiled(16, 32, item: (4, 4), depth: depth), .tiled(128, 4, item: (4, 4), depth: depth),
          ]
        }
      case .test:
        [
          .tiled(32, 32, item: (4, 4)), .tiled(16, 64, item: (4, 4)), .tiled(64, 32, item: (8, 4)),
          .tiled(32, 64, item: (4, 8)), .tiled(64, 64, item: (16, 8)), .tiled(32, 32, item: (4, 4), depth: 16),
        ]
      }
    }

    /// What tells it apart.
    var numbers: [Int] {
      [rows, columns, width, depth, itemRows, itemColumns] + (warpRows > 0 ? [warpRows, warpColumns] : [])
    }

    /// Local memory of a group: two stages of both panels, and on tensor cores what the twins of their statements exchange.
    package var localByteCount: Int {
      2 * depth * (rows + columns + 16) * 4 + (warpRows > 0 ? groupSize / 32 * 32 * 6 * 4 : 8)
    }
  }

  extension Tile: CustomStringConvertible {
    package var description: String {
      depth == 0 ? "\(rows)×\(columns) by \(width)" : "\(rows)×\(columns)×\(depth), \(itemRows)×\(itemColumns) per item"
    }
  }
#endif
