// swift-tools-version: 6.2
// Targets stand in dependency order: each may import those above it, none below. The manifest is the map of the house.
import PackageDescription

let package = Package(
  name: "Martlet",
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    .executable(name: "martlet", targets: ["MartletCLI"]),
    .library(name: "MartletConsistency", targets: ["MartletConsistency"]),
  ],
  traits: [
    .trait(
      name: "OpenCL", description: "The OpenCL backend; needs the OpenCL headers when building, nothing when running."),
    .default(enabledTraits: ["OpenCL"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // Only for files of ONNX and TensorBoard.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    // What a backend is: shapes, element-wise programs, the protocol, the random numbers and the errors all backends share.
    .target(name: "MartletBackend", path: "Sources/Backend"),
    .testTarget(name: "BackendTests", dependencies: ["MartletBackend"]),

    // The definition of every function of a backend, for others to be compared with.
    .target(name: "MartletReferenceBackend", dependencies: ["MartletBackend"], path: "Sources/ReferenceBackend"),
    .testTarget(name: "ReferenceBackendTests", dependencies: ["MartletReferenceBackend"]),

    // The C kernels, each written once and compiled per instruction set, and the backend that runs them on all cores.
    .target(name: "CMartletKernels", path: "Kernels/CPU"),
    .target(
      name: "MartletCPUBackend", dependencies: ["MartletBackend", "CMartletKernels"], path: "Sources/CPUBackend"),
    .testTarget(name: "CPUBackendTests", dependencies: ["MartletCPUBackend"]),

    // The suite any backend can be run through: generated cases, compared with the reference.
    .target(
      name: "MartletConsistency", dependencies: ["MartletBackend", "MartletReferenceBackend"],
      path: "Sources/Consistency"),
    .testTarget(
      name: "ConsistencyTests", dependencies: ["MartletConsistency", "MartletReferenceBackend", "MartletCPUBackend"]),

    // The OpenCL kernels, embedded as text, with the table of the loader's functions, and the backend that runs them. Without
    // the trait the targets are empty.
    .target(
      name: "CMartletOpenCLKernels", path: "Kernels/OpenCL", exclude: ["kernels"],
      cSettings: [.define("MARTLET_OPENCL", .when(traits: ["OpenCL"]))]),
    .target(
      name: "MartletOpenCLBackend",
      dependencies: ["MartletBackend", .target(name: "CMartletOpenCLKernels", condition: .when(traits: ["OpenCL"]))],
      path: "Sources/OpenCLBackend"),

    // Tensors on devices chosen at run time, and the tape; then every differentiable operation with its gradient.
    .target(
      name: "MartletTensor",
      dependencies: [
        "MartletBackend", "MartletReferenceBackend", "MartletCPUBackend",
        .target(name: "MartletOpenCLBackend", condition: .when(traits: ["OpenCL"])),
      ], path: "Sources/Tensor"),
    .target(name: "MartletAutograd", dependencies: ["MartletTensor"], path: "Sources/Autograd"),
    // The devices under test, and expectations that tests of everything above share.
    .target(
      name: "MartletTestSupport",
      dependencies: [
        "MartletAutograd", "MartletReferenceBackend", "MartletCPUBackend",
        .target(name: "MartletOpenCLBackend", condition: .when(traits: ["OpenCL"])),
      ], path: "Tests/Support"),
    .testTarget(
      name: "OpenCLBackendTests",
      dependencies: ["MartletOpenCLBackend", "MartletConsistency", "MartletCPUBackend", "MartletTestSupport"]),
    .testTarget(name: "TensorTests", dependencies: ["MartletTestSupport"]),
    .testTarget(name: "AutogradTests", dependencies: ["MartletTestSupport"]),

    // Samples in host memory: datasets, batches, the files they come from, and digits drawn without any file.
    .systemLibrary(
      name: "CMartletZlib", path: "Sources/Data/Shims/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // libpng (Debian and Ubuntu: libpng-dev) behind three calls that keep its jumps to themselves.
    .target(name: "CMartletPNG", path: "Sources/Data/Shims/CPNG", linkerSettings: [.linkedLibrary("png")]),
    // libjpeg-turbo (Debian and Ubuntu: libjpeg-dev) in the same way.
    .target(name: "CMartletJPEG", path: "Sources/Data/Shims/CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(
      name: "MartletData", dependencies: ["MartletBackend", "CMartletZlib", "CMartletPNG", "CMartletJPEG"],
      path: "Sources/Data",
      exclude: ["Shims"]),
    .testTarget(name: "DataTests", dependencies: ["MartletData", "CMartletZlib"]),

    // How good predictions are: from arrays in host memory, and during training from tensors without waiting for the device.
    .target(name: "MartletMetrics", dependencies: ["MartletAutograd"], path: "Sources/Metrics"),
    .testTarget(name: "MetricsTests", dependencies: ["MartletMetrics", "MartletTestSupport"]),

    // Files that other programs read and write too.
    .target(
      name: "MartletInterchange", dependencies: ["MartletBackend", "CMartletZlib"], path: "Sources/Interchange"),
    .testTarget(name: "InterchangeTests", dependencies: ["MartletInterchange", "MartletTestSupport"]),

    // Layers with their parameters; what they are to minimise; how parameters move; and the loop that brings all of it together.
    .target(
      name: "MartletLayers", dependencies: ["MartletAutograd", "MartletInterchange"], path: "Sources/Layers"),
    // The list of layers that suites walk.
    .target(
      name: "MartletLayerCases", dependencies: ["MartletLayers", "MartletTestSupport"], path: "Tests/LayerCases"),
    .testTarget(
      name: "LayersTests", dependencies: ["MartletLayers", "MartletInterchange", "MartletLayerCases"],
      exclude: ["Keras"]),
    // Models in the file format that other frameworks and runtimes share.
    .target(
      name: "MartletONNX",
      dependencies: ["MartletLayers", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      path: "Sources/ONNX", exclude: ["Schema/onnx.proto"]),
    .testTarget(name: "ONNXTests", dependencies: ["MartletONNX", "MartletLayerCases"], exclude: ["Models"]),
    .target(name: "MartletLosses", dependencies: ["MartletAutograd"], path: "Sources/Losses"),
    .testTarget(name: "LossesTests", dependencies: ["MartletLosses", "MartletTestSupport"]),
    .target(name: "MartletOptimizers", dependencies: ["MartletLayers"], path: "Sources/Optimizers"),
    .testTarget(name: "OptimizersTests", dependencies: ["MartletOptimizers", "MartletLosses", "MartletTestSupport"]),
    .target(
      name: "MartletTraining",
      dependencies: ["MartletData", "MartletLayers", "MartletLosses", "MartletMetrics", "MartletOptimizers"],
      path: "Sources/Training"),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "MartletTraining", "MartletCPUBackend", "MartletReferenceBackend", "MartletTestSupport",
        .target(name: "MartletOpenCLBackend", condition: .when(traits: ["OpenCL"])),
      ]),

    // A trained model with everything that is needed to use it, in one file.
    .target(
      name: "MartletArchive", dependencies: ["MartletData", "MartletLayers", "MartletONNX"], path: "Sources/Archive"),
    .testTarget(
      name: "ArchiveTests",
      dependencies: [
        "MartletArchive", "MartletTestSupport", "MartletLosses", "MartletOptimizers", "MartletCPUBackend",
      ]),

    // Learners from before gradient descent, and beside it: threshold units, perceptron and Hebb rule, Kohonen maps, Boltzmann machines.
    .target(name: "MartletClassics", dependencies: ["MartletTraining"], path: "Sources/Classics"),
    .testTarget(name: "ClassicsTests", dependencies: ["MartletClassics", "MartletTestSupport"]),
    // Models that make samples of their own: variational autoencoders, adversarial pairs, text character by character.
    .target(name: "MartletGenerative", dependencies: ["MartletTraining"], path: "Sources/Generative"),
    .testTarget(name: "GenerativeTests", dependencies: ["MartletGenerative", "MartletTestSupport"]),

    // What happens inside a network, for people: derivations with numbers, gradients per layer, kernels and maps, drawings.
    .target(name: "MartletInsight", dependencies: ["MartletTraining"], path: "Sources/Insight"),
    .testTarget(name: "InsightTests", dependencies: ["MartletInsight", "MartletTestSupport"]),

    // Figures: curves, matrices, sheets of pictures, as SVG, pixels and characters.
    .target(name: "MartletCharts", dependencies: ["MartletInsight"], path: "Sources/Charts"),
    .testTarget(name: "ChartsTests", dependencies: ["MartletCharts", "MartletTestSupport"]),
    // Files that TensorBoard shows.
    .target(
      name: "MartletTensorBoard",
      dependencies: ["MartletCharts", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      path: "Sources/TensorBoard", exclude: ["Schema/tensorboard.proto"]),
    .testTarget(name: "TensorBoardTests", dependencies: ["MartletTensorBoard", "MartletTestSupport"]),
    // What training runs leave behind: records, comparisons, pages to read.
    .target(name: "MartletRuns", dependencies: ["MartletCharts"], path: "Sources/Runs"),
    .testTarget(name: "RunsTests", dependencies: ["MartletRuns", "MartletTestSupport"]),

    // Everything above for users, under one name.
    .target(
      name: "Martlet",
      dependencies: [
        "MartletTraining", "MartletArchive", "MartletClassics", "MartletGenerative", "MartletInsight", "MartletCharts",
        "MartletRuns", "MartletONNX", "MartletTensorBoard",
      ],
      path: "Sources/Martlet"),
    .testTarget(name: "MartletTests", dependencies: ["Martlet"]),

    // Named tasks: where the data come from, the network, how it is trained, and what is shown at the end.
    .target(name: "MartletRecipes", dependencies: ["Martlet"], path: "Sources/Recipes"),
    .testTarget(name: "RecipesTests", dependencies: ["MartletRecipes", "MartletTestSupport"]),
    // The same as short programs, for reading.
    .executableTarget(name: "Examples", dependencies: ["Martlet"], path: "Examples"),

    // Everything above, against values that other libraries computed.
    .testTarget(
      name: "GoldenTests",
      dependencies: [
        "MartletInterchange", "MartletLayers", "MartletLosses", "MartletOptimizers", "MartletMetrics", "MartletData",
      ],
      exclude: ["Golden"]),

    // What is timed, and how: functions of a backend, operations, whole models.
    .target(name: "MartletBenchmarks", dependencies: ["Martlet", "MartletCPUBackend"], path: "Benchmarks/Martlet"),
    .testTarget(name: "BenchmarksTests", dependencies: ["MartletBenchmarks"]),

    // The command `martlet`.
    .executableTarget(
      name: "MartletCLI",
      dependencies: [
        "Martlet", "MartletRecipes", "MartletBenchmarks", "MartletConsistency", "MartletCPUBackend",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/CLI"),
    .testTarget(name: "CLITests", dependencies: ["MartletCLI", "MartletArchive", "MartletInterchange"]),
  ],
  swiftLanguageModes: [.v6]
)

// Readers of files under libFuzzer: only for `Scripts/fuzz`, since everything has to be built with sanitizers for it.
if Context.environment["MARTLET_FUZZING"] != nil {
  package.products.append(.executable(name: "martlet-fuzz", targets: ["MartletFuzzing"]))
  package.targets.append(
    .executableTarget(
      name: "MartletFuzzing",
      dependencies: [
        "Martlet", "MartletRecipes",
        .target(name: "MartletOpenCLBackend", condition: .when(traits: ["OpenCL"])),
      ], path: "Fuzzing/Martlet"))
}
