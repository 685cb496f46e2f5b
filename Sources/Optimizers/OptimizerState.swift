import MartletBackend
import MartletLayers
import MartletTensor

/// What an optimizer remembers: the number of updates, and a few arrays for each parameter.
public struct OptimizerState: Sendable {
  /// How many updates there were.
  public internal(set) var step = 0

  private struct Entry {
    let parameter: Parameter
    var slots: [Tensor]
    /// The last call of the backend that it was part of.
    var round = 0
  }

  private var round = 0
  private var entries: [Entry] = []
  private var positions: [ObjectIdentifier: Int] = [:]
  /// Programs are traced once.
  var programs: [StepRecipe: ElementwiseProgram] = [:]

  /// Nothing remembered yet.
  public init() {}

  /// Runs one step on parameters and what is remembered for them, in place, in as few calls of the backend as there are devices.
  ///
  /// - Parameter steps: Parameters that have a value, and for each the further inputs of the program.
  mutating func step(
    _ steps: [(parameter: Parameter, inputs: [Tensor])], slotCount: Int, with program: ElementwiseProgram,
    parameters: [Scalar]
  ) {
    let positions = steps.map { position(of: $0.parameter, slotCount: slotCount) }
    var start = 0
    while start < steps.count {
      var end = start
      round += 1
      // A parameter that is listed twice moves twice, one after the other.
      while end < steps.count, entries[positions[end]].round != round,
        steps[end].inputs[0].backend === steps[start].inputs[0].backend
      {
        entries[positions[end]].round = round
        end += 1
      }
      var changes: [Tensor.Change] = []
      changes.reserveCapacity(end - start)
      for index in start..<end {
        guard let value = steps[index].parameter.take() else { preconditionFailure("a gradient for no value") }
        var slots: [Tensor] = []
        swap(&slots, &entries[positions[index]].slots)
        changes.append(Tensor.Change(value, slots, inputs: steps[index].inputs))
      }
      Tensor.update(&changes, with: program, parameters: parameters)
      for (offset, change) in changes.enumerated() {
        entries[positions[start + offset]].slots = change.others
        steps[start + offset].parameter.putBack(change.state)
      }
      start = end
    }
  }

  private mutating func position(of parameter: Parameter, slotCount: Int) -> Int {
    let value = parameter.value
    if let position = positions[ObjectIdentifier(parameter)] {
      // A model that moved to another device takes its state along. A state that cannot be read any more starts anew: the
      // error sticks to its device and is thrown where that is next read.
      if let first = entries[position].slots.first, first.device != value.device {
        entries[position].slots = entries[position].slots.map {
          (try? $0.to(value.device)) ?? .zeros(value.shape, on: value.device)
        }
      }
      return position
    }
    let slots = (0..<slotCount).map { _ in Tensor.zeros(value.shape, on: value.device) }
    entries.append(Entry(parameter: parameter, slots: slots))
    positions[ObjectIdentifier(parameter)] = entries.count - 1
    return entries.count - 1
  }
}

// Saving and restoring.
extension Optimizer {
  /// What is remembered, by parameter and slot: `2.kernel/velocity`.
  public var stateTensors: [String: Tensor] {
    Dictionary(state.namedSlots(slotNames)) { first, _ in first }
  }

  /// Goes on from a saved state.
  ///
  /// - Throws: `ModelError.weightsDoNotFit` where the arrays are not those of the model's trainable parameters; then nothing changes.
  public mutating func restore(step: Int, tensors: [String: Tensor], for model: some Layer) throws {
    state = try OptimizerState(
      step: step, tensors: tensors, slotNames: slotNames, parameters: model.trainableParameters, optimizer: name)
  }
}

extension OptimizerState {
  fileprivate func namedSlots(_ slotNames: [String]) -> [(String, Tensor)] {
    entries.flatMap { entry in zip(slotNames, entry.slots).map { ("\(entry.parameter.name)/\($0)", $1) } }
  }

  fileprivate init(
    step: Int, tensors: [String: Tensor], slotNames: [String], parameters: [Parameter], optimizer: String
  ) throws {
    self.init()
    self.step = step
    for parameter in parameters {
      let slots = try slotNames.compactMap { slot -> Tensor? in
        guard let tensor = tensors["\(parameter.name)/\(slot)"] else { return nil }
        guard tensor.shape == parameter.value.shape, tensor.dtype == .float32 else {
          throw ModelError.weightsDoNotFit(
            source: "the state of \(optimizer)",
            reason:
              "\(parameter.name)/\(slot) is \(tensor.dtype) of shape \(tensor.shape), the parameter \(parameter.value.shape)"
          )
        }
        return try tensor.to(parameter.value.device).detached
      }
      // Parameters that never had a gradient have no state.
      if slots.isEmpty { continue }
      guard slots.count == slotNames.count else {
        throw ModelError.weightsDoNotFit(
          source: "the state of \(optimizer)", reason: "\(parameter.name) needs \(slotNames.joined(separator: ", "))")
      }
      positions[ObjectIdentifier(parameter)] = entries.count
      entries.append(Entry(parameter: parameter, slots: slots))
    }
  }
}
