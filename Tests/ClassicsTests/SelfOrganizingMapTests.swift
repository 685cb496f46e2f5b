import Foundation
import MartletAutograd
import MartletBackend
import MartletClassics
import MartletData
import MartletTensor
import MartletTestSupport
import MartletTraining
import Testing

@Suite("A self-organizing map") struct SelfOrganizingMapTests {
  // Units 0, 1, 2 in a row at 0, 4, 8 on a line; the sample 5 is nearest to unit 1. With radius 1 a neighbour's share is e^-½ = 0.606531.
  // Rate ½: unit 1 goes to 4 + ½·1 = 4.5, unit 0 to 0 + 0.303265·5 = 1.516327, unit 2 to 8 - 0.303265·3 = 7.090204.
  @Test("takes a step as worked by hand", arguments: Device.underTest)
  func step(on device: Device) throws {
    var map = SelfOrganizingMap(rows: 1, columns: 3, weight: Tensor([0, 4, 8], shape: [3, 1], on: device))
    let error = map.learn(Tensor([5], shape: [1, 1], on: device), rate: 0.5, radius: 1)
    expectClose(error, [1])
    expectClose(map.weight, [1.516_327, 4.5, 7.090_204], shape: [3, 1])
  }

  // Two equal samples at once are two steps: with h fixed at the first best unit both ways.
  @Test("moves by a batch of equal samples as by one after another", arguments: Device.underTest)
  func equalSamples(on device: Device) throws {
    var together = SelfOrganizingMap(rows: 1, columns: 3, weight: Tensor([0, 4, 8], shape: [3, 1], on: device))
    var single = together
    together.learn(Tensor([5, 5], shape: [2, 1], on: device), rate: 0.3, radius: 1)
    for _ in 0..<2 { single.learn(Tensor([5], shape: [1, 1], on: device), rate: 0.3, radius: 1) }
    expectClose(together.weight, try single.weight.floats())
  }

  @Test("measures distance and folds", arguments: Device.underTest)
  func errors(on device: Device) throws {
    // Units 0 and 2 of a row of three are the two nearest to 0.9: not neighbours. For 5.1 they are 1 and 2.
    let map = SelfOrganizingMap(rows: 1, columns: 3, weight: Tensor([0, 5, 2], shape: [3, 1], on: device))
    let x = Tensor([0.9, 5.1], shape: [2, 1], on: device)
    #expect(try map.bestUnits(x).int32s() == [0, 1])
    expectClose(map.quantizationError(x), [0.5])
    expectClose(map.topographicError(x), [0.5])
  }

  @Test("units far from every sample stay, finite", arguments: Device.underTest)
  func underflow(on device: Device) throws {
    var map = SelfOrganizingMap(rows: 1, columns: 200, features: 2, seed: 1, on: device)
    let before = try map.weight.floats()
    let x = map.weight.sliced(axis: 0, from: 0, count: 1)
    map.learn(x, rate: 1, radius: 0.5)
    let after = try map.weight.floats()
    #expect(after.allSatisfy(\.isFinite) && after[200...] == before[200...])
  }

  @Test("unrolls on a square: the error falls, and neighbours are neighbours; equal seeds give equal maps")
  func square() throws {
    let points = try Tensor.uniform([500, 2], key: RandomKey(seed: 3)).floats()
    let data = try Dataset(inputs: points, shape: [2])
    func trained() throws -> (SelfOrganizingMap, History) {
      var map = SelfOrganizingMap(rows: 6, columns: 6, features: 2, seed: 1)
      let history = try map.fit(data, epochs: 6, batchSize: 8, seed: 1, progress: .silent)
      return (map, history)
    }
    let (map, history) = try trained()
    let x = Tensor(points, shape: [500, 2])
    // 36 units in a square of side 1: cells of side 1/6, mean distance from the middle 0.3826 / 6 = 0.0638. Half as much again is fair.
    #expect(try map.quantizationError(x).item() < 0.096)
    #expect(try map.topographicError(x).item() < 0.1)
    #expect(history["quantization_error"].last ?? 1 < history["quantization_error"].first ?? 0)
    #expect(try trained().0.weight.floats() == map.weight.floats())
  }

  @Test("throws where samples do not fit")
  func misfit() throws {
    var map = SelfOrganizingMap(rows: 2, columns: 2, features: 3)
    let data = try Dataset(inputs: [1, 2], shape: [2])
    #expect(throws: TrainingError.self) { try map.fit(data, progress: .silent) }
  }
}
