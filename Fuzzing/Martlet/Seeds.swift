import Foundation
import MartletArchive
import MartletBackend
import MartletData
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletRecipes
import MartletRuns
import MartletTensor
import MartletTraining

/// The first files of each corpus, small ones that are sound, written by our own writers.
enum Seeds {
  static func write(to folder: URL) throws {
    for (target, seeds) in try all() {
      let place = folder.appending(path: target)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for (index, bytes) in seeds.enumerated() { try Data(bytes).write(to: place.appending(path: "seed-\(index)")) }
    }
  }

  /// Written by libjpeg-turbo at quality 90: 16×8 grey pixels.
  private static let jpeg = """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIU\
    FRT/wAALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAACAn/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/ABeq2//Z
    """

  private static func all() throws -> [String: [[UInt8]]] {
    let entries: [String: Safetensors.Entry] = [
      "b": Safetensors.Entry(floats: [1.5, -2], shape: [2, 1]), "a\"ö": Safetensors.Entry(int32s: [7], shape: []),
      "mask": Safetensors.Entry(dtype: .bool, shape: [2], bytes: [1, 0]),
    ]
    let safetensors = Safetensors.encoded(entries, metadata: ["note": "a\n"])
    let people = try Table(csv: rows)
    let preparation = try TablePreparation(
      [.number("age", filling: .median), .category("sex", filling: .mostFrequent), .isMissing("age")], fitting: people)
    let words = try Vocabulary(fitting: ["a b", "b"])
    let small = try Sequential(input: [1]) { Dense(1) }
    let descriptions =
      try models().map { try description(of: Archive($0)) }
      + [
        description(
          of: Archive(small, preprocessing: .table(preparation), classNames: ["a"], loss: "mean_squared_error")),
        description(of: Archive(small, preprocessing: .text(words), notes: ["a": "b"])),
        description(of: Archive(small, preprocessing: .numbers(["x"]))),
      ]
    let idx = IDXArray(shape: [2, 3], elements: .uint8([1, 2, 3, 4, 5, 6])).encoded
    let png = try ColorPicture(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 9) }).encodedPNG()
    return [
      "safetensors": [safetensors], "npy": entries.sorted { $0.key < $1.key }.map { NPY.encoded($0.value) },
      "npz": [try NPZ.encoded(entries), try NPZ.encoded(entries, compressing: true)],
      "json": [Array(#"{"a":[1,-2.5e3,null,true],"b":{"c":"\u00e9\"\n"}}"#.utf8)],
      "archive": [try Archive(models()[0], preprocessing: .digit, classNames: ["a"], metrics: ["x": 0.5]).encoded()],
      "architecture": descriptions.map { Array($0.utf8) },
      "idx": [
        idx,
        IDXArray(shape: [2], elements: .float64([1, 2])).encoded,
      ],
      "csv": [Array("a,\"b \"\"c\"\"\",d\r\n1,,x\n-2.5e3,\"q\nr\",é\n".utf8), Array("a;b\n1;2\n".utf8)],
      "png": [png], "picture": [png, [UInt8](Data(base64Encoded: jpeg) ?? Data())],
      "checkpoint": [
        safetensors,
        Safetensors.encoded(entries, metadata: ["martlet.run": #"{"version":1,"epoch":2,"settings":{"seed":1}}"#]),
      ], "tiles": [Array("martlet tiles 1\ndevice\ngpu\n".utf8)],
      "onnx": try models().map { try ONNX.bytes(of: $0) },
      "gzip": [
        Deflate.packed(idx).map { packed in
          let tail = [Deflate.checksum(idx), UInt32(idx.count)]
          return packed + tail.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        } ?? []
      ],
      "history": try [
        Array("epoch,loss,val_loss,accuracy\n1,0.5,0.6,0.1\n2,0.25,,0.9\n".utf8),
        Array(#"{"history":[{"epoch":1,"loss":2.5,"val_loss":3},{"loss":1e-3}]}"#.utf8), Array(run().record.json()),
      ],
      "run": [try encoded(run())],
      "table": [try encoded(preparation) + [UInt8(ascii: "\n")] + Array(rows.utf8)],
      "keras": [
        #"{"weights":{"conv1d/kernel":[2,1,2],"conv1d/bias":[2],"d/kernel":[2,1],"d/bias":[1],"rnn/cell/kernel":[1,1]}}"#,
        #"{"weights":{"arr_0":[2,1,2],"arr_1":[2],"arr_2":[2,8],"arr_3":[2,8],"arr_4":[8],"arr_5":[2,1],"arr_6":[1]}}"#,
        #"{"weights":{"a/conv1d_1/kernel":[2,1,2],"a/conv1d_1/bias":[2],"lstm/lstm_cell/kernel":[2,8]}}"#,
      ].map { Array($0.utf8) },
      "saved": [
        #"{"notes":{"recipe":"gauss","input":"2","outputs":"2","seed":"1","classes":"[\"a\",\"b\"]"},"weights":{"0.kernel":[2,4],"0.bias":[4],"1.kernel":[4,2],"1.bias":[2]}}"#,
        #"{"notes":{"recipe":"plane","input":"2","outputs":"1","target":"0.5,2"},"weights":{"0.kernel":[2,4],"0.bias":[4],"1.kernel":[4,1],"1.bias":[1]}}"#,
        #"{"notes":{"recipe":"mnist-cnn","input":"28,28,1","outputs":"10"},"weights":{"0.kernel":[5,5,1,16]}}"#,
        #"{"notes":{"recipe":"char-rnn","vocabulary":"{\"unit\":\"characters\",\"entries\":[\"a\"]}"},"weights":{"0.kernel":[3,4]}}"#,
        #"{"notes":{"recipe":"vae","input":"28,28,1","seed":"7"},"weights":{"0.kernel":[3,4]}}"#,
      ].map { Array($0.utf8) },
      "programs": [[UInt8](repeating: 0, count: 40)],
    ]
  }

  /// A few small models that have most layers among them.
  private static func models() throws -> [any Layer] {
    let graph: any Layer = try {
      let (a, b) = (Symbol.input([3], name: "a"), Symbol.input([3]))
      let shared = Dense(2, activation: .leakyRelu(negativeSlope: 0.3), name: "s")
      return try Model(
        inputs: [a, b],
        outputs: [Concatenate()([shared(a), shared(b)]), Maximum()([Add()([a, b]), Subtract()([a, b])])])
    }()
    return [
      try Sequential(input: [4, 4, 1]) {
        Conv2D(2, kernel: 3, padding: .same, activation: .relu)
        BatchNorm()
        MaxPool2D()
        Flatten()
        Dropout(0.5)
        Dense(2, activation: .softmax())
      },
      try Sequential(input: [3, 2]) {
        Bidirectional(LSTM(2, returnsSequences: true))
        MultiHeadAttention(heads: 1, keySize: 2, dropout: 0.1)
        LayerNorm()
        TimeDistributed(Dense(2))
        GRU(2, recurrentActivation: .hardSigmoid, returnsSequences: true)
        Conv1D(2, kernel: 2, padding: .causal)
        SimpleRNN(2)
        Reshape([-1, 1])
      },
      try Sequential(input: [4, 4, 2]) {
        RandomTransform(shift: 0.1, mirrors: true, background: 0)
        ZeroPadding2D()
        SeparableConv2D(2, kernel: 3, activation: .gelu())
        DepthwiseConv2D(kernel: 2)
        GroupNorm(groups: 2)
        UpSampling2D(interpolation: .bilinear)
        ConvTransposed2D(2, kernel: 2, stride: 2, padding: .explicit(Margins(top: 1)))
        AveragePool2D()
        PReLU(sharedAxes: [1, 2])
        Residual(shortcut: Conv2D(2, kernel: 1)) { Rescaling(scale: 2) }
        GlobalMaxPool2D()
        Maxout(2)
        RBF(2)
        GaussianNoise(0.1)
      },
      try Sequential(input: [3]) {
        Embedding(3, 2, masksZero: true)
        Masking()
        GRU(1)
      },
      graph,
    ]
  }

  /// The model whose weights the target `keras` reads.
  static func forKeras() throws -> Sequential {
    try Sequential(input: [3, 1]) {
      Conv1D(2, kernel: 2, name: "first")
      Bidirectional(LSTM(1))
      Dense(1)
    }
  }

  private static let rows = "age,sex\n1,m\n2.5,f\n,m\n"

  private static func encoded(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    return Array(try encoder.encode(value))
  }

  /// A run with some of everything.
  private static func run() throws -> StoredRun {
    var record = RunRecord(recipe: "xor", command: ["martlet", "train", "xor"], options: ["epochs": "2"])
    record.status = .done
    record.figures = ["test_accuracy": 0.5, "test_loss": 1]
    record.history = try HistoryFile.history(of: Array("epoch,loss,val_loss\n1,0.5,0.6\n2,0.25,0.7\n".utf8), "log")
    var evidence = RunEvidence()
    evidence.classNames = ["a", "b"]
    evidence.confusion = [3, 1, 0, 2]
    evidence.mistakes = [.init(sample: 3, label: 0, prediction: 1, probability: 0.75, picture: Data([1, 2]))]
    evidence.mistakeCount = 1
    evidence.roc = try JSONDecoder().decode(
      RunEvidence.Curve.self, from: Data(#"{"x":[0,1],"y":[0,1],"area":0.5}"#.utf8))
    evidence.precisionRecall = evidence.roc
    evidence.weights = [
      try JSONDecoder().decode(
        RunEvidence.Spread.self, from: Data(#"{"name":"w","shape":[2],"edges":[0,0.5,1],"counts":[1,1]}"#.utf8))
    ]
    evidence.galleries = [.init(title: "g", caption: "c", picture: Data([1]))]
    evidence.summary = "layers"
    evidence.drawing = "<svg></svg>"
    return StoredRun(record: record, evidence: evidence)
  }

  /// As the target `architecture` takes it.
  private static func description(of archive: Archive) throws -> String {
    let contents = try SafetensorsReader(bytes: Data(archive.encoded())).contents()
    guard case .object(var members) = try JSON(parsing: contents.metadata[Archive.key] ?? "") else { return "" }
    members["weights"] = .object(contents.entries.mapValues { $0.shape.json })
    return JSON.object(members).encoded
  }
}
