/// Lists layers one below the other, with `if`, `for` and lists of layers between them.
@resultBuilder public enum LayerBuilder {
  /// A layer, or a list of them.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// A layer, or a list of them.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// Layers one after the other.
  public static func buildBlock(_ groups: [any Layer]...) -> [any Layer] { Array(groups.joined()) }
  /// `if` without `else`.
  public static func buildOptional(_ layers: [any Layer]?) -> [any Layer] { layers ?? [] }
  /// `if` with `else`.
  public static func buildEither(first layers: [any Layer]) -> [any Layer] { layers }
  /// `if` with `else`.
  public static func buildEither(second layers: [any Layer]) -> [any Layer] { layers }
  /// `for`.
  public static func buildArray(_ groups: [[any Layer]]) -> [any Layer] { Array(groups.joined()) }
}
