/// Texts as numbers: the words (or characters) of some texts, numbered by how often they occur. 0 fills up, 1 stands for whatever is
/// not among them, the most frequent is 2.
public struct Vocabulary: Codable, Equatable, Sendable {
  /// What a text is divided into.
  public enum Unit: String, Codable, Hashable, Sendable {
    /// Runs of letters, digits and apostrophes, in small letters.
    case words
    /// Characters as they are.
    case characters
  }

  /// What a text is divided into.
  public let unit: Unit
  /// The units; the one at position i has code i + 2.
  public let entries: [String]

  /// The code that fills up short sequences.
  public static let padding: Int32 = 0
  /// The code of whatever is not in the vocabulary.
  public static let unknown: Int32 = 1

  /// Learns what occurs in texts.
  ///
  /// - Parameters:
  ///   - limit: How many units to keep at most, the most frequent ones.
  ///   - minimumCount: How often a unit has to occur to be kept.
  /// - Throws: `PreparationError.empty` where nothing is left.
  public init(fitting texts: [String], unit: Unit = .words, limit: Int = .max, minimumCount: Int = 1) throws {
    var counts: [String: Int] = [:]
    for text in texts { for part in unit.parts(of: text) { counts[part, default: 0] += 1 } }
    let kept = counts.filter { $0.value >= minimumCount }.sorted {
      $0.value == $1.value ? String.areInOrder($0.key, $1.key) : $0.value > $1.value
    }
    guard !kept.isEmpty && limit > 0 else { throw PreparationError.empty(purpose: "make a vocabulary of") }
    self.unit = unit
    entries = kept.prefix(limit).map(\.key)
  }

  /// The number of codes, with those for filling and the unknown.
  public var codeCount: Int { entries.count + 2 }

  /// The codes of texts.
  public func encoded(_ texts: [String]) -> [[Int32]] {
    let codes = Dictionary(entries.enumerated().map { ($1, Int32($0) + 2) }) { first, _ in first }
    return texts.map { unit.parts(of: $0).map { codes[$0] ?? Self.unknown } }
  }

  /// The text that codes stand for; filling stands for nothing, the unknown for `�`.
  public func decoded(_ codes: [Int32]) -> String {
    let parts = codes.filter { $0 != Self.padding }.map { code in
      entries.indices.contains(Int(code) - 2) ? entries[Int(code) - 2] : "\u{FFFD}"
    }
    return parts.joined(separator: unit == .words ? " " : "")
  }

  /// How often each code occurs in each text, one row per text: a bag of words. The column of filling is 0.
  public func counts(of texts: [String]) -> FeatureMatrix {
    var values = [Double](repeating: 0, count: texts.count * codeCount)
    for (row, codes) in encoded(texts).enumerated() { for code in codes { values[row * codeCount + Int(code)] += 1 } }
    return FeatureMatrix(values, columnCount: codeCount)
  }
}

extension Vocabulary.Unit {
  fileprivate func parts(of text: String) -> [String] {
    switch self {
    case .characters: return text.map(String.init)
    case .words:
      let small = text.lowercased()
      return small.split { !($0.isLetter || $0.isNumber || $0 == "'" || $0 == "’") }.map(String.init)
    }
  }
}
