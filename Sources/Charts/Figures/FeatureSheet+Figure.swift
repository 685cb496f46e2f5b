import MartletData
import MartletInsight

extension Figure {
  /// What layers make of an input, or their kernels: a sheet for each.
  ///
  ///     Figure(features: try FeatureSheet.maps(of: model, for: digit))
  public init(features sheets: [FeatureSheet], title: String = "") {
    self.init(
      title,
      panels: sheets.map { sheet in
        .sheet(
          Sheet(
            "\(sheet.layer): \(sheet.caption)", tiles: sheet.tiles.map { Sheet.Tile(ColorPicture($0)) },
            columns: min(sheet.columns, 16)))
      }, columns: 1)
  }
}
