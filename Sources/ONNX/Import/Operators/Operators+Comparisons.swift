import MartletAutograd
import MartletBackend
import MartletTensor

extension Operators {
  static let comparisons: [String: Function] = [
    "Equal": comparison(==) { $0 .== $1 },
    "Less": comparison(<) { $0 .< $1 },
    "LessOrEqual": comparison(<=) { $0 .<= $1 },
    "Greater": comparison(>) { $0 .> $1 },
    "GreaterOrEqual": comparison(>=) { $0 .>= $1 },
    "And": logic { $0 & $1 },
    "Or": logic { $0 | $1 },
    "Xor": logic { $0 .!= $1 },
    "Not": { node in
      if let array = try node.operand(0).host, array.kind == .boolean {
        return [.host(HostArray(integers: array.integers.map { 1 - $0 }, shape: array.shape, kind: .boolean))]
      }
      let x = try node.tensor(0)
      guard x.dtype == .bool else { throw ShapeError("'not' of \(x.dtype)") }
      return [.tensor(!x)]
    },
    "IsNaN": unary { x, _ in x .!= x },
    "IsInf": unary { x, node in
      let isAbove = x .== Float.infinity
      let isBelow = x .== -Float.infinity
      return switch (try node.int("detect_positive", 1) != 0, try node.int("detect_negative", 1) != 0) {
      case (true, true): isAbove | isBelow
      case (true, false): isAbove
      case (false, true): isBelow
      case (false, false): isAbove & isBelow
      }
    },
    "Where": choice,
  ]

  private static func comparison(
    _ onIntegers: @escaping @Sendable (Int, Int) -> Bool, _ onTensors: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> Function {
    { node in
      if let hosts = node.hosts, hosts.count == 2, hosts.allSatisfy({ $0.kind == .integer }) {
        return [
          .host(
            try HostArray.combined(
              hosts[0], hosts[1], { a, _ in a }, { (onIntegers($0, $1) ? 1 : 0, false) }, kind: .boolean))
        ]
      }
      var (a, b) = (try node.tensor(0).detached, try node.tensor(1).detached)
      if a.dtype == .bool && b.dtype == .bool { (a, b) = (a.cast(to: .int32), b.cast(to: .int32)) }
      (a, b) = try node.aligned(a, b)
      return [.tensor(onTensors(a, b))]
    }
  }

  private static func logic(_ body: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> Function {
    one { node in
      let (a, b) = try node.aligned(try node.tensor(0), try node.tensor(1))
      guard a.dtype == .bool else { throw ShapeError("logic with \(a.dtype)") }
      return body(a, b)
    }
  }

  private static func choice(_ node: Invocation) throws -> [Operand] {
    if let hosts = node.hosts, hosts.count == 3, hosts[0].kind == .boolean, hosts[1].kind == hosts[2].kind {
      let shape = try HostArray.broadcastShape(
        hosts[0].shape, try HostArray.broadcastShape(hosts[1].shape, hosts[2].shape))
      _ = try Limits.hostCount(shape)
      let positions = hosts.map { $0.positions(broadcastTo: shape) }
      if hosts[1].kind == .float {
        return [
          .host(
            HostArray(
              floats: positions[0].indices.map {
                hosts[0].integers[positions[0][$0]] != 0
                  ? hosts[1].floats[positions[1][$0]] : hosts[2].floats[positions[2][$0]]
              }, shape: shape))
        ]
      }
      return [
        .host(
          HostArray(
            integers: positions[0].indices.map {
              hosts[0].integers[positions[0][$0]] != 0
                ? hosts[1].integers[positions[1][$0]] : hosts[2].integers[positions[2][$0]]
            }, shape: shape, kind: hosts[1].kind))
      ]
    }
    let condition = try node.tensor(0)
    let (yes, no) = try node.aligned(try node.tensor(1), try node.tensor(2))
    guard condition.dtype == .bool else { throw ShapeError("a condition of \(condition.dtype)") }
    let shape = try yes.shape.broadcast(with: no.shape, for: "Where")
    _ = try node.allowed(Array(shape.broadcast(with: condition.shape, for: "Where")))
    return [.tensor(.select(condition, yes, no))]
  }
}
