import MartletAutograd
import MartletBackend
import MartletData
import MartletTensor
import MartletTraining

/// A map of data: units on a grid, each with a vector in the space of the samples, that arrange themselves so that neighbours on the
/// grid are neighbours among the samples.
///
/// For a sample x the best unit c has the nearest vector. It and its neighbours on the grid move towards the sample:
///
///     c = argminⱼ ‖x - wⱼ‖²                       the lowest of equals
///     hⱼ = exp(-‖rⱼ - r_c‖² / (2 · radius²))      r: places on the grid, neighbours at distance 1
///     wⱼ += rate · hⱼ · (x - wⱼ)
///
/// A batch moves every unit towards the mean of the samples, weighted by h, as far as all of them one after another would move it if
/// they stood at that mean; for one sample that is the rule above:
///
///     wⱼ += (1 - Πᵢ (1 - rate · hᵢⱼ)) · (Σᵢ hᵢⱼ xᵢ / Σᵢ hᵢⱼ - wⱼ)
///
/// - Source: Kohonen 1982, "Self-organized formation of topologically correct feature maps"; 2001, "Self-organizing maps", eq. 3.1-3.3.
public struct SelfOrganizingMap: Sendable {
  /// The number of rows of the grid.
  public let rows: Int
  /// The number of columns of the grid.
  public let columns: Int
  /// The units' vectors, `[rows · columns, features]`.
  public private(set) var weight: Tensor
  /// Squared distances on the grid, `[units, units]`.
  private let squaredDistances: Tensor

  /// A map whose units stand at given vectors.
  ///
  /// - Precondition: there are rows and columns, and one vector for each unit.
  public init(rows: Int, columns: Int, weight: Tensor) {
    require(
      rows > 0 && columns > 0 && weight.rank == 2 && weight.shape[0] == rows * columns,
      "SelfOrganizingMap: \(rows) × \(columns) units with vectors of shape \(weight.shape)")
    self.rows = rows
    self.columns = columns
    self.weight = weight.detached
    let places = (0..<rows * columns).map { (row: $0 / columns, column: $0 % columns) }
    squaredDistances = Tensor(
      places.flatMap { a in places.map { b in Float((a.row - b.row).squared + (a.column - b.column).squared) } },
      shape: [rows * columns, rows * columns], on: weight.device)
  }

  /// A map whose units stand at random, evenly in 0..<1.
  public init(rows: Int, columns: Int, features: Int, seed: UInt64 = 0, on device: Device = .current) {
    require(features > 0, "SelfOrganizingMap: need at least one feature; got \(features)")
    self.init(
      rows: rows, columns: columns,
      weight: .uniform(
        [max(rows, 1) * max(columns, 1), features], key: RandomKey(seed: seed, stream: 0x50F3), on: device))
  }

  /// The unit nearest to each row of `[batch, features]`, int32 `[batch]`.
  public func bestUnits(_ x: Tensor) -> Tensor { distances(x).argmin(alongAxis: 1) }

  /// ‖w‖² - 2 x · w, which differs from the squared distance by ‖x‖², the same for all units.
  private func distances(_ x: Tensor) -> Tensor {
    weight.squared().sum(alongAxes: [1]) - x.detached.matmul(weight, transposingRight: true) * 2
  }

  /// Moves the units towards a batch `[batch, features]`.
  ///
  /// - Returns: the mean distance of the samples from their best units before the step, one element.
  /// - Precondition: `rate` is in 0...1, `radius` is positive.
  @discardableResult
  public mutating func learn(_ x: Tensor, rate: Float, radius: Float) -> Tensor {
    require(
      (0...1).contains(rate) && radius > 0, "SelfOrganizingMap: need rate in 0...1, radius > 0; got \(rate), \(radius)")
    require(
      x.rank == 2 && x.shape[1] == weight.shape[1],
      "SelfOrganizingMap: samples of shape \(x.shape), need [batch, \(weight.shape[1])]")
    let x = x.detached
    let best = bestUnits(x)
    let error = distance(of: x, from: best)
    let pull = (squaredDistances.gathered(best) * (-0.5 / (radius * radius))).exp()  // [batch, units]
    let share = 1 - (1 - pull * rate).product(alongAxes: [0])
    // Far from every sample the sum underflows to 0; the share of such a unit is 0 too.
    let total = Tensor.maximum(pull.sum(alongAxes: [0]), Float.leastNormalMagnitude)
    let mean = pull.matmul(x, transposingLeft: true) / total.expanded(at: 1)
    weight += share.expanded(at: 1) * (mean - weight)
    return error
  }

