import MartletBackend
import MartletTensor
import Testing

@Suite("Unknown names") struct UnknownNameTests {
  private let names = ["mean_squared_error", "mse", "mae", "hinge"]

  @Test(
    "propose the nearest name, whatever the capitals and separators",
    arguments: [
      ("MeanSquareError", "mean_squared_error"), ("mean-sqaured-error", "mean_squared_error"), ("msee", "mse"),
      ("hnige", "hinge"), ("MAE ", "mae"),
    ])
  func nearest(typed: String, meant: String) {
    #expect(Spelling.nearest(to: typed, among: names) == meant)
  }

  @Test("propose nothing far-fetched", arguments: ["", "x", "softmax", "crossentropy"])
  func nothingNear(typed: String) { #expect(Spelling.nearest(to: typed, among: names) == nil) }

  @Test("say what there is")
  func description() {
    #expect(
      "\(UnknownNameError(kind: "loss", name: "hing", known: ["hinge", "mse"]))"
        == "there is no loss called 'hing'; did you mean 'hinge'? There are hinge, mse")
    #expect(
      "\(UnknownNameError(kind: "loss", name: "q", known: ["hinge"]))" == "there is no loss called 'q'; there are hinge"
    )
  }
}
