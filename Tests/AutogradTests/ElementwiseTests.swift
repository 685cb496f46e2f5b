import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Element-wise operations") struct ElementwiseTests {
  @Test("arithmetic with broadcasting", arguments: Device.underTest)
  func arithmetic(on device: Device) throws {
    let a = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], on: device)
    let row = Tensor([10, 20, 30], on: device)
    let column = Tensor([1, 2], shape: [2, 1], on: device)
    expectClose(a + row, [11, 22, 33, 14, 25, 36], shape: [2, 3])
    expectClose(a - column, [0, 1, 2, 2, 3, 4])
    expectClose(column * row, [10, 20, 30, 20, 40, 60], shape: [2, 3])
    expectClose(row / Tensor(4, on: device), [2.5, 5, 7.5])
    expectClose(2 * a - 1, [1, 3, 5, 7, 9, 11])
    expectClose(6 / a + 1 - a, [6, 2, 0, -1.5, -2.8, -4])
    expectClose(1 - -a, [2, 3, 4, 5, 6, 7])
    expectClose(a.transposed() + column.transposed(), [2, 6, 3, 7, 4, 8], shape: [3, 2])
    expectClose(Tensor.zeros([0, 3], on: device) + row, [], shape: [0, 3])
    expectClose(Tensor.zeros([2, 0], on: device) * column, [], shape: [2, 0])
  }

  @Test("whole numbers wrap, divide towards zero and keep the dividend's sign", arguments: Device.underTest)
  func integers(on device: Device) throws {
    let a = Tensor([7, -7, .max, 5] as [Int32], shape: [4], on: device)
    let b = Tensor([2, 2, 1, 0] as [Int32], shape: [4], on: device)
    #expect(try (a + b).int32s() == [9, -5, .min, 5])
    #expect(try (a * b).int32s() == [14, -14, .max, 0])
    #expect(try (a / b).int32s() == [3, -3, .max, 0])
    #expect(try (a % b).int32s() == [1, -1, 0, 0])
    #expect(try (a % 4).int32s() == [3, -3, 3, 1])
    #expect(try (a - 1).int32s() == [6, -8, .max - 1, 4])
    #expect(try (-b).int32s() == [-2, -2, -1, 0])
    #expect(try b.squared().int32s() == [4, 4, 1, 0])
    #expect(try Tensor.maximum(a, b).int32s() == [7, 2, .max, 5])
    #expect(try a.clamped(to: -3...6).int32s() == [6, -3, 6, 5])
  }

  @Test("functions at known points", arguments: Device.underTest)
  func functions(on device: Device) throws {
    let x = Tensor([-1, 0, 0.5, 2], on: device)
    expectClose(x.exp(), [0.36787944, 1, 1.6487213, 7.389056])
    expectClose(x.expm1(), [-0.63212056, 0, 0.6487213, 6.389056])
    expectClose(x.log(), [.nan, -.infinity, -0.6931472, 0.6931472])
    expectClose(x.log1p(), [-.infinity, 0, 0.4054651, 1.0986123])
    expectClose(x.squareRoot(), [.nan, 0, 0.70710677, 1.4142135])
    expectClose(x.reciprocalSquareRoot(), [.nan, .infinity, 1.4142135, 0.70710677])
    expectClose(x.squared(), [1, 0, 0.25, 4])
    expectClose(x.reciprocal(), [-1, .infinity, 2, 0.5])
    expectClose(x.sin(), [-0.84147096, 0, 0.47942555, 0.9092974])
    expectClose(x.cos(), [0.5403023, 1, 0.87758255, -0.41614684])
    expectClose(x.tanh(), [-0.7615942, 0, 0.46211717, 0.9640276])
    expectClose(x.erf(), [-0.8427008, 0, 0.5204999, 0.9953223])
    expectClose(x.sigmoid(), [0.26894143, 0.5, 0.62245935, 0.880797])
    expectClose(x.abs(), [1, 0, 0.5, 2])
    expectClose(x.sign(), [-1, 0, 1, 1])
    let halves = Tensor([-1.5, -0.5, 0.5, 1.5, 2.4], on: device)
    expectClose(halves.floor(), [-2, -1, 0, 1, 2])
    expectClose(halves.ceiling(), [-1, 0, 1, 2, 3])
    expectClose(halves.round(), [-2, 0, 0, 2, 2])
  }

  @Test("powers: 0⁰ is 1, a negative base takes whole exponents only", arguments: Device.underTest)
  func powers(on device: Device) throws {
    let base = Tensor([0, 2, -2, -2, 4], on: device)
    expectClose(base.power(Tensor([0, 3, 3, 0.5, -0.5], on: device)), [1, 8, -8, .nan, 0.5])
    expectClose(base.power(3), [0, 8, -8, -8, 64])
    expectClose(base.power(0), [1, 1, 1, 1, 1])
    expectClose(base.power(0.5), [0, 1.4142135, .nan, .nan, 2])
  }

  @Test("comparisons and logic; NaN equals nothing", arguments: Device.underTest)
  func comparisons(on device: Device) throws {
    let a = Tensor([1, 2, .nan], on: device)
    let b = Tensor([2, 2, .nan], on: device)
    #expect(try (a .== b).bools() == [false, true, false])
    #expect(try (a .!= b).bools() == [true, false, true])
    #expect(try (a .< b).bools() == [true, false, false])
    #expect(try (a .<= b).bools() == [true, true, false])
    #expect(try (a .> 1).bools() == [false, true, false])
    #expect(try (a .>= 1).bools() == [true, true, false])
    #expect(try ((a .< 2) & (b .== 2)).bools() == [true, false, false])
    #expect(try ((a .< 2) | (b .== 2)).bools() == [true, true, false])
    #expect(try (!(a .< 2)).bools() == [false, true, true])
    #expect(try (Tensor([3, 4] as [Int32], shape: [2], on: device) .== 4).bools() == [false, true])
    #expect(try (Tensor([3, 200] as [UInt8], shape: [2], on: device) .>= 100).bools() == [false, true])
  }

  @Test("select, maximum, minimum and clamped; NaN is passed on", arguments: Device.underTest)
  func choosing(on device: Device) throws {
    let condition = Tensor([true, false], shape: [2, 1], on: device)
    expectClose(
      .select(condition, Tensor([1, 2], on: device), Tensor([8, 9], on: device)), [1, 2, 8, 9], shape: [2, 2])
    expectClose(.select(condition, Tensor([1, 2], on: device), 0), [1, 2, 0, 0])
    expectClose(.select(condition, -1, Tensor([1, 2], on: device)), [-1, -1, 1, 2])
    let a = Tensor([1, 5, .nan, 3], on: device)
    let b = Tensor([2, 4, 0, .nan], on: device)
    expectClose(.maximum(a, b), [2, 5, .nan, .nan])
    expectClose(.minimum(a, b), [1, 4, .nan, .nan])
    expectClose(a.clamped(to: 2...4), [2, 4, .nan, 3])
  }

  @Test("conversions truncate, saturate and count truth as one", arguments: Device.underTest)
  func casts(on device: Device) throws {
    let x = Tensor([-1.7, 0, 300.9, 3e9, .nan], on: device)
    #expect(try x.cast(to: .int32).int32s() == [-1, 0, 300, .max, 0])
    #expect(try x.cast(to: .uint8).bytes() == [0, 0, 255, 255, 0])
    #expect(try x.cast(to: .bool).bools() == [true, false, true, true, true])
    expectClose((x .> 0).cast(to: .float32), [0, 0, 1, 1, 0])
    expectClose(Tensor([0, 255] as [UInt8], shape: [2], on: device).cast(to: .float32), [0, 255])
  }

  @Test("kinks have the gradient of their left side or of the first operand", arguments: Device.underTest)
  func kinks(on device: Device) throws {
    func slope(at x: Float, _ f: (Tensor) -> Tensor) throws -> Float {
      try gradient(at: Tensor([x], on: device)) { f($0).sum() }.item()
    }
    #expect(try slope(at: 0) { $0.relu() } == 0)
    #expect(try slope(at: 0) { $0.abs() } == 0)
    #expect(try slope(at: 0) { $0.relu6() } == 0)
    #expect(try slope(at: 6) { $0.relu6() } == 0)
    #expect(try slope(at: 0) { $0.leakyRelu(negativeSlope: 0.1) } == 1)
    #expect(try slope(at: 0) { $0.sign() } == 0)
    #expect(try slope(at: 0.3) { $0.step() } == 0)
    #expect(try slope(at: 2) { .maximum($0, $0.detached) } == 1)
    #expect(try slope(at: 2) { .maximum($0.detached, $0) } == 0)
    #expect(try slope(at: 1) { $0.clamped(to: 0...1) } == 1)
    #expect(try slope(at: 0) { $0.power(Tensor([0], on: device)) } == 0)
  }

  @Test("softplus, sigmoid and their like are exact where eˣ would overflow", arguments: Device.underTest)
  func extremes(on device: Device) throws {
    let x = Tensor([-1000, -100, 100, 1000], on: device)
    expectClose(x.softplus(), [0, 0, 100, 1000])
    expectClose(x.sigmoid(), [0, 0, 1, 1])
    expectClose(x.logSigmoid(), [-1000, -100, 0, 0])
    expectClose(x.silu(), [0, 0, 100, 1000])
    expectClose(x.mish(), [0, 0, 100, 1000])
    expectClose(x.gelu(), [0, 0, 100, 1000])
    expectClose(x.tanh(), [-1, -1, 1, 1])
    for f: @Sendable (Tensor) -> Tensor in [
      { $0.softplus() }, { $0.sigmoid() }, { $0.logSigmoid() }, { $0.silu() }, { $0.mish() }, { $0.gelu() },
      { $0.gelu(approximate: true) }, { $0.tanh() }, { $0.elu() }, { $0.softsign() }, { $0.squareplus() },
    ] {
      let slopes = try gradient(at: x) { f($0).sum() }.floats()
      let areFinite = slopes.allSatisfy { $0.isFinite }
      #expect(areFinite)
    }
  }

  @Test("activations at known points", arguments: Device.underTest)
  func activations(on device: Device) throws {
    let x = Tensor([-2, -0.5, 0, 1, 4], on: device)
    expectClose(x.relu(), [0, 0, 0, 1, 4])
    expectClose((x * 2).relu6(), [0, 0, 0, 2, 6])
    expectClose(x.leakyRelu(negativeSlope: 0.1), [-0.2, -0.05, 0, 1, 4])
    expectClose(x.elu(alpha: 2), [-1.7293295, -0.7869387, 0, 1, 4])
    expectClose(x.selu(), [-1.5201665, -0.6917582, 0, 1.050701, 4.202804])
    expectClose(x.celu(alpha: 2), [-1.2642411, -0.4423984, 0, 1, 4])
    expectClose(x.hardSigmoid(), [0.16666667, 0.41666667, 0.5, 0.6666667, 1])
    expectClose(x.hardTanh(), [-1, -0.5, 0, 1, 1])
    expectClose(x.softplus(), [0.12692802, 0.47407699, 0.6931472, 1.3132616, 4.01815])
    expectClose(x.softsign(), [-0.6666667, -0.33333334, 0, 0.5, 0.8])
    expectClose(x.silu(), [-0.23840584, -0.18877034, 0, 0.7310586, 3.928055])
    expectClose(x.hardSwish(), [-0.33333334, -0.20833333, 0, 0.6666667, 4])
    expectClose(x.gelu(), [-0.04550026, -0.15426877, 0, 0.8413447, 3.9998734])
    expectClose(x.gelu(approximate: true), [-0.04540231, -0.15428599, 0, 0.841192, 3.9999297])
    expectClose(x.mish(), [-0.25250149, -0.22074377, 0, 0.8650984, 3.997413], within: 2e-6)
    expectClose(x.tanhShrink(), [-1.0359724, -0.03788284, 0, 0.23840584, 3.0006707])
    expectClose(x.softShrink(), [-1.5, 0, 0, 0.5, 3.5])
    expectClose(x.hardShrink(), [-2, 0, 0, 1, 4])
    expectClose(x.squareplus(), [0.41421354, 0.78077644, 1, 1.618034, 4.236068])
    expectClose(x.sparsePlus(), [0, 0.0625, 0.25, 1, 4])
    expectClose(x.sparseSigmoid(), [0, 0.25, 0.5, 1, 1])
    expectClose(x.threshold(0.5, value: 9), [9, 9, 9, 1, 4])
    expectClose(x.step(threshold: 0), [0, 0, 0, 1, 1])
    expectClose(x.exponential(), [0.13533528, 0.60653067, 1, 2.7182817, 54.59815])
    let channels = Tensor([1, 5, 3, 2, 9, -4], shape: [1, 6], on: device)
    expectClose(channels.maxout(units: 2), [9, 5], shape: [1, 2])
    expectClose(channels.maxout(units: 3), [2, 9, 3], shape: [1, 3])
    expectClose(Tensor([3, 5, 0, 0], on: device).glu(), [1.5, 2.5])
  }

  @Test("sparsemax projects onto the simplex", arguments: Device.underTest)
  func sparsemax(on device: Device) throws {
    // Two of three stay: (0.9 + 0.4 - 1)/2 = 0.15 is taken away.
    expectClose(Tensor([0.9, 0.4, -0.7], on: device).sparsemax(), [0.75, 0.25, 0])
    expectClose(Tensor([5, 1, 0], on: device).sparsemax(), [1, 0, 0])
    expectClose(Tensor([1, 1, 1, 1], on: device).sparsemax(), [0.25, 0.25, 0.25, 0.25])
  }

  @Test("shapes, types and numbers that do not fit stop the program, naming the operation and the shapes")
  func traps() async {
    func message(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
    let shapes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3], on: .reference) + Tensor.zeros([4], on: .reference)
    }
    #expect(message(shapes).contains("add: shapes [2, 3] and [4] do not fit"))
    let types = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([3], on: .reference) + Tensor.range(3, on: .reference)
    }
    #expect(message(types).contains("add: not for float32 with int32"))
    let numbers = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.range(3, on: .reference) * 0.5
    }
    #expect(message(numbers).contains("has to be whole"))
    let product = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([32, 784], on: .reference).matmul(Tensor.zeros([512, 10], on: .reference))
    }
    #expect(message(product).contains("matmul: inner axes differ, [32, 784] × [512, 10]"))
    let devices = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2], on: .reference) + Tensor.zeros([2], on: .cpu)
    }
    #expect(message(devices).contains("tensors on different devices"))
  }
}
