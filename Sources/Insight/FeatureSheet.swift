import MartletAutograd
import MartletData
import MartletLayers
import MartletTensor

/// Pictures of one layer side by side: its kernels, or what it makes of an input.
public struct FeatureSheet: Sendable {
  /// The layer, as the summary names it.
  public let layer: String
  /// What the pictures show.
  public let caption: String
  /// All of one size.
  public let tiles: [GrayPicture]
  /// How many stand in a row of the sheet.
  public let columns: Int

  /// The sheet, every tile enlarged to at least 48 pixels.
  public var picture: GrayPicture {
    let factor = max(1, (48 + tiles[0].width - 1) / tiles[0].width)
    return GrayPicture.contactSheet(of: tiles.map { $0.enlarged(by: factor) }, columns: columns, gap: 4)
  }

  /// The first tiles in characters.
  ///
  /// - Parameters:
  ///   - width: Columns of the terminal.
  ///   - limit: No more tiles than this.
  public func terminalPicture(width: Int = 80, limit: Int = 8) -> String {
    // Small kernels are drawn larger, so that a pixel is a square one can see.
    let factor = tiles[0].width < 8 ? 2 : 1
    let shown = tiles.prefix(limit).map { $0.enlarged(by: factor) }
    return GrayPicture.terminalSheet(of: Array(shown), columns: max(1, width / (shown[0].width + 1)))
  }
}

extension FeatureSheet {
  /// The kernels of every convolution, a row of tiles for each filter's first channels, or a tile for each filter where there is one
  /// channel; and the weights of a first dense layer on pictures, as pictures. Grey is 0, white the layer's largest weight, black
  /// the same on the negative side.
  ///
  /// - Parameter channelLimit: No more input channels than this are shown.
  /// - Throws: `BackendError` when a weight cannot be read.
  /// - Precondition: the model was built.
  public static func kernels(of model: any Layer, channelLimit: Int = 8) throws -> [FeatureSheet] {
    let layers = Composition.layers(of: model)
    var sheets: [FeatureSheet] = []
    for (index, placed) in layers.enumerated() {
      if let convolution = placed.layer as? Conv2D, let shape = convolution.kernel.shape {
        let values = try convolution.kernel.value.detached.floats()
        sheets.append(kernelSheet(values, Array(shape), of: placed.name, channelLimit: channelLimit))
      } else if let dense = placed.layer as? Dense, index > 0, layers[..<index].allSatisfy({ $0.layer is Flatten }),
        let input = pictureShape(of: model)
      {
        let values = try dense.kernel.value.detached.floats()
        sheets.append(templateSheet(values, units: dense.units, height: input[0], width: input[1], of: placed.name))
      }
    }
    return sheets
  }

  /// What each layer that gives pictures or vectors of units makes of one input. Black is 0 or less, white the largest output of the
  /// layer.
  ///
  /// - Parameter input: One sample, without the batch.
  /// - Throws: `BackendError` when a value cannot be read.
  /// - Precondition: the model was built and takes the input.
  public static func maps(of model: any Layer, for input: Tensor) throws -> [FeatureSheet] {
    var sheets: [FeatureSheet] = []
    try Composition.visitOutputs(of: model, for: input.expanded(at: 0)) { placed, output in
      guard output.rank == 4, output.shape[1] > 1 || output.shape[2] > 1 else { return }
      let (height, width, channels) = (output.shape[1], output.shape[2], output.shape[3])
      let values = try output.floats()
      let largest = max(values.max() ?? 0, .leastNormalMagnitude)
      let tiles = (0..<channels).map { channel in
        GrayPicture(
          width: width, height: height,
          values: stride(from: channel, to: values.count, by: channels).map { values[$0] / largest })
      }
      sheets.append(
        FeatureSheet(
          layer: placed.name, caption: "\(channels) maps of \(height)×\(width)", tiles: tiles,
          columns: sheetColumns(channels)))
    }
    return sheets
  }

  /// `[height, width, channels, filters]`.
  private static func kernelSheet(
    _ values: [Float], _ shape: [Int], of layer: String, channelLimit: Int
  ) -> FeatureSheet {
    let (height, width, channels, filters) = (shape[0], shape[1], shape[2], shape[3])
    let (shownChannels, largest) = (min(channels, channelLimit), magnitude(values))
    let tiles = (0..<filters).flatMap { filter in
      (0..<shownChannels).map { channel in
        signedPicture(
          (0..<height * width).map { values[($0 * channels + channel) * filters + filter] },
          width: width, height: height, largest: largest)
      }
    }
    let caption =
      channels == 1
      ? "\(filters) kernels of \(height)×\(width)"
      : "\(filters) kernels of \(height)×\(width) over \(channels) channels"
        + (shownChannels < channels ? ", the first \(shownChannels) of each" : "") + ", a row for each two"
    return FeatureSheet(
      layer: layer, caption: caption, tiles: tiles,
      columns: channels == 1 ? sheetColumns(filters) : 2 * shownChannels)
  }

  /// The kernel of a dense layer `[height · width, units]`.
  private static func templateSheet(
    _ values: [Float], units: Int, height: Int, width: Int, of layer: String
  ) -> FeatureSheet {
    let largest = magnitude(values)
    let tiles = (0..<units).map { unit in
      signedPicture(
        (0..<height * width).map { values[$0 * units + unit] }, width: width, height: height, largest: largest)
    }
    return FeatureSheet(
      layer: layer, caption: "what each of \(units) units weighs in a picture of \(height)×\(width)", tiles: tiles,
      columns: sheetColumns(units))
  }

  /// The shape `[height, width]` of the grey pictures that a model takes.
  private static func pictureShape(of model: any Layer) -> [Int]? {
    guard let input = model.sampleShape, input.rank == 2 || input.rank == 3 && input[2] == 1 else { return nil }
    return [input[0], input[1]]
  }

  private static func magnitude(_ values: [Float]) -> Float {
    max(values.reduce(0) { max($0, $1.magnitude) }, .leastNormalMagnitude)
  }

  private static func signedPicture(_ values: [Float], width: Int, height: Int, largest: Float) -> GrayPicture {
    GrayPicture(width: width, height: height, values: values.map { 0.5 + 0.5 * $0 / largest })
  }

  /// About twice as wide as high.
  private static func sheetColumns(_ count: Int) -> Int {
    max(1, Int((2 * Double(count)).squareRoot().rounded(.up)))
  }
}

extension GrayPicture {
  /// Every pixel as a square of this many.
  func enlarged(by factor: Int) -> GrayPicture {
    if factor == 1 { return self }
    var enlarged: [UInt8] = []
    enlarged.reserveCapacity(pixels.count * factor * factor)
    for row in 0..<height {
      let line = pixels[row * width..<(row + 1) * width].flatMap { [UInt8](repeating: $0, count: factor) }
      for _ in 0..<factor { enlarged += line }
    }
    return GrayPicture(width: width * factor, height: height * factor, pixels: enlarged)
  }
}
