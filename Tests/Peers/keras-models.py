# Makes the models of Tests/ONNXTests/Models/Keras: needs tensorflow, tf2onnx, onnx and safetensors, which tests themselves do not.
# Usage: python keras-models.py FOLDER
import os, pathlib, sys, warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")

import keras
import numpy
import tensorflow
import tf2onnx
from keras import layers
from safetensors.numpy import save_file

keras.utils.set_random_seed(0)
numbers = numpy.random.default_rng(1)
folder = pathlib.Path(sys.argv[1])


def chain(shape, *parts, dtype="float32"):
    return keras.Sequential([layers.Input(shape, dtype=dtype), *parts])


def resnet():
    x = image = layers.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for width in (4, 8):
        y = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        y = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(y))
        if width != 4:
            x = layers.Conv2D(width, 1)(x)
        x = layers.ReLU(6.0)(layers.Add()([x, y]))
    return keras.Model(image, layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def squeeze():
    image = layers.Input((8, 8, 3))
    x = layers.SeparableConv2D(8, 3, padding="same", activation="swish")(image)
    s = layers.Conv2D(8, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same")(layers.Multiply()([x, s]))
    return keras.Model(image, layers.Concatenate()([x, layers.AveragePooling2D(2)(image)]))


def attention():
    tokens = layers.Input((6,), dtype="int32")
    x = layers.Embedding(20, 8)(tokens)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    x = layers.LayerNormalization()(x + layers.Dense(8)(layers.Dense(16, activation="relu")(x)))
    return keras.Model(tokens, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)))


def noise(*shape):
    return numbers.standard_normal(shape).astype("float32")


def tokens(limit, *shape):
    return numbers.integers(0, limit, shape).astype("int32")


models = {
    "mlp": (chain((7,), layers.Dense(9, activation="relu"), layers.Dropout(0.3), layers.Dense(4, activation="softmax")), noise(3, 7)),
    "cnn": (
        chain(
            (14, 14, 1), layers.Rescaling(1 / 3.0), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(),
            layers.BatchNormalization(), layers.Conv2D(6, 3, padding="same", activation="elu"), layers.Flatten(),
            layers.Dense(5)),
        noise(3, 14, 14, 1)),
    "resnet": (resnet(), noise(3, 12, 12, 3)),
    "squeeze": (squeeze(), noise(3, 8, 8, 3)),
    "up": (
        chain(
            (5, 6, 3), layers.Conv2DTranspose(4, 3, strides=2, padding="same"), layers.PReLU(shared_axes=[1, 2]),
            layers.UpSampling2D(2), layers.ZeroPadding2D(1), layers.UpSampling2D(2, interpolation="bilinear"),
            layers.Cropping2D(2), layers.GlobalMaxPooling2D()),
        noise(3, 5, 6, 3)),
    "conv1d": (
        chain(
            (9, 3), layers.Conv1D(4, 3, padding="causal", dilation_rate=2, activation="tanh"), layers.MaxPooling1D(2),
            layers.GroupNormalization(2), layers.Permute((2, 1)), layers.Flatten(), layers.Dense(2)),
        noise(3, 9, 3)),
    "conv3d": (
        chain((5, 6, 5, 1), layers.Conv3D(3, 3, strides=(1, 2, 1)), layers.MaxPooling3D((2, 1, 2)), layers.Flatten()),
        noise(3, 5, 6, 5, 1)),
    "lstm": (
        chain(
            (6,), layers.Embedding(11, 5), layers.LSTM(4, return_sequences=True), layers.LSTM(3), layers.Dense(2),
            dtype="int32"),
        tokens(11, 3, 6)),
    "bilstm": (
        chain((6, 5), layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.TimeDistributed(layers.Dense(2))),
        noise(3, 6, 5)),
    "gru": (chain((6, 5), layers.GRU(4, return_sequences=True), layers.GRU(3), layers.Dense(2)), noise(3, 6, 5)),
    "rnn": (chain((6, 5), layers.SimpleRNN(4, return_sequences=True), layers.SimpleRNN(3)), noise(3, 6, 5)),
    "masked": (
        chain((6,), layers.Embedding(4, 5, mask_zero=True), layers.LSTM(4), layers.Dense(2), dtype="int32"),
        tokens(4, 3, 6)),
    "convlstm": (chain((3, 5, 5, 2), layers.ConvLSTM2D(3, 3)), noise(3, 3, 5, 5, 2)),
    "attention": (attention(), tokens(20, 3, 6)),
    "activations": (
        chain(
            (8,),
            *[layers.Dense(8, activation=name) for name in
              ["selu", "softplus", "softsign", "swish", "exponential", "hard_sigmoid", "leaky_relu", "mish", "tanh"]],
            layers.UnitNormalization(), layers.LeakyReLU(0.2), layers.ReLU(max_value=1, threshold=0.1)),
        noise(3, 8)),
    "onehot": (chain((4,), layers.CategoryEncoding(6, output_mode="multi_hot"), dtype="int32"), tokens(6, 3, 4)),
}

for name, (model, x) in models.items():
    y = numpy.asarray(model(x))
    signature = [tensorflow.TensorSpec((None,) + x.shape[1:], x.dtype, name="x")]
    function = tensorflow.function(lambda t: model(t, training=False), input_signature=signature)
    file = folder / f"{name}.onnx"
    tf2onnx.convert.from_function(function, input_signature=signature, opset=17, output_path=str(file))
    arrays = {"input0": x, "output0": numpy.ascontiguousarray(y), "tolerance": numpy.array([1e-4, 1e-5], dtype=numpy.float32)}
    save_file(arrays, file.with_suffix(".safetensors"))
