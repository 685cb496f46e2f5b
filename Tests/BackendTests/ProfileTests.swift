import MartletBackend
import Testing

@Suite("Profile") struct ProfileTests {
  private func event(_ name: String, _ call: String, at start: Int, for duration: Int) -> Profile.Event {
    Profile.Event(name: name, call: call, track: "cpu", start: start, duration: duration, work: Work())
  }

  @Test("sums events by call and by name, the longest first, and knows rates")
  func sums() throws {
    let profile = Profile()
    for start in [100, 400] {
      profile.recordCall("matmul 2×3×4", work: Work(flops: 48, bytes: 104))
      profile.record(event("pack", "matmul 2×3×4", at: start, for: 10))
      profile.record(event("contraction", "matmul 2×3×4", at: start + 20, for: 38))
    }
    profile.recordCall("map exp 4", work: Work(bytes: 32))
    profile.record(event("map", "map exp 4", at: 900, for: 400))

    #expect(profile.calls.map(\.name) == ["map exp 4", "matmul 2×3×4"])
    let matmul = try #require(profile.calls.last)
    #expect(matmul.calls == 2 && matmul.launches == 4 && matmul.nanoseconds == 96)
    #expect(matmul.flopRate == 1)  // 96 operations in 96 ns
    #expect(profile.calls[0].flopRate == nil && profile.calls[0].byteRate == 0.08)
    #expect(profile.kernels.map(\.name) == ["map", "contraction", "pack"])
    #expect(profile.kernels.map(\.launches) == [1, 2, 2])
    #expect(profile.spanNanoseconds == 1200)
  }

  @Test("keeps sums beyond the limit of events and says how many it dropped")
  func limit() {
    let profile = Profile(eventLimit: 2)
    for start in 0..<5 { profile.record(event("f", "f", at: start, for: 1)) }
    #expect(profile.events.kept.count == 2 && profile.events.dropped == 3)
    #expect(profile.calls[0].launches == 5)
    #expect(profile.chromeTrace.contains(#""dropped_events":3"#))
  }

  @Test("of nothing is empty")
  func empty() {
    let profile = Profile()
    #expect(profile.calls.isEmpty && profile.kernels.isEmpty && profile.spanNanoseconds == 0)
    #expect(profile.chromeTrace == "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n\n]}\n")
  }

  @Test("becomes a trace with one row per device, times in microseconds, and escaped names")
  func trace() {
    let profile = Profile()
    profile.record(
      Profile.Event(
        name: "a \"b\"\\\n", call: "c", track: "opencl:0", start: 1_234_005, duration: 1500,
        work: Work(flops: 7, bytes: 9)))
    let lines = profile.chromeTrace.split(separator: "\n")
    #expect(lines[1] == #"{"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"opencl:0"}},"#)
    #expect(
      lines[2]
        == #"{"ph":"X","name":"a \"b\"\\\u000a","pid":1,"tid":1,"ts":1234.005,"dur":1.500,"#
        + #""args":{"call":"c","flops":7,"bytes":9}}"#)
  }
}
