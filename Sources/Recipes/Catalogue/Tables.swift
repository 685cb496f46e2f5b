import Foundation
import Martlet

// Rows of numbers and categories, and what can be known of them exactly.
extension Recipe {
  static let tables: [Recipe] = [
    Recipe(
      "titanic", in: .tables, "who survived; five folds, about 82 %; needs titanic.csv",
      task: CrossValidatedTask(
        supervised: SupervisedTask(
          data: Titanic.source, form: SampleForm([19], outputs: 2),
          network: .layers { form in
            [Dense(16, activation: .relu), Dropout(0.3), Dense(form.outputs)]
          }, loss: .softmaxCrossEntropy,
          optimizer: OptimizerPlan(learningRate: 0.005) { rate, steps in
            AdamW(learningRate: CosineDecay(rate.rate(atStep: 0), decaySteps: steps), weightDecay: 0.02)
          }, metrics: [.accuracy], epochs: 40, batchSize: 32, subject: .row(Titanic.derived),
          conclusions: [Conclusions.confusion]), folds: Titanic.folds)),
    Recipe(
      "clinical-trial", in: .tables,
      "side effects by age, 2100 people, the last fifth held out; 20 epochs to 0.90–0.95",
      task: SupervisedTask(
        data: .trial, form: SampleForm([1], outputs: 2),
        network: .layers { form in
          [
            Dense(16, activation: .relu), Dense(32, activation: .relu),
            Dense(form.outputs, activation: .softmax()),
          ]
        }, loss: .categoricalCrossEntropy, optimizer: .adam(0.0001), metrics: [.accuracy], epochs: 20, batchSize: 10,
        heldOut: .last(0.2), subject: .numbers(["age from 0 (13 years) to 1 (100 years)"]),
        conclusions: [Conclusions.lastEpoch, Conclusions.confusion])),
    Recipe(
      "weight-height", in: .tables, "six people: stuck at 0.5 as long as inputs are unscaled, then the fix",
      task: StagedTask([
        (
          "unscaled", "kilograms and centimetres as they are, ten epochs: accuracy does not move",
          people(scaled: false, epochs: 10)
        ),
        (
          "scaled", "the same network with columns of mean 0 and deviation 1, and more than 20 updates",
          people(scaled: true, epochs: 200)
        ),
      ])),
    Recipe(
      "house-price", in: .tables, "prices of made-up houses, or the column 'price' of a CSV file",
      task: SupervisedTask(
        data: .houses, form: SampleForm([10], outputs: 1),
        network: .layers { form in
          let (mean, deviation) = form.target
          return [
            Dense(32, activation: .relu), Dense(32, activation: .relu), Dense(form.outputs),
            Rescaling(scale: deviation, offset: mean, name: "in_units_of_price"),
          ]
        }, loss: .meanSquaredError, optimizer: .settlingAdam(0.01), metrics: [.meanAbsoluteError], epochs: 60,
        batchSize: 32, heldOut: .share(0.1), subject: .row { $0 },
        conclusions: [Conclusions.explainedVariance, Conclusions.examples(5)])),
    Recipe(
      "linear-regression", in: .tables, "a plane through 200 points by descent, beside the closed form",
      task: SupervisedTask(
        data: .plane, form: SampleForm([2], outputs: 1), network: .layers { _ in [Dense(1)] }, loss: .meanSquaredError,
        optimizer: .gradientDescent(0.2), epochs: 100, batchSize: 200, subject: .numbers(["x1", "x2"]),
        conclusions: [ExactSolution.leastSquares])),
    Recipe(
      "logistic-regression", in: .tables, "two overlapping clouds by descent, beside the exact maximum likelihood",
      task: SupervisedTask(
        data: .clouds, form: SampleForm([2], outputs: 2), network: .layers { _ in [Dense(1)] },
        loss: .sigmoidCrossEntropy, optimizer: .gradientDescent(3), metrics: [.accuracy], epochs: 300,
        batchSize: 400, subject: .numbers(["x1", "x2"]), conclusions: [ExactSolution.maximumLikelihood],
        picture: Sheets.plane)),
  ]

