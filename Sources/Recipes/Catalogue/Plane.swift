import Martlet

// The patterns of the neural-network playground, and two moons.
extension Recipe {
  static let plane: [Recipe] = PlanarData.allCases.map { pattern in
    let isRegression = pattern.isRegression
    return Recipe(
      pattern.rawValue, in: .plane, pattern.purpose,
      task: SupervisedTask(
        data: .points(pattern), form: SampleForm([2], outputs: isRegression ? 1 : 2),
        network: .layers { form in
          pattern.hiddenLayers.map { Dense($0, activation: .tanh) } + [Dense(form.outputs)]
        }, loss: isRegression ? .meanSquaredError : .softmaxCrossEntropy as any Loss, optimizer: .settlingAdam(0.02),
        metrics: isRegression ? [.meanAbsoluteError] : [.accuracy], epochs: pattern.epochs, batchSize: 10,
        subject: .numbers(["x", "y"]), conclusions: isRegression ? [Conclusions.explainedVariance] : [],
        picture: Sheets.plane))
  }
}

extension PlanarData {
  /// What a network needs for the pattern.
  fileprivate var hiddenLayers: [Int] {
    switch self {
    case .gauss, .plane: [4]
    case .circle: [8]
    case .moons: [16]
    case .xor: [16, 16]
    case .spiral, .hills: [32, 32]
    }
  }

  fileprivate var epochs: Int { self == .hills ? 150 : 60 }

  fileprivate var purpose: String {
    switch self {
    case .gauss: "two round clouds: a straight line divides them"
    case .xor: "opposite quarters belong together"
    case .circle: "a disc in a ring"
    case .spiral: "two spirals wound into each other"
    case .moons: "two half rings that reach into each other"
    case .plane: "regression: a plane that rises along the diagonal"
    case .hills: "regression: hills and hollows in two rows"
    }
  }
}

extension DataSource {
  /// 500 points to train on and as many for the test, a little blurred.
  static func points(_ pattern: PlanarData) -> DataSource {
    DataSource { request in
      let count = min(request.limit ?? 500, 100_000)
      return RecipeData(
        train: pattern.dataset(count: count, noise: 0.05, seed: request.seed),
        test: pattern.dataset(count: min(count, 500), noise: 0.05, seed: request.seed &+ 1_000_000),
        source: "generated")
    }
  }
}
