import MartletLayers
import MartletTensor

/// Optimizers by the names that people type.
public enum Optimizers {
  /// The optimizer with a name, with its usual settings but for the learning rate. Capitals, underscores and hyphens do not count;
  /// `momentum` and `nesterov` are `SGD` with momentum 0.9.
  ///
  /// - Parameter learningRate: By default the optimizer's own.
  /// - Throws: `UnknownNameError` with the nearest name and all there are.
  public static func named(_ name: String, learningRate: (any LearningRateSchedule)? = nil) throws -> any Optimizer {
    let key = name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
    guard let entry = entries.first(where: { $0.name == key }) else {
      throw UnknownNameError(kind: "optimizer", name: name, known: entries.map(\.name))
    }
    var optimizer = entry.make()
    if let learningRate { optimizer.options.learningRate = learningRate }
    return optimizer
  }

  private static let entries: [(name: String, make: @Sendable () -> any Optimizer)] = [
    ("sgd", { SGD() }), ("momentum", { SGD(momentum: 0.9) }), ("nesterov", { SGD(momentum: 0.9, nesterov: true) }),
    ("adagrad", { Adagrad() }), ("rmsprop", { RMSprop() }), ("adadelta", { Adadelta() }), ("adam", { Adam() }),
    ("amsgrad", { Adam(amsgrad: true) }), ("adamw", { AdamW() }), ("adamax", { Adamax() }), ("nadam", { Nadam() }),
    ("lion", { Lion() }), ("ftrl", { FTRL() }),
  ]
}
