import Foundation
import MartletInsight
import MartletLayers
import MartletTensor
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Drawings of networks") struct NetworkDrawingTests {
  private func small() throws -> NetworkDrawing {
    let (hidden, output) = (Dense(3, activation: .sigmoid), Dense(2))
    let model = try Sequential(input: [2], layers: [hidden, output])
    hidden.kernel.assign(Tensor([1, -1, 0, 1, 1, 1], shape: [2, 3]))
    return try NetworkDrawing(of: model)
  }

  @Test("in the terminal every unit is tied to a rail, worked out by hand")
  func terminal() throws {
    #expect(
      try small().terminalPicture() == """
        input        dense        dense_1
                    sigmoid

                ┌──    ●    ──┐
          ●   ──┤             ├──    ●
                ├──    ●    ──┤
          ●   ──┤             ├──    ●
                └──    ●    ──┘

          2            3             2

        17 parameters

        """)
  }

  @Test("long networks go on in a second band, no line wider than the terminal", arguments: [20, 40, 80])
  func bands(width: Int) throws {
    let model = try Sequential(input: [28, 28, 1]) {
      Conv2D(32, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Conv2D(64, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(10, activation: .softmax())
    }
    let text = try NetworkDrawing(of: model).terminalPicture(width: width)
    for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
    for part in ["26×26×32", "max_pooling2d_1", "1600", "⋮", "softmax", "34,826 parameters"] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test("the SVG is well formed and has a circle per unit and a line per weight, coloured by sign")
  func svg() throws {
    let svg = try small().svg
    let counter = ElementCounter()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = counter
    #expect(parser.parse())
    #expect(counter.counts["circle"] == 2 + 3 + 2)
    #expect(counter.counts["line"] == 6 + 6)
    #expect(svg.components(separatedBy: "#dd6b20").count - 1 >= 1)  // The one negative weight that was set.
    #expect(svg.contains(">17 parameters<"))
  }

  @Test("names with special characters stay well formed, and long layers leave units out")
  func escaping() throws {
    let model = try Sequential(input: [100]) { Dense(2, name: "a<b&c") }
    let svg = try NetworkDrawing(of: model).svg
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(svg.contains("a&lt;b&amp;c"))
    // Twelve places: eleven units and three dots; two more units.
    #expect(svg.components(separatedBy: "<circle").count - 1 == 11 + 3 + 2)
  }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]
  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) { counts[name, default: 0] += 1 }
}
