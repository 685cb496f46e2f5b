import Foundation
import MartletData
import Testing

@Suite("Tables") struct TableTests {
  @Test("cells in quotes hold commas, quotes and line ends; line ends may be of any kind")
  func quotes() throws {
    let table = try Table(csv: "\u{FEFF}name,age\r\n\"Braund, Mr. \"\"Owen\"\"\",22\n\n\"two\r\nlines\",\"3\"\r  ,NA")
    #expect(table.columnNames == ["name", "age"])
    #expect(try table.texts("name") == ["Braund, Mr. \"Owen\"", "two\r\nlines", nil])
    #expect(try table.numbers("age") == [22, 3, nil])
    #expect(try table.missingCount(in: "age") == 1)
  }

  @Test("other separators, no header, a last empty cell, and texts that only look missing")
  func formats() throws {
    let format = CSVFormat(separator: ";", hasHeader: false, missing: ["?"])
    let table = try Table(csv: "1;\"?\";\n?;b,c;", format: format)
    #expect(table.columnNames == ["0", "1", "2"])
    #expect(try table.texts("0") == ["1", nil])
    #expect(try table.texts("1") == ["?", "b,c"])
    #expect(try table.texts("2") == [nil, nil])
  }

  @Test("knows what columns hold")
  func kinds() throws {
    let table = try Table(csv: "a,b,c,d\n1,1.5,x,\n-2, 3 ,4,\n1e3,.5,5,")
    #expect(try table.kind(of: "a") == .wholeNumber)
    #expect(try table.kind(of: "b") == .number)
    #expect(try table.kind(of: "c") == .text)
    #expect(try table.kind(of: "d") == .empty)
  }

  @Test(
    "says where a file is wrong",
    arguments: [
      ("", "is empty"), ("\n\n", "is empty"),
      ("a,b\n1,2\n3\n", "line 3: has 1 cells where the first row has 2"),
      ("a,b\n\n1,\"2\n3,4\n", "line 3, cell 2: has a quote here that is never closed"),
      ("a,b\n1,\"2\"x\n", "line 2, cell 2: goes on after a closing quote"),
      ("a,b,a\n", "line 1: has two columns called 'a'"),
    ])
  func errors(_ text: String, _ message: String) {
    #expect {
      try Table(csv: text)
    } throws: { "\($0)".contains(message) }
  }

  @Test("says where bytes are no text, and reads nothing that is not there")
  func files() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/latin1.csv"
    try Data([0x61, 0x0A, 0x62, 0xE9, 0x0A]).write(to: URL(fileURLWithPath: path))
    #expect {
      try Table(contentsOfCSV: path)
    } throws: { "\($0)".contains("latin1.csv, line 2, cell 1: holds bytes that are not UTF-8") }
    #expect(throws: DataFileError.self) { try Table(contentsOfCSV: folder.path + "/none.csv") }
  }

  @Test("says which cell is no number, and which column is not there")
  func numbers() throws {
    let table = try Table(csv: "a,b\n1,2\nx,inf\n")
    #expect(throws: TableError.notANumber(text: "x", column: "a", row: 1, line: 3)) { try table.numbers("a") }
    #expect(throws: TableError.notANumber(text: "inf", column: "b", row: 1, line: 3)) { try table.numbers("b") }
    #expect(throws: TableError.noColumn(name: "c", known: ["a", "b"])) { try table.texts("c") }
  }

  @Test("rows are chosen, columns computed, and parts stratified")
  func rows() throws {
    let text = "x,kind\n" + (0..<20).map { "\($0),\($0 % 4 == 0 ? "rare" : "common")" }.joined(separator: "\n")
    let table = try Table(csv: text).adding("double") { cell in cell("x").flatMap(Int.init).map { "\(2 * $0)" } }
    #expect(try table.rows([3, 0, 3]).numbers("double") == [6, 0, 6])
    #expect(try table.adding("x") { _ in nil }.missingCount(in: "x") == 20)
    let (training, heldOut) = try table.split(holdingOut: 0.2, stratifiedBy: "kind", seed: 1)
    #expect(training.rowCount == 16 && heldOut.rowCount == 4)
    #expect(try heldOut.texts("kind").count { $0 == "rare" } == 1)
    let folds = try table.folds(5, stratifiedBy: "kind", seed: 1)
    #expect(try folds.allSatisfy { try $0.heldOut.texts("kind").count { $0 == "rare" } == 1 })
    #expect(try Set(folds.flatMap { try $0.heldOut.texts("x") }).count == 20)
  }

  @Test("a preparation fills, scales and encodes new rows by what it learned")
  func preparation() throws {
    let table = try Table(csv: "age,town,fare,lived\n2,b,1,no\n,a,2,yes\n4,b,3,no\n6,,5,yes\n")
    let plan: [ColumnPlan] = [
      .number("age", filling: .median, scaling: .minMax), .isMissing("age"), .category("town", filling: .mostFrequent),
      .number("fare", scaling: .none),
    ]
    let preparation = try TablePreparation(plan, fitting: table)
    #expect(preparation.featureNames == ["age", "age is missing", "town=a", "town=b", "fare"])
    let features = try preparation.features(of: table)
    #expect(features.row(0) == [0, 0, 0, 1, 1])
    #expect(features.row(1) == [0.5, 1, 1, 0, 2])
    #expect(features.row(3) == [1, 0, 0, 1, 5])
    let new = try Table(csv: "age,town,fare,lived\n10,c,7,maybe\n")
    #expect(try preparation.features(of: new).row(0) == [2, 0, 0, 0, 7])
    let dataset = try preparation.dataset(from: table, labels: "lived")
    #expect(dataset.classNames == ["no", "yes"] && dataset.label(at: 3) == 1)
    #expect(throws: PreparationError.self) {
      try preparation.dataset(from: new, labels: "lived", classNames: ["no", "yes"])
    }
    #expect(try preparation.dataset(from: table, targets: "fare").targetKind == .values(shape: [1]))
    #expect(throws: TableError.missing(column: "age", row: 1, line: 3)) {
      try preparation.dataset(from: table, targets: "age")
    }
    #expect(throws: TableError.missing(column: "age", row: 1, line: 3)) {
      try TablePreparation([.number("age")], fitting: table).features(of: table)
    }
    #expect(throws: TableError.emptyColumn("x")) {
      try TablePreparation([.number("x")], fitting: Table(csv: "x,y\n,1"))
    }
    let kept = try JSONDecoder().decode(TablePreparation.self, from: JSONEncoder().encode(preparation))
    #expect(try kept.features(of: new) == preparation.features(of: new))
  }

  @Test("columns that make no features at all, as only a damaged file has them, are refused")
  func noFeatures() throws {
    let text = #"{"columns":[{"category":{"name":"a","categories":[]}}]}"#
    let preparation = try JSONDecoder().decode(TablePreparation.self, from: Data(text.utf8))
    #expect(throws: PreparationError.self) { try preparation.features(of: Table(csv: "a\nx")) }
  }
}