  private func distance(of x: Tensor, from units: Tensor) -> Tensor {
    (x - weight.gathered(units)).squared().sum(alongAxes: [1]).squareRoot().mean()
  }

  /// The mean distance between a sample and its best unit's vector: how well the map covers the data.
  public func quantizationError(_ x: Tensor) -> Tensor { distance(of: x.detached, from: bestUnits(x)) }

  /// The share of samples whose two best units are not neighbours on the grid, sides and corners: how badly the map is folded.
  ///
  /// - Precondition: there are at least two units.
  public func topographicError(_ x: Tensor) -> Tensor {
    require(rows * columns > 1, "SelfOrganizingMap: the topographic error needs at least two units")
    let units = (-distances(x)).topK(2).indices  // [batch, 2]
    let grid = squaredDistances.gathered(units.sliced(axis: 1, from: 0, count: 1).squeezed(at: 1))  // [batch, units]
    let second = units.sliced(axis: 1, from: 1, count: 1).squeezed(at: 1).oneHot(depth: rows * columns)
    return ((grid * second).sum(alongAxes: [1]) .> 2).cast(to: .float32).mean()
  }
}

extension Int {
  fileprivate var squared: Int { self * self }
}

// Whole runs, and what the map looks like.
extension SelfOrganizingMap {
  /// Learns a dataset. Rate and radius fall exponentially from step to step, from the first to the second number.
  ///
  /// - Parameters:
  ///   - radius: By default from half the longer side of the grid to ½, where a unit hardly moves its neighbours.
  ///   - onEpochEnd: Called when an epoch is in the history, to show or store it.
  /// - Returns: the history, with `quantization_error` by epoch.
  /// - Throws: `TrainingError` where samples do not fit or there are none, `BackendError`.
  @discardableResult
  public mutating func fit(
    _ dataset: Dataset, epochs: Int = 5, batchSize: Int = 32, rate: (from: Float, to: Float) = (0.5, 0.02),
    radius: (from: Float, to: Float)? = nil, seed: UInt64 = 0, progress: ProgressStyle = .automatic,
    stoppingWhen shouldStop: () -> Bool = { false },
    onEpochEnd: (_ history: History, _ map: SelfOrganizingMap) throws -> Void = { _, _ in }
  ) throws -> History {
    let features = dataset.sampleShape.reduce(1, *)
    guard features == weight.shape[1] else {
      throw TrainingError.inputDoesNotFit(model: [weight.shape[1]], data: [features])
    }
    guard batchSize > 0 && epochs > 0 else {
      throw TrainingError.invalidSetting(
        name: "the number of epochs or the batch size", value: "\(epochs), \(batchSize)",
        rule: "both have to be at least 1")
    }
    let radius = radius ?? (max(Float(max(rows, columns)) / 2, 0.5), 0.5)
    let steps = Float(epochs) * Float(dataset.batches(size: batchSize).count)
    var map = self
    var step: Float = 0
    let loop = TrainingLoop(epochs: epochs, batchSize: batchSize, seed: seed, on: weight.device, progress: progress)
    let history = try loop.run(
      over: dataset, stoppingWhen: shouldStop, onEpochEnd: { try onEpochEnd($0, map) }
    ) { x, _ in
      let way = step / max(steps - 1, 1)
      step += 1
      let error = map.learn(
        x.flattened(), rate: rate.from * Elementary.power(rate.to / rate.from, way),
        radius: radius.from * Elementary.power(radius.to / radius.from, way))
      return ["quantization_error": error]
    }
    self = map
    return history
  }

  /// The units' vectors as pictures, laid out as on the grid.
  ///
  /// - Throws: `BackendError`.
  /// - Precondition: a vector has `width · height` values, between 0 and 1.
  public func picture(width: Int, height: Int) throws -> GrayPicture {
    let values = try weight.floats()
    let size = weight.shape[1]
    require(
      width > 0 && height > 0 && width * height == size,
      "SelfOrganizingMap: vectors of \(size) values are no pictures of \(width) × \(height)")
    let pictures = (0..<rows * columns).map {
      GrayPicture(width: width, height: height, values: Array(values[$0 * size..<($0 + 1) * size]))
    }
    return GrayPicture.contactSheet(of: pictures, columns: columns, gap: 1)
  }
}
