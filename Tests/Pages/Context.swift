// What the examples of the pages take for granted. Scripts/check-pages puts each of them into a function of `Page`.
import Foundation
import Martlet
import MartletConsistency
import MartletRecipes

struct MyTask: RecipeTask {
  let options: Set<RecipeOption> = []
  func run(_ recipe: String, with settings: RunSettings) throws -> RunOutcome { RunOutcome() }
}

struct Page {
  let device: Device
  let backend: any Backend
  let mnist: MNIST
  let data: Dataset
  let model: Sequential
  let trainer: Trainer
  let generator: Sequential
  let discriminator: Sequential
  let batches: [(inputs: Tensor, targets: Tensor)]
  let (x, y, part, next, images, ages): (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)
  let (logits, targets, loss, w, perClass): (Tensor, Tensor, Tensor, Tensor, Tensor)
  let labels: [Int32]
  let predictions: [Int32]
  let (url, other): (URL, URL)
  let (text, rest): (String, String)
  let (names, digits): ([String], [String])
}
