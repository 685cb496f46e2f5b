/// A colour by what it is for, so that one drawing is right on light and on dark ground.
public enum Paint: Hashable, Sendable {
  /// What everything lies on.
  case surface
  /// Words and numbers that matter.
  case text
  /// Words and numbers beside the matter: ticks, captions.
  case quiet
  /// Lines to read values by.
  case grid
  /// The colour of a series, from 0; after the last colour the first comes again.
  case series(Int)
  /// What is right.
  case good
  /// What is wrong.
  case bad
}

/// The ground a figure is drawn on.
public enum Theme: String, CaseIterable, Hashable, Sendable {
  /// Dark ink on white.
  case light
  /// Light ink on near black.
  case dark
}

/// Red, green and blue, a byte each.
struct RGB: Hashable {
  let red, green, blue: UInt8

  init(_ hex: UInt32) {
    (red, green, blue) = (UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255))
  }

  /// `#0072b2`.
  var hex: String { "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

extension Paint {
  /// How many series have a colour of their own.
  static let seriesCount = lightSeries.count

  // Okabe and Ito's palette, which people with any colour blindness tell apart (https://jfly.uni-koeln.de/color/), without its
  // yellow, which is lost on white; for dark ground the same hues, lighter.
  private static let lightSeries: [UInt32] = [0x0072b2, 0xd55e00, 0x009e73, 0xb4599a, 0x56b4e9, 0xe69f00, 0x6b6b6b]
  private static let darkSeries: [UInt32] = [0x58aeea, 0xf59352, 0x3fcaa2, 0xe39ac6, 0x9bd3f5, 0xf3c152, 0xb5b5b5]

  func color(in theme: Theme) -> RGB {
    let isLight = theme == .light
    switch self {
    case .surface: return RGB(isLight ? 0xffffff : 0x14171c)
    case .text: return RGB(isLight ? 0x1c2024 : 0xe8eaed)
    case .quiet: return RGB(isLight ? 0x5f6871 : 0xa2abb5)
    case .grid: return RGB(isLight ? 0xe3e6ea : 0x2e343c)
    case .good: return RGB(isLight ? 0x00805d : 0x3fcaa2)
    case .bad: return RGB(isLight ? 0xc8441b : 0xff8552)
    case .series(let index):
      let place = (index % Self.seriesCount + Self.seriesCount) % Self.seriesCount
      return RGB((isLight ? Self.lightSeries : Self.darkSeries)[place])
    }
  }

  /// A short name for style sheets: `s0`.
  var styleName: String {
    switch self {
    case .surface: "ground"
    case .text: "ink"
    case .quiet: "quiet"
    case .grid: "grid"
    case .good: "good"
    case .bad: "bad"
    case .series(let index): "s\((index % Self.seriesCount + Self.seriesCount) % Self.seriesCount)"
    }
  }
}
