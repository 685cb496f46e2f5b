import Foundation
import MartletArchive
import MartletAutograd
import MartletBackend
import MartletCPUBackend
import MartletInterchange
import MartletLayers
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Archives") struct ArchiveTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func classifier() throws -> Sequential {
    try Sequential(input: [6, 6, 1], seed: 5) {
      Conv2D(3, kernel: 3, activation: .relu)
      MaxPool2D()
      Flatten()
      Dropout(0.25)
      Dense(4, name: "scores")
    }
  }

  @Test("hold the model and all that is known about it")
  func everything() throws {
    try inFolder { folder in
      let (url, again) = (folder.appending(path: "a.martlet"), folder.appending(path: "b.martlet"))
      let model = try classifier()
      model.layers[0].freeze()
      let archive = try Archive(
        model, preprocessing: .digit, classNames: ["ä", "b", "\"c\"", "d"], loss: "softmax_cross_entropy",
        metrics: ["test_accuracy": 0.5, "odd": .nan], notes: ["licence": "MIT"])
      try archive.save(to: url)
      let loaded = try Archive.load(url)
      #expect(loaded.classNames == archive.classNames && loaded.notes == archive.notes)
      #expect(loaded.preprocessing == .digit && loaded.loss == archive.loss && loaded.inputShapes == [[6, 6, 1]])
      #expect(loaded.metrics["test_accuracy"] == 0.5 && loaded.metrics["odd"]?.isNaN == true)
      #expect(loaded.model.parameters.map(\.name) == model.parameters.map(\.name))
      #expect(loaded.model.parameters.map(\.isTrainable) == [false, false, true, true])
      let x = sample([2, 6, 6, 1])
      #expect(try loaded.model(x).floats() == model(x).floats())
      try loaded.save(to: again)
      #expect(try Data(contentsOf: url) == Data(contentsOf: again))
      // The weights alone, into a model that is there already.
      let twin = try classifier()
      try twin.load(from: url)
      #expect(try twin(x).floats() == model(x).floats())
    }
  }

  @Test("know graphs of several inputs and outputs, with layers that are applied twice")
  func graphs() throws {
    let (left, right) = (Symbol.input([3], name: "left"), Symbol.input([3]))
    let shared = Dense(4, activation: .tanh, name: "shared")
    let (a, b) = (shared(left), shared(right))
    let attention = MultiHeadAttention(heads: 2, keySize: 2)
    let sequence = Reshape([2, 2])(a)
    let attended = attention([sequence, Reshape([2, 2])(b)])
    let joined = Concatenate()([a, b, Flatten()(attended), Add()([a, b]), Maximum()([a, b])])
    let inner = try Sequential(input: [20], name: "inner") { Dense(3) }
    let answer = inner(joined)
    let model = try Model(
      inputs: [left, right],
      outputs: [answer, Subtract()([a, b]), Average()([Multiply()([a, b]), Minimum()([a, b])])],
      seed: 3, name: "two")
    try inFolder { folder in
      let url = folder.appending(path: "graph.martlet")
      try Archive(model).save(to: url)
      let loaded = try #require(try Archive.load(url).model as? Model)
      #expect(loaded.parameters.map(\.name) == model.parameters.map(\.name))
      #expect(loaded.summary() == model.summary())
      let (x, y) = (sample([2, 3], seed: 1), sample([2, 3], seed: 2))
      for (mine, theirs) in zip(loaded([x, y]), model([x, y])) { #expect(try mine.floats() == theirs.floats()) }
      // A graph within a model, with its own weights.
      let one = try Model(inputs: [left], outputs: [Dense(2)(shared(left))])
      let outer = try Sequential(input: [3]) {
        Dense(3)
        one
      }
      try Archive(outer).save(to: url)
      #expect(try Archive.load(url).model(x).floats() == outer(x).floats())
    }
  }

  /// A file as version 1 of the format has it. It is not to be changed: files like it are in people's hands.
  static let version1: (entries: [String: Safetensors.Entry], metadata: [String: String]) = (
    [
      "0.kernel": Safetensors.Entry(floats: [1, 2], shape: [2, 1]),
      "0.bias": Safetensors.Entry(floats: [0.5], shape: [1]),
      "self-test:input.0": Safetensors.Entry(floats: [1, 10], shape: [2]),
      "self-test:output.0": Safetensors.Entry(floats: [21.5], shape: [1]),
    ],
    [
      "format": "martlet",
      "martlet.archive": """
      {"classes":["no","yes"],"inputs":[[2]],"loss":"mean_squared_error","metrics":{"test_loss":0.25},"model":{"input":[2],"layers":[
      {"activation":"linear","biasInitializer":"zeros","kernelInitializer":"glorot_uniform","type":"Dense","units":1,"useBias":true}],
      "type":"Sequential"},"notes":{"recipe":"line"},"preprocessing":{"numbers":["x","y"]},"version":1}
      """,
    ]
  )

  @Test("of version 1 can be read for ever")
  func versions() throws {
    try inFolder { folder in
      let url = folder.appending(path: "old.martlet")
      try Safetensors.write(Self.version1.entries, metadata: Self.version1.metadata, to: url)
      let archive = try Archive.load(url)
      #expect(try archive.model(Tensor([3, 4], shape: [1, 2])).floats() == [11.5])
      #expect(archive.classNames == ["no", "yes"] && archive.preprocessing == .numbers(["x", "y"]))
      #expect(archive.metrics == ["test_loss": 0.25] && archive.notes == ["recipe": "line"])
    }
  }

  static let changes: [(from: String, to: String, reason: String)] = [
    ("\"version\":1", "\"version\":99", "update Martlet"),
    ("\"type\":\"Dense\"", "\"type\":\"Danse\"", "no layer of this type"),
    ("\"units\":1", "\"units\":0", "cannot be 0"), ("\"units\":1", "\"units\":2", "shape"),
    ("\"units\":1", "\"units\":1e300", "cannot be"), ("\"units\":1,", "", "lacks the setting 'units'"),
    ("\"inputs\":[[2]]", "\"inputs\":[[3]]", "other shapes"),
    ("\"input\":[2]", "\"input\":[-1]", "cannot have samples"),
    ("linear", "square", "cannot be"), ("\"classes\":[", "\"classes\":[1,", "classes cannot be"),
    ("{\"numbers\":[\"x\",\"y\"]}", "{\"magic\":1}", "'magic'"), ("{\"classes\"", "{{\"classes\"", "cannot be read"),
    ("linear", "relu6", "self-test"),
    ("\"type\":\"Sequential\"", "\"type\":\"TimeDistributed\"", "lacks the layer 'layer'"),
  ]

  @Test("that were changed are refused with the reason", arguments: changes)
  func changed(_ change: (from: String, to: String, reason: String)) throws {
    var contents = Safetensors.Contents(entries: Self.version1.entries, metadata: Self.version1.metadata)
    let text = try #require(contents.metadata[Archive.key])
    contents.metadata[Archive.key] = text.replacingOccurrences(of: change.from, with: change.to)
    #expect(contents.metadata[Archive.key] != text)
    let error = #expect(throws: (any Error).self) { try Archive(contents, largestActivation: 1 << 20) }
    #expect("\(String(describing: error))".contains(change.reason), "\(String(describing: error))")
  }

  @Test("with weights that are missing, left over, or changed are refused")
  func weights() throws {
    func reason(_ change: (inout [String: Safetensors.Entry]) -> Void) -> String {
      var contents = Safetensors.Contents(entries: Self.version1.entries, metadata: Self.version1.metadata)
      change(&contents.entries)
      do {
        _ = try Archive(contents, largestActivation: 1 << 20)
        return "it was read"
      } catch {
        return "\(error)"
      }
    }
    #expect(reason { $0["0.bias"] = nil }.contains("lacks 0.bias"))
    #expect(reason { $0["1.bias"] = $0["0.bias"] }.contains("has no 1.bias"))
    #expect(reason { $0["0.kernel"] = Safetensors.Entry(floats: [1, 2], shape: [1, 2]) }.contains("shape"))
    #expect(reason { $0["0.kernel"] = Safetensors.Entry(floats: [1, 2.5], shape: [2, 1]) }.contains("self-test"))
    #expect(reason { $0["self-test:output.0"] = nil }.contains("self-test"))
    #expect(reason { $0["0.bias"] = Safetensors.Entry(int32s: [1], shape: [1]) }.contains("float32"))
  }

  @Test("cannot ask for more memory than they are worth")
  func bounded() throws {
    let small = try Archive(
      Sequential(input: [2, 2, 1]) {
        UpSampling2D(2)
        GlobalAveragePool2D()
      })
    var contents = try SafetensorsReader(bytes: Data(try small.encoded())).contents()
    let text = try #require(contents.metadata[Archive.key])
    contents.metadata[Archive.key] = text.replacingOccurrences(of: "\"size\":[2,2]", with: "\"size\":[20000,20000]")
    let device = Device(backend: try CPUBackend(threads: 1))
    let error = #expect(throws: (any Error).self) {
      try withDevice(device) { try Archive(contents, largestActivation: Archive.largestActivation) }
    }
    #expect(device.backend.statistics.peakBytesInUse < 1 << 20)
    #expect("\(String(describing: error))".contains("one sample takes"))
    #expect(throws: (any Error).self) {
      try JSON(parsing: String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
    }
  }

  @Test("of a function are refused, naming the layer")
  func functions() throws {
    let model = try Sequential(input: [2]) {
      Dense(2)
      Residual(name: "around") { Lambda(name: "doubled") { 2 * $0 } }
    }
    let error = #expect(throws: DescriptionError.self) { try Archive(model) }
    #expect(error?.description.contains("'around.body.doubled' (Lambda)") == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("Rescaling") == true)
    let block = Sequential { Dense(2) }
    #expect(throws: ArchiveError.self) { try Archive(block) }
    let twice = Dense(2)
    let tied = try Sequential(input: [2]) {
      twice
      twice
    }
    #expect(throws: ArchiveError.self) { try Archive(tied) }
  }

  /// A layer that only this test knows.
  struct Tripled: Layer, DescribedLayer {
    var factor: Float = 3
    func callAsFunction(_ x: Tensor, mode: Mode) -> Tensor { x * factor }
    func describe(into description: inout LayerDescription) throws { description.put("factor", factor) }
    init(factor: Float = 3) { self.factor = factor }
    init(described description: LayerDescription) throws { factor = try description.value("factor") }
  }

  @Test("hold layers of one's own, where the reader is told of them")
  func ownLayers() throws {
    try inFolder { folder in
      let url = folder.appending(path: "own.martlet")
      try Archive(Sequential(input: [2]) { Tripled(factor: 4) }).save(to: url)
      #expect(throws: ArchiveError.self) { try Archive.load(url) }
      #expect(try Archive.load(url, layers: [Tripled.self]).model(Tensor([1, 2], shape: [1, 2])).floats() == [4, 8])
      try Data([1, 2, 3]).write(to: url)
      #expect(throws: SafetensorsError.self) { try Archive.load(url) }
      try Sequential(input: [2]) { Dense(1) }.save(to: url)
      let error = #expect(throws: ArchiveError.self) { try Archive.load(url) }
      #expect(error?.description.contains("no archive of a model") == true)
    }
  }
}
