import MartletAutograd
import MartletTensor

/// What became of a case on a device.
enum Verdict {
  case passed
  /// Each output that is wrong, in words.
  case failed([String])
  case unsupported(String)
}

extension GoldenSet {
  /// Runs one case on one device.
  func run(_ goldenCase: Manifest.Case, on device: Device) -> Verdict {
    guard let definition = definitions[goldenCase.category]?[goldenCase.op] else {
      return .unsupported("no definition")
    }
    do {
      let run = try CaseRun(goldenCase, of: self, on: device)
      let faults = try withDevice(device) { try self.faults(of: try definition(run), in: run) }
      if !run.unread.isEmpty { return .unsupported("ignores " + run.unread.joined(separator: ", ")) }
      return faults.isEmpty ? .passed : .failed(faults)
    } catch GoldenError.unsupported(let what) {
      return .unsupported(what)
    } catch {
      return .failed(["\(error)"])
    }
  }

  private func faults(of outputs: [String: Output], in run: CaseRun) throws -> [String] {
    var results = outputs
    for (name, gradient) in try gradients(of: outputs, in: run) { results["grad_\(name)"] = .tensor(gradient) }
    return try run.goldenCase.expected.sorted { $0.key < $1.key }.compactMap { name, reference in
      let expected = try array(reference)
      let (rtol, atol) = (run.goldenCase.rtol, run.goldenCase.atol)
      guard let actual = results[name] else { return "\(name): missing" }
      return difference(of: try actual.hostArray(), from: expected, rtol: rtol, atol: atol).map { "\(name): \($0)" }
    }
  }

  /// The gradients of `Σ output · cotangent` over the outputs that have a cotangent, for the inputs that are leaves.
  private func gradients(of outputs: [String: Output], in run: CaseRun) throws -> [String: Tensor] {
    let leaves = run.leaves
    if leaves.isEmpty { return [:] }
    var total: Tensor?
    for (name, output) in outputs.sorted(by: { $0.key < $1.key }) {
      guard case .tensor(let tensor) = output, let cotangent = try run.cotangent(of: name) else { continue }
      guard cotangent.shape == tensor.shape else { continue }  // Reported as a wrong shape of the output.
      let term = (tensor * cotangent).sum()
      total = total.map { $0 + term } ?? term
    }
    guard let total else { throw GoldenError.malformed("gradients are expected, but no output has a cotangent") }
    let gradients = total.gradients()
    // A leaf without influence has no entry; its gradient is zero.
    return leaves.mapValues { gradients[$0] ?? Tensor(filling: $0.shape, with: 0, on: run.device) }
  }
}

extension CaseRun {
  /// The cotangent of an output. A bare `cotangent` belongs to the operation's first output.
  fileprivate func cotangent(of output: String) throws -> Tensor? {
    if has("cotangent_\(output)") { return try tensor(host("cotangent_\(output)")) }
    return output == firstOutput && has("cotangent") ? try tensor(host("cotangent")) : nil
  }
}
