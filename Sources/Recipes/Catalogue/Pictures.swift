import Foundation
import Martlet

// Pictures other than digits, and networks that do more with them than naming them.
extension Recipe {
  static let pictures: [Recipe] = [
    Recipe(
      "mnist-resnet", in: .pictures, "a small residual network with batch normalization; about 99 % on MNIST",
      task: classifier(epochs: 2, batchSize: 128, learningRate: 0.005) { form in
        func convolution(_ filters: Int, kernel: Extent2D = 3, stride: Extent2D = 1) -> Conv2D {
          Conv2D(filters, kernel: kernel, stride: stride, padding: .same, useBias: false)
        }
        return [
          convolution(16, stride: 2), BatchNorm(momentum: 0.9), Activation.relu,
          Residual {
            convolution(16)
            BatchNorm(momentum: 0.9)
            Activation.relu
            convolution(16)
            BatchNorm(momentum: 0.9)
          },
          Activation.relu,
          Residual(shortcut: convolution(32, kernel: 1, stride: 2)) {
            convolution(32, stride: 2)
            BatchNorm(momentum: 0.9)
            Activation.relu
            convolution(32)
            BatchNorm(momentum: 0.9)
          },
          Activation.relu, GlobalAveragePool2D(), Dense(form.outputs),
        ]
      }),
    Recipe(
      "fashion-mnist", in: .pictures, "ten kinds of clothes, told apart by two convolutions; needs the files",
      task: classifier(of: .fashion, epochs: 5, batchSize: 128, learningRate: 0.003) { form in
        [
          Conv2D(32, kernel: 3, activation: .relu), MaxPool2D(2), Conv2D(64, kernel: 3, activation: .relu),
          MaxPool2D(2), Flatten(), Dropout(0.3), Dense(form.outputs),
        ]
      }),
    Recipe(
      "cats-dogs", in: .pictures, "cats and dogs, drawn, or photographs from a folder with a folder for each class",
      task: SupervisedTask(
        data: .faces, form: SampleForm([32, 32, 3], outputs: 2),
        network: .layers { form in
          [
            Conv2D(16, kernel: 3, padding: .same, activation: .relu), MaxPool2D(2),
            Conv2D(32, kernel: 3, padding: .same, activation: .relu), MaxPool2D(2), Flatten(), Dropout(0.2),
            Dense(form.outputs),
          ]
        }, loss: .softmaxCrossEntropy, optimizer: .settlingAdam(0.003), metrics: [.accuracy], epochs: 5,
        batchSize: 20, heldOut: .share(0.1), subject: .picture, conclusions: [Conclusions.confusion],
        picture: { try Sheets.samples($0, columns: 8) })),
    Recipe(
      "mnist-autoencoder", in: .pictures, "784-128-32-128-784: pictures told again in 32 numbers",
      task: autoencoder(.reconstruction)),
    Recipe(
      "mnist-denoising", in: .pictures, "the same network, learning to take noise away",
      task: autoencoder(.denoising)),
  ]

  /// 784-128-32-128-784; the middle is the code.
  private static func autoencoder(_ data: DataSource) -> SupervisedTask {
    SupervisedTask(
      data: data, form: SampleForm([28, 28, 1], outputs: 784),
      network: .layers { _ in
        [
          Flatten(), Dense(128, activation: .relu), Dense(32, activation: .relu, name: "code"),
          Dense(128, activation: .relu), Dense(784, activation: .sigmoid), Reshape([28, 28, 1]),
        ]
      }, loss: .meanSquaredError, optimizer: .settlingAdam(0.003), epochs: 15, batchSize: 128, heldOut: .share(0.1),
      subject: .digit, picture: { try Sheets.reconstructions($0) })
  }
}

extension DataSource {
  /// MNIST's digits, each its own target.
  static let reconstruction = DataSource(readsFiles: true) { request in
    var data = try DataSource.mnist.load(request)
    data.train = data.train.reconstructing
    data.test = data.test?.reconstructing
    return data
  }

  /// MNIST's digits with noise, the target without.
  static let denoising = DataSource(readsFiles: true) { request in
    var data = try DataSource.mnist.load(request)
    data.train = data.train.denoising(deviation: 0.4, seed: request.seed)
    data.test = data.test?.denoising(deviation: 0.4, seed: request.seed &+ 1)
    return data
  }

  /// Drawn faces, or a folder with a folder of pictures for each class, of which a fifth is for the test.
  static let faces = DataSource(readsFiles: true) { request in
    guard let folder = request.path else {
      let (count, testCount) = (request.limit ?? 1200, min(request.limit ?? 400, 400))
      return RecipeData(
        train: AnimalFaces.dataset(count: count, seed: request.seed),
        test: AnimalFaces.dataset(count: testCount, seed: request.seed &+ 1_000_000), source: "generated")
    }
    let (pictures, problems) = try ImageFolder.load(folder, width: 32, height: 32)
    let parts = try pictures.split(holdingOut: 0.2, seed: request.seed)
    var data = RecipeData(
      train: parts.training.prefix(request.limit ?? .max), test: parts.heldOut.prefix(request.limit ?? .max),
      source: "pictures:\(folder)")
    data.notes = problems.map { "left out: \($0)" }
    return data
  }

  /// The four files of Fashion-MNIST, which has MNIST's form.
  static let fashion = DataSource(readsFiles: true) { request in
    let base = request.path ?? ProcessInfo.processInfo.environment["MARTLET_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    let folders = base.map { ["\($0)/fashion-mnist", "\($0)/fashion"] + (request.path == nil ? [] : [$0]) } ?? []
    func file(_ stem: String, in folder: String) -> String? {
      [stem, stem + ".gz"].map { "\(folder)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
    }
    for folder in folders {
      guard let images = file("train-images-idx3-ubyte", in: folder),
        let labels = file("train-labels-idx1-ubyte", in: folder),
        let testImages = file("t10k-images-idx3-ubyte", in: folder),
        let testLabels = file("t10k-labels-idx1-ubyte", in: folder)
      else { continue }
      let train = try Dataset(idxImages: images, labels: labels, classNames: clothes)
      let test = try Dataset(idxImages: testImages, labels: testLabels, classNames: clothes)
      return RecipeData(
        train: train.prefix(request.limit ?? .max), test: test.prefix(request.limit ?? .max), source: "idx:\(folder)")
    }
    throw RecipeError.dataMissing(
      recipe: "fashion-mnist",
      what: "the files train-images-idx3-ubyte(.gz), train-labels…, t10k-images… and t10k-labels…",
      places: folders.isEmpty ? ["nowhere, since neither --data nor MARTLET_DATA names a folder"] : folders,
      remedy: "They are at https://github.com/zalandoresearch/fashion-mnist (folder data/fashion); "
        + "put them into a folder and name it with --data")
  }

  private static let clothes = [
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
  ]
}
