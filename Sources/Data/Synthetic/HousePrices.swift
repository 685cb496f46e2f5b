/// Made-up houses with their prices, for regression on a table: numbers, a category, and gaps.
public enum HousePrices {
  /// The houses as the text of a CSV file with the columns `area` (m²), `rooms`, `age` (years; sometimes missing), `distance` (km to the
  /// centre), `district`, `garden` (yes or no) and `price` (thousands).
  ///
  ///     price = district · (3.2 area + 12 rooms) · (1 - age / 250) / (1 + distance / 25) + 25 garden + noise (deviation 12)
  ///
  /// - Precondition: `count` is positive.
  public static func csv(count: Int, seed: UInt64) -> String {
    precondition(count > 0, "HousePrices: need at least 1; got \(count)")
    var draws = Draws(seed: seed, stream: 4)
    let districts: [(name: String, factor: Float)] = [("harbour", 1.25), ("mill", 1), ("old town", 1.4), ("park", 1.1)]
    var lines = ["area,rooms,age,distance,district,garden,price"]
    for _ in 0..<count {
      let area = draws.uniform(40..<220)
      let rooms = max(1, Int(area / 28) + draws.integer(-1...1))
      let (age, distance) = (draws.integer(0...110), draws.uniform(0.5..<20))
      let district = districts[draws.integer(0...3)]
      let hasGarden = draws.uniform() < 0.4
      let worth = district.factor * (3.2 * area + 12 * Float(rooms)) * (1 - Float(age) / 250) / (1 + distance / 25)
      let price = worth + (hasGarden ? 25 : 0) + 12 * draws.normal()
      // One age in twenty is not known.
      let shownAge = draws.integer(0...19) == 0 ? "" : "\(age)"
      let cells = [
        tenths(area), "\(rooms)", shownAge, tenths(distance), district.name, hasGarden ? "yes" : "no", tenths(price),
      ]
      lines.append(cells.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func tenths(_ value: Float) -> String {
    let whole = Int((value * 10).rounded())
    return "\(whole / 10).\(abs(whole % 10))"
  }
}
