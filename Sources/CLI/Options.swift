import ArgumentParser
import Foundation
import Martlet
import MartletCPUBackend
import MartletRecipes

/// Where to compute; shared by every command that does.
struct DeviceOptions: ParsableArguments {
  @Option(help: "Where to compute: cpu, opencl:N, reference or auto (see 'martlet devices').", completion: .devices)
  var device = "auto"

  @Option(parsing: .unconditional, help: "Threads of the cpu device; by default all processors (or MARTLET_THREADS).")
  var threads: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads has to be 1 or more; got \(threads)") }
  }

  /// - Parameter profile: What every call is recorded in, if anything.
  /// - Throws: `BackendError` when there is no such device or it cannot be used.
  func selected(recordingInto profile: Profile? = nil) throws -> Device {
    if let threads, try Device.named(device).name == Device.cpu.name {
      let backend = try CPUBackend(threads: threads)
      return Device(backend: profile.map { ProfilingBackend(backend, into: $0) } ?? backend)
    }
    return try profile.map { try Device.named(device, recordingInto: $0) } ?? Device.named(device)
  }
}

/// Which samples are used; shared by every command that needs them.
struct DataOptions: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "The folder (or file) that the recipe's data are in.",
      discussion: """
        For MNIST: a folder with its four IDX files, gzipped or plain, or with a folder mnist that holds them. Without it: \
        MARTLET_DATA, then the cache, then a download, then digits drawn by the built-in generator.
        """,
      valueName: "folder"), completion: .file())
  var folder: String?

  @Option(parsing: .unconditional, help: "Use only so many training samples, and as many test samples at most.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit has to be 1 or more; got \(limit)") }
  }

  /// What the recipe is asked for; `seed` decides made-up samples and those held out.
  func request(seed: UInt64) -> DataRequest { DataRequest(path: folder, limit: limit, seed: seed) }
}

/// Writes a value as one JSON object with sorted keys; `-` means standard output.
///
/// - Throws: when the file cannot be written.
func writeJSON(_ value: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  try Output.write(try encoder.encode(value) + Data("\n".utf8), toFile: path)
}

/// Writes a line for the person at the terminal, apart from the results on standard output.
func note(_ line: String) {
  // Where nobody reads it any more, the work goes on.
  try? Output.write(Data((line + "\n").utf8), to: STDERR_FILENO)
}

/// Fails before hours of work rather than after them.
func requireWritable(_ path: String) throws {
  if path == "-" { return }
  if path.isEmpty { throw ValidationError("the name of a file to write is empty") }
  let url = URL(fileURLWithPath: path)
  let folder = url.deletingLastPathComponent().path
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
    throw ValidationError("cannot write \(path): it is a folder")
  }
  guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
    throw ValidationError("cannot write \(path): there is no folder \(folder)")
  }
  guard FileManager.default.isWritableFile(atPath: folder) else {
    throw ValidationError("cannot write \(path): no permission to write in \(folder)")
  }
}

/// Fails where a folder is not there and cannot be made.
func requireFolder(_ path: String, option: String) throws {
  if path.isEmpty { throw ValidationError("\(option): the name of a folder is empty") }
  var url = URL(fileURLWithPath: path)
  var isFolder: ObjCBool = false
  // The nearest part of the path that is there decides.
  while !FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && url.path != "/" {
    var status = stat()
    if lstat(url.path, &status) == 0 {
      throw ValidationError("\(option): \(url.path) is a symbolic link that leads nowhere")
    }
    url.deleteLastPathComponent()
  }
  guard isFolder.boolValue else { throw ValidationError("\(option): \(url.path) is a file, not a folder") }
  guard FileManager.default.isWritableFile(atPath: url.path) else {
    throw ValidationError("\(option): no permission to write in \(url.path)")
  }
}

/// Makes a folder where it is missing.
///
/// - Throws: `FileError`.
func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw FileError(action: "make the folder", path: path, reason: error.localizedDescription)
  }
}

/// Recipes by their names on the command line.
extension Recipe {
  /// The recipe that a person named, for arguments that are to say what was probably meant.
  ///
  /// - Throws: `ValidationError` with the nearest name and all there are.
  static func meant(onCommandLine name: String) throws -> Recipe {
    do {
      return try meant(by: name)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
