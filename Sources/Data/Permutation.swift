import MartletBackend

/// Random orders that are the same on every machine and in every version of the standard library.
enum Permutation {
  /// What an order is for. Each purpose has a Philox stream to itself, apart from those that layers count up from 0.
  enum Purpose: UInt32 {
    case epochOrder = 0xDA7A_0001
    case split = 0xDA7A_0002
    case resampling = 0xDA7A_0003
  }

  /// The numbers `0..<count` in an order drawn by Fisher and Yates' shuffle, every order equally likely.
  static func random(count: Int, seed: UInt64, purpose: Purpose, draw: Int = 0) -> [Int] {
    var generator = PhiloxGenerator(
      seed: seed, stream: purpose.rawValue, draw: UInt32(truncatingIfNeeded: draw))
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(generator.index(below: last + 1), last) }
    return order
  }

  /// So many numbers below `limit`, each drawn from all of them.
  static func draws(_ count: Int, below limit: Int, seed: UInt64, purpose: Purpose, draw: Int = 0) -> [Int] {
    var generator = PhiloxGenerator(
      seed: seed, stream: purpose.rawValue, draw: UInt32(truncatingIfNeeded: draw))
    return (0..<count).map { _ in generator.index(below: limit) }
  }
}

extension PhiloxGenerator {
  /// A number in `0..<limit`: the high half of a 128-bit product instead of `Int.random(in:using:)`, whose method is not promised
  /// to stay. Its bias is below limit / 2⁶⁴.
  mutating func index(below limit: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(limit)).high) }
}
