#if OpenCL
  import MartletBackend
  import MartletOpenCLBackend
  import Testing

  @Suite("OpenCL tuning", .needsDevice, .serialized) struct TuningTests {
    // One, because each tile is a kernel to compile.
    private static let shapes: [TuningShape] = [.matmul(33, 20, 40)]

    @Test("tries tiles that all give the same bits", arguments: UnderTest.profiles) func candidates(
      profile: OpenCLProfile
    ) throws {
      let backend = try UnderTest.discovery.open("opencl", OpenCLSettings(profile: profile, tiles: TileTable()))
      var names: [String] = []
      let table = try backend.tune(Self.shapes, seconds: 0) { result in
        names.append(result.name)
        #expect(result.candidateCount > 3 && result.speedup >= 1)
      }
      #expect(names == Self.shapes.map(\.name))
      #expect(table.count <= Self.shapes.count)
    }

    @Test("survives being written and read, for the same device and profile only") func file() throws {
      let backend = try UnderTest.discovery.open("opencl", OpenCLSettings(profile: .cpu, tiles: TileTable()))
      let lines = [
        "martlet tiles 1", "a | b", "cpu", "matmul 5 6 0 : 8 16 16 0 0 0", "weightGradient 3 3 1 : 4 32 16 0 0 0",
      ]
      let text = lines.joined(separator: "\n") + "\n"
      let table = try #require(TileTable(text, for: ["a", "b"], .cpu))
      #expect(table.count == 2)
      #expect(table.text(for: ["a", "b"], .cpu) == text)
      #expect(TileTable(text, for: ["a", "c"], .cpu) == nil)
      #expect(TileTable(text, for: ["a", "b"], .test) == nil)
      let written = backend.file(for: table).text
      #expect(written.hasSuffix(lines[3...].joined(separator: "\n") + "\n"))
    }

    @Test(
      "ignores a file that is damaged or asks for what there is not",
      arguments: [
        "", "martlet tiles 1", "martlet tiles 2\na\ncpu\n", "martlet tiles 1\na\ncpu\nmatmul 5 6 0 : 7 16 16 0 0 0",
        "martlet tiles 1\na\ncpu\nmatmul 5 6 : 8 16 16 0 0 0", "martlet tiles 1\na\ncpu\nmatmul x 6 0 : 8 16 16 0 0 0",
        "martlet tiles 1\na\ncpu\nsort 5 6 0 : 8 16 16 0 0 0", "martlet tiles 1\na\ncpu\nmatmul 5 6 0 : 8 16 16",
      ]) func damagedFile(text: String)
    { #expect(TileTable(text, for: ["a"], .cpu) == nil) }

    @Test("changes which kernel runs, and no bit of the result", arguments: UnderTest.profiles) func effect(
      profile: OpenCLProfile
    ) throws {
      let tile = profile == .cpu ? "8 16 16 0 0 0" : "64 64 4 8 16 8"
      let text = "martlet tiles 1\na\n\(profile.rawValue)\nmatmul 7 6 0 : \(tile)\n"
      let table = try #require(TileTable(text, for: ["a"], profile))
      var numbers = Numbers(seed: 8)
      let (x, y) = (HostView(numbers.floats(100 * 30), [1, 100, 30]), HostView(numbers.floats(30 * 50), [1, 30, 50]))
      func product(_ tiles: TileTable) throws -> [UInt32] {
        let backend = try UnderTest.discovery.open("opencl", OpenCLSettings(profile: profile, tiles: tiles))
        let z = backend.output([1, 100, 50])
        backend.matmul(x.on(backend), y.on(backend), accumulate: false, epilogue: nil, into: z)
        return try backend.elements(z)
      }
      let (tuned, usual) = (try product(table), try product(TileTable()))
      #expect(tuned == usual)
    }
  }
#endif
