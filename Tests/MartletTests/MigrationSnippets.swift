import Foundation
import Martlet

// Every expression of the table in Docs/Migration.md stands here, as it stands there, so that it compiles; `MigrationTests` looks for
// them in the text of this file.

func migrationData(
  _ data: Dataset, values: [Float], path: String, features: FeatureMatrix, rows: [[String]], names: [String],
  texts: [String], labels: Tensor, vocabulary: Vocabulary
) throws -> [Any] {
  try [
    MNIST.load(),
    data.split(test: 0.2, validation: 0.1, seed: 1),
    data.batches(size: 32),
    labels.oneHot(depth: 10),
    StandardScaler(fitting: features),
    MinMaxScaler(fitting: features),
    RobustScaler(fitting: features),
    LabelEncoder(fitting: names),
    OneHotEncoder(fitting: rows),
    Table(contentsOfCSV: path),
    Vocabulary(fitting: texts),
    data.balancedClassWeights,
    data.oversampled(seed: 1),
    data.undersampled(seed: 1),
    OrdinalEncoder(fitting: rows),
    features.rowsNormalized(.l2),
    data.folds(5, seed: 1),
    vocabulary.counts(of: texts),
    Dataset(windowsOf: features, length: 24, target: 0),
    ImageFolder.load(path, width: 32, height: 32),
    PlanarData.moons.dataset(count: 500, seed: 1),
  ]
}

func migrationArrays(values: [Float], sequences: [[Int32]], labels: [Int]) throws -> [Dataset] {
  try [
    Dataset(inputs: values, shape: [2], labels: labels),
    Dataset(sequences: sequences, length: 40, labels: labels),
  ]
}

func migrationModels(layers: [any Layer], x: Symbol, y: Symbol, url: URL, weights: Weights) throws -> [Any] {
  let model = try Sequential(input: [784], layers: layers)
  try model.restore(weights)
  try model.save(to: url)
  try model.load(from: url)
  model.freeze()
  return try [
    Model(inputs: [x], outputs: [y]),
    model.summary(),
    model.parameterCount,
    model.weights,
    NetworkDrawing(of: model),
    model.layers[0],
    Symbol.input([28, 28, 1]),
  ]
}

func migrationLayers() -> [Any] {
  [
    Dense(128, activation: .relu),
    Conv2D(32, kernel: 3, padding: .same),
    Conv1D(16, kernel: 3, padding: .causal),
    DepthwiseConv2D(kernel: 3),
    SeparableConv2D(16, kernel: 3),
    ConvTransposed2D(16, kernel: 3, stride: 2),
    MaxPool2D(2),
    AveragePool2D(2),
    GlobalAveragePool2D(),
    GlobalMaxPool2D(),
    Flatten(),
    Reshape([28, 28]),
    Dropout(0.5),
    GaussianNoise(0.1),
    BatchNorm(),
    LayerNorm(),
    GroupNorm(groups: 4),
    Embedding(10_000, 64),
    SimpleRNN(32),
    LSTM(64, returnsSequences: true),
    GRU(64),
    Bidirectional(LSTM(64)),
    TimeDistributed(Dense(10)),
    Masking(),
    MultiHeadAttention(heads: 4, keySize: 16),
    ZeroPadding2D(Margins(top: 1, bottom: 1)),
    UpSampling2D(2),
    RandomTransform(rotation: 0.1, mirrors: true),
    PReLU(),
    Maxout(16),
    Add(),
    Concatenate(),
    Residual { Dense(64, activation: .relu) },
    Lambda { $0 * 2 },
    Activation.relu,
    RBF(16, gamma: 1),
    Subtract(),
    Multiply(),
    Average(),
    Maximum(),
    Minimum(),
    Lambda { $0.transposed([0, 2, 1]) },
    MultiHeadAttention(heads: 1, keySize: 32),
  ]
}

func migrationActivations(_ x: Tensor) throws -> [Any] {
  try [
    Activation(named: "relu"),
    x.relu(),
    x.leakyRelu(negativeSlope: 0.1),
    x.sigmoid(),
    x.tanh(),
    x.softmax(alongAxis: -1),
    x.elu(alpha: 1),
    x.selu(),
    x.gelu(),
    x.softplus(),
    x.silu(),
    x.relu6(),
    x.celu(alpha: 1),
    x.exponential(),
    x.glu(),
    x.hardSigmoid(),
    x.hardTanh(),
    x.hardSwish(),
    x.logSigmoid(),
    x.logSoftmax(alongAxis: -1),
    x.mish(),
    x.softsign(),
    x.softShrink(threshold: 0.5),
    x.hardShrink(threshold: 0.5),
    x.tanhShrink(),
    x.squareplus(b: 4),
    x.sparsePlus(),
    x.sparseSigmoid(),
    x.sparsemax(alongAxis: -1),
    x.step(threshold: 0.5),
  ]
}

func migrationLosses() throws -> [any Loss] {
  try [
    Losses.named("sparse_categorical_crossentropy"),
    CategoricalCrossEntropy(fromLogits: true),
    CategoricalCrossEntropy(),
    BinaryCrossEntropy(fromLogits: true),
    BinaryCrossEntropy(),
    MeanSquaredError(),
    MeanAbsoluteError(),
    MeanAbsolutePercentageError(),
    MeanSquaredLogarithmicError(),
    Huber(delta: 1),
    LogCosh(),
    Hinge(),
    SquaredHinge(),
    CategoricalHinge(),
    KullbackLeiblerDivergence(),
    Poisson(),
    CosineSimilarity(),
    CTC(),
    CategoricalFocalCrossEntropy(gamma: 2),
    BinaryFocalCrossEntropy(gamma: 2),
  ]
}

