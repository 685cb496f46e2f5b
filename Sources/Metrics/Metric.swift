import MartletAutograd
import MartletTensor

/// Something worth knowing about a model besides its loss, measured batch by batch while it trains or is evaluated.
///
/// A metric turns the outputs and targets of a batch into a few sums, on the device, which add up over batches; only the value
/// at the end leaves the device. So measuring does not make training wait.
///
///     Trainer(model, loss: …, optimizer: …, metrics: [.accuracy, .topK(5)])
///
/// One of your own needs a name and a sum over the samples of a batch; its value is the mean per sample:
///
///     let offByOne = Metric("off_by_one") { batch in
///       ((batch.outputs.argmax(alongAxis: -1) - batch.targets).abs() .<= 1).cast(to: .float32).sum()
///     }
public struct Metric: Sendable, CustomStringConvertible {
  /// What a model said about a batch, and what would have been right.
  public struct Batch: Sendable {
    /// `[samples, …]`, float32.
    public let outputs: Tensor
    /// Labels (int32), or values (float32), as the loss takes them.
    public let targets: Tensor
    /// What kind of numbers the outputs are, where they stand for classes.
    public let outputKind: OutputKind

    /// A batch to be measured.
    public init(outputs: Tensor, targets: Tensor, outputKind: OutputKind) {
      self.outputs = outputs
      self.targets = targets
      self.outputKind = outputKind
    }
  }

  /// What kind of numbers a classifier gives. It follows from the loss it is trained with.
  public enum OutputKind: Hashable, Sendable {
    /// Numbers from 0 to 1, after a sigmoid or softmax.
    case probabilities
    /// Any numbers, before it.
    case logits
  }

  /// The sums over a batch and how many samples (or elements) they are over.
  package struct Contribution: Sendable {
    package var sums: Tensor
    package var count: Int

    package init(sums: Tensor, count: Int) {
      self.sums = sums
      self.count = count
    }
  }

  /// The name in the history and the progress line, in Keras' spelling: `accuracy`, `mean_absolute_error`.
  public let name: String
  /// Whether a larger value is a better one.
  public let isBetterWhenLarger: Bool
  /// The name.
  public var description: String { name }

  package let contribution: @Sendable (Batch) -> Contribution
  package let value: @Sendable (_ sums: [Double], _ count: Int) -> Double

  package init(
    name: String, isBetterWhenLarger: Bool, contribution: @escaping @Sendable (Batch) -> Contribution,
    value: @escaping @Sendable (_ sums: [Double], _ count: Int) -> Double = { $0[0] / Double($1) }
  ) {
    self.name = name
    self.isBetterWhenLarger = isBetterWhenLarger
    self.contribution = contribution
    self.value = value
  }

  /// A metric of your own: the mean over all samples of what `sum` adds up over a batch.
  ///
  /// - Parameters:
  ///   - name: Its name in the history.
  ///   - isBetterWhenLarger: Whether a larger value is a better one.
  ///   - sum: The sum over the samples of a batch, a float32 tensor of one element. The number of samples is the first extent of
  ///     the outputs. A trainer calls it on whichever thread has time.
  public init(_ name: String, isBetterWhenLarger: Bool = true, sum: @escaping @Sendable (Batch) -> Tensor) {
    self.init(
      name: name, isBetterWhenLarger: isBetterWhenLarger,
      contribution: { Contribution(sums: sum($0), count: $0.outputs.shape.first ?? 1) })
  }
}
