import MartletAutograd
import MartletBackend
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Going backwards") struct TapeTests {
  @Test("d(x·y + x)/dx = y + 1 and d/dy = x", arguments: Device.underTest)
  func product(on device: Device) throws {
    let x = Tensor([2, 3], on: device).requiringGradient()
    let y = Tensor([5, 7], on: device).requiringGradient()
    let gradients = (x * y + x).sum().gradients()
    expectClose(try #require(gradients[x]), [6, 8])
    expectClose(try #require(gradients[y]), [2, 3])
  }

  @Test("the third derivative of x⁴ is 24x", arguments: Device.underTest)
  func thirdDerivative(on device: Device) throws {
    let x = Tensor([1.5, -2], on: device).requiringGradient()
    let y = x.squared().squared().sum()
    let first = try #require(y.gradients(differentiable: true)[x])
    expectClose(first, [4 * 3.375, -32])
    let second = try #require(first.sum().gradients(differentiable: true)[x])
    expectClose(second, [27, 48])
    let third = try #require(second.sum().gradients()[x])
    expectClose(third, [36, -48])
  }

  @Test("a dense layer with relu sends gradients to input, kernel and bias", arguments: Device.underTest)
  func dense(on device: Device) throws {
    let x = Tensor([1, 2], shape: [1, 2], on: device).requiringGradient()
    let kernel = Tensor([1, -1, 2, 0.5, 1, -3], shape: [2, 3], on: device).requiringGradient()
    let bias = Tensor([0.5, 0, 1], on: device).requiringGradient()
    let y = x.dense(kernel, bias: bias, activation: .relu)
    expectClose(y, [2.5, 1, 0], shape: [1, 3])
    let gradients = y.sum().gradients()
    expectClose(try #require(gradients[x]), [0, 1.5])
    expectClose(try #require(gradients[kernel]), [1, 1, 0, 2, 2, 0])
    expectClose(try #require(gradients[bias]), [1, 1, 0])
  }
}
