import MartletAutograd
import MartletBackend
import MartletLayerCases
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

/// What every layer has to hold, for one line per layer and configuration.
@Suite("Every layer") struct LayerSuite {
  typealias Case = LayerCase
  static let cases = LayerCase.all

  @Test("says beforehand what shape it gives, for any batch size", arguments: cases)
  func shapes(_ test: Case) throws {
    for device in Device.underTest {
      let layer = test.make()
      let built = try withDevice(device) { try layer.build(for: test.input) }
      #expect(built == test.output)
      for batch in [1, 3] {
        let x = test.inputs(batch, on: device)
        #expect(layer(x, mode: .inference).shape == Shape([batch] + Array(test.output)))
        #expect(layer(x, mode: .training(seed: 1, step: 0)).shape == Shape([batch] + Array(test.output)))
      }
    }
  }

  @Test("builds itself when called unbuilt", arguments: cases)
  func lazyBuilding(_ test: Case) {
    let layer = test.make()
    withDevice(.reference) {
      #expect(layer(test.inputs(2), mode: .inference).shape == Shape([2] + Array(test.output)))
    }
    let parameters = layer.parameters
    #expect(!parameters.contains { !$0.isInitialized })
  }

  @Test("has the gradients that central differences find, for its input and every parameter", arguments: cases)
  func gradients(_ test: Case) throws {
    let layer = test.make()
    try withDevice(.reference) { _ = try layer.build(for: test.input, seed: 3) }
    let x = test.indices == nil ? separated(Shape([3] + Array(test.input))) : test.inputs(3, on: .reference)
    let cotangent = sample(Shape([3] + Array(test.output)), seed: 7, on: .reference)
    // Moving statistics change with every pass, but the result of a training pass does not depend on them.
    let mode = Mode.training(seed: 1, step: 0)
    func loss(_ x: Tensor) -> Tensor { (layer(x, mode: mode) * cotangent).sum() }

    let leaf = test.indices == nil ? x.requiringGradient() : x
    let gradients = loss(leaf).gradients()
    if test.indices == nil {
      try expectDifferences(try #require(gradients[leaf]), at: x) { changed in
        try withoutGradient { try loss(changed).item() }
      }
    }
    for parameter in layer.trainableParameters {
      let value = parameter.value.detached
      try expectDifferences(try #require(gradients[parameter]), at: value) { changed in
        parameter.assign(changed)
        defer { parameter.assign(value) }
        return try withoutGradient { try loss(x).item() }
      }
    }
  }

  /// Numbers from -1 to 1 in mixed order, all further apart than two steps, so that no maximum changes its place.
  private func separated(_ shape: Shape) -> Tensor {
    let count = shape.elementCount
    let stride = [89, 97, 101].first { !count.isMultiple(of: $0) } ?? 1
    let values = (0..<count).map { Float($0 * stride % count) / Float(count) * 2 - 1 }
    return Tensor(values, shape: shape, on: .reference)
  }

  /// Compares a gradient with (f(x + h) - f(x - h)) / 2h, element by element. With h = 2⁻⁸ both the rounding of f (some 1e-6 / 2h)
  /// and its curvature (h²) stay below 2e-3.
  private func expectDifferences(_ gradient: Tensor, at x: Tensor, of function: (Tensor) throws -> Float) throws {
    let step: Float = 0x1p-8
    let values = try x.floats()
    let gradients = try gradient.floats()
    for index in values.indices {
      var (above, below) = (values, values)
      above[index] += step
      below[index] -= step
      let rise =
        try function(Tensor(above, shape: x.shape, on: .reference))
        - function(Tensor(below, shape: x.shape, on: .reference))
      let difference = rise / (2 * step)
      #expect(
        abs(gradients[index] - difference) <= 4e-3 * max(1, abs(difference)),
        "element \(index): \(gradients[index]), \(difference)")
    }
  }
}
