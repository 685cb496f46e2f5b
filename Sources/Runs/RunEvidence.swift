import Foundation
import MartletCharts
import MartletData
import MartletMetrics

/// What a run leaves for those who want to see more than numbers: who was taken for whom, the worst mistakes, the weights' distribution.
public struct RunEvidence: Codable, Hashable, Sendable {
  /// A sample that was taken for something else.
  public struct Mistake: Codable, Hashable, Sendable {
    /// Its number among the test samples.
    public var sample: Int
    /// Its class.
    public var label: Int
    /// What it was taken for.
    public var prediction: Int
    /// How sure the network was of that.
    public var probability: Double
    /// A picture of it, where it is one: the bytes of a PNG file.
    public var picture: Data?

    /// A mistake.
    public init(sample: Int, label: Int, prediction: Int, probability: Double, picture: Data?) {
      (self.sample, self.label, self.prediction) = (sample, label, prediction)
      (self.probability, self.picture) = (probability, picture)
    }
  }

  /// How the values of a parameter are spread.
  public struct Spread: Codable, Hashable, Sendable {
    /// The parameter.
    public var name: String
    /// Its shape.
    public var shape: [Int]
    /// The ends of the bins, one more than bins.
    public var edges: [Double]
    /// How many values fell into each bin.
    public var counts: [Int]

    /// A histogram.
    public init(name: String, shape: [Int], histogram: Histogram) {
      (self.name, self.shape) = (name, shape)
      (edges, counts) = (histogram.edges, histogram.counts)
    }
  }

  /// A curve over all thresholds.
  public struct Curve: Codable, Hashable, Sendable {
    /// Across.
    public var x: [Double]
    /// Upwards.
    public var y: [Double]
    /// What is below it, or the average precision.
    public var area: Double
  }

  /// Pictures of one layer, or of samples and what became of them.
  public struct Gallery: Codable, Hashable, Sendable {
    /// What it is.
    public var title: String
    /// What is to be seen.
    public var caption: String
    /// The bytes of a PNG file.
    public var picture: Data

    /// A gallery.
    public init(title: String, caption: String, picture: Data) {
      (self.title, self.caption, self.picture) = (title, caption, picture)
    }
  }

  /// Names of the classes, where there are any.
  public var classNames: [String] = []
  /// How often samples of each class were taken for each class, row by row; empty without classes.
  public var confusion: [Int] = []
  /// The worst mistakes, those the network was surest of first.
  public var mistakes: [Mistake] = []
  /// How many mistakes there were.
  public var mistakeCount = 0
  /// The receiver operating characteristic of the second of two classes.
  public var roc: Curve?
  /// Precision over recall of the second of two classes.
  public var precisionRecall: Curve?
  /// The parameters.
  public var weights: [Spread] = []
  /// Pictures.
  public var galleries: [Gallery] = []
  /// The table of layers.
  public var summary: String?
  /// The network as an SVG document.
  public var drawing: String?

  /// Nothing.
  public init() {}
}

extension RunEvidence {
  /// Who was taken for whom; `nil` without classes, or where the counts do not fit them.
  public var confusionMatrix: ConfusionMatrix? {
    guard !classNames.isEmpty, confusion.count == classNames.count * classNames.count,
      confusion.allSatisfy({ 0...1 << 48 ~= $0 })
    else { return nil }
    return ConfusionMatrix(counts: confusion, classCount: classNames.count)
  }
}
