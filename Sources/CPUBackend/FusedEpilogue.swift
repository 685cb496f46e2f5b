import CMartletKernels
import MartletBackend

/// The epilogues that the contraction kernels apply in registers: a bias per column, then possibly a rectifier.
///
/// Any other program runs over the stored results.
struct FusedEpilogue {
  /// One value per column; nil for none.
  var bias: UnsafePointer<Float>?
  /// What follows the bias.
  var activation = martlet_activation_none

  /// No epilogue.
  init() {}

  /// Recognises `x`, `x + bias`, `maximum(x, 0)`, `maximum(0, x)` and the rectifiers of `x + bias`; nil for everything else.
  ///
  /// - Parameter columns: The extent of the output's last axis.
  init?(_ epilogue: Epilogue?, columns: Int, on backend: CPUBackend) {
    guard let epilogue else { return }
    let program = epilogue.program
    guard program.outputs.count == 1, let output = program.outputs.first else { return nil }
    var node = output
    if let (operand, activation) = Self.rectified(at: node, in: program) {
      self.activation = activation
      node = operand
    }
    if let input = Self.biasInput(at: node, in: program) {
      guard epilogue.inputs.indices.contains(input - 1),
        let bias = Self.vector(epilogue.inputs[input - 1], columns: columns, on: backend)
      else { return nil }
      self.bias = bias
    } else if !Self.isResult(program.instructions[node]) {
      return nil
    }
  }

  private static func rectified(at node: Int, in program: ElementwiseProgram) -> (Int, martlet_activation)? {
    let instruction = program.instructions[node]
    guard instruction.opcode == .maximum, instruction.type == .float32 else { return nil }
    let (a, b) = (Int(instruction.a), Int(instruction.b))
    if isZero(program.instructions[b]) { return (a, martlet_activation_relu) }
    if isZero(program.instructions[a]) { return (b, martlet_activation_relu_positive_zero) }
    return nil
  }

  /// The number of the program input that is added to the result.
  private static func biasInput(at node: Int, in program: ElementwiseProgram) -> Int? {
    let instruction = program.instructions[node]
    guard instruction.opcode == .add, instruction.type == .float32 else { return nil }
    let a = program.instructions[Int(instruction.a)]
    let b = program.instructions[Int(instruction.b)]
    if isResult(a), b.opcode == .input, b.immediate > 0 { return Int(b.immediate) }
    if isResult(b), a.opcode == .input, a.immediate > 0 { return Int(a.immediate) }
    return nil
  }

  private static func isResult(_ instruction: Instruction) -> Bool {
    instruction.opcode == .input && instruction.immediate == 0
  }

  private static func isZero(_ instruction: Instruction) -> Bool {
    instruction.opcode == .constant && instruction.type == .float32 && instruction.immediate == 0
  }

  /// The elements of a view that varies along the last axis only, and densely.
  private static func vector(_ view: View, columns: Int, on backend: CPUBackend) -> UnsafePointer<Float>? {
    let layout = view.layout
    guard view.dtype == .float32, layout.rank > 0, layout.shape[layout.rank - 1] == columns,
      columns == 1 || layout.strides[layout.rank - 1] == 1,
      layout.shape.indices.dropLast().allSatisfy({ layout.shape[$0] == 1 || layout.strides[$0] == 0 })
    else { return nil }
    return backend.elements(reading: view).map { UnsafePointer($0) }
  }
}
