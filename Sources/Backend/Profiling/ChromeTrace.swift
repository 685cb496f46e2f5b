extension Profile {
  /// The events as a file that chrome://tracing and Perfetto show: one row per device, times in microseconds.
  ///
  /// - Source: "Trace Event Format", complete events (`"ph": "X"`).
  public var chromeTrace: String {
    let (events, dropped) = self.events
    var tracks: [String: Int] = [:]
    var lines: [String] = []
    for event in events {
      let known = tracks[event.track]
      let track = known ?? tracks.count + 1
      if known == nil {
        tracks[event.track] = track
        lines.append(
          #"{"ph":"M","name":"thread_name","pid":1,"tid":\#(track),"args":{"name":\#(quoted(event.track))}}"#)
      }
      var arguments = #""call":\#(quoted(event.call))"#
      if event.work.flops > 0 { arguments += #","flops":\#(event.work.flops)"# }
      if event.work.bytes > 0 { arguments += #","bytes":\#(event.work.bytes)"# }
      lines.append(
        #"{"ph":"X","name":\#(quoted(event.name)),"pid":1,"tid":\#(track),"ts":\#(microseconds(event.start)),"#
          + #""dur":\#(microseconds(event.duration)),"args":{\#(arguments)}}"#)
    }
    let notes = dropped > 0 ? #","otherData":{"dropped_events":\#(dropped)}"# : ""
    return #"{"displayTimeUnit":"ns","traceEvents":["# + "\n" + lines.joined(separator: ",\n") + "\n]" + notes + "}\n"
  }
}

// Three decimals, without the rounding of large Doubles.
private func microseconds(_ nanoseconds: Int) -> String {
  let fraction = String(nanoseconds % 1000)
  return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}

/// A JSON string.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{0}"..<" ": result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
