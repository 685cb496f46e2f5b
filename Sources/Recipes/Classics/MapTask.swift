import Martlet

/// A self-organizing map of pictures.
package struct MapTask: RecipeTask {
  let data: DataSource
  let side: Int
  let epochs: Int
  let batchSize: Int

  package var options: Set<RecipeOption> { [.epochs, .batchSize, .data, .limit, .picture, .tensorBoard] }

  package func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let shape = data.train.sampleShape
    let device = settings.device
    var map = SelfOrganizingMap(
      rows: side, columns: side, features: shape.reduce(1, *), seed: settings.seed, on: device)
    settings.note(
      "\(recipe) on \(device.name) (\(device.capabilities.deviceName)), data: \(data.source); \(side) × \(side) units\n"
    )
    let test = data.measured.batch(of: 0..<min(2000, data.measured.count)).inputTensor(on: device).flattened()
    let before = Double(try map.quantizationError(test).item())
    var follower = try LoopFollower(settings, source: data.source)
    var outcome = RunOutcome()
    outcome.history = try map.fit(
      data.train, epochs: settings.epochs ?? epochs, batchSize: settings.batchSize ?? batchSize, seed: settings.seed,
      progress: settings.progress, stoppingWhen: settings.shouldStop,
      onEpochEnd: { history, map in
        try follower.epochEnds(history, picture: "map") { try map.picture(width: shape[1], height: shape[0]) }
      })
    outcome.describe(data, batchSize: settings.batchSize ?? batchSize, parameterCount: map.weight.elementCount)
    if outcome.wasInterrupted { return outcome }
    let error = Double(try map.quantizationError(test).item())
    let folds = Double(try map.topographicError(test).item())
    outcome.figures = [
      "quantization_error_before": before, "quantization_error": error, "topographic_error": folds,
    ]
    outcome.text =
      "test: quantization error \(before.rounded(toPlaces: 3)) before, \(error.rounded(toPlaces: 3)) after; "
      + "topographic error \(folds.rounded(toPlaces: 3))"
    if let path = settings.picture {
      try map.picture(width: shape[1], height: shape[0]).writePNG(to: path)
      settings.note("wrote the map to \(path)")
    }
    return outcome
  }
}
