import Martlet

extension SupervisedTask {
  /// Looks data, network and loss over, and trains nothing.
  package func examine(_ recipe: String, with settings: RunSettings) throws -> [Finding] {
    let data = try data.load(DataRequest(path: settings.data, limit: settings.limit, seed: settings.seed))
    data.notes.forEach(settings.note)
    let (training, validation) = try parts(of: data, seed: settings.seed)
    let model = try network.model(for: SampleForm(of: data.train), seed: settings.seed)
    settings.note("\(recipe): \(training.count) samples, data: \(data.source)")
    return try Trainer(model, loss: loss, metrics: metrics, on: settings.device)
      .examine(training, validation: (validation ?? data.test).map { .dataset($0) }, seed: settings.seed)
  }
}