  /// The six people of a course's listing: weight and height, male 0 and female 1.
  private static func people(scaled: Bool, epochs: Int) -> SupervisedTask {
    SupervisedTask(
      data: .people(scaled: scaled), form: SampleForm([2], outputs: 2),
      network: .layers { form in
        [
          Dense(16, activation: .relu), Dense(32, activation: .relu),
          Dense(form.outputs, activation: .softmax()),
        ]
      }, loss: .categoricalCrossEntropy, optimizer: .adam(scaled ? 0.01 : 0.0001), metrics: [.accuracy],
      epochs: epochs, batchSize: 3, subject: .numbers(["weight", "height"]))
  }
}

extension DataSource {
  /// The trial's 2100 people, and 210 others for the test.
  static let trial = DataSource { request in
    RecipeData(
      train: try ClinicalTrial.dataset(seed: request.seed).prefix(request.limit ?? .max),
      test: try ClinicalTrial.dataset(participants: 210, seed: request.seed &+ 1_000_000), source: "generated")
  }

  static func people(scaled: Bool) -> DataSource {
    DataSource { request in
      let rows = FeatureMatrix([67, 150, 130, 190, 48, 165, 50, 160, 85, 180, 72, 175], columnCount: 2)
      let features = scaled ? try StandardScaler(fitting: rows).transformed(rows) : rows
      let people = try Dataset(features, labels: [1, 0, 1, 1, 0, 0], classNames: ["male", "female"])
      return RecipeData(train: people.prefix(request.limit ?? .max), source: "built in")
    }
  }

  /// Made-up houses, or the rows of a CSV file with a column `price`; a fifth is for the test.
  static let houses = DataSource(readsFiles: true) { request in
    let table: Table
    if let path = request.path {
      table = try Table(contentsOfCSV: path)
    } else {
      table = try Table(csv: HousePrices.csv(count: 1500, seed: request.seed))
    }
    // A column may be missing and have gaps; a price may not.
    let plan: [ColumnPlan] = try table.columnNames.filter { $0 != "price" }.flatMap { name -> [ColumnPlan] in
      switch try table.kind(of: name) {
      case .empty: []
      case .text: [.category(name)]
      case .number, .wholeNumber: [.number(name, filling: .median)]
      }
    }
    let one = table.adding("(every row)") { _ in "1" }
    let parts = try one.split(holdingOut: 0.2, stratifiedBy: "(every row)", seed: request.seed)
    let preparation = try TablePreparation(plan, fitting: parts.training)
    func samples(_ rows: Table) throws -> Dataset {
      try preparation.dataset(from: rows, targets: "price").prefix(request.limit ?? .max)
    }
    var data = RecipeData(
      train: try samples(parts.training), test: try samples(parts.heldOut),
      source: request.path.map { "csv:\($0)" } ?? "generated")
    data.preparation = preparation
    return data
  }

  /// 200 points x with the targets 2 x₁ - 3 x₂ + 0.5 and a little noise.
  static let plane = DataSource { request in
    let draws = try normalDraws(count: min(request.limit ?? 200, 100_000), seed: request.seed)
    let targets = draws.map { 2 * $0[0] - 3 * $0[1] + 0.5 + 0.1 * $0[2] }
    return RecipeData(
      train: try Dataset(inputs: draws.flatMap { $0.prefix(2) }, shape: [2], targets: targets), source: "generated")
  }

  /// 400 points x, each of class 1 where 1.5 x₁ - 2 x₂ + 0.5 with noise is above 0.
  static let clouds = DataSource { request in
    let draws = try normalDraws(count: min(request.limit ?? 400, 100_000), seed: request.seed)
    let labels = draws.map { 1.5 * $0[0] - 2 * $0[1] + 0.5 + 1.5 * $0[2] > 0 ? 1 : 0 }
    return RecipeData(
      train: try Dataset(
        inputs: draws.flatMap { $0.prefix(2) }, shape: [2], labels: labels, classNames: ["0", "1"]),
      source: "generated")
  }

  /// Rows of three numbers from the standard normal distribution.
  private static func normalDraws(count: Int, seed: UInt64) throws -> [[Float]] {
    let values = try Tensor.normal([count, 3], key: RandomKey(seed: seed, stream: 0xDA7A_0300), on: .reference).floats()
    return (0..<count).map { Array(values[3 * $0..<3 * $0 + 3]) }
  }
}
