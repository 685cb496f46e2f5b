import Foundation
import Testing

@Suite("Completion in a shell", .enabled(if: FileManager.default.fileExists(atPath: "/bin/bash")))
struct CompletionTests {
  /// What bash proposes when the tab key is pressed behind a line.
  private func proposals(_ line: String, in folder: TemporaryFolder) throws -> [String] {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let script = """
      PATH="\(MartletProcess.folder):$PATH"; source ./martlet.bash || exit 3
      COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
      COMP_LINE='\(line)'; COMP_POINT=\(line.count); COMP_TYPE=9
      _martlet martlet "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>errors
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["--norc", "-c", script]
    process.currentDirectoryURL = folder.url
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test("proposes commands, recipes, devices, runs, networks and files by what stands before")
  func bash() throws {
    let folder = try TemporaryFolder()
    let script = try MartletProcess.run(["--generate-completion-script", "bash"])
    #expect(script.status == 0 && script.errors.isEmpty)
    try folder.write(Array(script.output.utf8), to: "martlet.bash")
    try folder.write([], to: "net.martlet")
    try folder.write([], to: "next.txt")
    try folder.write([], to: "curves.svg")
    let run = try MartletProcess.run(["train", "gates", "--run", "nearly", "--quiet"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    for (line, expected, unwanted) in [
      ("martlet tr", ["train"], "evaluate"), ("martlet train mnist-c", ["mnist-cnn"], "xor"),
      ("martlet train --dev", ["--device"], "--data"),
      ("martlet train xor --device ", ["cpu", "reference", "auto"], "xor"),
      ("martlet evaluate ne", ["nearly", "net.martlet"], "next.txt"), ("martlet report ", ["nearly"], "net.martlet"),
      ("martlet summary n", ["nearly", "net.martlet"], "next.txt"),
      ("martlet explain ", ["backprop", "network", "features"], "train"),
      ("martlet doctor tit", ["titanic"], "xor"), ("martlet bench mod", ["models"], "matmul"),
      ("martlet runs com", ["compare"], "list"), ("martlet plot nearly --output cur", ["curves.svg"], "next.txt"),
    ] {
      let found = try proposals(line, in: folder)
      #expect(expected.allSatisfy(found.contains) && !found.contains(unwanted), "\(line): \(found)")
    }
  }

  @Test("scripts are sound in the shells that are here", arguments: ["bash", "zsh", "fish"])
  func syntax(shell: String) throws {
    let script = try MartletProcess.run(["--generate-completion-script", shell])
    #expect(script.status == 0 && script.output.contains("mnist-cnn"), "\(script.errors)")
    let folder = try TemporaryFolder()
    try folder.write(Array(script.output.utf8), to: "script")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [shell, "-n", folder.path("script")]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    // 127: there is no such shell here.
    #expect([0, 127].contains(process.terminationStatus))
  }
}
