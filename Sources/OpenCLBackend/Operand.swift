#if OpenCL
  import MartletBackend

  /// Something a kernel visits in step with its iteration: elements in memory, or numbers that are functions of the position.
  ///
  /// A coordinate is an operand without memory whose stride is 1 along its axis and 0 elsewhere, and the index of an element
  /// is one with row-major strides. So merging axes, splitting them and walking them need no special cases for either.
  struct Operand {
    enum Source {
      case memory(View)
      case position
    }

    /// The variable that receives the value: `in3`, `axis2`, `element`, `out0`.
    var name: String
    var source: Source
    var layout: Layout

    init(_ name: String, _ view: View) {
      self.name = name
      source = .memory(view)
      layout = view.layout
    }

    init(_ name: String, position layout: Layout) {
      self.name = name
      source = .position
      self.layout = layout
    }

    var dtype: DType? {
      if case .memory(let view) = source { return view.dtype }
      return nil
    }

    var view: View? {
      if case .memory(let view) = source { return view }
      return nil
    }

    /// What a program reads over a shape: `inputs[k]` is input k, or `nil` for one that a kernel supplies itself.
    static func all(readBy program: ElementwiseProgram, inputs: [View?], over shape: Shape, prefix: String = "")
      -> [Operand]
    {
      let reads = ProgramReads(program)
      var operands: [Operand] = []
      for input in reads.inputs {
        guard var view = inputs[input] else { continue }
        if view.shape != shape, let layout = try? view.layout.broadcast(to: shape) { view.layout = layout }
        precondition(view.shape == shape, "an input of shape \(view.shape) does not stretch to \(shape)")
        operands.append(Operand("\(prefix)in\(input)", view))
      }
      for axis in reads.axes {
        var strides = Strides(repeating: 0, rank: shape.rank)
        strides[axis] = 1
        operands.append(Operand("\(prefix)axis\(axis)", position: Layout(shape: shape, strides: strides)))
      }
      if reads.element { operands.append(Operand("\(prefix)element", position: Layout(contiguous: shape))) }
      return operands
    }
  }

  /// How an operand lies along the axis that vectors walk.
  enum Step: UInt64 {
    case none, contiguous, strided

    init(_ stride: Int) {
      self = stride == 0 ? .none : stride == 1 ? .contiguous : .strided
    }
  }

  extension DType {
    /// The type of an element in a kernel.
    var kernelType: String {
      switch self {
      case .float32: "float"
      case .int32: "int"
      case .bool, .uint8: "uchar"
      }
    }
  }

  extension LaneType {
    /// The type of an output in memory that a lane of this type has by default.
    var dtype: DType {
      switch self {
      case .float32: .float32
      case .int32: .int32
      case .bool: .bool
      }
    }
  }

  /// Text that moves vectors of an operand between memory and variables.
  struct OperandText {
    let name: String
    let dtype: DType?
    let step: Step
    /// The pointer parameter, unique in the kernel.
    let pointer: String
    /// The expression for the position of the first element.
    let position: String
    /// The expression for the stride along the walked axis.
    let stride: String
    /// How many elements of the vector are alive.
    let live: String

    /// The kernel's parameter; `nil` for an operand without memory.
    func parameter(isWritten: Bool) -> String? {
      dtype.map { "__global \(isWritten ? "" : "const ")\($0.kernelType) *\(pointer)," }
    }

    /// Statements that define the variable `name`.
    var load: [String] {
      guard let dtype else {
        return ["const INTEGER \(name) = SPLAT_INTEGER((int)(\(position))) + LANES * (int)(\(stride));"]
      }
      let lane = dtype.laneType
      let type = ProgramPrinter.type(lane)
      let address = "\(pointer) + \(position)"
      func value(_ text: String) -> String {
        switch dtype {
        case .float32, .int32: text
        case .bool: "TO_INTEGER(\(text)) != 0"
        case .uint8: "TO_INTEGER(\(text))"
        }
      }
      switch step {
      case .none:
        let element = "\(pointer)[\(position)]"
        return switch dtype {
        case .float32: ["const REAL \(name) = SPLAT(\(element));"]
        case .int32, .uint8: ["const INTEGER \(name) = SPLAT_INTEGER(\(element));"]
        case .bool: ["const MASK \(name) = SPLAT_INTEGER(\(element)) != 0;"]
        }
      case .contiguous, .strided:
        let vector = dtype == .float32 ? "REAL" : dtype == .int32 ? "INTEGER" : "BYTES"
        let whole = step == .contiguous ? "LOAD(\(address))" : "(\(vector))GATHER((\(address)), \(stride))"
        return [
          "\(type) \(name);",
          "if (\(live) == WIDTH) \(name) = \(value(whole));",
          "else \(name) = \(value("first_\(dtype.kernelType)(\(address), \(stride), \(live))"));",
        ]
      }
    }

    /// Statements that write a variable of the operand's lane type.
    func store(_ variable: String) -> [String] {
      guard let dtype else { return [] }
      let address = "\(pointer) + \(position)"
      let value =
        switch dtype {
        case .float32, .int32: variable
        case .bool: "TO_BYTES(\(variable) & 1)"
        case .uint8: "TO_BYTES(\(variable) & 255)"
        }
      let partial = "store_first_\(dtype.kernelType)(\(value), \(address), \(stride), \(live));"
      if step != .contiguous { return [partial] }
      return ["if (\(live) == WIDTH) STORE(\(value), \(address));", "else \(partial)"]
    }
  }
#endif
