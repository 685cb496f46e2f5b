import Foundation
import Testing

/// One way to use the command wrongly: files that are there, what is typed, and what has to come of it.
struct WrongInput: Sendable, CustomTestStringConvertible {
  /// What is typed, in a folder that holds the files.
  let arguments: [String]
  let status: Int32
  /// Part of the message.
  let message: String
  var files: [String: [UInt8]] = [:]
  var environment: [String: String] = [:]
  /// Symbolic links by name.
  var links: [String: String] = [:]
  var folders: [String] = []

  var testDescription: String { arguments.joined(separator: " ") }

  /// The command was not understood.
  static func misused(_ line: String, _ message: String) -> WrongInput {
    WrongInput(arguments: words(line), status: 64, message: message)
  }

  /// The command was understood, and something is wrong with the world.
  static func failing(
    _ line: String, _ message: String, files: [String: [UInt8]] = [:], links: [String: String] = [:],
    folders: [String] = [], environment: [String: String] = [:]
  ) -> WrongInput {
    WrongInput(
      arguments: words(line), status: 1, message: message, files: files, environment: environment, links: links,
      folders: folders)
  }

  /// `_` stands for an empty word.
  private static func words(_ line: String) -> [String] {
    line.split(separator: " ").map { $0 == "_" ? "" : String($0) }
  }
}

// Files with something wrong in them.
enum WrongFile {
  static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// A safetensors file of a header and some bytes.
  static func safetensors(_ header: String, _ bytes: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + text(header) + bytes
  }

  /// A safetensors file without arrays that says it was saved by a recipe.
  static func network(_ members: String) -> [UInt8] { safetensors("{\"__metadata__\":{\(members)}}") }

  /// An array of bytes.
  static func idx(code: UInt8 = 8, _ extents: [UInt32], payload: Int = 0) -> [UInt8] {
    [0, 0, code, UInt8(extents.count)] + extents.flatMap(bigEndian) + [UInt8](repeating: 0, count: payload)
  }

  /// A PNG picture of a size, without any pixels.
  static func png(width: UInt32, height: UInt32) -> [UInt8] {
    let header = text("IHDR") + bigEndian(width) + bigEndian(height) + [8, 0, 0, 0, 0]
    let pixels = text("IDAT")
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + bigEndian(13) + header + bigEndian(checksum(header))
      + bigEndian(0) + pixels + bigEndian(checksum(pixels))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  /// The CRC-32 of zlib and PNG.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xffff_ffff as UInt32) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
    }
  }
}

extension WrongInput {
  static let flags: [WrongInput] = [
    .misused("train", "name a recipe"),
    .misused("train mnist-mlp mnist-cnn", "'mnist-cnn'"),
    .misused("train mnist-mlp --epochs", "'--epochs <epochs>'"),
    .misused("train mnist-mlp --epochs -1", "--epochs has to be 1 or more; got -1"),
    .misused("train mnist-mlp --epochs 0", "--epochs has to be 1 or more; got 0"),
    .misused("train mnist-mlp --epochs 1.5", "'1.5'"),
    .misused("train mnist-mlp --epochs 99999999999999999999", "'99999999999999999999'"),
    .misused("train mnist-mlp --batch-size -5", "--batch-size has to be 1 or more; got -5"),
    .misused("train mnist-mlp --learning-rate -0.1", "--learning-rate has to be a number above 0; got -0.1"),
    .misused("train mnist-mlp --learning-rate 1e60", "--learning-rate has to be a number above 0; got inf"),
    .misused("train mnist-mlp --limit -3", "--limit has to be 1 or more; got -3"),
    .misused("train mnist-mlp --threads -3", "--threads has to be 1 or more; got -3"),
    .misused("train mnist-mlp --seed 18446744073709551616", "'18446744073709551616'"),
    .misused("train mnist-mlp --seed -1", "'-1'"),
    .misused("train mnist-mlp --rate 1", "Unknown option '--rate'"),
    .misused("train mnist-mlp --resume", "--resume needs --run NAME or --checkpoint"),
    .misused("train mnist-mlp --checkpoint run --checkpoint-seconds nan", "got nan"),
    .misused("train mnist-mlp --save _", "the name of a file to write is empty"),
    .misused("train mnist-mlp --checkpoint _", "the name of a folder is empty"),
    .failing("train gates --epochs 3", "--epochs has no meaning for gates"),
    .failing("train spiral --data x", "--data has no meaning for spiral"),
    .failing("train mnist-mlp --device cpu:1", "there is no device named 'cpu:1'"),
    .failing("train mnist-mlp --device opencl:-1", "there is no device named 'opencl:-1'"),
    .misused("predict w 0 --top 0", "--top has to be 1 or more"),
    .misused("generate w --count 0", "--count has to be 1 to 100000; got 0"),
    .misused("generate w --temperature nan", "--temperature has to be 0 to 100; got nan"),
    .misused("bench --repetitions -1", "--repetitions has to be from 1"),
    .misused("explain network 2-3 --width -4", "--width has to be 20 or more; got -4"),
    .misused("devices cpu", "'cpu'"),
  ]

