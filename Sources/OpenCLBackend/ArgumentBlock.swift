#if OpenCL
  import MartletBackend

  /// The fields of a kernel's `Arguments` structure in order: first numbers of the kernel's INDEX type, then 32-bit words.
  ///
  /// One structure by value instead of dozens of scalar parameters: a launch makes two or three calls, not fifty.
  package struct ArgumentBlock {
    private var words: [UInt32] = []
    private let indexIsWide: Bool

    package init(_ index: IndexType) {
      indexIsWide = index == .long
      words.reserveCapacity(64)
    }

    /// Adds a number of type INDEX.
    package mutating func append(_ value: Int) {
      words.append(UInt32(truncatingIfNeeded: value))
      if indexIsWide { words.append(UInt32(truncatingIfNeeded: value >> 32)) }
    }

    package mutating func append(_ values: some Sequence<Int>) {
      for value in values { append(value) }
    }

    /// Adds 32-bit words, which come last.
    package mutating func append(words more: some Sequence<UInt32>) {
      words.append(contentsOf: more)
    }

    /// How much of the device's room for arguments it takes.
    var byteCount: Int { (words.count + 1) / 2 * 8 }

    /// The bytes as the device's compiler lays them out.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      if indexIsWide && words.count % 2 == 1 { return (words + [0]).withUnsafeBytes(body) }
      return words.withUnsafeBytes(body)
    }
  }

  /// The type that counts elements in a kernel.
  package enum IndexType: String, Hashable, Sendable {
    case int, long

    /// The narrow one where every element that the layouts touch, and their number, fits.
    init(_ layouts: some Sequence<Layout>) {
      let limit: Int = 1 << 30  // room for sums of two
      let fits = layouts.allSatisfy { layout in
        guard let bounds = layout.bounds else { return true }
        return bounds.upperBound < limit && bounds.lowerBound > -limit && layout.elementCount < limit
      }
      self = fits ? .int : .long
    }
  }
#endif
