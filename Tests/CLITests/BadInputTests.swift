import Foundation
import Testing

@Suite("What cannot be done is refused with one clear message") struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    var environment: [String: String] = [:]
    let status: Int32
    let message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let cases = [
    Case(arguments: ["train", "mnist-rnn"], status: 64, message: "mnist-cnn"),
    Case(
      arguments: ["train", "mnist-cnn", "--device", "gpu7"], status: 1, message: "no device named 'gpu7'; known are"),
    Case(arguments: ["train", "mnist-cnn", "--device", "opencl:99"], status: 1, message: "opencl:99"),
    Case(arguments: ["train", "mnist-cnn", "--device", ""], status: 1, message: "known are"),
    Case(arguments: ["train", "mnist-cnn", "--threads", "0"], status: 64, message: "--threads has to be 1 or more"),
    Case(arguments: ["train", "mnist-cnn", "--threads", "99999"], status: 1, message: "99999"),
    Case(arguments: ["train", "mnist-cnn", "--epochs", "-1"], status: 64, message: "epochs"),
    Case(arguments: ["train", "mnist-cnn", "--epochs", "many"], status: 64, message: "'many'"),
    Case(
      arguments: ["train", "mnist-cnn", "--batch-size", "0"], status: 64, message: "--batch-size has to be 1 or more"),
    Case(arguments: ["train", "mnist-cnn", "--learning-rate", "nan"], status: 64, message: "--learning-rate"),
    Case(arguments: ["explain", "backprop", "--sizes", "2-0-1"], status: 64, message: "'2-0-1'"),
    Case(arguments: ["explain", "backprop", "--sizes", "2-99-1"], status: 64, message: "at most 32 units"),
    Case(arguments: ["explain", "backprop", "--input", "1,x"], status: 64, message: "need 2 numbers with commas"),
    Case(arguments: ["explain", "backprop", "--learning-rate", "inf"], status: 64, message: "finite"),
    Case(arguments: ["explain", "network", "resnet-9000"], status: 64, message: "no file of weights or recipe"),
    Case(arguments: ["explain", "network", "2-3", "--svg", "/no/such/folder/a"], status: 64, message: "no folder"),
    Case(arguments: ["explain", "features", "mnist-lstm"], status: 64, message: "no convolution"),
    Case(arguments: ["explain", "features", "mnist-cnn", "-1"], status: 64, message: "-1"),
    Case(
      arguments: ["explain", "features", "mnist-cnn", "900", "--limit", "10"], status: 64, message: "numbered 0 to 9"),
    Case(arguments: ["explain", "gradients", "mnist-cnn", "--samples", "0"], status: 64, message: "1 to 4096"),
    Case(arguments: ["explain", "name", "fit_generater"], status: 1, message: "did you mean 'fit_generator'?"),
    Case(arguments: ["train", "mnist-cnn", "--precision", "float16"], status: 64, message: "tensorFloat32"),
    Case(
      arguments: ["train", "mnist-cnn", "--device", "cpu", "--precision", "bfloat16"], status: 1,
      message: "does not compute in bfloat16"),
    Case(arguments: ["tune", "--device", "cpu"], status: 1, message: "only OpenCL devices have tiles to tune"),
    Case(arguments: ["tune", "--device", "opencl:99"], status: 1, message: "opencl:99"),
    Case(arguments: ["tune", "--seconds", "nan"], status: 64, message: "--seconds has to be from 0"),
    Case(
      arguments: ["check", "--operation", "matmull"], status: 64, message: "there is no operation called 'matmull'"),
    Case(arguments: ["check", "--effort", "none"], status: 64, message: "brief"),
    Case(arguments: ["train", "mnist-cnn", "--limit", "0"], status: 64, message: "--limit has to be 1 or more"),
    Case(arguments: ["train", "mnist-cnn", "--data", "/no/such/folder"], status: 1, message: "/no/such/folder"),
    Case(arguments: ["train", "mnist-cnn", "--save", "/no/such/folder/w"], status: 64, message: "there is no folder"),
    Case(arguments: ["train", "mnist-cnn", "--json", "/"], status: 64, message: "it is a folder"),
    Case(
      arguments: ["train", "mnist-cnn", "--device", "cpu"], environment: ["MARTLET_ISA": "mmx"], status: 1,
      message: "MARTLET_ISA"),
    Case(
      arguments: ["train", "mnist-cnn", "--device", "cpu"], environment: ["MARTLET_THREADS": "two"], status: 1,
      message: "MARTLET_THREADS"),
    Case(
      arguments: ["train", "mnist-cnn", "--device", "opencl:0"], environment: ["OCL_ICD_VENDORS": "/no/such/folder"],
      status: 1, message: "opencl:0"),
    Case(arguments: ["evaluate", "/no/such/file"], status: 1, message: "/no/such/file"),
    Case(arguments: ["evaluate", "/"], status: 1, message: "/"),
    Case(arguments: ["predict"], status: 64, message: "weights"),
    Case(arguments: ["summary", "nothing"], status: 64, message: "mnist-mlp"),
    Case(arguments: ["check", "--device", "abacus"], status: 1, message: "abacus"),
    Case(arguments: ["bench", "matmull"], status: 64, message: "no benchmark is called 'matmull'"),
    Case(arguments: ["bench", "matmul-1x9x256", "--quick", "--device", "gpu7"], status: 1, message: "gpu7"),
    Case(arguments: ["bench", "--repetitions", "0"], status: 64, message: "--repetitions has to be from 1"),
    Case(arguments: ["bench", "--seconds", "nan"], status: 64, message: "--seconds has to be from 0"),
    Case(arguments: ["bench", "--json", "/no/such/folder/f"], status: 64, message: "there is no folder"),
    Case(arguments: ["bench", "cnn-train-32", "--data", "/no/such/folder"], status: 1, message: "/no/such/folder"),
    Case(arguments: ["frobnicate"], status: 64, message: "frobnicate"),
  ]

  @Test("options, devices and folders", arguments: cases)
  func options(_ test: Case) throws {
    let outcome = try MartletProcess.run(test.arguments, environment: test.environment)
    #expect(outcome.status == test.status)
    #expect(outcome.errors.contains(test.message), "\(outcome.errors)")
    #expect(outcome.errors.components(separatedBy: "Error:").count == 2, "one message: \(outcome.errors)")
  }

  /// An image file of 28 × 28 bytes each, or a label file: magic, extents, zeros.
  private static func idx(magic: [UInt8], extents: [UInt32], payload: Int) -> [UInt8] {
    magic + extents.flatMap { [UInt8($0 >> 24), UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
      + [UInt8](repeating: 0, count: payload)
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let bytes: [UInt8]
    let message: String
  }

  static let images = idx(magic: [0, 0, 8, 3], extents: [2, 28, 28], payload: 2 * 784)
  static let labels = idx(magic: [0, 0, 8, 1], extents: [2], payload: 2)
  static let damages = [
    Damage(testDescription: "truncated", file: "train-images-idx3-ubyte", bytes: images.dropLast(5), message: "byte"),
    Damage(
      testDescription: "wrong magic", file: "train-images-idx3-ubyte", bytes: [9, 9] + images.dropFirst(2),
      message: "not an IDX file"),
    Damage(
      testDescription: "oversized header", file: "train-images-idx3-ubyte",
      bytes: idx(magic: [0, 0, 8, 3], extents: [.max, .max, .max], payload: 100), message: "train-images"),
    Damage(testDescription: "empty", file: "train-labels-idx1-ubyte", bytes: [], message: "train-labels"),
    Damage(
      testDescription: "gzip damage", file: "train-labels-idx1-ubyte",
      bytes: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7],
      message: "train-labels"),
    Damage(
      testDescription: "labels out of range", file: "train-labels-idx1-ubyte", bytes: labels.dropLast(1) + [77],
      message: "77"),
    Damage(
      testDescription: "fewer labels than images", file: "train-labels-idx1-ubyte",
      bytes: idx(magic: [0, 0, 8, 1], extents: [1], payload: 1), message: "train-"),
    Damage(
      testDescription: "images of another size", file: "train-images-idx3-ubyte",
      bytes: idx(magic: [0, 0, 8, 3], extents: [2, 5, 5], payload: 50), message: "28"),
  ]

  @Test("damaged files of MNIST", arguments: damages)
  func damagedFiles(_ damage: Damage) throws {
    let folder = try TemporaryFolder()
    for part in ["train", "t10k"] {
      try folder.write(Self.images, to: "\(part)-images-idx3-ubyte")
      try folder.write(Self.labels, to: "\(part)-labels-idx1-ubyte")
    }
    try folder.write(damage.bytes, to: damage.file)
    let outcome = try MartletProcess.run(["train", "mnist-mlp", "--data", folder.url.path, "--device", "cpu"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains(damage.message) && outcome.errors.contains(damage.file.prefix(5)), "\(outcome.errors)")
    #expect(outcome.errors.components(separatedBy: "Error:").count == 2, "one message: \(outcome.errors)")
  }

  @Test("weights that are none, of another model, or cut short")
  func damagedWeights() throws {
    let folder = try TemporaryFolder()
    let weights = folder.path("weights.safetensors")
    let trained = try MartletProcess.run(
      ["train", "mnist-mlp", "--limit", "50", "--epochs", "1", "--device", "cpu", "--save", weights])
    #expect(trained.status == 0, "\(trained.errors)")
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: weights)))
    let damages: [(name: String, bytes: [UInt8])] = [
      ("cut", bytes.dropLast(100)), ("header only", Array(bytes.prefix(40))), ("text", Array("hello, weights".utf8)),
      (
        "renamed",
        Array(String(decoding: bytes.prefix(600), as: UTF8.self).replacing("mnist-mlp", with: "mnist-cnn").utf8)
          + bytes.dropFirst(600)
      ),
    ]
    for damage in damages {
      try folder.write(damage.bytes, to: damage.name)
      let outcome = try MartletProcess.run(["evaluate", folder.path(damage.name), "--limit", "10", "--device", "cpu"])
      #expect(outcome.status == 1 && outcome.errors.contains(damage.name), "\(damage.name): \(outcome.errors)")
    }
    for image in ["-1", "10000", "no.png", weights] {
      let outcome = try MartletProcess.run(["predict", weights, "--device", "cpu", "--", image])
      #expect(outcome.status != 0 && outcome.errors.contains("Error:"), "\(image): \(outcome.errors)")
    }
  }
}