  private static let column = "price,rooms\n"

  static let tables: [WrongInput] = [
    .failing("train house-price --data t.csv", "No such file or directory"),
    .failing("train house-price --data t.csv", "it is a directory", folders: ["t.csv"]),
    .failing("train house-price --data t.csv", "Too many levels of symbolic links", links: ["t.csv": "t.csv"]),
    .failing("train house-price --data /dev/zero", "it is not a regular file"),
    .failing("train house-price --data t.csv", "is empty", files: ["t.csv": []]),
    .failing("train house-price --data t.csv", "leaves none to train on", files: ["t.csv": WrongFile.text(column)]),
    .failing(
      "train house-price --data t.csv", "t.csv, line 3: has 1 cells",
      files: ["t.csv": WrongFile.text(column + "1,2\n3\n")]),
    .failing(
      "train house-price --data t.csv", "column 'price' is missing in row 0, line 2",
      files: ["t.csv": WrongFile.text(column + "nan,1\ninf,2\n3,4\n")]),
    .failing(
      "train house-price --data t.csv", "'low' in column 'price'",
      files: ["t.csv": WrongFile.text(column + "low,1\nhigh,2\n")]),
    .failing(
      "train house-price --data t.csv", "has a quote here that is never closed",
      files: ["t.csv": WrongFile.text(column + "\"1,2\n")]),
    .failing(
      "train house-price --data t.csv", "two columns called 'price'",
      files: ["t.csv": WrongFile.text("price,price\n1,2\n")]),
    .failing("train house-price --data t.csv", "not UTF-8", files: ["t.csv": [0xff, 0xfe, 0x70, 0, 0x72, 0]]),
    .failing(
      "train house-price --data t.csv", "one column with values",
      files: ["t.csv": WrongFile.text("price\n" + String(repeating: "1\n2\n3\n", count: 9))]),
    .failing(
      "train house-price --data t.csv --epochs 1 --device cpu", "not a number",
      files: ["t.csv": WrongFile.text(column + String(repeating: "1e300,1e300\n1e308,-1e308\n", count: 20))]),
    .failing("train titanic --data t.csv", "no column 'Survived'", files: ["t.csv": WrongFile.text("a,b\n1,2\n")]),
    .failing(
      "train titanic --data t.csv --device cpu", "'2'",
      files: [
        "t.csv": WrongFile.text(
          "Survived,Pclass,Name,Sex,Age,SibSp,Parch,Fare,Cabin,Embarked\n"
            + String(
              repeating: "0,3,\"A, Mr. B\",male,22,1,0,7.25,,S\n1,1,\"C, Miss. D\",female,38,1,0,71,C85,C\n", count: 20)
            + String(repeating: "2,1,\"C, Miss. D\",female,38,1,0,71,C85,C\n", count: 5))
      ]),
    .failing("train titanic --data empty", "titanic needs", folders: ["empty"]),
    .failing("train fashion-mnist --data empty", "fashion-mnist needs", folders: ["empty"]),
    .failing("train cats-dogs --data pictures", "hold no PNG or JPEG", folders: ["pictures"]),
    .failing(
      "train cats-dogs --data pictures", "neither a PNG nor a JPEG",
      files: ["pictures/cats/1.png": WrongFile.text("no"), "pictures/dogs/1.png": []]),
    .failing("train char-rnn --data t.txt --device cpu", "the length of the text", files: ["t.txt": [97, 98]]),
    .failing("train char-rnn --data t.txt --device cpu", "nothing to make a vocabulary of", files: ["t.txt": []]),
    .failing("train char-rnn --data folder", "char-rnn needs a text", folders: ["folder"]),
    .failing("train char-rnn --data /dev/zero", "it is not a regular file"),
    .failing("train mnist-mlp --data file", "no such directory", files: ["file": [1]]),
    .failing("train mnist-mlp --limit 1 --epochs 1 --device cpu", "leaves none to train on"),
    .failing("train mnist-mlp --limit 60 --learning-rate 1e30 --device cpu", "smaller learning rate"),
  ]

