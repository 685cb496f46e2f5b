/// Stops the program with a message where the caller's code is wrong. Unlike `precondition`, which drops its message in
/// optimised builds, this always says what was wrong.
@inline(__always)
package func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { fatalError(message(), file: file, line: line) }
}

/// Runs a throwing check where a violation is the caller's mistake: stops with the error's description.
@inline(__always)
package func trapping<Result>(
  file: StaticString = #fileID, line: UInt = #line, _ body: () throws -> Result
) -> Result {
  do { return try body() } catch { fatalError("\(error)", file: file, line: line) }
}
