/// The made-up trial of a drug that introductory courses train their first network on: 2100 people from 13 to 100 years, half of them
/// younger than 65. Of the older some 95 % had side effects, of the younger 5 %.
public enum ClinicalTrial {
  /// The ages, in years, with whether there were side effects: class 1.
  ///
  /// Younger and older people alternate, and the exceptions come first, as in the courses' listing: whoever holds out the last fifth
  /// validates on people without exceptions and sees validation do better than training.
  ///
  /// - Parameter participants: How many; half younger than 65, half not.
  /// - Precondition: `participants` is at least 42.
  public static func ages(participants: Int = 2100, seed: UInt64) -> (ages: FeatureMatrix, hadSideEffects: [Int]) {
    precondition(participants >= 42, "ClinicalTrial: need at least 42 participants; got \(participants)")
    var draws = Draws(seed: seed, stream: 1)
    var (ages, outcomes): ([Double], [Int]) = ([], [])
    for index in 0..<participants {
      let isOlder = index % 2 == 1
      // 100 exceptions among 2100: a twentieth of those who are none.
      let isException = index < participants / 42 * 2
      ages.append(Double(draws.integer(isOlder ? 65...100 : 13...64)))
      outcomes.append(isOlder != isException ? 1 : 0)
    }
    return (FeatureMatrix(ages, columnCount: 1), outcomes)
  }

  /// The trial as samples: ages scaled to 0…1, classes "no side effects" and "side effects".
  ///
  /// - Throws: never for the numbers of participants that `ages` accepts.
  public static func dataset(participants: Int = 2100, seed: UInt64) throws -> Dataset {
    let (ages, outcomes) = ages(participants: participants, seed: seed)
    return try Dataset(
      MinMaxScaler(fitting: ages).transformed(ages), labels: outcomes, classNames: ["no side effects", "side effects"])
  }
}
