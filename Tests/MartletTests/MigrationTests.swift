import Foundation
import Martlet
import Testing

@Suite("Names of other frameworks") struct MigrationTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let rows = FrameworkNames.sections.flatMap(\.rows)

  @Test("every expression in Martlet's column is compiled in MigrationSnippets.swift")
  func compiled() throws {
    let code = try String(contentsOf: Self.tests.appending(path: "MigrationSnippets.swift"), encoding: .utf8)
    for row in Self.rows { #expect(code.contains(row.martlet), "\(row.topic): \(row.martlet)") }
  }

  @Test("the page has the table that the command looks names up in")
  func page() throws {
    let page = Self.tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "Docs/Migration.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    for line in FrameworkNames.markdown.split(separator: "\n") { #expect(text.contains(line), "\(line)") }
  }

  @Test(
    "a name is found whatever framework it comes from and however it is written",
    arguments: [
      ("fit_generator", "trainer.fit(data, validation: .split(0.1), epochs: 5)"), ("MaxPooling2D", "MaxPool2D(2)"),
      ("nn.CrossEntropyLoss", "CategoricalCrossEntropy(fromLogits: true)"), ("maxpool2d", "MaxPool2D(2)"),
      ("sparse_categorical_crossentropy", "CategoricalCrossEntropy(fromLogits: true)"),
      ("acc", #"Metric.named("acc")"#),
      ("keras.layers.Dense(128)", "Dense(128, activation: .relu)"),
      ("train_test_split", "data.split(test: 0.2, validation: 0.1, seed: 1)"),
    ])
  func lookup(name: String, martlet: String) throws {
    #expect(try FrameworkNames.rows(for: name).map(\.martlet).contains(martlet))
  }

  @Test(
    "a slip of the finger is answered with the name that was meant",
    arguments: [("fit_generater", "fit_generator"), ("MaxPoling2D", "MaxPooling2D")])
  func suggestion(typed: String, meant: String) {
    let error = #expect(throws: UnknownNameError.self) { try FrameworkNames.rows(for: typed) }
    #expect(error?.suggestion == meant)
    #expect(throws: UnknownNameError.self) { try FrameworkNames.rows(for: "") }
  }

  @Test("names that a string stands for are accepted as strings too")
  func strings() throws {
    for row in FrameworkNames.sections.first(where: { $0.heading == "Losses" })?.rows.dropFirst() ?? [] {
      for name in row.keras.split(separator: ", ") where name != "ctc_batch_cost" {
        #expect(throws: Never.self) { try Losses.named(String(name)) }
      }
    }
    for name in ["acc", "accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy", "f1_score"] {
      #expect(throws: Never.self) { try Metric.named(name) }
    }
    for name in ["sgd", "SGD", "adam", "RMSprop", "Adadelta", "Nadam"] {
      #expect(throws: Never.self) { try Optimizers.named(name) }
    }
    for row in FrameworkNames.sections.first(where: { $0.heading == "Activations" })?.rows.dropFirst() ?? [] {
      for name in row.keras.split(separator: ", ") {
        #expect(throws: Never.self) { try Activation(named: String(name)) }
      }
    }
  }
}
