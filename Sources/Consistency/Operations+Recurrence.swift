import MartletBackend

extension Operation {
  /// A small cell: two gates from the input and the state, a new state from them, and a sum that is carried along in place. Odd cases
  /// walk backwards. Errors grow from step to step, so only canonical backends are compared.
  static let recurrence = Operation(name: "recurrence", caseCount: 24) { g in
    let (steps, features) = (g.extent(upTo: g.isLarge ? 17 : 5), g.extent(upTo: 33))
    let (rows, units) = (g.extent(upTo: g.isLarge ? 129 : 33), g.extent(upTo: g.isLarge ? 129 : 33))
    let accumulates = g.index % 3 == 2
    let goesBackwards = g.index % 2 == 1
    let values = g.values()
    let operands = [
      g.output([steps + 1, 1, rows, units], .float32, values),
      g.output([steps, 2, rows, units], .float32, accumulates ? values : .junk),
      g.output([1, rows, units], .float32, values), g.input([steps, 2, rows, features], .float32, values),
      g.input([2, features, units], .float32, values), g.input([2, units, units], .float32, values),
      g.input([steps, rows, units], .float32, values), g.input([steps, rows, units], .bool),
    ]
    return Case(
      setting: "recurrence\(accumulates ? ", accumulated" : "")\(goesBackwards ? ", backwards" : "")",
      operands: operands, outputs: [0, 1, 2], tolerance: nil
    ) { backend, views in
      func inOrder(_ view: View) -> View { goesBackwards ? view.reversed : view }
      let old = goesBackwards ? views[0].steps(1, steps).reversed : views[0].steps(0, steps)
      let new = goesBackwards ? views[0].steps(0, steps).reversed : views[0].steps(1, steps)
      let gates = inOrder(views[1])
      let carried = views[2].repeated(steps)
      let blocks = [0, 1].map { gates.matrix($0) }
      let (oldRows, newRows, carriedRows) = (old.matrix(0), new.matrix(0), carried.matrix(0))
      backend.recurrence(
        [
          // What one step carries to the next begins with both blocks of the last, read twice: one chain after the other.
          RecurrentProduct(gates.batch(0), views[5].matrices(1, 1), accumulate: true, into: carried),
          RecurrentProduct(gates.batch(1), views[5].matrices(0, 1), accumulate: true, into: carried),
          RecurrentProduct(inOrder(views[3]), views[4], accumulate: accumulates, into: gates),
          RecurrentProduct(old.repeatedMatrix(2), views[5], accumulate: true, into: gates),
        ], cell, inputs: blocks + [oldRows, carriedRows, inOrder(views[6]), inOrder(views[7])],
        parameters: [.float32(0.5)], outputs: blocks + [newRows, carriedRows])
    }
  }

  /// Two gates of the input and the state, which stand in one row, and a new state from them in the next row: nothing a step writes is
  /// read in it by another column, so columns may be computed apart.
  static let simpleRecurrence = Operation(name: "simple recurrence", caseCount: 16) { g in
    let (steps, features) = (g.extent(upTo: g.isLarge ? 9 : 5), g.extent(upTo: 33))
    let (rows, units) = (g.extent(upTo: g.isLarge ? 129 : 33), g.extent(upTo: g.isLarge ? 129 : 40))
    let values = g.values()
    let goesBackwards = g.index % 2 == 1
    let operands = [
      g.output([steps + 1, 1, rows, features + units], .float32, values),
      g.output([steps, 2, rows, units], .float32, .junk), g.input([2, features + units, units], .float32, values),
      g.input([rows, units], .float32, values),
    ]
    return Case(
      setting: "simple recurrence\(goesBackwards ? ", backwards" : "")", operands: operands, outputs: [0, 1],
      tolerance: nil
    ) { backend, views in
      func inOrder(_ view: View) -> View { goesBackwards ? view.reversed : view }
      let old = inOrder(views[0].steps(goesBackwards ? 1 : 0, steps))
      let new = inOrder(views[0].steps(goesBackwards ? 0 : 1, steps)).matrix(0).columns(features, units)
      let gates = inOrder(views[1])
      let blocks = [0, 1].map { gates.matrix($0) }
      backend.recurrence(
        [RecurrentProduct(old.repeatedMatrix(2), views[2], into: gates)], simpleCell,
        inputs: blocks + [old.matrix(0).columns(features, units), views[3].repeated(steps)], parameters: [],
        outputs: [blocks[0], new])
    }
  }

  private static let simpleCell = ElementwiseProgram(inputs: [.float32, .float32, .float32, .float32]) { x, _ in
    let gate = (x[0] + x[3]).sigmoid()
    return [gate, gate * x[2] + x[1].tanh()]
  }

  private static let cell = ElementwiseProgram(
    inputs: [.float32, .float32, .float32, .float32, .float32, .bool], parameters: [.float32]
  ) { x, p in
    let (gate, candidate) = ((x[0] + x[4]).sigmoid(), x[1].tanh())
    let state = Lane.select(x[5], gate * x[2] + candidate, x[2])
    return [gate, candidate, state, x[3] * p[0] + state]
  }
}

extension View {
  fileprivate var reversed: View {
    var view = self
    let count = shape[0]
    if count > 0 { view.layout = layout.sliced(axis: 0, from: count - 1, count: count, step: -1) }
    return view
  }

  /// One matrix of each batch, as a batch of one.
  fileprivate func batch(_ index: Int) -> View {
    var view = self
    view.layout = layout.sliced(axis: 1, from: index, count: 1)
    return view
  }

  /// One matrix of each batch, whose axis disappears.
  fileprivate func matrix(_ index: Int) -> View {
    var view = batch(index)
    view.layout = view.layout.removingAxis(at: 1)
    return view
  }

  /// Some columns of the matrix of each step.
  fileprivate func columns(_ start: Int, _ count: Int) -> View {
    var view = self
    view.layout = layout.sliced(axis: 2, from: start, count: count)
    return view
  }

  /// Some matrices of one batch.
  fileprivate func matrices(_ start: Int, _ count: Int) -> View {
    var view = self
    view.layout = layout.sliced(axis: 0, from: start, count: count)
    return view
  }

  /// The only matrix of each batch, several times.
  fileprivate func repeatedMatrix(_ count: Int) -> View {
    var view = self
    view.layout = layout.repeating(axis: 1, count: count)
    return view
  }

  /// The same at every step.
  fileprivate func repeated(_ steps: Int) -> View {
    var view = self
    view.layout = layout.insertingAxis(at: 0).repeating(axis: 0, count: steps)
    return view
  }
}
