#if OpenCL
  import MartletBackend

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Which tile was fastest for which contractions on a device: what `martlet tune` writes. Results do not depend on tiles.
  package struct TileTable: Hashable, Sendable {
    /// Contractions that are alike: of one kind, with about as many rows and columns.
    struct ShapeClass: Hashable, Sendable {
      var kind: String
      /// Binary logarithms, rounded up.
      var rows, columns: Int
      /// Whether there are several at once: a batch, groups, or slices.
      var isMany: Bool
    }

    private(set) var tiles: [ShapeClass: Tile] = [:]

    /// An empty table.
    package init() {}

    subscript(shape: ShapeClass) -> Tile? {
      get { tiles[shape] }
      set { tiles[shape] = newValue }
    }

    /// How many kinds of shapes it knows.
    package var count: Int { tiles.count }
  }

  extension TileTable.ShapeClass {
    init(_ contraction: Contraction) {
      kind = contraction.kind.name
      rows = Self.logarithm(contraction.rows)
      columns = Self.logarithm(contraction.columns)
      isMany = contraction.count > 1
    }

    private static func logarithm(_ count: Int) -> Int { Int.bitWidth - max(0, count - 1).leadingZeroBitCount }
  }

  // As text: a line that says what it is, the device, the profile, then a line per class.
  extension TileTable {
    private static let title = "martlet tiles 1"

    /// The table as it stands in a file.
    package func text(for identity: [String], _ profile: OpenCLProfile) -> String {
      let lines = tiles.map { shape, tile in
        "\(shape.kind) \(shape.rows) \(shape.columns) \(shape.isMany ? 1 : 0) : \(tile.numbers.map { "\($0)" }.joined(separator: " "))"
      }
      return ([Self.title, Self.line(identity), profile.rawValue] + lines.sorted()).joined(separator: "\n") + "\n"
    }

    /// A table for the same device, driver and profile; `nil` for any other text, or one with tiles that the profile does not have.
    package init?(_ text: String, for identity: [String], _ profile: OpenCLProfile) {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
      guard lines.count >= 3, lines[0] == Self.title, lines[1] == Self.line(identity), lines[2] == profile.rawValue
      else { return nil }
      let known = Tile.candidates(for: profile)
      for line in lines[3...] {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 5, words[4] == ":", let rows = Int(words[1]), let columns = Int(words[2]),
          Contraction.Kind.allCases.contains(where: { $0.name == words[0] }), ["0", "1"].contains(words[3]),
          let tile = known.first(where: { $0.numbers.map { "\($0)" } == Array(words[5...]) })
        else { return nil }
        tiles[ShapeClass(kind: words[0], rows: rows, columns: columns, isMany: words[3] == "1")] = tile
      }
    }

    private static func line(_ identity: [String]) -> String {
      identity.joined(separator: " | ").split(whereSeparator: \.isNewline).joined(separator: " ")
    }
  }

  // In files, one per device, driver and profile.
  extension TileTable {
    /// Where the table of a device lies: in the folder that `MARTLET_CL_TILES` names, else in `martlet` in the user's cache.
    package static func path(for identity: [String], _ profile: OpenCLProfile) -> String? {
      let cache = environment("XDG_CACHE_HOME") ?? environment("HOME").map { $0 + "/.cache" }
      guard let folder = environment("MARTLET_CL_TILES") ?? cache.map({ $0 + "/martlet" }) else { return nil }
      let hash = (line(identity) + profile.rawValue).utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01b3
      }
      return "\(folder)/tiles-\(String(hash, radix: 16)).txt"
    }

    /// The table that was written for the device; empty where there is none that fits.
    static func stored(for identity: [String], _ profile: OpenCLProfile) -> TileTable {
      guard let path = path(for: identity, profile), let file = fopen(path, "r") else { return TileTable() }
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 1 << 18)
      let count = fread(&bytes, 1, bytes.count, file)
      return TileTable(String(decoding: bytes[..<count], as: UTF8.self), for: identity, profile) ?? TileTable()
    }
  }
#endif
