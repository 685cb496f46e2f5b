import CMartletKernels
import MartletBackend

/// A program that is worth a routine of its own: where each value stays in a register from the first instruction to the last
/// instead of going through the first cache after each.
///
/// The program stays the definition: a routine does the same operations in the same order. Only Adam, which is most of what a
/// small network's step does besides its products, has earned one.
enum WholeProgram {
  /// Inputs: parameter, momentum, velocity, gradient. Arguments: rate, 1 - beta1, 1 - beta2, epsilon.
  static let adam = ElementwiseProgram(
    inputs: [LaneType](repeating: .float32, count: 4), parameters: [LaneType](repeating: .float32, count: 4)
  ) { x, p in
    let (parameter, gradient) = (x[0], x[3])
    let momentum = x[1] + (gradient - x[1]) * p[1]
    let velocity = x[2] + (gradient * gradient - x[2]) * p[2]
    return [parameter - momentum * p[0] / (velocity.squareRoot() + p[3]), momentum, velocity]
  }

  /// Some 3 µs.
  private static let elementsPerTask = 8192

  /// A stretch of one set's elements.
  private struct Task {
    var parameter, momentum, velocity: UnsafeMutablePointer<Float>
    var gradient: UnsafePointer<Float>
    var count: Int
  }

  /// Runs a program over sets of operands if it has a routine and they lie in order, the states in place.
  ///
  /// - Returns: whether it did.
  static func run(
    _ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar], on backend: CPUBackend
  ) -> Bool {
    guard program == adam else { return false }
    var tasks: [Task] = []
    for set in sets {
      guard (set.inputs + set.outputs).allSatisfy({ $0.dtype == .float32 && $0.layout.isContiguous }) else {
        return false
      }
      let addresses =
        set.inputs.compactMap { backend.elements(reading: $0) }
        + set.outputs.compactMap { backend.elements(writing: $0) }
      guard addresses.count == set.inputs.count + set.outputs.count else { return false }
      guard addresses[0..<3] == addresses[4..<7] else { return false }
      let count = set.outputs[0].layout.elementCount
      for start in stride(from: 0, to: count, by: elementsPerTask) {
        tasks.append(
          Task(
            parameter: addresses[0] + start, momentum: addresses[1] + start, velocity: addresses[2] + start,
            gradient: UnsafePointer(addresses[3] + start), count: min(elementsPerTask, count - start)))
      }
    }
    let scalars = parameters.map { Float(bitPattern: $0.bits) }
    let step = backend.vector.pointee.adam_step
    scalars.withUnsafeBufferPointer { scalars in
      tasks.withUnsafeBufferPointer { tasks in
        backend.threads.run(taskCount: tasks.count) { index in
          let task = tasks[index]
          step?(task.parameter, task.momentum, task.velocity, task.gradient, scalars.baseAddress, task.count)
        }
      }
    }
    return true
  }
}
