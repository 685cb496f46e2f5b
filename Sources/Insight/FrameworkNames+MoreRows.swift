// Rows beside the first ones of FrameworkNames+Rows.swift: names that courses use less often.
extension FrameworkNames {
  static let moreData = [
    Row("whole numbers for names, per column", "OrdinalEncoder", "", "OrdinalEncoder(fitting: rows)"),
    Row(
      "rows of length 1", "Normalizer, UnitNormalization, normalize", "nn.functional.normalize",
      "features.rowsNormalized(.l2)"),
    Row("folds", "KFold, StratifiedKFold, cross_val_score", "", "data.folds(5, seed: 1)"),
    Row("bag of words", "CountVectorizer, CategoryEncoding", "", "vocabulary.counts(of: texts)"),
    Row("equal lengths", "pad_sequences", "pad_sequence", "Dataset(sequences: sequences, length: 40, labels: labels)"),
    Row(
      "windows of a series", "timeseries_dataset_from_array", "unfold",
      "Dataset(windowsOf: features, length: 24, target: 0)"),
    Row(
      "pictures in folders", "image_dataset_from_directory, flow_from_directory", "ImageFolder",
      "ImageFolder.load(path, width: 32, height: 32)"),
    Row(
      "patterns of the plane", "make_moons, make_circles, make_blobs", "",
      "PlanarData.moons.dataset(count: 500, seed: 1)"),
  ]

  static let moreModels = [
    Row("layer in a model", "get_layer", "named_modules", "model.layers[0]"),
    Row("input of a graph", "InputLayer, keras.Input", "", "Symbol.input([28, 28, 1])"),
  ]

  static let moreLayers = [
    Row("radial basis functions", "", "", "RBF(16, gamma: 1)"),
    Row("difference of branches", "Subtract", "", "Subtract()"),
    Row("product of branches", "Multiply", "", "Multiply()"),
    Row("mean of branches", "Average", "", "Average()"),
    Row("largest of branches", "Maximum", "", "Maximum()"),
    Row("smallest of branches", "Minimum", "", "Minimum()"),
    Row("other order of axes", "Permute", "permute", "Lambda { $0.transposed([0, 2, 1]) }"),
    Row("attention of one head", "Attention", "", "MultiHeadAttention(heads: 1, keySize: 32)"),
  ]

  static let moreActivations = [
    Row("bounded above", "relu6", "ReLU6", "x.relu6()"),
    Row("continuous exponential", "celu", "CELU", "x.celu(alpha: 1)"),
    Row("exponential function", "exponential", "", "x.exponential()"),
    Row("gated", "glu", "GLU", "x.glu()"),
    Row("straight pieces", "hard_sigmoid", "Hardsigmoid", "x.hardSigmoid()"),
    Row("straight pieces, both signs", "hard_tanh", "Hardtanh", "x.hardTanh()"),
    Row("straight swish", "hard_swish, hard_silu", "Hardswish", "x.hardSwish()"),
    Row("logarithm of the logistic", "log_sigmoid", "LogSigmoid", "x.logSigmoid()"),
    Row(
      "logarithms of probabilities", "log_softmax", "LogSoftmax, nn.functional.log_softmax",
      "x.logSoftmax(alongAxis: -1)"),
    Row("Mish", "mish", "Mish", "x.mish()"),
    Row("quotient", "softsign", "Softsign", "x.softsign()"),
    Row("shrunk", "soft_shrink", "Softshrink", "x.softShrink(threshold: 0.5)"),
    Row("cut out", "hard_shrink", "Hardshrink", "x.hardShrink(threshold: 0.5)"),
    Row("what tanh leaves", "tanh_shrink", "Tanhshrink", "x.tanhShrink()"),
    Row("root instead of logarithm", "squareplus", "", "x.squareplus(b: 4)"),
    Row("sparse softplus", "sparse_plus", "", "x.sparsePlus()"),
    Row("sparse logistic", "sparse_sigmoid", "", "x.sparseSigmoid()"),
    Row("sparse probabilities", "sparsemax", "", "x.sparsemax(alongAxis: -1)"),
    Row("one above a bound", "", "heaviside", "x.step(threshold: 0.5)"),
  ]

  static let moreLosses = [
    Row("divergence, short", "kl_divergence, KLDivergence", "KLDivLoss", "KullbackLeiblerDivergence()"),
    Row(
      "focal, classes", "categorical_focal_crossentropy, CategoricalFocalCrossentropy", "",
      "CategoricalFocalCrossEntropy(gamma: 2)"),
    Row(
      "focal, yes or no", "binary_focal_crossentropy, BinaryFocalCrossentropy", "",
      "BinaryFocalCrossEntropy(gamma: 2)"),
  ]

