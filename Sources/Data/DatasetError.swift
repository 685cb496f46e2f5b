/// Why values handed to a `Dataset` do not make one, or cannot be divided as asked.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// A sample shape is empty of elements, has a negative axis, or is too large to count.
  case impossibleShape(what: String, shape: [Int])
  /// The number of values is not a whole number of samples of the shape.
  case valuesDoNotFillShape(what: String, valueCount: Int, shape: [Int])
  /// Inputs and targets disagree about the number of samples.
  case countMismatch(inputs: Int, targets: Int)
  /// A class label is not the index of a class.
  case labelOutOfRange(index: Int, label: String, classCount: Int)
  /// There are not as many sample weights as samples.
  case weightCountMismatch(samples: Int, weights: Int)
  /// A sample weight is negative or not finite.
  case impossibleWeight(index: Int, weight: Float)
  /// A dataset cannot be divided as asked; `reason` says which rule is broken.
  case impossibleDivision(reason: String)

  /// What is wrong, with the values that are, and what would be right.
  public var description: String {
    switch self {
    case .impossibleShape(let what, let shape):
      "\(what): a sample of shape \(shape) has no elements that could be stored; every axis has to be at least 1"
    case .valuesDoNotFillShape(let what, let valueCount, let shape):
      "\(what): \(valueCount) values are not a whole number of samples of shape \(shape), "
        + "which take \(shape.reduce(1, *)) values each"
    case .countMismatch(let inputs, let targets):
      "\(inputs) samples have \(targets) targets; each sample needs exactly one"
    case .labelOutOfRange(let index, let label, let classCount):
      "label \(label) of sample \(index) is not one of the \(classCount) classes 0…\(classCount - 1); "
        + "labels count from 0, and more class names make more classes"
    case .weightCountMismatch(let samples, let weights):
      "\(samples) samples have \(weights) weights; each sample needs exactly one"
    case .impossibleWeight(let index, let weight):
      "the weight of sample \(index) is \(weight); weights are finite and not negative"
    case .impossibleDivision(let reason):
      reason
    }
  }
}
