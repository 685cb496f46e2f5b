extension Dataset {
  /// Divides the samples at random into a training part and a part held out from training.
  ///
  /// The held-out part has `⌈count · fraction⌉` samples. Both parts keep the order of the whole.
  ///
  /// - Parameters:
  ///   - fraction: The share of the samples to hold out, between 0 and 1, both excluded.
  ///   - stratified: Keeps the share of every class the same in both parts, as far as whole samples allow (largest
  ///     remainders first). Without class labels it has no effect.
  ///   - seed: Decides which samples are held out.
  /// - Throws: `DatasetError.impossibleDivision` if the fraction is out of range or leaves a part without samples.
  public func split(
    holdingOut fraction: Double, stratified: Bool = true, seed: UInt64
  ) throws -> (training: Dataset, heldOut: Dataset) {
    let heldOutCount = try heldOutCount(fraction)
    let order = Permutation.random(count: count, seed: seed, purpose: .split)
    let heldOut = chosen(heldOutCount, from: order, stratified: stratified)
    return (
      training: subset((0..<count).filter { !heldOut.contains($0) }),
      heldOut: subset((0..<count).filter { heldOut.contains($0) })
    )
  }

  /// Holds out the last samples, as Keras' `validation_split` does. In a file that is sorted in any way these are unlike the rest.
  ///
  /// - Parameter fraction: The share of the samples to hold out, between 0 and 1, both excluded; rounded up to whole samples.
  /// - Throws: `DatasetError.impossibleDivision` if the fraction is out of range or leaves a part without samples.
  public func split(holdingOutLast fraction: Double) throws -> (training: Dataset, heldOut: Dataset) {
    let trainingCount = try count - heldOutCount(fraction)
    return (training: prefix(trainingCount), heldOut: subset(Array(trainingCount..<count)))
  }

  private func heldOutCount(_ fraction: Double) throws -> Int {
    guard fraction > 0 && fraction < 1 else {
      throw DatasetError.impossibleDivision(
        reason: "cannot hold out a share of \(fraction): it has to lie between 0 and 1, for example 0.1")
    }
    let heldOutCount = share(fraction)
    guard heldOutCount < count else {
      throw DatasetError.impossibleDivision(
        reason: "holding out a share of \(fraction) of \(count) samples leaves none to train on")
    }
    return heldOutCount
  }

  /// Divides the samples at random into parts for training, for validation while training, and for a test afterwards.
  ///
  /// The test part has `⌈count · test⌉` samples, the validation part `⌈count · validation⌉`: both are shares of the whole. All
  /// parts keep the order of the whole.
  ///
  /// - Parameters:
  ///   - test: The share of the samples for the test, at least 0 and below 1.
  ///   - validation: The share of the samples for validation, at least 0 and below 1.
  ///   - stratified: Keeps the share of every class the same in all parts, as far as whole samples allow. Without class labels it
  ///     has no effect.
  ///   - seed: Decides which sample goes where.
  /// - Throws: `DatasetError.impossibleDivision` if a share is out of range or nothing is left to train on.
  public func split(
    test: Double, validation: Double, stratified: Bool = true, seed: UInt64
  ) throws -> (training: Dataset, validation: Dataset, test: Dataset) {
    for fraction in [test, validation] {
      guard fraction >= 0 && fraction < 1 else {
        throw DatasetError.impossibleDivision(
          reason: "cannot hold out a share of \(fraction): it has to be at least 0 and below 1, for example 0.1")
      }
    }
    let (testCount, validationCount) = (share(test), share(validation))
    guard testCount + validationCount < count else {
      throw DatasetError.impossibleDivision(
        reason: "shares of \(test) and \(validation) of \(count) samples leave none to train on")
    }

    let order = Permutation.random(count: count, seed: seed, purpose: .split)
    let tested = chosen(testCount, from: order, stratified: stratified)
    let validated = chosen(validationCount, from: order.filter { !tested.contains($0) }, stratified: stratified)
    return (
      training: subset((0..<count).filter { !tested.contains($0) && !validated.contains($0) }),
      validation: subset((0..<count).filter { validated.contains($0) }),
      test: subset((0..<count).filter { tested.contains($0) })
    )
  }

  /// A share of the samples, rounded up as scikit-learn does: 7 % of 100 samples are 8, since 100 · 0.07 is 7.000000000000001 in Double.
  private func share(_ fraction: Double) -> Int { Int((Double(count) * fraction).rounded(.up)) }

  /// The first so many indices of an order, of each class as many as it is due.
  private func chosen(_ total: Int, from order: [Int], stratified: Bool) -> Set<Int> {
    let groups = stratified ? groupedByClass(order) : [order]
    let quotas = Self.apportioned(total, among: groups.map(\.count))
    return Set(zip(groups, quotas).flatMap { $0.prefix($1) })
  }

  /// Divides the samples at random into `count` parts and gives each its turn at being held out from training.
  ///
  /// The parts differ in size, and in the number of samples of a class, by at most one. They keep the order of the whole.
  ///
  /// - Parameters:
  ///   - foldCount: The number of parts, at least 2.
  ///   - stratified: Spreads every class evenly over the parts. Without class labels it has no effect.
  ///   - seed: Decides which sample goes where.
  /// - Throws: `DatasetError.impossibleDivision` if there are fewer than 2 parts or fewer samples than parts.
  public func folds(
    _ foldCount: Int, stratified: Bool = true, seed: UInt64
  ) throws -> [(training: Dataset, heldOut: Dataset)] {
    guard foldCount >= 2 && foldCount <= count else {
      throw DatasetError.impossibleDivision(
        reason: "cannot divide \(count) samples into \(foldCount) folds: need at least 2, and a sample for each")
    }
    let order = Permutation.random(count: count, seed: seed, purpose: .split)
    let groups = stratified ? groupedByClass(order) : [order]
    var fold = [Int](repeating: 0, count: count)
    // Dealing the classes one after another, like cards, keeps both the parts and the classes even.
    for (card, index) in groups.joined().enumerated() { fold[index] = card % foldCount }
    return (0..<foldCount).map { turn in
      (
        training: subset((0..<count).filter { fold[$0] != turn }),
        heldOut: subset((0..<count).filter { fold[$0] == turn })
      )
    }
  }

  /// The given indices class by class, or all in one group without classes.
  private func groupedByClass(_ indices: [Int]) -> [[Int]] {
    guard targetKind == .label else { return [indices] }
    var groups = [[Int]](repeating: [], count: classCount)
    for index in indices {
      if let label = label(at: index) { groups[label].append(index) }
    }
    return groups
  }

  /// Shares `total` out in proportion to `sizes`, in whole numbers: what is left after rounding down goes to the largest
  /// remainders, the earlier group first among equals.
  private static func apportioned(_ total: Int, among sizes: [Int]) -> [Int] {
    let whole = sizes.reduce(0, +)
    guard whole > 0 else { return sizes }
    var quotas = sizes.map { $0 * total / whole }
    let missing = total - quotas.reduce(0, +)
    let byRemainder = sizes.indices.sorted { a, b in
      let (remainderA, remainderB) = (sizes[a] * total % whole, sizes[b] * total % whole)
      return remainderA == remainderB ? a < b : remainderA > remainderB
    }
    for group in byRemainder.prefix(missing) { quotas[group] += 1 }
    return quotas
  }
}
