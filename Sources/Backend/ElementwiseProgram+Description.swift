extension ElementwiseProgram: CustomStringConvertible {
  /// The instructions on one line: `%2 = add.float32 %0 %1`.
  public var description: String {
    let steps = instructions.enumerated().map { position, i in
      let operands = [i.a, i.b, i.c].prefix(i.opcode.operandCount).map { " %\($0)" }.joined()
      let leaf = i.opcode.operandCount == 0 ? " 0x\(String(i.immediate, radix: 16))" : ""
      return "%\(position) = \(i.opcode).\(i.type)\(operands)\(leaf)"
    }
    return "{\(steps.joined(separator: "; ")) → \(outputs.map { "%\($0)" }.joined(separator: " "))}"
  }
}
