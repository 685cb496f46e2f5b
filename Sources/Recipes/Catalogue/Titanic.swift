import Foundation
import Martlet

/// The passengers of the Titanic, 891 rows of a file that many courses hand out. Everything learned from the table (what fills gaps, scales,
/// categories) is learned from the rows for training only.
enum Titanic {
  static let source = DataSource(readsFiles: true) { request in
    let (table, path) = try table(request)
    let parts = try table.split(holdingOut: 0.2, stratifiedBy: "Survived", seed: request.seed)
    return try data(parts.training, parts.heldOut, source: "csv:\(path)", limit: request.limit)
  }

  /// Five parts, each held out once.
  @Sendable static func folds(_ request: DataRequest) throws -> [RecipeData] {
    let (table, path) = try table(request)
    return try table.folds(5, stratifiedBy: "Survived", seed: request.seed).map {
      try data($0.training, $0.heldOut, source: "csv:\(path)", limit: request.limit)
    }
  }

  /// With the columns that a person would make of others: the title in a name, the size of the family.
  @Sendable static func derived(_ table: Table) throws -> Table {
    table.adding("Title") { cell in cell("Name").map(title(in:)) }
      .adding("Family") { cell in
        guard let siblings = cell("SibSp").flatMap(Double.init), let parents = cell("Parch").flatMap(Double.init) else {
          return nil
        }
        return siblings + parents == 0 ? "alone" : siblings + parents <= 3 ? "small" : "large"
      }
      .adding("Fate") { cell in cell("Survived").map { ["0": "died", "1": "survived"][$0] ?? $0 } }
      // Fares grow by factors rather than by sums.
      .adding("LogFare") { cell in cell("Fare").flatMap(Double.init).map { "\(log1p(max($0, 0)))" } }
  }

  /// Columns are learned from all training rows, so that a limit changes how many samples there are and not what they look like.
  private static func data(_ training: Table, _ heldOut: Table, source: String, limit: Int?) throws -> RecipeData {
    let preparation = try TablePreparation(plan, fitting: training)
    func samples(_ table: Table) throws -> Dataset {
      try preparation.dataset(from: table, labels: "Fate", classNames: ["died", "survived"]).prefix(limit ?? .max)
    }
    var data = RecipeData(train: try samples(training), test: try samples(heldOut), source: source)
    data.preparation = preparation
    return data
  }

  private static let plan: [ColumnPlan] = [
    .category("Pclass"), .category("Sex"), .category("Title"), .category("Family"),
    .category("Embarked", filling: .mostFrequent), .number("Age", filling: .median),
    .number("LogFare", filling: .median), .isMissing("Cabin"),
  ]

  /// `Braund, Mr. Owen Harris` is a Mr; titles that are rare are one category.
  private static func title(in name: String) -> String {
    let title = name.split(separator: ",").dropFirst().first?.split(separator: ".").first?
      .trimmingCharacters(in: .whitespaces)
    switch title {
    case "Mr", "Master": return title ?? ""
    case "Mrs", "Mme": return "Mrs"
    case "Miss", "Mlle", "Ms": return "Miss"
    default: return "other"
    }
  }

  private static func table(_ request: DataRequest) throws -> (table: Table, path: String) {
    var places: [String] = []
    if let path = request.path {
      places = path.hasSuffix(".csv") ? [path] : ["\(path)/titanic/titanic.csv", "\(path)/titanic.csv"]
    } else if let folder = ProcessInfo.processInfo.environment["MARTLET_DATA"], !folder.isEmpty {
      places = ["\(folder)/titanic/titanic.csv", "\(folder)/titanic.csv"]
    }
    guard let path = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw RecipeError.dataMissing(
        recipe: "titanic", what: "the table of passengers, 891 rows with Survived, Pclass, Name, Sex, Age, …",
        places: places.isEmpty ? ["nowhere, since neither --data nor MARTLET_DATA names a folder"] : places,
        remedy: "It is at https://github.com/datasciencedojo/datasets (titanic.csv); name it with --data")
    }
    return (try derived(Table(contentsOfCSV: path)), path)
  }
}
