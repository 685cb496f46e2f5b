/// Everything this library can say in the golden vocabulary, by category and operation.
let definitions: [String: Definitions] = [
  "tensor": tensorDefinitions,
  "activations": activationDefinitions,
  "layers": layerDefinitions,
  "losses": lossDefinitions,
  "optimizers": optimizerDefinitions,
  "metrics": metricDefinitions,
  "networks": networkDefinitions,
  "data": dataDefinitions,
]
