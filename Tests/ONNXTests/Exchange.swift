import Foundation
import MartletAutograd
import MartletBackend
import MartletInterchange
import MartletLayerCases
import MartletLayers
import MartletONNX
import MartletTensor
import MartletTestSupport
import Testing

/// A folder of models with inputs and expected outputs, for a Python process that checks all of them at once.
struct Exchange {
  let folder = FileManager.default.temporaryDirectory.appending(path: "onnx-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Writes a model under a name, and what it gives here for a batch of each input.
  func add(
    _ name: String, _ model: any Layer, inputShape: Shape? = nil, _ details: ONNX.Details = ONNX.Details(),
    inputs: [Tensor], outputs: [Tensor]
  ) throws {
    try ONNX.export(model, inputShape: inputShape, to: folder.appending(path: "\(name).onnx"), details)
    var arrays: [String: Safetensors.Entry] = [:]
    for (index, input) in inputs.enumerated() { arrays["input\(index)"] = try entry(input) }
    for (index, output) in outputs.enumerated() { arrays["output\(index)"] = try entry(output) }
    try Safetensors.write(arrays, to: folder.appending(path: "\(name).safetensors"))
  }

  private func entry(_ tensor: Tensor) throws -> Safetensors.Entry {
    tensor.dtype == .int32
      ? Safetensors.Entry(int32s: try tensor.int32s(), shape: Array(tensor.shape))
      : Safetensors.Entry(floats: try tensor.floats(), shape: Array(tensor.shape))
  }

  /// Has onnx check every model and onnxruntime run it.
  ///
  /// - Returns: a line for each model that is not valid or gives other numbers.
  func problems() throws -> [String] {
    try Peer.run(Self.script, folder.path).split(separator: "\n").map(String.init)
  }

  private static let script = """
    import sys, pathlib, numpy, onnx, onnxruntime
    from safetensors.numpy import load_file
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
      try:
        onnx.checker.check_model(str(path), full_check=True)
        arrays = load_file(path.with_suffix(".safetensors"))
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        inputs = {x.name: arrays[f"input{i}"] for i, x in enumerate(session.get_inputs())}
        for i, output in enumerate(session.run(None, inputs)):
          expected = arrays[f"output{i}"]
          declared = session.get_outputs()[i].shape
          if output.shape != expected.shape: print(path.stem, "shape", output.shape, expected.shape)
          elif declared[1:] != list(expected.shape[1:]): print(path.stem, "declares", declared)
          else:
            difference = numpy.abs(output - expected).max() / max(1, numpy.abs(expected).max())
            if not difference <= 1e-5: print(path.stem, "differs by", difference)
      except Exception as error:
        print(path.stem, repr(error)[:600].replace(chr(10), " "))
    """
}
