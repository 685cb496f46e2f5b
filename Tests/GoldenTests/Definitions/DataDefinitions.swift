import MartletData

let dataDefinitions: Definitions = [
  "standard_scaler": { run in
    let a = run.attributes
    let (x, new) = try (matrix("x", run), matrix("x_new", run))
    let scaler = try StandardScaler(
      fitting: x, centering: try a.bool("with_mean", default: true), scaling: try a.bool("with_std", default: true))
    return try outputs(of: scaler, x, new).merging(["mean": vector(scaler.mean), "scale": vector(scaler.scale)]) { $1 }
  },
  "min_max_scaler": { run in
    let ends = try run.attributes.doubles("feature_range")
    guard ends.count == 2 else { throw GoldenError.malformed("feature_range has to be [lower, upper]; got \(ends)") }
    let (x, new) = try (matrix("x", run), matrix("x_new", run))
    let scaler = try MinMaxScaler(fitting: x, range: ends[0]...ends[1])
    return try outputs(of: scaler, x, new).merging([
      "data_min": vector(scaler.minimum), "data_max": vector(scaler.maximum),
    ]) { $1 }
  },
  "robust_scaler": { run in
    let percents = try run.attributes.doubles("quantile_range")
    guard percents.count == 2 else {
      throw GoldenError.malformed("quantile_range has to be [lower, upper]; got \(percents)")
    }
    let (x, new) = try (matrix("x", run), matrix("x_new", run))
    let scaler = try RobustScaler(fitting: x, quantiles: percents[0] / 100...percents[1] / 100)
    return try outputs(of: scaler, x, new).merging([
      "center": vector(scaler.center), "scale": vector(scaler.scale),
    ]) { $1 }
  },
  "normalizer": { run in
    let name = try run.attributes.string("norm", default: "l2")
    guard let norm = RowNorm(rawValue: name) else { throw GoldenError.unsupported("norm \(name)") }
    return ["y": output(try matrix("x", run).rowsNormalized(norm))]
  },
  "one_hot_encoder": { run in
    let encoder = try OneHotEncoder(fitting: try rows("x", run), unseen: .zeros)
    if case .array(let columns) = run.attributes.value("categories") {
      let expected = try columns.map { try texts($0) }
      guard expected == encoder.categories.map({ $0.map { "\($0)" } }) else {
        throw GoldenError.malformed("categories \(expected), found \(encoder.categories)")
      }
    }
    return ["y": output(try encoder.transformed(try rows("x_new", run)))]
  },
  "label_encoder": { run in
    let a = run.attributes
    guard case .array(let labels) = a.value("labels") else { throw GoldenError.malformed("there are no labels") }
    let isNumeric = labels.allSatisfy { if case .number = $0 { true } else { false } }
    let names = try texts(.array(labels))
    let codes: [Int]
    let classes: [String]
    if isNumeric {
      let integers = names.compactMap { Int($0) }
      let encoder = try LabelEncoder(fitting: integers)
      (codes, classes) = (try encoder.encoded(integers), encoder.classes.map(String.init))
    } else {
      let encoder = try LabelEncoder(fitting: names)
      (codes, classes) = (try encoder.encoded(names), encoder.classes)
    }
    if let expected = a.value("classes"), try texts(expected) != classes {
      throw GoldenError.malformed("classes \(expected), found \(classes)")
    }
    var results: [String: Output] = ["y": .host(HostArray(codes))]
    if isNumeric { results["classes"] = .host(HostArray(classes.compactMap { Int($0) })) }
    return results
  },
  "class_weight_balanced": { run in
    let labels = try run.host("labels").int32s
    let names = (0..<(try run.attributes.int("num_classes"))).map(String.init)
    return ["y": vector(try dataset(labels, classNames: names).balancedClassWeights.map(Double.init))]
  },
  "random_over_sampler": { run in
    let balance = try balance(run.attributes)
    return classCounts(try dataset(try run.host("labels").int32s).oversampled(balance, seed: 1))
  },
  "random_under_sampler": { run in
    let balance = try balance(run.attributes)
    return classCounts(try dataset(try run.host("labels").int32s).undersampled(balance, seed: 1))
  },
  "split_sizes": { run in
    let a = run.attributes
    let count = try a.int("count")
    // Without labels two classes stand in: sizes do not depend on what the classes are.
    let labels = try run.optionalHost("labels")?.int32s ?? (0..<count).map { Int32($0 % 2) }
    let data = try dataset(labels)
    let parts = try data.split(
      test: try a.double("test_fraction"), validation: try a.double("validation_fraction", default: 0),
      stratified: try a.bool("stratify", default: false), seed: 1)
    let ordered = [parts.training, parts.validation, parts.test]
    let classCounts = ordered.flatMap { $0.sampleCountsByClass.map(Double.init) }
    return [
      "sizes": .host(HostArray(ordered.map(\.count))),
      "class_counts": .host(HostArray(classCounts, shape: [ordered.count, data.classCount], isInteger: true)),
    ]
  },
]

/// A rank-2 input in host memory.
private func matrix(_ name: String, _ run: CaseRun) throws -> FeatureMatrix {
  let array = try run.host(name)
  guard array.shape.count == 2 else { throw GoldenError.malformed("\(name) has shape \(array.shape), not two axes") }
  return FeatureMatrix(array.values, columnCount: array.shape[1])
}

private func rows(_ name: String, _ run: CaseRun) throws -> [[Int]] {
  let matrix = try matrix(name, run)
  return (0..<matrix.rowCount).map { matrix.row($0).map { Int($0) } }
}

private func output(_ matrix: FeatureMatrix) -> Output {
  .host(HostArray(matrix.values, shape: [matrix.rowCount, matrix.columnCount]))
}

private func vector(_ values: [Double]) -> Output { .host(HostArray(values, shape: [values.count])) }

private func outputs(of scaler: some Scaler, _ x: FeatureMatrix, _ new: FeatureMatrix) throws -> [String: Output] {
  let scaled = try scaler.transformed(new)
  return [
    "y": output(try scaler.transformed(x)), "y_new": output(scaled), "inverse": output(try scaler.restored(scaled)),
  ]
}

private func texts(_ value: JSONValue) throws -> [String] {
  guard case .array(let items) = value else { throw GoldenError.malformed("\(value) is not a list") }
  return try items.map { item in
    switch item {
    case .string(let text): return text
    case .number(let number) where number == number.rounded(): return String(Int(number))
    default: throw GoldenError.malformed("\(item) is no category")
    }
  }
}

private func dataset(_ labels: [Int32], classNames: [String]? = nil) throws -> Dataset {
  try Dataset(
    inputs: [Float](repeating: 0, count: labels.count), shape: [1], labels: labels, classNames: classNames)
}

private func balance(_ a: Attributes) throws -> ClassBalance {
  switch a.value("strategy") {
  case nil, .string("auto"): .even
  case .number(let ratio): .ratio(ratio)
  case .some(let other): throw GoldenError.unsupported("strategy \(other)")
  }
}

private func classCounts(_ data: Dataset) -> [String: Output] {
  ["class_counts": .host(HostArray(data.sampleCountsByClass))]
}
