#if OpenCL
  import MartletBackend

  /// Prints the state of a reduction: a structure of vectors with one component per combiner, or two (value and index) for the
  /// combiners that give an index, and the functions that begin and combine states.
  struct CombinerPrinter {
    struct Component {
      var name: String
      var type: LaneType
    }

    let combiners: [Combiner]
    /// The lane type that each combiner combines.
    let types: [LaneType]

    var components: [Component] {
      combiners.enumerated().flatMap { k, combiner in
        [Component(name: "value\(k)", type: types[k])]
          + (combiner.givesIndex ? [Component(name: "index\(k)", type: .int32)] : [])
      }
    }

    /// The result of a combiner as a variable of the state `total`, and its type.
    func result(_ k: Int) -> (text: String, type: LaneType) {
      combiners[k].givesIndex
        ? ("maximum_integers(total.index\(k), SPLAT_INTEGER(0))", .int32) : ("total.value\(k)", types[k])
    }

    /// The structure and its functions.
    var declarations: String {
      let fields = components.map { "    \(ProgramPrinter.type($0.type)) \($0.name);" }
      let identities = combiners.indices.flatMap { k in
        let value = "    state.value\(k) = \(ProgramPrinter.literal(combiners[k].identity(types[k]), types[k]));"
        return combiners[k].givesIndex ? [value, "    state.index\(k) = SPLAT_INTEGER(-1);"] : [value]
      }
      let selections = components.map { "    a.\($0.name) = SELECT(mask, a.\($0.name), b.\($0.name));" }
      return
        (["typedef struct {"] + fields + ["} State;", "static inline State identity_state(void) {", "    State state;"]
        + identities + ["    return state;", "}"]
        + ["static inline State select_state(MASK mask, State a, State b) {"] + selections + ["    return a;", "}"]
        + ["static inline State combine_states(State a, State b) {"] + combiners.indices.flatMap(combination)
        + ["    return a;", "}\n"]).joined(separator: "\n")
    }

    private func combination(_ k: Int) -> [String] {
      let (a, b) = ("a.value\(k)", "b.value\(k)")
      let isFloat = types[k] == .float32
      switch combiners[k] {
      case .sum: return ["    \(a) = \(isFloat ? "\(a) + \(b)" : "add_integers(\(a), \(b))");"]
      case .product: return ["    \(a) = \(isFloat ? "\(a) * \(b)" : "multiply_integers(\(a), \(b))");"]
      case .maximum: return ["    \(a) = maximum_\(isFloat ? "reals" : "integers")(\(a), \(b));"]
      case .minimum: return ["    \(a) = minimum_\(isFloat ? "reals" : "integers")(\(a), \(b));"]
      case .argumentOfMaximum, .argumentOfMinimum:
        // The lower index wins a tie, and lanes that saw nothing (index -1) lose. NaN beats every number.
        let (i, j) = ("a.index\(k)", "b.index\(k)")
        let beats = combiners[k] == .argumentOfMaximum ? "\(b) > \(a)" : "\(b) < \(a)"
        let wins = isFloat ? "(\(beats)) | ((\(b) != \(b)) & (\(a) == \(a)))" : "(\(beats))"
        let ties = isFloat ? "(\(b) == \(a)) | ((\(b) != \(b)) & (\(a) != \(a)))" : "(\(b) == \(a))"
        return [
          "    const MASK takes\(k) = (\(j) >= 0) & ((\(i) < 0) | \(wins) | ((\(ties)) & (\(j) < \(i))));",
          "    \(a) = SELECT(takes\(k), \(b), \(a));",
          "    \(i) = SELECT(takes\(k), \(j), \(i));",
        ]
      }
    }

    /// Makes the state `arrival` of what the program gave, element `position` onwards of the range.
    func arrival(_ program: ProgramPrinter, position: String) -> [String] {
      ["State arrival;"]
        + combiners.indices.flatMap { k in
          let value = "arrival.value\(k) = \(program.output(k));"
          return combiners[k].givesIndex ? [value, "arrival.index\(k) = \(position);"] : [value]
        }
    }

    /// Moves every lane of `total` down by `distance` into `other`, within a vector or between items of a group.
    func shift(isCooperative: Bool) -> [String] {
      if isCooperative {
        return components.map { "scratch_\($0.name)[get_local_id(0)] = total.\($0.name);" }
          + ["barrier(CLK_LOCAL_MEM_FENCE);", "if (lane < distance) {"]
          + components.map { "    other.\($0.name) = scratch_\($0.name)[get_local_id(0) + distance];" }
          + ["}", "barrier(CLK_LOCAL_MEM_FENCE);"]
      }
      return components.flatMap { component -> [String] in
        let scalar = component.type == .float32 ? "float" : "int"
        return [
          "\(scalar) lanes_\(component.name)[2 * WIDTH];",
          "STORE(total.\(component.name), lanes_\(component.name));",
          "STORE(total.\(component.name), lanes_\(component.name) + WIDTH);",
          "other.\(component.name) = LOAD(lanes_\(component.name) + distance);",
        ]
      }
    }

    /// Local memory for `shift`.
    var scratch: [String] {
      components.map { "__local \(ProgramPrinter.type($0.type)) scratch_\($0.name)[GROUP];" }
    }

    private func partialAddress(_ component: Int) -> String {
      "partials + (\(component) * arguments.chunk_count + chunk) * arguments.output_count + output"
    }

    /// Writes the state of a chunk for the second pass.
    var storePartial: [String] {
      components.enumerated().map { number, component in
        let value = component.type == .float32 ? "AS_INTEGER(total.\(component.name))" : "total.\(component.name)"
        return "store_first_int(\(value), \(partialAddress(number)), 1, live);"
      }
    }

    /// Reads the state of a chunk.
    func loadPartial(into state: String) -> [String] {
      components.enumerated().map { number, component in
        let value = "first_int(\(partialAddress(number)), 1, live)"
        return "\(state).\(component.name) = \(component.type == .float32 ? "AS_REAL(\(value))" : value);"
      }
    }
  }

  extension Combiner {
    var givesIndex: Bool { self == .argumentOfMaximum || self == .argumentOfMinimum }

    /// Tells combiners apart in the keys of kernels.
    var code: UInt64 {
      switch self {
      case .sum: 0
      case .product: 1
      case .maximum: 2
      case .minimum: 3
      case .argumentOfMaximum: 4
      case .argumentOfMinimum: 5
      }
    }

    /// The bits that lanes begin with.
    func identity(_ type: LaneType) -> UInt32 {
      switch (self, type) {
      case (.sum, _): 0
      case (.product, .float32): Float(1).bitPattern
      case (.product, _): 1
      case (.maximum, .float32): (-Float.infinity).bitPattern
      case (.maximum, _): UInt32(bitPattern: .min)
      case (.minimum, .float32): Float.infinity.bitPattern
      case (.minimum, _): UInt32(bitPattern: .max)
      default: 0
      }
    }
  }
#endif
