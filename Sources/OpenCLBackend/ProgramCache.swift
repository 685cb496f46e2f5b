#if OpenCL
  import MartletBackend
  import Synchronization

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Compiled programs in a folder, for drivers that keep none themselves.
  ///
  /// Some drivers end the process when they are handed a damaged binary, or run it. So a file holds the whole key and a checksum
  /// over everything, and whatever is not exactly as it was written is deleted and compiled anew. Files appear under their name
  /// complete or not at all. Nothing that goes wrong here is an error: it costs a compilation.
  package struct ProgramCache: Sendable {
    /// Where the files are.
    package let folder: String
    /// The oldest files go when all together are larger.
    private let byteLimit: Int

    private static let magic: UInt64 = 0x3130_4c43_4c54_524d  // "MRTLCL01"
    private static let headerByteCount = 32
    private static let temporaryNumber = Atomic<Int>(0)

    /// A cache in a folder, which is made when the first program is stored.
    package init(folder: String, byteLimit: Int = 256 << 20) {
      self.folder = folder
      self.byteLimit = byteLimit
    }

    /// The one whose folder the variable `MARTLET_CL_CACHE` names; without it there is none.
    static var chosenByEnvironment: ProgramCache? { environment("MARTLET_CL_CACHE").map { ProgramCache(folder: $0) } }

    /// The binary that was stored under a key, if it is there and undamaged.
    package func binary(for key: String) -> [UInt8]? {
      let path = path(for: key)
      guard let bytes = Self.contents(of: path) else { return nil }
      if let binary = Self.payload(of: bytes, key: key) {
        utimensat(AT_FDCWD, path, nil, 0)  // used now: the last to go
        return binary
      }
      unlink(path)
      return nil
    }

    /// Keeps a binary under a key.
    package func store(_ binary: [UInt8], for key: String) {
      mkdir(folder, 0o700)
      let path = path(for: key)
      let number = Self.temporaryNumber.add(1, ordering: .relaxed).newValue
      let temporary = "\(path).\(getpid()).\(number).new"
      guard Self.save(Self.file(binary, key: key), to: temporary) else {
        unlink(temporary)
        return
      }
      if rename(temporary, path) != 0 { unlink(temporary) }
      removeOldest()
    }

    /// Deletes what the driver refused.
    package func remove(_ key: String) { unlink(path(for: key)) }

    // MARK: The file

    // Magic, length of the key, length of the binary, checksum of all the rest; key; binary.
    private static func file(_ binary: [UInt8], key: String) -> [UInt8] {
      let key = Array(key.utf8)
      let sizes = bytes(of: magic) + bytes(of: UInt64(key.count)) + bytes(of: UInt64(binary.count))
      return sizes + bytes(of: checksum(sizes + key + binary)) + key + binary
    }

    /// The binary in a file that was written for the key; `nil` where the file is anything else.
    package static func payload(of file: [UInt8], key: String) -> [UInt8]? {
      guard file.count >= headerByteCount else { return nil }
      func number(at offset: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(file[offset + $1]) << (8 * UInt64($1)) } }
      let key = Array(key.utf8)
      let rest = file.count - headerByteCount
      guard number(at: 0) == magic, number(at: 8) == UInt64(key.count), rest >= key.count,
        number(at: 16) == UInt64(rest - key.count), number(at: 24) == checksum(file[..<24] + file[headerByteCount...]),
        file[headerByteCount..<headerByteCount + key.count].elementsEqual(key)
      else { return nil }
      return Array(file[(headerByteCount + key.count)...])
    }

    private static func bytes(of number: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// FNV-1a: each byte changes what follows, so no single change and hardly any other goes unseen. It guards against accidents, not
    /// against whoever can write to the folder.
    private static func checksum(_ bytes: some Sequence<UInt8>, from basis: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
      bytes.reduce(basis) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    // Two sums with different beginnings; that two keys share a name would cost compilations, no more.
    private func path(for key: String) -> String {
      let name = [Self.checksum(key.utf8), Self.checksum(key.utf8, from: 0x9e37_79b9_7f4a_7c15)].map {
        String($0, radix: 16)
      }.joined(separator: "-")
      return "\(folder)/\(name).clprogram"
    }

    // MARK: The folder

    private static func contents(of path: String) -> [UInt8]? {
      let file = open(path, O_RDONLY | O_CLOEXEC)
      if file < 0 { return nil }
      defer { close(file) }
      var status = stat()
      guard fstat(file, &status) == 0, status.st_size < 1 << 30 else { return nil }
      var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
        if count <= 0 { return nil }
        done += count
      }
      return bytes
    }

    private static func save(_ bytes: [UInt8], to path: String) -> Bool {
      let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if file < 0 { return false }
      defer { close(file) }
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
        if count <= 0 { return false }
        done += count
      }
      return fsync(file) == 0
    }

    private func removeOldest() {
      guard let directory = opendir(folder) else { return }
      defer { closedir(directory) }
      var files: [(path: String, byteCount: Int, age: Int)] = []
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        var status = stat()
        let path = "\(folder)/\(name)"
        guard name.hasSuffix(".clprogram"), stat(path, &status) == 0 else { continue }
        files.append((path, Int(status.st_size), status.st_mtim.tv_sec))
      }
      var byteCount = files.reduce(0) { $0 + $1.byteCount }
      for file in files.sorted(by: { $0.age < $1.age }) where byteCount > byteLimit {
        unlink(file.path)
        byteCount -= file.byteCount
      }
    }
  }
#endif
