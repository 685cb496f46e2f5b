import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

@Suite("Models that were imported") struct ReexportTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Models")

  private func model(_ name: String) throws -> ONNXModel { try ONNX.load(Self.folder.appending(path: "\(name).onnx")) }

  @Test(
    "are written again as they were read: other runtimes get the numbers of the original", arguments: PyTorchTests.files
  )
  func original(_ file: String) throws {
    let source = Self.folder.appending(path: file)
    let model = try withDevice(.reference) { try ONNX.load(source) }
    let copy = FileManager.default.temporaryDirectory.appending(path: "again-\(UUID().uuidString)-\(file)")
    defer { try? FileManager.default.removeItem(at: copy) }
    try ONNX.export(model, to: copy)
    let again = try withDevice(.reference) { try ONNX.load(copy) }
    #expect(again.inputs == model.inputs && again.outputs == model.outputs && again.producer == model.producer)
    #expect(try again.parameters.map { try $0.value.floats() } == model.parameters.map { try $0.value.floats() })
    // Nothing is lost: the second copy is the first, byte for byte.
    #expect(try ONNX.bytes(of: again) == Array(Data(contentsOf: copy)))
  }

  @Test("are written with what they have learned since", .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
  func trained() throws {
    let exchange = try Exchange()
    defer { exchange.remove() }
    try withDevice(.reference) {
      let model = try model("cnn")
      let weight = try #require(model.parameters.first { $0.role == .weight })
      weight.assign(weight.value.detached * 2 + 0.25)
      let x = sample([3, 1, 17, 17])
      try exchange.add("changed", model, inputs: [x], outputs: try model.run([x]))
      // As a part of another model, its images turned on the way in.
      let whole = try Sequential(input: [17, 17, 1]) {
        model.turned()
        Dense(4, activation: .tanh)
      }
      let pictures = sample([3, 17, 17, 1])
      try exchange.add("part", whole, inputs: [pictures], outputs: [whole(pictures)])
    }
    #expect(try exchange.problems() == [])
  }

  @Test(
    "keep weights of half and double precision in their type",
    .enabled(if: Peer.isThere, Comment(rawValue: Peer.reason)))
  func types() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "types-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try Peer.run(Self.makeTypes, folder.path)
    for name in ["float16", "bfloat16", "double", "float"] {
      let model = try ONNX.load(folder.appending(path: "\(name).onnx"))
      #expect(model.parameters.map(\.name) == ["w"])
      try ONNX.export(model, to: folder.appending(path: "\(name)-again.onnx"))
      // 1 + 2⁻¹¹ lies halfway between two halves, and goes to the even one; 65520 is beyond them.
      var values = try model.parameters[0].value.floats()
      values.replaceSubrange(0..<8, with: [1.00048828125, 65520, 1e-7, -0.1, .infinity, 0x1.01p0, -3e38, 0])
      model.parameters[0].assign(Tensor(values, shape: [values.count]))
      try ONNX.export(model, to: folder.appending(path: "\(name)-changed.onnx"))
    }
    #expect(try Peer.run(Self.compareTypes, folder.path) == "")
  }

  /// A model `x + w` for each type of weights, all bit patterns of half precision among them.
  private static let makeTypes = """
    import sys, pathlib, numpy, onnx, ml_dtypes
    from onnx import helper
    folder = pathlib.Path(sys.argv[1])
    every = numpy.arange(65536, dtype=numpy.uint16)
    for name, bits in [("float16", every.view(numpy.float16)), ("bfloat16", every.view(ml_dtypes.bfloat16)),
                       ("double", numpy.linspace(-3, 3, 9)), ("float", numpy.linspace(-3, 3, 9, dtype=numpy.float32))]:
      values = bits[~numpy.isnan(bits.astype(numpy.float64))]
      kind = getattr(onnx.TensorProto, name.upper())
      w = onnx.TensorProto(name="w", data_type=kind, dims=[len(values)])
      w.raw_data = values.tobytes()
      graph = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "g", [helper.make_tensor_value_info("x", kind, [1])],
        [helper.make_tensor_value_info("y", kind, [len(values)])], [w])
      model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
      (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    """

  private static let compareTypes = """
    import sys, pathlib, numpy, onnx, ml_dtypes
    folder = pathlib.Path(sys.argv[1])
    values = numpy.array([1.00048828125, 65520, 1e-7, -0.1, numpy.inf, 1.00390625, -3e38, 0], dtype=numpy.float32)
    numpy.seterr(over="ignore")
    for name, kind in [("float16", numpy.float16), ("bfloat16", ml_dtypes.bfloat16), ("double", numpy.float64), ("float", numpy.float32)]:
      w = lambda file: onnx.load(folder / f"{file}.onnx").graph.initializer[0]
      if w(name).raw_data != w(f"{name}-again").raw_data: print(name, "differs")
      found = w(f"{name}-changed").raw_data[:8 * numpy.dtype(kind).itemsize]
      if found != values.astype(kind).tobytes(): print(name, "is rounded otherwise:", numpy.frombuffer(found, dtype=kind))
    """

  @Test("refuse to be written with other inputs or outputs than they have")
  func details() throws {
    let model = try model("cnn")
    #expect(throws: ONNXError.self) { try ONNX.bytes(of: model, ONNX.Details(inputNames: ["image"])) }
    #expect(throws: ONNXError.self) { try ONNX.bytes(of: model, ONNX.Details(classNames: ["a", "b"])) }
    let named = try ONNX.load(
      ONNX.bytes(
        of: model, ONNX.Details(documentation: "d", classNames: (0..<10).map { "c\($0)" }, properties: ["k": "v"])))
    #expect(named.classNames.count == 10 && named.documentation == "d" && named.properties["k"] == "v")
  }

  @Test("are not written inside others where operators have another version, with the reason")
  func versions() throws {
    let model = try model("cnn-traced")
    let whole = try Sequential(input: [1, 17, 17]) {
      model
      Dense(2)
    }
    #expect { try ONNX.bytes(of: whole) } throws: {
      "\($0)".contains("version \(model.operatorSet) of the operator set")
    }
  }

  @Test("say what they are made of")
  func summary() throws {
    let model = try model("cnn")
    let text = model.summary()
    #expect(text.contains("(Conv)") && text.contains("(None, 8, 17, 17)") && text.contains("Total params"))
    #expect(model.operationCounts["Conv"] == 2 && model.lastOperation == "Gemm")
    #expect(model.takesChannelsFirst && !model.turned().takesChannelsFirst)
  }
}
