import MartletBackend

// The functions whose kernels have not landed yet; each moves to its own file.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend: Backend {
  public func map(_ program: ElementwiseProgram, inputs: [View], parameters: [Scalar], outputs: [View]) {
    preconditionFailure("cpu: map has no kernel yet")
  }

  public func reduce(
    _ program: ElementwiseProgram, combiners: [Combiner], axes: [Int], inputs: [View], parameters: [Scalar],
    epilogue: Epilogue?, outputs: [View]
  ) {
    preconditionFailure("cpu: reduce has no kernel yet")
  }

  public func softmaxRows(_ input: View, logarithmic: Bool, output: View) {
    preconditionFailure("cpu: softmaxRows has no kernel yet")
  }

  public func scan(_ input: View, exclusive: Bool, reversed: Bool, output: View) {
    preconditionFailure("cpu: scan has no kernel yet")
  }

  public func sort(_ input: View, descending: Bool, values: View, indices: View) {
    preconditionFailure("cpu: sort has no kernel yet")
  }

  public func gather(_ table: View, indices: View, output: View) {
    preconditionFailure("cpu: gather has no kernel yet")
  }

  public func scatterAdd(_ updates: View, indices: View, output: View) {
    preconditionFailure("cpu: scatterAdd has no kernel yet")
  }
}
