#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  /// The device that the tests run on, opened once per profile.
  enum UnderTest {
    static let discovery = OpenCLDiscovery()
    static let cpu = try? discovery.open("opencl", profile: .cpu)
    static let test = try? discovery.open("opencl", profile: .test)
    static let profiles: [OpenCLProfile] = [.cpu, .test]

    static var isAvailable: Bool { cpu != nil && test != nil }
    static var reason: Comment {
      "needs an OpenCL device (for example the package pocl-opencl-icd): \(discovery.problem ?? "it could not be opened")"
    }

    static func backend(_ profile: OpenCLProfile) throws -> OpenCLBackend {
      try #require(profile == .cpu ? cpu : test)
    }
  }

  extension Trait where Self == ConditionTrait {
    /// Says why and skips on a machine without a device.
    static var needsDevice: Self { .enabled(if: UnderTest.isAvailable, UnderTest.reason) }
  }

  /// Elements on the host with a layout, to be put on a device and evaluated by hand.
  struct HostView {
    var bits: [UInt32]
    var layout: Layout
    var dtype: DType

    init(bits: [UInt32], layout: Layout, dtype: DType) {
      self.bits = bits
      self.layout = layout
      self.dtype = dtype
    }

    init(_ values: [Float], _ shape: Shape) {
      self.init(bits: values.map(\.bitPattern), layout: Layout(contiguous: shape), dtype: .float32)
    }

    init(_ values: [Int32], _ shape: Shape) {
      self.init(bits: values.map(UInt32.init(bitPattern:)), layout: Layout(contiguous: shape), dtype: .int32)
    }

    func with(_ layout: Layout) -> HostView { HostView(bits: bits, layout: layout, dtype: dtype) }

    /// The element at a row-major position of the view.
    func element(at position: Int) -> UInt32 {
      let coordinates = layout.shape.coordinates(of: position)
      return bits[layout.offset + zip(coordinates, layout.strides).reduce(0) { $0 + $1.0 * $1.1 }]
    }

    /// All elements in row-major order.
    var elements: [UInt32] { (0..<layout.elementCount).map(element(at:)) }
    var floats: [Float] { elements.map(Float.init(bitPattern:)) }

    func on(_ backend: OpenCLBackend) -> View {
      let storage = backend.allocate(byteCount: bits.count * dtype.byteCount)
      if dtype.byteCount == 4 {
        bits.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
      } else {
        bits.map { UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes { backend.upload($0, to: storage, atByte: 0) }
      }
      return View(storage: storage, layout: layout, dtype: dtype)
    }
  }

  extension Shape {
    func coordinates(of position: Int) -> Shape {
      var result = self
      var rest = position
      for axis in indices.reversed() {
        result[axis] = rest % Swift.max(self[axis], 1)
        rest /= Swift.max(self[axis], 1)
      }
      return result
    }
  }

  extension OpenCLBackend {
    /// A new view filled with a pattern that no result should keep.
    func output(_ shape: Shape, _ dtype: DType = .float32, layout: Layout? = nil, capacity: Int? = nil) -> View {
      let layout = layout ?? Layout(contiguous: shape)
      let count = capacity ?? max(1, layout.elementCount)
      return HostView(bits: Array(repeating: 0xffc0_dead, count: count), layout: layout, dtype: dtype).on(self)
    }

    /// Everything in a view's storage, in memory order.
    func memory(_ view: View) throws -> [UInt32] {
      let count = view.storage.byteCount / view.dtype.byteCount
      if view.dtype.byteCount == 4 {
        var bits = [UInt32](repeating: 0, count: count)
        try bits.withUnsafeMutableBytes { try download(view.storage, atByte: 0, into: $0) }
        return bits
      }
      var bytes = [UInt8](repeating: 0, count: count)
      try bytes.withUnsafeMutableBytes { try download(view.storage, atByte: 0, into: $0) }
      return bytes.map(UInt32.init)
    }

    /// The elements of a view in row-major order.
    func elements(_ view: View) throws -> [UInt32] {
      HostView(bits: try memory(view), layout: view.layout, dtype: view.dtype).elements
    }

    func floats(_ view: View) throws -> [Float] { try elements(view).map(Float.init(bitPattern:)) }
  }

  /// Equal bits, except that any NaN is as good as another.
  func expectSameFloats(
    _ got: [UInt32], _ wanted: [UInt32], _ comment: @autoclosure () -> String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard got.count == wanted.count else {
      Issue.record(
        Comment(rawValue: "\(got.count) elements instead of \(wanted.count); \(comment())"),
        sourceLocation: sourceLocation)
      return
    }
    let wrong = got.indices.filter {
      got[$0] != wanted[$0] && !(Float(bitPattern: got[$0]).isNaN && Float(bitPattern: wanted[$0]).isNaN)
    }
    if let first = wrong.first {
      Issue.record(
        Comment(
          rawValue:
            "\(wrong.count) of \(got.count) differ, first at \(first): \(Float(bitPattern: got[first])) instead of "
            + "\(Float(bitPattern: wanted[first])); \(comment())"), sourceLocation: sourceLocation)
    }
  }

  /// Random numbers of all magnitudes, with the awkward ones among them.
  struct Numbers {
    private var generator: PhiloxGenerator

    init(seed: UInt64) { generator = PhiloxGenerator(seed: seed) }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -2...2) -> [Float] {
      (0..<count).map { _ in Float.random(in: range, using: &generator) }
    }

    mutating func awkward(_ count: Int) -> [Float] {
      let special: [Float] = [
        0, -0.0, 1, -1, .infinity, -.infinity, .nan, 0x1p-149, -0x1p-130, 0x1p-126, 3.4e38, -3.4e38, 0.5, 1.5, 2.5,
        -2.5, 88.5, -103.9, 1e-20, 8388609,
      ]
      return (0..<count).map { i in
        switch i % 4 {
        case 0: special[(i / 4) % special.count]
        case 1: Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator))
        default: Float.random(in: -4...4, using: &generator)
        }
      }
    }

    mutating func integers(_ count: Int, in range: ClosedRange<Int32>) -> [Int32] {
      (0..<count).map { _ in Int32.random(in: range, using: &generator) }
    }

    mutating func awkwardIntegers(_ count: Int) -> [Int32] {
      let special: [Int32] = [0, 1, -1, .max, .min, 31, 32, 33, 7, -7]
      return (0..<count).map { i in
        i % 2 == 0 ? special[(i / 2) % special.count] : Int32.random(in: .min ... .max, using: &generator)
      }
    }
  }
#endif
