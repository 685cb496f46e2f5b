import MartletData

let dataDefinitions: Definitions = [
  "split_sizes": { run in
    let a = run.attributes
    let count = try a.int("count")
    // Without labels two classes stand in: sizes do not depend on what the classes are.
    let labels = try run.optionalHost("labels")?.int32s ?? (0..<count).map { Int32($0 % 2) }
    let data = try Dataset(inputs: [Float](repeating: 0, count: count), shape: [1], labels: labels)
    let parts = try data.split(
      test: try a.double("test_fraction"), validation: try a.double("validation_fraction"),
      stratified: try a.bool("stratify", default: false), seed: 1)
    let ordered = [parts.training, parts.validation, parts.test]
    let classCounts = ordered.flatMap { $0.sampleCountsByClass.map(Double.init) }
    return [
      "sizes": .host(HostArray(ordered.map(\.count))),
      "class_counts": .host(HostArray(classCounts, shape: [ordered.count, data.classCount], isInteger: true)),
    ]
  }
]
