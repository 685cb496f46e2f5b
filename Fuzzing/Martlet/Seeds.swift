import Foundation
import MartletArchive
import MartletBackend
import MartletData
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletTensor

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
    let descriptions = try models().map(description)
    let png = try ColorPicture(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 9) }).encodedPNG()
    return [
      "safetensors": [safetensors], "npy": entries.values.map(NPY.encoded),
      "npz": [try NPZ.encoded(entries), try NPZ.encoded(entries, compressing: true)],
      "json": [Array(#"{"a":[1,-2.5e3,null,true],"b":{"c":"\u00e9\"\n"}}"#.utf8)],
      "archive": [try Archive(models()[0], preprocessing: .digit, classNames: ["a"], metrics: ["x": 0.5]).encoded()],
      "architecture": descriptions.map { Array($0.utf8) },
      "idx": [
        IDXArray(shape: [2, 3], elements: .uint8([1, 2, 3, 4, 5, 6])).encoded,
        IDXArray(shape: [2], elements: .float64([1, 2])).encoded,
      ],
      "csv": [Array("a,\"b \"\"c\"\"\",d\r\n1,,x\n-2.5e3,\"q\nr\",é\n".utf8), Array("a;b\n1;2\n".utf8)],
      "png": [png], "picture": [png, [UInt8](Data(base64Encoded: jpeg) ?? Data())],
      "checkpoint": [
        safetensors,
        Safetensors.encoded(entries, metadata: ["martlet.run": #"{"version":1,"epoch":2,"settings":{"seed":1}}"#]),
      ], "tiles": [Array("martlet tiles 1\ndevice\ngpu\n".utf8)],
      "onnx": try models().prefix(2).map { try ONNX.bytes(of: $0) },
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

  /// As the target `architecture` takes it.
  private static func description(of model: any Layer) throws -> String {
    let contents = try SafetensorsReader(bytes: Data(Archive(model).encoded())).contents()
    guard case .object(var members) = try JSON(parsing: contents.metadata[Archive.key] ?? "") else { return "" }
    members["weights"] = .object(contents.entries.mapValues { $0.shape.json })
    return JSON.object(members).encoded
  }
}
