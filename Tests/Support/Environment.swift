import Foundation

/// A variable of the environment; `nil` where it is not set.
package func environment(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
