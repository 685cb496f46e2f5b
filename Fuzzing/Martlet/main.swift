import Foundation

// A reader under libFuzzer: MARTLET_FUZZ names it, the arguments are libFuzzer's. `Scripts/fuzz` builds and runs this.

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

let name = ProcessInfo.processInfo.environment["MARTLET_FUZZ"] ?? ""
if let seeds = ProcessInfo.processInfo.environment["MARTLET_FUZZ_SEEDS"] {
  try Seeds.write(to: URL(fileURLWithPath: seeds))
  exit(0)
}
guard let target = Target.all[name] else {
  print(Target.all.keys.sorted().joined(separator: "\n"))
  exit(64)
}
let chosen = target
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(
  runDriver(&count, &arguments) { bytes, count in
    // What a reader refuses is as good as what it takes; only a crash, a hang or too much memory is a finding.
    try? chosen([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  })
