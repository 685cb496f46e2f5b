/// Which numbers of samples classes are to have.
public enum ClassBalance: Hashable, Sendable {
  /// As many in every class.
  case even
  /// Of two classes the smaller has this share of the larger.
  case ratio(Double)
}

extension Dataset {
  /// The dataset with samples of smaller classes repeated, chosen at random, until classes are balanced. Every sample stays; the
  /// repeated ones follow at the end, class by class. Split off what you test with first, or it holds copies of what was learned.
  ///
  /// - Parameters:
  ///   - balance: `even` brings every class that occurs to the size of the largest; `ratio` the smaller of two to
  ///     ⌊ratio · larger⌋.
  ///   - seed: Decides which samples are repeated.
  /// - Throws: `PreparationError.impossibleResampling` where there are no classes, or samples would have to be taken away.
  public func oversampled(_ balance: ClassBalance = .even, seed: UInt64) throws -> Dataset {
    let groups = try indicesByClass()
    let sizes = groups.map(\.count)
    let goals = try Self.oversamplingGoals(sizes, balance)
    let repeated = zip(groups, goals).enumerated().flatMap { label, group in
      Permutation.draws(
        group.1 - group.0.count, below: group.0.count, seed: seed, purpose: .resampling, draw: label
      ).map { group.0[$0] }
    }
    return subset(Array(0..<count) + repeated)
  }

  /// The dataset with samples of larger classes left out, chosen at random, until classes are balanced. The order stays.
  ///
  /// - Parameters:
  ///   - balance: `even` brings every class that occurs to the size of the smallest; `ratio` the larger of two to
  ///     ⌊smaller / ratio⌋.
  ///   - seed: Decides which samples stay.
  /// - Throws: `PreparationError.impossibleResampling` where there are no classes, or samples would have to be added.
  public func undersampled(_ balance: ClassBalance = .even, seed: UInt64) throws -> Dataset {
    let groups = try indicesByClass()
    let goals = try Self.undersamplingGoals(groups.map(\.count), balance)
    let kept = zip(groups, goals).enumerated().flatMap { label, group in
      Permutation.random(count: group.0.count, seed: seed, purpose: .resampling, draw: label)
        .prefix(group.1).map { group.0[$0] }
    }
    return subset(kept.sorted())
  }

  /// For each class what its samples should count so that all classes count the same and the average over all samples is 1:
  /// `count / (classCount · count of the class)`; 0 for a class without samples. For `classWeights` of `Trainer.fit`.
  public var balancedClassWeights: [Float] {
    sampleCountsByClass.map { $0 == 0 ? 0 : Float(Double(count) / Double(classCount * $0)) }
  }

  private func indicesByClass() throws -> [[Int]] {
    guard targetKind == .label, !isEmpty else {
      throw PreparationError.impossibleResampling(
        reason: "only datasets with class labels and at least one sample can be balanced")
    }
    var groups = [[Int]](repeating: [], count: classCount)
    for index in 0..<count { if let label = label(at: index) { groups[label].append(index) } }
    return groups
  }

  private static func oversamplingGoals(_ sizes: [Int], _ balance: ClassBalance) throws -> [Int] {
    guard case .ratio(let ratio) = balance else {
      let largest = sizes.max() ?? 0
      return sizes.map { $0 == 0 ? 0 : largest }
    }
    let (smaller, larger) = try twoClasses(sizes, ratio)
    let goal = Int(Double(sizes[larger]) * ratio)
    guard goal >= sizes[smaller] else {
      throw PreparationError.impossibleResampling(
        reason: "a ratio of \(ratio) would leave \(goal) of the \(sizes[smaller]) samples of class \(smaller); "
          + "oversampling only adds, so take a larger ratio or undersampled(_:seed:)")
    }
    return sizes.indices.map { $0 == smaller ? goal : sizes[$0] }
  }

  private static func undersamplingGoals(_ sizes: [Int], _ balance: ClassBalance) throws -> [Int] {
    guard case .ratio(let ratio) = balance else {
      let smallest = sizes.filter { $0 > 0 }.min() ?? 0
      return sizes.map { Swift.min($0, smallest) }
    }
    let (smaller, larger) = try twoClasses(sizes, ratio)
    let goal = Double(sizes[smaller]) / ratio
    guard goal < Double(sizes[larger] + 1) else {
      throw PreparationError.impossibleResampling(
        reason: "a ratio of \(ratio) would need \(goal) samples of class \(larger), there are \(sizes[larger]); "
          + "undersampling only leaves out, so take a larger ratio or oversampled(_:seed:)")
    }
    return sizes.indices.map { $0 == larger ? Int(goal) : sizes[$0] }
  }

  private static func twoClasses(_ sizes: [Int], _ ratio: Double) throws -> (smaller: Int, larger: Int) {
    let present = sizes.indices.filter { sizes[$0] > 0 }
    guard present.count == 2, ratio > 0, ratio <= 1 else {
      throw PreparationError.impossibleResampling(
        reason: "a ratio needs two classes with samples and a number above 0 and at most 1; "
          + "there are \(present.count) classes, and the ratio is \(ratio)")
    }
    let (a, b) = (present[0], present[1])
    return sizes[a] <= sizes[b] ? (a, b) : (b, a)
  }
}
