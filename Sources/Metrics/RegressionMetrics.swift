/// How far predicted numbers are from true ones, from arrays in host memory; sums in Double.
///
/// Several outputs per sample are row-major `[samples, outputs]`. With no samples every mean is NaN.
public enum RegressionMetrics {
  /// `mean((t - p)²)` over samples and outputs.
  ///
  /// - Precondition: as many predictions as targets.
  public static func meanSquaredError(targets: [Float], predictions: [Float]) -> Double {
    mean(targets, predictions, "meanSquaredError") { target, prediction in
      (target - prediction) * (target - prediction)
    }
  }

  /// `√meanSquaredError`: in the unit of the targets. Over several outputs the root is taken once, of the overall mean.
  ///
  /// - Precondition: as many predictions as targets.
  public static func rootMeanSquaredError(targets: [Float], predictions: [Float]) -> Double {
    meanSquaredError(targets: targets, predictions: predictions).squareRoot()
  }

  /// `mean(|t - p|)` over samples and outputs.
  ///
  /// - Precondition: as many predictions as targets.
  public static func meanAbsoluteError(targets: [Float], predictions: [Float]) -> Double {
    mean(targets, predictions, "meanAbsoluteError") { abs($0 - $1) }
  }

  /// `scale · mean(|t - p| / |t|)`; a target of 0 divides by 2⁻⁵² instead (scikit-learn's choice), which makes the result huge.
  ///
  /// - Parameter scale: 1 for a fraction, 100 for a percentage.
  /// - Precondition: as many predictions as targets.
  public static func meanAbsolutePercentageError(
    targets: [Float], predictions: [Float], scale: Double = 100
  ) -> Double {
    scale
      * mean(targets, predictions, "meanAbsolutePercentageError") { target, prediction in
        abs(target - prediction) / max(abs(target), Double.ulpOfOne)
      }
  }

  /// The coefficient of determination, `1 - Σ(t - p)² / Σ(t - mean(t))²`: 1 is perfect, 0 as good as always saying the mean.
  ///
  /// Over several outputs the plain mean of each output's value. An output whose targets are all equal gives 1 when predicted
  /// exactly and 0 otherwise (scikit-learn's choice); NaN with fewer than two samples.
  /// - Precondition: as many predictions as targets, a multiple of `outputCount`.
  public static func r2(targets: [Float], predictions: [Float], outputCount: Int = 1) -> Double {
    requireSameCount(targets, predictions, "r2")
    precondition(
      outputCount >= 1 && targets.count.isMultiple(of: outputCount),
      "r2: \(targets.count) targets are not rows of \(outputCount) outputs")
    let sampleCount = targets.count / outputCount
    guard sampleCount >= 2 else { return .nan }
    let values: [Double] = (0..<outputCount).map { output in
      let rows = stride(from: output, to: targets.count, by: outputCount)
      let mean = rows.reduce(0) { $0 + Double(targets[$1]) } / Double(sampleCount)
      let total = rows.reduce(0) { $0 + square(Double(targets[$1]) - mean) }
      let residual = rows.reduce(0) { $0 + square(Double(targets[$1]) - Double(predictions[$1])) }
      guard total > 0 else { return residual == 0 ? 1 : 0 }
      return 1 - residual / total
    }
    return values.reduce(0, +) / Double(outputCount)
  }

  /// The cosine of the angle between each true and predicted row, `t·p / (|t| |p|)`, the mean over rows: 1 is the same
  /// direction. A row of zeros has no direction and counts as 0.
  ///
  /// - Precondition: as many predictions as targets, a multiple of `rowLength`.
  public static func cosineSimilarity(targets: [Float], predictions: [Float], rowLength: Int) -> Double {
    requireSameCount(targets, predictions, "cosineSimilarity")
    precondition(
      rowLength >= 1 && targets.count.isMultiple(of: rowLength),
      "cosineSimilarity: \(targets.count) targets are not rows of \(rowLength)")
    let cosines: [Double] = stride(from: 0, to: targets.count, by: rowLength).map { start in
      var (product, targetSquares, predictionSquares) = (0.0, 0.0, 0.0)
      for index in start..<(start + rowLength) {
        let (target, prediction) = (Double(targets[index]), Double(predictions[index]))
        product += target * prediction
        targetSquares += target * target
        predictionSquares += prediction * prediction
      }
      let scale = (targetSquares * predictionSquares).squareRoot()
      return scale == 0 ? 0 : product / scale
    }
    return cosines.reduce(0, +) / Double(cosines.count)
  }

  private static func mean(
    _ targets: [Float], _ predictions: [Float], _ name: StaticString, of error: (Double, Double) -> Double
  ) -> Double {
    requireSameCount(targets, predictions, name)
    return zip(targets, predictions).reduce(0) { $0 + error(Double($1.0), Double($1.1)) } / Double(targets.count)
  }

  private static func square(_ x: Double) -> Double { x * x }

  private static func requireSameCount(_ targets: [Float], _ predictions: [Float], _ name: StaticString) {
    precondition(
      targets.count == predictions.count, "\(name): \(targets.count) targets but \(predictions.count) predictions")
  }
}
