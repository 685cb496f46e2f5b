import MartletAutograd
import MartletInsight
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Pictures of layers") struct FeatureSheetTests {
  private func model() throws -> Sequential {
    let convolution = Conv2D(2, kernel: 2, useBias: false)
    let model = try Sequential(input: [3, 3, 1], layers: [convolution, Flatten(), Dense(1)])
    convolution.kernel.assign(Tensor([1, 0, 0, -2, 0, 0, 1, 2], shape: [2, 2, 1, 2]))
    return model
  }

  @Test("kernels are grey at 0, white at the layer's largest weight, black at its negative")
  func kernels() throws {
    let sheets = try FeatureSheet.kernels(of: model())
    #expect(sheets.map(\.layer) == ["conv2d"])
    #expect(sheets[0].caption == "2 kernels of 2×2")
    // Filter 0 is 1 0 / 0 1, filter 1 is 0 -2 / 0 2.
    #expect(sheets[0].tiles.map(\.pixels) == [[191, 128, 128, 191], [128, 0, 128, 255]])
    #expect(sheets[0].picture.width == 2 * (48 + 4) + 4)
    #expect(sheets[0].picture.height == 48 + 8)
  }

  @Test("maps are white where the layer answers most", arguments: Device.underTest)
  func maps(on device: Device) throws {
    try withDevice(device) {
      let model = try model()
      let x = Tensor([1, 0, 0, 0, 1, 0, 0, 0, 0], shape: [3, 3, 1])
      let sheets = try FeatureSheet.maps(of: model, for: x)
      #expect(sheets.map(\.caption) == ["2 maps of 2×2"])
      // Filter 0 adds the diagonal: 2 0 / 0 1; filter 1 takes right column below minus above: 2 0 / -2 0.
      #expect(sheets[0].tiles.map(\.pixels) == [[255, 0, 0, 128], [255, 0, 0, 0]])
    }
  }

  @Test("the first dense layer on pictures shows what each unit looks for; a later one does not")
  func templates() throws {
    let first = Dense(2)
    let model = try Sequential(input: [1, 2], layers: [Flatten(), first, Dense(2)])
    first.kernel.assign(Tensor([1, 0, 0, -1], shape: [2, 2]))
    let sheets = try FeatureSheet.kernels(of: model)
    #expect(sheets.map(\.layer) == ["dense"])
    #expect(sheets[0].tiles.map(\.pixels) == [[255, 128], [128, 0]])
  }

  @Test("a layer of zeros is a grey sheet, and wide sheets fit the terminal")
  func zeros() throws {
    let convolution = Conv2D(30, kernel: 3, kernelInitializer: .zeros)
    _ = try Sequential(input: [4, 4, 3], layers: [convolution])
    let model = try Sequential(input: [4, 4, 3], layers: [convolution])
    let sheet = try #require(FeatureSheet.kernels(of: model, channelLimit: 2).first)
    #expect(Set(sheet.tiles.flatMap(\.pixels)) == [128])
    #expect(sheet.tiles.count == 60)
    #expect(sheet.caption.contains("over 3 channels, the first 2 of each"))
    for line in sheet.terminalPicture(width: 40).split(separator: "\n") { #expect(line.count <= 40) }
  }
}
