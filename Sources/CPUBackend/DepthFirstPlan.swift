import MartletBackend

/// How convolution and maximum pooling are cut into units that stay in a core's cache between the two: some rows of windows
/// (a band) of one image, or all rows of a few images. By shape alone.
struct DepthFirstPlan {
  /// Of the convolution's results and of the pooled ones.
  let convolved: Shape
  let pooled: Shape
  let pooling: Window
  /// The bands of one image, each a range of rows of windows; one band where images are small.
  let bands: [Range<Int>]
  /// How many images are convolved at once; one where there are several bands.
  let imagesPerUnit: Int
  /// A task takes some tens of microseconds.
  let unitsPerTask: Int

  /// The results of a unit fill so much.
  private static let largestUnitByteCount: Int = 48 * 1024
  private static let multiplicationsPerTask: Int = 1 << 19
  /// With fewer images, bands of one row of windows keep all cores busy.
  private static let fewImages = 8

  init(convolved: Shape, pooled: Shape, _ pooling: Window, chainLength: Int) {
    self.convolved = convolved
    self.pooled = pooled
    self.pooling = pooling
    let (batch, windowRows) = (pooled[0], pooled[1])
    let rowElements = convolved[2] * convolved[3] * pooling.stride.height
    let room = max(1, Self.largestUnitByteCount / max(1, rowElements * MemoryLayout<Float>.stride))
    let rowsPerBand = batch < Self.fewImages ? 1 : min(room, windowRows)
    let bandCount = max(1, (windowRows + rowsPerBand - 1) / max(1, rowsPerBand))
    bands = (0..<bandCount).map { ($0 * windowRows / bandCount)..<(($0 + 1) * windowRows / bandCount) }
    imagesPerUnit = bandCount > 1 ? 1 : max(1, min(batch, room / max(1, windowRows)))
    let perUnit = rowElements * windowRows * imagesPerUnit / bandCount * chainLength
    unitsPerTask = max(1, Self.multiplicationsPerTask / max(1, perUnit))
  }

  /// Units are numbered by images, then bands.
  var unitCount: Int { (pooled[0] + imagesPerUnit - 1) / imagesPerUnit * bands.count }

  /// The memory that the convolution's results of one unit need.
  var unitByteCount: Int {
    // Images stand whole beside each other, a band by itself.
    let most = bands.count > 1 ? bands.map { rows(under: $0).count }.max() ?? 0 : imagesPerUnit * convolved[1]
    return most * convolved[2] * convolved[3] * MemoryLayout<Float>.stride
  }

  /// Whether two windows may share an element.
  var windowsOverlap: Bool {
    pooling.stride.height < pooling.size.height || pooling.stride.width < pooling.size.width
  }

  /// The rows of the convolution's results that a band of windows covers.
  func rows(under band: Range<Int>) -> Range<Int> {
    Self.covered(band, pooling.size.height, pooling.stride.height, pooling.margins.top, convolved[1])
  }

  /// The columns that any window covers.
  var columns: Range<Int> {
    Self.covered(0..<pooled[2], pooling.size.width, pooling.stride.width, pooling.margins.left, convolved[2])
  }

  private static func covered(_ windows: Range<Int>, _ size: Int, _ stride: Int, _ margin: Int, _ extent: Int) -> Range<
    Int
  > {
    let first = max(0, windows.lowerBound * stride - margin)
    return first..<max(first, min(extent, (windows.upperBound - 1) * stride - margin + size))
  }
}
