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

  /// One set's elements.
  private struct Stretch {
    let from: martlet_adam_state
    let gradient: UnsafePointer<Float>
    let to: martlet_adam_state
    let count: Int
  }

  /// Runs a program over sets of operands if it has a routine and they lie in order.
  ///
  /// - Returns: whether it did.
  static func run(
    _ program: ElementwiseProgram, _ sets: [MapOperands], parameters: [Scalar], on backend: CPUBackend
  ) -> Bool {
    guard program == adam, let step = backend.vector.pointee.adam_step else { return false }
    var stretches: [Stretch] = []
    stretches.reserveCapacity(sets.count)
    for set in sets {
      guard let stretch = stretch(of: set, on: backend) else { return false }
      stretches.append(stretch)
    }
    for set in sets {
      backend.cpuStorage(set.outputs[0].storage).isDividedAmongThreads.store(true, ordering: .relaxed)
    }
    let scalars = parameters.map { Float(bitPattern: $0.bits) }
    let taskCount = taskCount(for: stretches.reduce(0) { $0 + $1.count })
    scalars.withUnsafeBufferPointer { scalars in
      stretches.withUnsafeBufferPointer { stretches in
        // Each task has its part of every set, so that a thread has the same part of a parameter in every step, and in the products
        // that read it and give its gradient.
        backend.threads.run(taskCount: taskCount, isLocal: true) { task in
          for stretch in stretches {
            let (first, end) = (boundary(task, of: stretch, taskCount), boundary(task + 1, of: stretch, taskCount))
            if first == end { continue }
            step(
              stretch.from.advanced(by: first), stretch.gradient + first, scalars.baseAddress,
              stretch.to.advanced(by: first), end - first)
          }
        }
      }
    }
    return true
  }

  /// Tasks of some microseconds.
  private static func taskCount(for elements: Int) -> Int {
    let elementsPerTask = 4096
    return max(1, min(elements / elementsPerTask, elements < 1 << 20 ? 16 : 64))
  }

  /// Where a task's part of a set begins: with a cache line. A small set is the first task's, and thus the caller's, who most
  /// likely made its gradient alone.
  private static func boundary(_ task: Int, of stretch: Stretch, _ taskCount: Int) -> Int {
    if task == taskCount || (task > 0 && stretch.count < fewestDivided) { return stretch.count }
    return stretch.count * task / taskCount / 16 * 16
  }

  private static let fewestDivided = 4096

  /// Where the elements of a set are; `nil` where they do not lie in order.
  private static func stretch(of set: MapOperands, on backend: CPUBackend) -> Stretch? {
    func elements(_ view: View, _ base: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Float>? {
      guard view.dtype == .float32, view.layout.isContiguous, let base else { return nil }
      return base.assumingMemoryBound(to: Float.self) + view.layout.offset
    }
    func state(_ views: [View], _ base: (Storage) -> UnsafeMutableRawPointer?) -> martlet_adam_state? {
      guard let parameter = elements(views[0], base(views[0].storage)),
        let momentum = elements(views[1], base(views[1].storage)),
        let velocity = elements(views[2], base(views[2].storage))
      else { return nil }
      return martlet_adam_state(parameter: parameter, momentum: momentum, velocity: velocity)
    }
    guard let from = state(set.inputs, backend.bytes(reading:)), let to = state(set.outputs, backend.bytes(writing:)),
      let gradient = elements(set.inputs[3], backend.bytes(reading: set.inputs[3].storage))
    else { return nil }
    return Stretch(
      from: from, gradient: UnsafePointer(gradient), to: to, count: set.outputs[0].layout.elementCount)
  }
}

extension martlet_adam_state {
  /// The same arrays from a later element on.
  fileprivate func advanced(by count: Int) -> martlet_adam_state {
    martlet_adam_state(parameter: parameter + count, momentum: momentum + count, velocity: velocity + count)
  }
}
