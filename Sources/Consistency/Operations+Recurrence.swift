import MartletBackend

extension Operation {
  /// A small cell: two gates from the input and the state, a new state from them, and a sum that is carried along in place. Odd cases
  /// walk backwards. Errors grow from step to step, so only canonical backends are compared.
  static let recurrence = Operation(name: "recurrence", caseCount: 60) { g in
    let (steps, features) = (g.extent(upTo: g.isLarge ? 17 : 5), g.extent(upTo: 33))
    let (rows, units) = (g.extent(upTo: g.isLarge ? 129 : 33), g.extent(upTo: g.isLarge ? 129 : 33))
    let accumulates = g.index % 3 == 2
    let goesBackwards = g.index % 2 == 1
    let values = g.values()
    let operands = [
      g.output([steps + 1, rows, units], .float32, values),
      g.output([steps, rows, 2 * units], .float32, accumulates ? values : .junk),
      g.output([rows, units], .float32, values), g.input([steps, rows, features], .float32, values),
      g.input([features, 2 * units], .float32, values), g.input([units, 2 * units], .float32, values),
      g.input([steps, rows, units], .float32, values), g.input([steps, rows, units], .bool),
    ]
    return Case(
      setting: "recurrence\(accumulates ? ", accumulated" : "")\(goesBackwards ? ", backwards" : "")",
      operands: operands, outputs: [0, 1, 2], tolerance: nil
    ) { backend, views in
      func inOrder(_ view: View) -> View { goesBackwards ? view.reversed : view }
      let old = goesBackwards ? views[0].steps(1, steps).reversed : views[0].steps(0, steps)
      let new = goesBackwards ? views[0].steps(0, steps).reversed : views[0].steps(1, steps)
      let (gates, carried) = (inOrder(views[1]), views[2].repeated(steps))
      let blocks = [0, 1].map { gates.columns($0 * units, units) }
      backend.recurrence(
        [
          RecurrentProduct(inOrder(views[3]), views[4], accumulate: accumulates, into: gates),
          RecurrentProduct(old, views[5], accumulate: true, into: gates),
        ], cell, inputs: blocks + [old, carried, inOrder(views[6]), inOrder(views[7])], parameters: [.float32(0.5)],
        outputs: blocks + [new, carried])
    }
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

  fileprivate func columns(_ start: Int, _ count: Int) -> View {
    var view = self
    view.layout = layout.sliced(axis: 2, from: start, count: count)
    return view
  }

  /// The same at every step.
  fileprivate func repeated(_ steps: Int) -> View {
    var view = self
    view.layout = layout.insertingAxis(at: 0)
    view.layout.shape[0] = steps
    return view
  }
}
