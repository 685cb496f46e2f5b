import Martlet

/// Everything learned from columns is learned from the training rows.
func titanic() throws {
  let table = try Table(contentsOfCSV: dataFile("titanic/titanic.csv"))
  let (training, heldOut) = try table.split(holdingOut: 0.2, stratifiedBy: "Survived", seed: 1)
  let preparation = try TablePreparation(
    [
      .category("Pclass"), .category("Sex"), .number("Age", filling: .median), .isMissing("Cabin"),
      .number("Fare", scaling: .robust), .number("SibSp"), .category("Embarked", filling: .mostFrequent),
    ], fitting: training)
  let samples = try preparation.dataset(from: training, labels: "Survived")
  let model = try Sequential(input: [preparation.featureNames.count], seed: 1) {
    Dense(16, activation: .relu)
    Dropout(0.3)
    Dense(2)
  }
  let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: AdamW(), metrics: [.accuracy])
  try trainer.fit(samples, epochs: 40, seed: 1)
  print("test", try trainer.evaluate(preparation.dataset(from: heldOut, labels: "Survived")))
}

/// Side effects by age; the last fifth judges each epoch.
func clinicalTrial() throws {
  let (training, heldOut) = try ClinicalTrial.dataset(seed: 1).split(holdingOutLast: 0.2)
  let model = try Sequential(input: [1], seed: 1) {
    Dense(16, activation: .relu)
    Dense(32, activation: .relu)
    Dense(2, activation: .softmax())
  }
  let trainer = Trainer(
    model, loss: .categoricalCrossEntropy, optimizer: Adam(learningRate: 0.0001), metrics: [.accuracy])
  try trainer.fit(training, validation: .dataset(heldOut), epochs: 20, batchSize: 10, seed: 1)
}

/// Accuracy stays at 0.5 as long as the columns are not scaled.
func weightAndHeight() throws {
  let rows = FeatureMatrix([67, 150, 130, 190, 48, 165, 50, 160, 85, 180, 72, 175], columnCount: 2)
  for features in [rows, try StandardScaler(fitting: rows).transformed(rows)] {
    let people = try Dataset(features, labels: [1, 0, 1, 1, 0, 0], classNames: ["male", "female"])
    let model = try Sequential(input: [2], seed: 1) {
      Dense(16, activation: .relu)
      Dense(2)
    }
    let trainer = Trainer(
      model, loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 0.01), metrics: [.accuracy])
    try trainer.fit(people, epochs: 100, batchSize: 3, seed: 1, progress: .silent)
    print(try trainer.evaluate(people))
  }
}

/// Numbers and a category to a price.
func housePrices() throws {
  let table = try Table(csv: HousePrices.csv(count: 1000, seed: 1))
  let columns: [ColumnPlan] = ["area", "rooms", "distance"].map { .number($0) }
  let preparation = try TablePreparation(
    columns + [.number("age", filling: .median), .category("district"), .category("garden")], fitting: table)
  let (training, test) = try preparation.dataset(from: table, targets: "price").split(holdingOut: 0.2, seed: 1)
  let model = try Sequential(input: Shape(training.sampleShape), seed: 1) {
    Dense(32, activation: .relu)
    Dense(1)
    Rescaling(scale: 100)  // prices are hundreds
  }
  let trainer = Trainer(
    model, loss: .meanSquaredError, optimizer: Adam(learningRate: 0.01), metrics: [.meanAbsoluteError])
  try trainer.fit(training, epochs: 60, seed: 1)
  print("test", try trainer.evaluate(test))
}
