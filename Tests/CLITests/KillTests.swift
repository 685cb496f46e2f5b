import Foundation
import Testing

/// Runs of the command that are killed without warning and go on.
@Suite("Killed runs", .serialized) struct KillTests {
  private struct Run {
    let folder: TemporaryFolder
    let device: String
    var options: [String] {
      ["train", "mnist-mlp", "--limit", "1500", "--epochs", "3", "--device", device, "--quiet", "--save"]
    }

    func resumed(_ name: String) -> [String] {
      options + [
        folder.path("\(name).weights"), "--checkpoint", folder.path(name), "--resume", "--checkpoint-seconds", "0",
      ]
    }

    func weights(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: folder.path("\(name).weights")))
    }
  }

  @Test(
    "a run that is killed again and again ends with the bytes of one that never was",
    arguments: [("cpu", 50), ("opencl:0", 3)])
  func killed(device: String, kills: Int) throws {
    let run = Run(folder: try TemporaryFolder(), device: device)
    // Once more than needed, so that an OpenCL driver has its kernels compiled when the time is taken.
    _ = try MartletProcess.run(run.options + [run.folder.path("first.weights")])
    let start = ContinuousClock.now
    let whole = try MartletProcess.run(run.options + [run.folder.path("whole.weights")])
    #expect(whole.status == 0, "\(whole.errors)")
    let duration = ContinuousClock.now - start
    let expected = try run.weights("whole")

    var generator = SplitMix(state: 7)
    var (done, attempt, survivors) = (0, 0, 0)
    while done < kills {
      // A run that got through before its time is compared, and another begins.
      let name = "run\(survivors)"
      attempt += 1
      let delay = duration * Double.random(in: 0.05..<1, using: &generator)
      let outcome = try MartletProcess.run(run.resumed(name), killingAfter: delay)
      if outcome.status == 9 {
        done += 1
      } else {
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try run.weights(name) == expected, "after \(attempt) attempts")
        survivors += 1
      }
    }
    let name = "run\(survivors)"
    let last = try MartletProcess.run(run.resumed(name))
    #expect(last.status == 0, "\(last.errors)")
    #expect(try run.weights(name) == expected)
  }

  @Test("a checkpoint is neither overwritten nor asked for where there is none")
  func refusals() throws {
    let run = Run(folder: try TemporaryFolder(), device: "cpu")
    let save = [run.folder.path("a.weights")]
    let first = ["--checkpoint", run.folder.path("run")]
    #expect(try MartletProcess.run(run.options + save + first).status == 0)
    let again = try MartletProcess.run(run.options + save + first)
    #expect(again.status == 1 && again.errors.contains("holds the checkpoint of an earlier run"), "\(again.errors)")
    let nowhere = try MartletProcess.run(run.options + save + ["--resume"])
    #expect(
      nowhere.status == 64 && nowhere.errors.contains("--resume needs --run NAME or --checkpoint"), "\(nowhere.errors)")
    let other = try MartletProcess.run(
      run.options + save + first + ["--resume", "--batch-size", "7"])
    #expect(other.status == 1 && other.errors.contains("the batch size was 32 and is now 7"), "\(other.errors)")
  }
}

/// Numbers that look random, from a seed.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
