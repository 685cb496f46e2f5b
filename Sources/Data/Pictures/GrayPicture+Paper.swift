// Writing that was photographed rather than drawn by a program: paper in the shade, strokes of a thin pen.
extension GrayPicture {
  /// Whether the paper is brighter in one place than in another, by what can be seen of it along the edge.
  var isUnevenlyLit: Bool {
    let tones = marginTones.sorted()
    return tones[tones.count * 9 / 10] - tones[tones.count / 10] > 40
  }

  /// The same picture as if the light were even: each pixel in proportion to the paper around it, which becomes white.
  ///
  /// What is narrower than a quarter of the picture and darker than what lies on both sides of it is ink, the rest paper: a closing of the
  /// picture, the largest value of each neighbourhood, and the smallest of those, which leaves edges of shadows where they are.
  func evenlyLit() -> GrayPicture {
    let radius = max(width, height) / 8 + 1
    let values = pixels.map(Float.init)
    let paper = Self.extremes(
      of: Self.extremes(of: values, width: width, radius: radius, by: max), width: width, radius: radius, by: min)
    return GrayPicture(
      width: width, height: height, values: zip(values, paper).map { $1 > 0 ? min($0 / $1, 1) : 1 })
  }

  /// The picture in at most so many pixels a side, which is more than anything here needs.
  func reduced(to longest: Int = 280) -> GrayPicture {
    let most = max(width, height)
    guard most > longest else { return self }
    let (newWidth, newHeight) = (Swift.max(width * longest / most, 1), Swift.max(height * longest / most, 1))
    let values = Self.averaged(
      pixels.map { Float($0) / 255 }, width: width, box: (0..<height, 0..<width), to: (newWidth, newHeight))
    return GrayPicture(width: newWidth, height: newHeight, values: values)
  }

  /// How wide the strokes are, in pixels: twice their area over the length of their edges; 0 where there is no ink.
  static func strokeWidth(of ink: [Float], width: Int) -> Float {
    func isInk(_ row: Int, _ column: Int) -> Bool {
      row >= 0 && column >= 0 && column < width && row * width + column < ink.count && ink[row * width + column] > 0.4
    }
    var (area, edge) = (0, 0)
    for row in 0..<ink.count / width {
      for column in 0..<width where isInk(row, column) {
        area += 1
        let inside =
          isInk(row - 1, column) && isInk(row + 1, column) && isInk(row, column - 1) && isInk(row, column + 1)
        if !inside { edge += 1 }
      }
    }
    return edge == 0 ? 0 : 2 * Float(area) / Float(edge)
  }

  /// For each pixel the largest or smallest value of the square around it.
  static func extremes(
    of values: [Float], width: Int, radius: Int, by choose: (Float, Float) -> Float
  ) -> [Float] {
    let height = values.count / width
    var across = values
    for row in 0..<height {
      for column in 0..<width {
        var chosen = values[row * width + column]
        for other in max(column - radius, 0)...min(column + radius, width - 1) {
          chosen = choose(chosen, values[row * width + other])
        }
        across[row * width + column] = chosen
      }
    }
    var result = across
    for row in 0..<height {
      for other in max(row - radius, 0)...min(row + radius, height - 1) {
        for column in 0..<width {
          result[row * width + column] = choose(result[row * width + column], across[other * width + column])
        }
      }
    }
    return result
  }
}
