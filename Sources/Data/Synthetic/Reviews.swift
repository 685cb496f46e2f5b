/// Short made-up reviews, for and against, whose meaning depends on more than the words that occur: "not bad at all" is praise, "sadly far
/// from amazing" is none. The words are those that introductory courses list.
public enum Reviews {
  /// The two classes, in their order.
  public static let classNames = ["negative", "positive"]

  /// No review has more words.
  public static let longest = 16

  /// Makes reviews, for and against by turns.
  ///
  /// - Precondition: `count` is positive.
  public static func texts(count: Int, seed: UInt64) -> (texts: [String], labels: [Int]) {
    precondition(count > 0, "Reviews: need at least 1; got \(count)")
    var draws = Draws(seed: seed, stream: 3)
    let labels = (0..<count).map { $0 % 2 }
    return (labels.map { text(isPositive: $0 == 1, &draws) }, labels)
  }

  /// Every word that occurs, in a vocabulary that is the same for all reviews.
  ///
  /// - Throws: never; there are words.
  public static func vocabulary() throws -> Vocabulary {
    try Vocabulary(
      fitting: things + openings + good + bad + negations + degrees + praise + complaints + joints + ["is was i am"])
  }

  private static let things = [
    "the film", "this book", "the food", "our hotel", "the service", "this phone", "the show", "their music",
  ]
  private static let openings = ["", "", "honestly", "well", "in the end", "for us"]
  private static let good = ["happy", "thankful", "amazing", "wonderful", "good", "great", "fun", "lovely"]
  private static let bad = ["sorry", "bad", "awful", "boring", "sad", "poor", "dull", "terrible"]
  private static let negations = ["not", "hardly", "never", "far from"]
  private static let degrees = ["", "", "really", "very", "quite", "so"]
  private static let praise = ["i will come back", "i can recommend it", "worth every minute", "thank you"]
  private static let complaints = [
    "unfortunately i won't come back", "i can't recommend it", "a waste of time", "i want my money back",
  ]
  private static let joints = ["and", "because it was", "but"]

  private static func text(isPositive: Bool, _ draws: inout Draws) -> String {
    var parts = [pick(openings, &draws), pick(things, &draws), draws.integer(0...1) == 0 ? "is" : "was"]
    parts.append(judgement(isPositive: isPositive, &draws))
    switch draws.integer(0...3) {
    case 0: parts += ["and", judgement(isPositive: isPositive, &draws)]
    case 1: parts.append(pick(isPositive ? praise : complaints, &draws))
    default: break
    }
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// A word that says it, or the opposite denied.
  private static func judgement(isPositive: Bool, _ draws: inout Draws) -> String {
    let isDenied = draws.integer(0...2) == 0
    let word = pick(isPositive != isDenied ? good : bad, &draws)
    let parts = isDenied ? [pick(negations, &draws), word] : [pick(degrees, &draws), word]
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func pick(_ words: [String], _ draws: inout Draws) -> String {
    words[draws.integer(0...words.count - 1)]
  }
}
