import MartletBackend
import MartletReferenceBackend
import Testing

/// Both arithmetics, for tests whose values are exact in either.
let backends: [ReferenceBackend] = ReferenceBackend.Arithmetic.allCases.map { ReferenceBackend(arithmetic: $0) }

extension ReferenceBackend: CustomTestStringConvertible {
  package var testDescription: String { "\(arithmetic)" }

  /// A contiguous view with the given elements.
  func view<Element: BitwiseCopyable>(_ elements: [Element], _ shape: Shape, _ dtype: DType = .float32) -> View {
    precondition(elements.count == shape.elementCount)
    let storage = allocate(byteCount: elements.count * MemoryLayout<Element>.stride)
    elements.withUnsafeBytes { upload($0, to: storage, atByte: 0) }
    return View(storage: storage, layout: Layout(contiguous: shape), dtype: dtype)
  }

  /// A contiguous view with undefined elements.
  func empty(_ shape: Shape, _ dtype: DType = .float32) -> View {
    let storage = allocate(byteCount: shape.elementCount * dtype.byteCount)
    return View(storage: storage, layout: Layout(contiguous: shape), dtype: dtype)
  }

  /// All elements of a view's storage.
  func elements<Element: BitwiseCopyable>(_ view: View, as type: Element.Type = Float.self) throws -> [Element] {
    let count = view.storage.byteCount / MemoryLayout<Element>.stride
    return try [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      try download(view.storage, atByte: 0, into: UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
  }
}

/// The program that hands its one input on.
let identity = ElementwiseProgram(inputs: [.float32]) { x, _ in [x[0]] }
