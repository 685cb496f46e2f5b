import ArgumentParser
import Foundation
import Martlet

/// Where the time goes; shared by commands that compute for long enough to ask.
struct ProfileOptions: ParsableArguments {
  @Flag(help: "Print where the time went, and write every kernel's time as a Chrome trace.")
  var profile = false

  @Option(
    help: ArgumentHelp(
      "Where to write the trace (with --profile); open it in chrome://tracing or ui.perfetto.dev.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var trace = "martlet-trace.json"

  /// The file that will be written, if any.
  var path: String? { profile ? trace : nil }

  /// An empty profile where one is asked for.
  func started() -> Profile? { profile ? Profile() : nil }

  /// Writes the file.
  ///
  /// - Returns: the tables.
  /// - Throws: when the file cannot be written.
  func report(_ profile: Profile) throws -> String {
    try Output.write(Data(profile.chromeTrace.utf8), toFile: trace)
    note("wrote the trace to \(trace)")
    return "\(ProfileReport(profile))"
  }
}

/// A profile as tables: calls by function and shapes, then everything by kernel.
struct ProfileReport: CustomStringConvertible {
  private static let longest = 24
  private let profile: Profile

  init(_ profile: Profile) { self.profile = profile }

  var description: String {
    let (calls, kernels) = (profile.calls.filter { $0.launches > 0 }, profile.kernels)
    let total = kernels.reduce(0) { $0 + $1.nanoseconds }
    var table = TextTable(columns: ["calls", "launches", "ms", "share", "µs each", "GFLOP/s", "GB/s", "call"])
    for row in calls.prefix(Self.longest) { table.add(cells(row, of: total)) }
    if calls.count > Self.longest {
      let rest = calls.dropFirst(Self.longest)
      let nanoseconds = rest.reduce(0) { $0 + $1.nanoseconds }
      table.add([
        "\(rest.reduce(0) { $0 + $1.calls })", "\(rest.reduce(0) { $0 + $1.launches })", milliseconds(nanoseconds),
        share(nanoseconds, of: total), "", "", "", "\(rest.count) others",
      ])
    }
    var short = TextTable(columns: ["launches", "ms", "share", "µs each", "kernel"])
    for row in kernels {
      short.add([
        "\(row.launches)", milliseconds(row.nanoseconds), share(row.nanoseconds, of: total),
        decimal(Double(row.nanoseconds) / 1e3 / Double(max(row.launches, 1))), row.name,
      ])
    }
    let span = profile.spanNanoseconds
    return """

      \(table)

      \(short)

      \(milliseconds(total)) ms in \(kernels.reduce(0) { $0 + $1.launches }) launches, \
      \(share(total, of: span)) of the \(milliseconds(span)) ms from the first to the last
      """
  }

  private func cells(_ row: Profile.Row, of total: Int) -> [String] {
    [
      "\(row.calls)", "\(row.launches)", milliseconds(row.nanoseconds), share(row.nanoseconds, of: total),
      decimal(Double(row.nanoseconds) / 1e3 / Double(max(row.calls, 1))), row.flopRate.map(decimal) ?? "–",
      row.byteRate.map(decimal) ?? "–", row.name,
    ]
  }

  private func milliseconds(_ nanoseconds: Int) -> String { String(format: "%.1f", Double(nanoseconds) / 1e6) }
  private func decimal(_ value: Double) -> String { String(format: value < 100 ? "%.1f" : "%.0f", value) }
  private func share(_ part: Int, of whole: Int) -> String {
    String(format: "%.1f %%", 100 * Double(part) / Double(max(whole, 1)))
  }
}