  static let weights: [WrongInput] = [
    .failing("evaluate w", "cannot read"),
    .failing("evaluate w", "it is a folder", folders: ["w"]),
    .failing("evaluate w", "Too many levels of symbolic links", links: ["w": "w"]),
    .failing("evaluate w", "No such file or directory", links: ["w": "nowhere"]),
    .failing("evaluate /dev/zero", "it is not a regular file"),
    .failing("evaluate w", "byte 0", files: ["w": []]),
    .failing("evaluate w", "byte 0", files: ["w": WrongFile.text("hello, I am not weights\n")]),
    .failing("evaluate w", "byte 0", files: ["w": [255, 255, 255, 255, 255, 255, 255, 127, 123, 125]]),
    .failing("evaluate w", "byte 8", files: ["w": WrongFile.safetensors(String(repeating: "[", count: 100_000))]),
    .failing(
      "evaluate w", "more elements than can be counted",
      files: [
        "w": WrongFile.safetensors(
          #"{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}"#,
          [0, 0, 0, 0, 0, 0, 0, 0])
      ]),
    .failing("evaluate w", "does not say which recipe", files: ["w": WrongFile.safetensors("{}")]),
    .failing("evaluate w", "'mine'", files: ["w": WrongFile.network(#""recipe":"mine""#)]),
    .failing("evaluate w", "it lacks", files: ["w": WrongFile.network(#""recipe":"mnist-mlp""#)]),
    // Layers get their values from the file, so it cannot ask for memory that it does not have itself.
    .failing(
      "evaluate w", "it lacks",
      files: ["w": WrongFile.network(#""recipe":"mnist-mlp","input":"1024,1024,1","outputs":"16384""#)]),
    .failing("predict m.onnx 1", "no ONNX model", files: ["m.onnx": WrongFile.text("PK")]),
    .failing("convert m.onnx m.martlet", "no ONNX model", files: ["m.onnx": []]),
    .failing(
      "evaluate w", "samples of shape 16384,16384",
      files: ["w": WrongFile.network(#""recipe":"mnist-mlp","input":"16384,16384""#)]),
    .failing(
      "evaluate w", "99999999999 outputs",
      files: ["w": WrongFile.network(#""recipe":"mnist-mlp","outputs":"99999999999""#)]),
    .failing(
      "evaluate w", "nan,inf", files: ["w": WrongFile.network(#""recipe":"house-price","target":"nan,inf""#)]),
    .failing(
      "evaluate w", "columns cannot be read",
      files: ["w": WrongFile.network(#""recipe":"titanic","preparation":"{\"no\":1}""#)]),
    .failing("evaluate w", "som has no network", files: ["w": WrongFile.network(#""recipe":"som""#)]),
    .failing("generate w", "answers questions", files: ["w": WrongFile.network(#""recipe":"mnist-mlp""#)]),
    .failing("generate w", "no grey pictures", files: ["w": WrongFile.network(#""recipe":"vae""#)]),
    .failing("generate w", "it lacks", files: ["w": WrongFile.network(#""recipe":"gan","input":"28,28,1""#)]),
    .failing(
      "generate w --prompt a", "--prompt has no meaning",
      files: ["w": WrongFile.network(#""recipe":"gan","input":"28,28,1""#)]),
    .failing(
      "generate w", "samples of shape",
      files: ["w": WrongFile.network(#""recipe":"vae","input":"16384,16384,1""#)]),
    .failing(
      "generate w", "which characters it knows",
      files: [
        "w": WrongFile.network(
          #""recipe":"char-rnn","vocabulary":"{\"unit\":\"characters\",\"entries\":[\"a\",\"a\"]}""#)
      ]),
    .failing("explain gradients w", "not a sound safetensors", files: ["w": WrongFile.text("x")]),
  ]

  static let places: [WrongInput] = [
    .misused("train mnist-mlp --save no/w", "there is no folder"),
    .misused("train mnist-mlp --json no/w", "there is no folder"),
    .misused("train mnist-autoencoder --picture no/w", "there is no folder"),
    .misused("train mnist-mlp --profile --trace no/w", "there is no folder"),
    WrongInput(
      arguments: ["train", "mnist-mlp", "--save", "f"], status: 64, message: "it is a folder", folders: ["f"]),
    WrongInput(
      arguments: ["train", "mnist-mlp", "--save", "f/w"], status: 64, message: "there is no folder", files: ["f": [1]]),
    WrongInput(
      arguments: ["train", "mnist-mlp", "--checkpoint", "f"], status: 64, message: "is a file, not a folder",
      files: ["f": [1]]),
    WrongInput(
      arguments: ["train", "mnist-mlp", "--checkpoint", "f/g"], status: 64, message: "is a file, not a folder",
      files: ["f": [1]]),
    WrongInput(
      arguments: ["train", "mnist-mlp", "--checkpoint", "l"], status: 64, message: "leads nowhere", links: ["l": "l"]),
    WrongInput(
      arguments: ["explain", "features", "mnist-cnn", "--output", "f"], status: 64, message: "is a file, not a folder",
      files: ["f": [1]]),
    .failing("train xor --epochs 1 --device cpu --save l", "Too many levels of symbolic links", links: ["l": "l"]),
    .failing(
      "train xor --epochs 1 --device cpu --picture l", "Too many levels of symbolic links", links: ["l": "l"]),
    .failing("train xor --epochs 1 --device cpu --json /dev/full", "No space left on device"),
    .failing("train xor --epochs 1 --device cpu --save /dev/full", "No space left on device"),
    .failing("train xor --device cpu", "MARTLET_THREADS", environment: ["MARTLET_THREADS": "-1"]),
    .failing("train xor --device cpu", "MARTLET_ISA", environment: ["MARTLET_ISA": "_"]),
  ]
}
