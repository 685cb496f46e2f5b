extension FrameworkNames {
  /// What courses and manuals of other frameworks name and Martlet does not have, with what to do instead.
  static let absent: [(names: String, advice: String)] = [
    (
      "Conv3D Conv3d Convolution3D Conv3DTranspose ConvTranspose3d MaxPooling3D MaxPool3D MaxPool3d AveragePooling3D AvgPool3d "
        + "GlobalAveragePooling3D UpSampling3D ZeroPadding3D Cropping3D ConvLSTM1D ConvLSTM2D ConvLSTM3D",
      "there are no layers over volumes; treat depth as channels, or frames as a sequence with TimeDistributed(Conv2D(…))"
    ),
    (
      "MaxPooling1D MaxPool1D MaxPool1d AveragePooling1D AvgPool1D AvgPool1d UpSampling1D ZeroPadding1D Cropping1D DepthwiseConv1D "
        + "SeparableConv1D SeparableConvolution1D Conv1DTranspose ConvTranspose1d AdaptiveAvgPool1d AdaptiveMaxPool1d",
      "use the layer for pictures with a height of 1: Reshape([1, time, features]), then for example MaxPool2D(Extent2D(1, 2))"
    ),
    (
      "GlobalAveragePooling1D GlobalAvgPool1D GlobalMaxPooling1D GlobalMaxPool1D",
      "Lambda { $0.mean(alongAxes: [1]) } or Lambda { $0.max(alongAxes: [1]) }"
    ),
    (
      "LSTMCell GRUCell SimpleRNNCell RNNCell RNNCellBase StackedRNNCells RNNBase",
      "call the layer with a sequence of one step and its state: layer(x, state: state) gives the next state"
    ),
    (
      "RMSNormalization RMSNorm InstanceNorm1d InstanceNorm2d LocalResponseNorm SpectralNormalization SyncBatchNorm",
      "LayerNorm(), GroupNorm(groups:) and BatchNorm() are there; another one is a few lines of a layer of your own"
    ),
    ("Dot EinsumDense Bilinear", "write the product as a CombiningLayer of your own with Tensor.matmul"),
    (
      "RandomBrightness RandomContrast RandomZoom RandomShear RandomErasing RandomHue RandomSaturation CutMix MixUp RandAugment",
      "RandomTransform shifts, turns and mirrors, GaussianNoise adds noise; others are a Lambda or a layer of your own"
    ),
    (
      "RandomCrop CenterCrop Cropping2D Resizing Rescaling",
      "Lambda { $0.sliced(axis: 1, from: 2, count: 24) }, or scale the data first"
    ),
    (
      "l1 l2 L1 L2 l1_l2 L1L2 kernel_regularizer ActivityRegularization Regularizer",
      "weightDecay of the optimizer shrinks weights (AdamW(weightDecay: 0.01)); add another penalty to the loss of a loop of your own"
    ),
    (
      "ProgbarLogger RemoteMonitor",
      "progress is shown anyway; CSVLog writes every epoch to a file, EventCallback calls what you like"
    ),
    (
      "LearningRateScheduler LambdaLR MultiplicativeLR ChainedScheduler SequentialLR CyclicLR ConstantLR LearningRateSchedule",
      "a schedule is any type with rate(atStep:): conform to LearningRateSchedule and hand it to an optimizer"
    ),
    (
      "LBFGS Rprop RAdam ASGD SparseAdam Adafactor Lamb Muon ScheduleFreeAdamW",
      "thirteen optimizers are there (Optimizers.named lists them); Adam or AdamW is the nearest"
    ),
    (
      "NLLLoss NLLLoss2d nll_loss GaussianNLLLoss LinearCrossEntropyLoss",
      "CategoricalCrossEntropy takes probabilities, or logits with fromLogits: true, which contains the logarithm"
    ),
    (
      "TripletMarginLoss CosineEmbeddingLoss MarginRankingLoss HingeEmbeddingLoss SoftMarginLoss MultiMarginLoss "
        + "MultiLabelMarginLoss MultiLabelSoftMarginLoss Dice Tversky Circle CategoricalGeneralizedCrossEntropy",
      "write it with tensors: a Loss is one function from outputs and targets to a value per sample"
    ),
    (
      "FBetaScore PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity PearsonCorrelation "
        + "ConcordanceCorrelation LogCoshError Mean Sum",
      "work it out from ConfusionMatrix, ROCCurve or PrecisionRecallCurve, or from predictions as arrays"
    ),
    (
      "Transformer TransformerEncoder TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer GroupQueryAttention",
      "a block is Residual { MultiHeadAttention(…) }, LayerNorm(), Residual { Dense(…); Dense(…) }, LayerNorm()"
    ),
    (
      "ModuleList ModuleDict ParameterList ParameterDict Module Parameter nn.Module subclassing",
      "a layer of your own is a struct that conforms to Layer; parameters and layers in its properties are found"
    ),
    (
      "ReflectionPad1d ReflectionPad2d ReplicationPad2d ConstantPad2d ConstantPad1d CircularPad2d pad",
      "x.padded([(0, 0), (1, 1)], mode: .reflect), in a Lambda"
    ),
    ("PixelShuffle PixelUnshuffle Unfold Fold", "Reshape and Lambda { $0.transposed(…) } make it"),
    ("UpsamplingBilinear2d UpsamplingNearest2d interpolate", "UpSampling2D(2, interpolation: .bilinear)"),
    (
      "DataParallel DistributedDataParallel MirroredStrategy",
      "one process uses one device, all its cores or compute units"
    ),
    (
      "KNeighborsClassifier SVC LinearSVC GaussianNB DecisionTreeClassifier RandomForestClassifier KMeans PCA TruncatedSVD "
        + "TfidfVectorizer",
      "learning without networks is beyond Martlet; scikit-learn has it, and CSV files go both ways"
    ),
    ("SMOTE", "oversampled(seed:) repeats samples of rare classes; made-up ones are not offered"),
    (
      "Pipeline ColumnTransformer SimpleImputer",
      "TablePreparation fills, scales and encodes the columns of a table, and is saved"
    ),
    ("get_file", "MNIST.load() fetches its own files; others are named with --data"),
    ("save_img load_img img_to_array array_to_img", "GrayPicture and ColorPicture read and write PNG"),
    ("RepeatVector Identity", "Lambda { $0.tiled([1, 5, 1]) } after a Reshape, and Lambda { $0 }"),
    (
      "SpatialDropout1D SpatialDropout2D GaussianDropout AlphaDropout Dropout1d Dropout2d FeatureAlphaDropout",
      "Dropout leaves out single values, GaussianNoise adds noise; whole maps need a layer of your own"
    ),
    (
      "applications hub timm keras_hub",
      "there are no pretrained models; ONNX.load(url) reads those of others, to run and to learn on"
    ),
    ("GradScaler LossScaleOptimizer", "sums and parameters are float32 throughout, so there is nothing to scale"),
    (
      "SwapEMAWeights AveragedModel SWALR ExponentialMovingAverage",
      "there are no averages of weights; model.weights is a value, so a loop of your own can keep them"
    ),
    ("jit jit_compile run_eagerly TorchDynamo", "there is nothing to compile: operations run as they are called"),
    (
      "enable_op_determinism use_deterministic_algorithms deterministic",
      "always: the same seed gives the same bits, for any number of threads"
    ),
    (
      "custom_objects register_keras_serializable",
      "a layer of your own conforms to DescribedLayer: Archive.load(url, layers: [Mine.self])"
    ),
    (
      "weighted_metrics loss_weights",
      "weights count in the loss only; several losses take a loop of your own, or TrainingLoop"
    ),
    ("AdditiveAttention", "MultiHeadAttention compares by products"),
    (
      "TerminateOnNaN",
      "training ends by itself at a loss that is not a number, and names the first parameter that is none"
    ),
  ]

  /// What to do instead of a name that has no counterpart; `nil` for any other.
  public static func advice(insteadOf name: String) -> String? {
    let wanted = plain(name.split(separator: "(").first.map(String.init) ?? name)
    return absent.first { $0.names.split(separator: " ").contains { plain(String($0)) == wanted } }?.advice
  }
}
