// What models learn from and by.
extension FrameworkNames {
  static let data = [
    Row("MNIST", "mnist.load_data", "datasets.MNIST", "MNIST.load()"),
    Row(
      "arrays as samples", "Dataset.from_tensor_slices", "TensorDataset",
      "Dataset(inputs: values, shape: [2], labels: labels)"),
    Row("parts", "train_test_split", "random_split", "data.split(test: 0.2, validation: 0.1, seed: 1)"),
    Row("batches", "Dataset.batch", "DataLoader", "data.batches(size: 32)"),
    Row("one-hot labels", "to_categorical", "one_hot", "labels.oneHot(depth: 10)"),
    Row("mean 0, deviation 1", "StandardScaler, Normalization", "", "StandardScaler(fitting: features)"),
    Row("range 0 to 1", "MinMaxScaler, Rescaling", "ToTensor", "MinMaxScaler(fitting: features)"),
    Row("median and quartiles", "RobustScaler", "", "RobustScaler(fitting: features)"),
    Row("codes of names", "LabelEncoder, StringLookup", "", "LabelEncoder(fitting: names)"),
    Row("indicator columns", "OneHotEncoder, get_dummies", "", "OneHotEncoder(fitting: rows)"),
    Row("CSV", "read_csv", "", "Table(contentsOfCSV: path)"),
    Row("texts", "Tokenizer, TextVectorization", "build_vocab_from_iterator", "Vocabulary(fitting: texts)"),
    Row("balance by weights", "compute_class_weight", "WeightedRandomSampler", "data.balancedClassWeights"),
    Row("balance by repetition", "RandomOverSampler", "", "data.oversampled(seed: 1)"),
    Row("balance by omission", "RandomUnderSampler", "", "data.undersampled(seed: 1)"),
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

  static let losses = [
    Row("by name", "losses.get", "", #"Losses.named("sparse_categorical_crossentropy")"#),
    Row(
      "classes as numbers, logits", "sparse_categorical_crossentropy, SparseCategoricalCrossentropy",
      "CrossEntropyLoss", "CategoricalCrossEntropy(fromLogits: true)"),
    Row("classes, probabilities", "categorical_crossentropy", "", "CategoricalCrossEntropy()"),
    Row("yes or no, logits", "BinaryCrossentropy", "BCEWithLogitsLoss", "BinaryCrossEntropy(fromLogits: true)"),
    Row("yes or no, probabilities", "binary_crossentropy", "BCELoss", "BinaryCrossEntropy()"),
    Row("squared error", "mean_squared_error, mse", "MSELoss", "MeanSquaredError()"),
    Row("absolute error", "mean_absolute_error, mae", "L1Loss", "MeanAbsoluteError()"),
    Row("in percent", "mean_absolute_percentage_error, mape", "", "MeanAbsolutePercentageError()"),
    Row("of logarithms", "mean_squared_logarithmic_error, msle", "", "MeanSquaredLogarithmicError()"),
    Row("Huber", "huber", "HuberLoss, SmoothL1Loss", "Huber(delta: 1)"),
    Row("log cosh", "logcosh, log_cosh", "", "LogCosh()"),
    Row("hinge", "hinge", "", "Hinge()"),
    Row("squared hinge", "squared_hinge", "", "SquaredHinge()"),
    Row("hinge of classes", "categorical_hinge", "", "CategoricalHinge()"),
    Row("divergence", "kullback_leibler_divergence, kld", "", "KullbackLeiblerDivergence()"),
    Row("counts", "poisson", "", "Poisson()"),
    Row("direction", "cosine_proximity, cosine_similarity", "", "CosineSimilarity()"),
    Row("sequences", "ctc_batch_cost, CTC", "CTCLoss", "CTC()"),
    Row("divergence, short", "kl_divergence, KLDivergence", "KLDivLoss", "KullbackLeiblerDivergence()"),
    Row(
      "focal, classes", "categorical_focal_crossentropy, CategoricalFocalCrossentropy", "",
      "CategoricalFocalCrossEntropy(gamma: 2)"),
    Row(
      "focal, yes or no", "binary_focal_crossentropy, BinaryFocalCrossentropy", "",
      "BinaryFocalCrossEntropy(gamma: 2)"),
  ]

  static let optimizers = [
    Row("by name", "optimizers.get", "", #"Optimizers.named("adam", learningRate: 0.001)"#),
    Row("gradient descent", "SGD, sgd", "optim.SGD", "SGD(learningRate: 0.01, momentum: 0.9)"),
    Row("Adam", "Adam, AdamOptimizer", "optim.Adam", "Adam(learningRate: 0.001)"),
    Row("Adam with decay", "AdamW", "optim.AdamW", "AdamW(learningRate: 0.001, weightDecay: 0.01)"),
    Row("RMSprop", "RMSprop", "optim.RMSprop", "RMSprop(learningRate: 0.001)"),
    Row("Adagrad", "Adagrad", "optim.Adagrad", "Adagrad(learningRate: 0.01)"),
    Row("Adadelta", "Adadelta", "optim.Adadelta", "Adadelta(learningRate: 1)"),
    Row("Adamax", "Adamax", "optim.Adamax", "Adamax(learningRate: 0.001)"),
    Row("Nadam", "Nadam", "optim.NAdam", "Nadam(learningRate: 0.001)"),
    Row("falling rate", "ExponentialDecay", "ExponentialLR", "ExponentialDecay(0.1, decaySteps: 100, decayRate: 0.9)"),
    Row("rate in steps", "PiecewiseConstantDecay", "StepLR", "StepDecay(0.1, stepSize: 30, factor: 0.1)"),
    Row("rate along a cosine", "CosineDecay", "CosineAnnealingLR", "CosineDecay(0.1, decaySteps: 1000)"),
    Row("one cycle", "", "OneCycleLR", "OneCycle(0.1, steps: 1000)"),
    Row("bounded gradients", "clipnorm, clipvalue", "clip_grad_norm_", "SGD(learningRate: 0.1, clipping: .norm(1))"),
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

  static let training = [
    Row(
      "put together", "compile", "",
      "Trainer(model, loss: .softmaxCrossEntropy, optimizer: Adam(), metrics: [.accuracy])"),
    Row("train", "fit, fit_generator, train_on_batch", "", "trainer.fit(data, validation: .split(0.1), epochs: 5)"),
    Row("measure", "evaluate, evaluate_generator", "Module.eval", "trainer.evaluate(data)"),
    Row("use", "predict, predict_generator", "", "trainer.predict(data)"),
    Row("classes", "predict_classes, argmax", "argmax", "trainer.predict(data).labels"),
    Row("what happened", "History.history", "", #"history["loss"]"#),
    Row("best weights", "EarlyStopping, ModelCheckpoint", "", "trainer.fit(data, epochs: 5, restoringBest: true)"),
    Row("important classes", "class_weight", "", "trainer.fit(data, classWeights: [1, 3])"),
    Row("gradients", "GradientTape.gradient", "loss.backward", "loss.gradients()"),
    Row("one step", "apply_gradients", "optimizer.step, zero_grad", "optimizer.update(model, along: gradients)"),
    Row("no gradients", "stop_gradient", "no_grad, detach", "withoutGradient { model(x) }"),
    Row("where to compute", "tf.device", "torch.device, to, cuda", #"withDevice(device) { model(x) }"#),
    Row("a device by name", "list_physical_devices", "is_available", #"Device.named("opencl:0")"#),
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

  static let metrics = [
    Row("by name", "acc, metrics.get", "", #"Metric.named("acc")"#),
    Row("accuracy", "accuracy, sparse_categorical_accuracy, accuracy_score", "", "Metric.accuracy"),
    Row("yes or no", "binary_accuracy", "", "Metric.binaryAccuracy()"),
    Row("among the first", "top_k_categorical_accuracy", "", "Metric.topK(5)"),
    Row("precision", "Precision, precision_score", "", "Metric.precision()"),
    Row("recall", "Recall, recall_score", "", "Metric.recall()"),
    Row("F1", "F1Score, f1_score", "", "Metric.f1()"),
    Row(
      "who is taken for whom", "confusion_matrix", "",
      "ConfusionMatrix(labels: labels, predictions: predictions, classCount: 3)"),
    Row("area under the curve", "AUC, roc_auc_score", "", "ROCCurve(labels: labels, scores: scores).area"),
    Row("report per class", "classification_report", "", "matrix.report()"),
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

  static let classics = [
    Row("perceptron", "linear_model.Perceptron", "", "Perceptron(inputCount: 2)"),
    Row("Boltzmann machine", "BernoulliRBM", "", "RestrictedBoltzmannMachine(visible: 784, hidden: 256)"),
    Row(
      "regression by descent", "LinearRegression, LogisticRegression, SGDClassifier", "",
      "Sequential(input: [2], layers: [Dense(1)])"),
    Row("dense network", "MLPClassifier, MLPRegressor", "", "Dense(64, activation: .relu)"),
  ]
}