  static let moreOptimizers = [
    Row("sign of the momentum", "Lion, lion", "", "Lion(learningRate: 0.0001)"),
    Row("follow the leader", "Ftrl, ftrl", "", "FTRL(learningRate: 0.001)"),
    Row("largest so far", "amsgrad", "", "Adam(learningRate: 0.001, amsgrad: true)"),
    Row("rate over time", "InverseTimeDecay", "", "InverseTimeDecay(0.1, decaySteps: 100, decayRate: 0.5)"),
    Row("rate along a power", "PolynomialDecay", "PolynomialLR", "PolynomialDecay(0.1, decaySteps: 1000, end: 0.001)"),
    Row(
      "rate with restarts", "CosineDecayRestarts", "CosineAnnealingWarmRestarts",
      "CosineDecayRestarts(0.1, firstDecaySteps: 100)"),
    Row("rate that rises first", "", "LinearLR", "LinearWarmup(target: 0.1, warmupSteps: 100)"),
    Row(
      "rate by stretches", "", "MultiStepLR",
      "PiecewiseConstantDecay(boundaries: [100, 200], values: [0.1, 0.01, 0.001])"),
    Row(
      "all gradients together", "global_clipnorm", "clip_grad_norm_",
      "SGD(learningRate: 0.1, clipping: .globalNorm(1))"),
  ]

  static let moreTraining = [
    Row(
      "stop in time", "callbacks.EarlyStopping", "",
      "trainer.fit(data, validation: .split(0.1), callbacks: [EarlyStopping(patience: 3)])"),
    Row(
      "smaller rate on a plateau", "ReduceLROnPlateau", "lr_scheduler.ReduceLROnPlateau",
      "ReduceOnPlateau(factor: 0.1, patience: 10)"),
    Row("log as CSV", "CSVLogger", "", "CSVLog(url)"),
    Row("your own closure", "LambdaCallback, Callback", "", "EventCallback.onEpochEnd { _, _ in }"),
    Row("go on after an interruption", "BackupAndRestore", "", "Checkpoint(url)"),
    Row("one prediction", "predict_on_batch", "", "model(x)"),
    Row("repeatable", "set_random_seed", "manual_seed", "trainer.fit(data, seed: 1)"),
  ]

  static let moreMetrics = [
    Row("squared error", "metrics.MeanSquaredError", "", "Metric.meanSquaredError"),
    Row("its root", "RootMeanSquaredError, root_mean_squared_error", "", "Metric.rootMeanSquaredError"),
    Row("explained variance", "R2Score, r2_score", "", "RegressionMetrics.r2(targets: targets, predictions: outputs)"),
    Row("overlap", "MeanIoU, IoU, OneHotIoU, OneHotMeanIoU, BinaryIoU", "", "matrix.meanIntersectionOverUnion"),
    Row("correlation of classes", "matthews_corrcoef", "", "matrix.matthewsCorrelation"),
    Row("agreement", "cohen_kappa_score", "", "matrix.cohenKappa()"),
    Row("hits and misses", "TruePositives, FalsePositives, TrueNegatives, FalseNegatives", "", "matrix[1, 1]"),
    Row(
      "area under precision and recall", "average_precision_score, precision_recall_curve", "",
      "PrecisionRecallCurve(labels: labels, scores: scores).averagePrecision"),
    Row("logarithmic loss", "log_loss", "", "ClassificationMetrics.logLoss(labels: labels, probabilities: scores)"),
  ]

  static let initializers = [
    Row("zeros, ones, a number", "Zeros, Ones, Constant", "zeros_, ones_, constant_", "Initializer.zeros"),
    Row("uniform", "RandomUniform, random_uniform", "uniform_", "Initializer.randomUniform()"),
    Row("normal", "RandomNormal, random_normal", "normal_", "Initializer.randomNormal()"),
    Row("normal without tails", "TruncatedNormal", "trunc_normal_", "Initializer.truncatedNormal()"),
    Row("Glorot", "GlorotUniform, glorot_uniform", "xavier_uniform_", "Initializer.glorotUniform"),
    Row("Glorot, normal", "GlorotNormal, glorot_normal", "xavier_normal_", "Initializer.glorotNormal"),
    Row("He", "HeUniform, he_uniform", "kaiming_uniform_", "Initializer.heUniform"),
    Row("He, normal", "HeNormal, he_normal", "kaiming_normal_", "Initializer.heNormal"),
    Row("LeCun", "LecunUniform, lecun_uniform", "", "Initializer.lecunUniform"),
    Row("LeCun, normal", "LecunNormal, lecun_normal", "", "Initializer.lecunNormal"),
    Row("orthogonal", "Orthogonal, OrthogonalInitializer", "orthogonal_", "Initializer.orthogonal()"),
  ]

  static let classics = [
    Row("perceptron", "linear_model.Perceptron", "", "Perceptron(inputCount: 2)"),
    Row("Boltzmann machine", "BernoulliRBM", "", "RestrictedBoltzmannMachine(visible: 784, hidden: 256)"),
    Row(
      "regression by descent", "LinearRegression, LogisticRegression, SGDClassifier", "",
      "Sequential(input: [2], layers: [Dense(1)])"),
    Row("dense network", "MLPClassifier, MLPRegressor", "", "Dense(64, activation: .relu)"),
  ]
}
