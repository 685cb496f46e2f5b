import MartletBackend

/// Random orders that are the same on every machine and in every version of the standard library.
enum Permutation {
  /// What an order is for. Each purpose has a Philox stream to itself, apart from those that layers count up from 0.
  enum Purpose: UInt32 {
    case epochOrder = 0xDA7A_0001
    case split = 0xDA7A_0002
  }

  /// The numbers `0..<count` in an order drawn by Fisher and Yates' shuffle, every order equally likely.
  static func random(count: Int, seed: UInt64, purpose: Purpose, draw: Int = 0) -> [Int] {
    var generator = PhiloxGenerator(
      seed: seed, stream: purpose.rawValue, draw: UInt32(truncatingIfNeeded: draw))
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      // The high half of a 128-bit product instead of `Int.random(in:using:)`, whose method is not promised to stay.
      // Its bias is below count / 2⁶⁴.
      let chosen = Int(generator.next().multipliedFullWidth(by: UInt64(last + 1)).high)
      order.swapAt(chosen, last)
    }
    return order
  }
}
