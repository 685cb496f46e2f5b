import Foundation
import Testing

@Suite("The command") struct CommandTests {
  private struct Report: Decodable {
    struct Epoch: Decodable {
      let loss, accuracy, val_loss, val_accuracy, seconds, samples_per_second: Double
    }
    let recipe, device, data_source: String
    let threads, seed, epochs, batch_size, train_samples, parameters, peak_memory_bytes: Int
    let history: [Epoch]
    let test_loss, test_accuracy, seconds: Double
  }

  @Test("trains, reports, saves the same bytes for the same seed, evaluates and predicts")
  func fromTrainingToPrediction() throws {
    let folder = try TemporaryFolder()
    func train(_ name: String, _ more: [String]) throws -> Data {
      let outcome = try MartletProcess.run(
        ["train", "mnist-cnn", "--limit", "600", "--epochs", "2", "--seed", "3", "--save", folder.path(name)]
          + ["--json", folder.path("report.json")] + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
    }
    let weights = try train("one", ["--device", "cpu", "--threads", "1"])
    #expect(try train("two", ["--device", "cpu", "--threads", "2"]) == weights)
    let report = try JSONDecoder().decode(
      Report.self, from: Data(contentsOf: URL(fileURLWithPath: folder.path("report.json"))))
    #expect(report.recipe == "mnist-cnn" && report.device == "cpu" && report.threads == 2 && report.seed == 3)
    #expect(report.epochs == 2 && report.history.count == 2 && report.batch_size == 128)
    #expect(report.train_samples == 540 && report.parameters == 34_826 && report.data_source == "generated")
    #expect(report.history[1].loss < report.history[0].loss && report.peak_memory_bytes > 1 << 20)

    let evaluation = try MartletProcess.run(["evaluate", folder.path("one"), "--device", "cpu", "--json", "-"])
    #expect(evaluation.status == 0 && evaluation.output.contains("\"confusion_matrix\""), "\(evaluation.errors)")
    let prediction = try MartletProcess.run(["predict", folder.path("one"), "0", "1", "--device", "cpu"])
    #expect(prediction.status == 0 && prediction.output.contains("test sample 1:"), "\(prediction.errors)")
    #expect(prediction.output.contains("%") && prediction.output.split(separator: "\n").count > 20)
  }

  @Test("profiles: a table by call, and a trace with the same events")
  func profile() throws {
    let folder = try TemporaryFolder()
    let outcome = try MartletProcess.run(
      ["train", "mnist-cnn", "--limit", "300", "--epochs", "1", "--device", "cpu", "--profile", "--trace"]
        + [folder.path("trace.json")])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("GFLOP/s") && outcome.output.contains("conv2dMaxPooledWeightGradient"))
    let trace = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.path("trace.json"))))
    let events = try #require((trace as? [String: Any])?["traceEvents"] as? [[String: Any]])
    #expect(events.filter { $0["ph"] as? String == "X" }.count > 50)
    let launches = try #require(outcome.output.split(separator: "\n").last { $0.contains(" launches, ") })
    #expect(launches.contains(" in \(events.count - 1) launches, "))  // one event names the row
    let refused = try MartletProcess.run(["train", "mnist-cnn", "--profile", "--trace", "/no/such/folder/trace.json"])
    #expect(refused.status == 64 && refused.errors.contains("there is no folder"))
  }

  @Test("trains an LSTM over the rows of digits, the same weights on one thread and on two")
  func recurrent() throws {
    let folder = try TemporaryFolder()
    let options = ["train", "mnist-lstm", "--device", "cpu", "--limit", "60", "--epochs", "1", "--batch-size", "20"]
    for threads in ["1", "2"] {
      let outcome = try MartletProcess.run(options + ["--threads", threads, "--save", folder.path(threads)])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.path("1")))
        == Data(contentsOf: URL(fileURLWithPath: folder.path("2"))))
  }

  @Test("stops at Ctrl-C with the model saved, says so, and leaves the line")
  func interruption() throws {
    let folder = try TemporaryFolder()
    let outcome = try MartletProcess.run(
      ["train", "mnist-mlp", "--device", "cpu", "--epochs", "10000", "--save", folder.path("weights")],
      interruptingWhen: { $0.contains("Epoch 1/") })
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("stopped by Ctrl-C") && outcome.errors.hasSuffix("\n"))
    let evaluation = try MartletProcess.run(["evaluate", folder.path("weights"), "--limit", "100", "--device", "cpu"])
    #expect(evaluation.status == 0, "\(evaluation.errors)")
  }

  @Test("lists devices as a table and as JSON, also where OpenCL has none")
  func devices() throws {
    #expect(try MartletProcess.run(["devices"]).output.contains("reference"))
    let outcome = try MartletProcess.run(["devices", "--json"], environment: ["OCL_ICD_VENDORS": "/no/such/folder"])
    let list =
      try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])["devices"]
      as? [[String: Any]] ?? []
    #expect(list.contains { $0["name"] as? String == "cpu" && $0["reason_unusable"] == nil })
  }

  @Test("checks devices against each other and says so in its exit code")
  func check() throws {
    let outcome = try MartletProcess.run(["check", "--device", "cpu"])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.contains("conv2d weight gradient"))
    let list = try MartletProcess.run(["check", "--list"])
    #expect(list.output.split(separator: "\n").contains("matmul"))
    let one = try MartletProcess.run(["check", "--device", "cpu", "--operation", "matmul", "--effort", "brief"])
    #expect(one.status == 0 && one.output.contains("matmul ") && !one.output.contains("conv2d"), "\(one.output)")
  }
}