func migrationOptimizers() throws -> [Any] {
  try [
    Optimizers.named("adam", learningRate: 0.001),
    SGD(learningRate: 0.01, momentum: 0.9),
    Adam(learningRate: 0.001),
    AdamW(learningRate: 0.001, weightDecay: 0.01),
    RMSprop(learningRate: 0.001),
    Adagrad(learningRate: 0.01),
    Adadelta(learningRate: 1),
    Adamax(learningRate: 0.001),
    Nadam(learningRate: 0.001),
    ExponentialDecay(0.1, decaySteps: 100, decayRate: 0.9),
    StepDecay(0.1, stepSize: 30, factor: 0.1),
    CosineDecay(0.1, decaySteps: 1000),
    OneCycle(0.1, steps: 1000),
    SGD(learningRate: 0.1, clipping: .norm(1)),
    Lion(learningRate: 0.0001),
    FTRL(learningRate: 0.001),
    Adam(learningRate: 0.001, amsgrad: true),
    InverseTimeDecay(0.1, decaySteps: 100, decayRate: 0.5),
    PolynomialDecay(0.1, decaySteps: 1000, end: 0.001),
    CosineDecayRestarts(0.1, firstDecaySteps: 100),
    LinearWarmup(target: 0.1, warmupSteps: 100),
    PiecewiseConstantDecay(boundaries: [100, 200], values: [0.1, 0.01, 0.001]),
    SGD(learningRate: 0.1, clipping: .globalNorm(1)),
  ]
}

func migrationTraining(
  _ data: Dataset, url: URL, model: Sequential, x: Tensor, loss: Tensor, optimizer: inout any Optimizer
) throws -> [Any] {
  let trainer = Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(), metrics: [.accuracy])
  let history = try trainer.fit(data, validation: .split(0.1), epochs: 5)
  let gradients = loss.gradients()
  optimizer.update(model, along: gradients)
  let device = try Device.named("opencl:0")
  return try [
    trainer.evaluate(data),
    trainer.predict(data),
    trainer.predict(data).labels,
    history["loss"],
    trainer.fit(data, epochs: 5, restoringBest: true),
    trainer.fit(data, classWeights: [1, 3]),
    withoutGradient { model(x) },
    withDevice(device) { model(x) },
    trainer.fit(data, validation: .split(0.1), callbacks: [EarlyStopping(patience: 3)]),
    ReduceOnPlateau(factor: 0.1, patience: 10),
    CSVLog(url),
    EventCallback.onEpochEnd { _, _ in },
    Checkpoint(url),
    trainer.fit(data, seed: 1),
  ]
}

func migrationRarer(
  _ data: Dataset, trainer: Trainer, model: Sequential, stream: BatchStream, sampleWeights: [Float], x: Tensor
) throws -> [Any] {
  try [
    data.weighted(by: sampleWeights),
    trainer.fit(stream),
    stream.prefetched(),
    trainer.fit(data, batchesPerUpdate: 4),
    trainer.fit(data, epochs: 5, firstEpoch: 6),
    withPrecision(.tensorFloat32) { model(x) },
    checkpoint(x) { model($0) },
    gradientCheck(at: x) { model($0).sum() },
    Parameter(.zeros, role: .statistic),
  ]
}

func migrationFiles(
  model: Sequential, history: History, matrix: ConfusionMatrix, labels: [Int32], scores: [Float], url: URL
) throws -> [Any] {
  try Archive(model, preprocessing: .digit).save(to: url)
  try ONNX.export(model, to: url)
  try model.loadKeras(from: url)
  let profile = Profile()
  return try [
    ONNX.load(url),
    Safetensors.read(url),
    NPY.read(url),
    NPZ.read(url),
    history.figure(),
    matrix.figure(),
    ROCCurve(labels: labels, scores: scores).figure(),
    TensorBoard(folder: url),
    Device.named("opencl:0", recordingInto: profile),
  ]
}

func migrationMetrics(
  labels: [Int32], predictions: [Int32], scores: [Float], targets: [Float], outputs: [Float]
) throws -> [Any] {
  let matrix = ConfusionMatrix(labels: labels, predictions: predictions, classCount: 3)
  return try [
    Metric.named("acc"),
    Metric.accuracy,
    Metric.binaryAccuracy(),
    Metric.topK(5),
    Metric.precision(),
    Metric.recall(),
    Metric.f1(),
    ROCCurve(labels: labels, scores: scores).area,
    matrix.report(),
    Metric.meanSquaredError,
    Metric.rootMeanSquaredError,
    RegressionMetrics.r2(targets: targets, predictions: outputs),
    matrix.meanIntersectionOverUnion,
    matrix.matthewsCorrelation,
    matrix.cohenKappa(),
    matrix[1, 1],
    PrecisionRecallCurve(labels: labels, scores: scores).averagePrecision,
    ClassificationMetrics.logLoss(labels: labels, probabilities: scores),
  ]
}

func migrationInitializers() -> [Initializer] {
  [
    Initializer.zeros,
    Initializer.randomUniform(),
    Initializer.randomNormal(),
    Initializer.truncatedNormal(),
    Initializer.glorotUniform,
    Initializer.glorotNormal,
    Initializer.heUniform,
    Initializer.heNormal,
    Initializer.lecunUniform,
    Initializer.lecunNormal,
    Initializer.orthogonal(),
  ]
}

func migrationClassics() throws -> [Any] {
  try [
    Perceptron(inputCount: 2),
    RestrictedBoltzmannMachine(visible: 784, hidden: 256),
    Sequential(input: [2], layers: [Dense(1)]),
  ]
}
