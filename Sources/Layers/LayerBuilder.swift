/// Lists layers one below the other, with `if`, `for` and lists of layers between them.
@resultBuilder public enum LayerBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  public static func buildBlock(_ groups: [any Layer]...) -> [any Layer] { Array(groups.joined()) }
  public static func buildOptional(_ layers: [any Layer]?) -> [any Layer] { layers ?? [] }
  public static func buildEither(first layers: [any Layer]) -> [any Layer] { layers }
  public static func buildEither(second layers: [any Layer]) -> [any Layer] { layers }
  public static func buildArray(_ groups: [[any Layer]]) -> [any Layer] { Array(groups.joined()) }
}
