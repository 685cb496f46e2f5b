"""TensorFlow: tf.function with and without XLA, whichever is faster; images channels-last."""

import itertools
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402

import digits  # noqa: E402
from timing import Run  # noqa: E402

VERSION = f"TensorFlow {tf.__version__}"
L = tf.keras.layers


def start(threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.random.set_seed(1)


def _model(name: str, unroll: bool) -> tf.keras.Model:
    last = L.Dense(10)
    if name == "cnn":
        layers = [L.Conv2D(32, 3, activation="relu"), L.MaxPool2D(), L.Conv2D(64, 3, activation="relu"), L.MaxPool2D()]
        return tf.keras.Sequential([L.Input((28, 28, 1)), *layers, L.Flatten(), last])
    if name == "mlp":
        return tf.keras.Sequential([L.Input((28, 28, 1)), L.Flatten(), L.Dense(128, activation="relu"), last])
    if name == "lstm":
        return tf.keras.Sequential([L.Input((28, 28)), L.LSTM(128, unroll=unroll), last])
    if name == "gru":
        return tf.keras.Sequential([L.Input((28, 28)), L.GRU(128, unroll=unroll), last])
    if name == "characters":
        layers = [L.Embedding(digits.CHARACTERS, 64), L.LSTM(128, return_sequences=True, unroll=unroll)]
        return tf.keras.Sequential([L.Input((digits.STEPS,), dtype="int32"), *layers, L.Dense(digits.CHARACTERS)])
    if name == "conv1d":
        layers = [L.Conv1D(64, 5, padding="same", activation="relu") for _ in range(2)]
        return tf.keras.Sequential([L.Input((256, 64)), *layers, L.Flatten(), last])
    if name == "separable":
        layers = [L.Conv2D(32, 3, strides=2, activation="relu")]
        layers += [L.SeparableConv2D(64, 3, activation="relu") for _ in range(2)]
        return tf.keras.Sequential([L.Input((28, 28, 1)), *layers, L.Flatten(), last])
    if name == "attention":
        x = L.Input((64, 128))
        y = L.MultiHeadAttention(4, 32)(x, x)
        return tf.keras.Model(x, last(L.Flatten()(y)))
    raise NotImplementedError(f"no model {name}")


def _input(name: str, samples) -> tf.Tensor:
    return tf.constant(samples.reshape(-1, 28, 28) if name in ("lstm", "gru") else samples)


def _last(results: list) -> None:
    """Waits for the last result."""
    if results:
        tf.nest.flatten(results[-1])[0].numpy()


def _run(function, arguments) -> Run:
    """Calls a function with one set of arguments after the other."""
    results = []
    cycle = itertools.cycle(arguments)

    def step():
        results[:] = [function(*next(cycle))]

    return Run(step, lambda: _last(results))


def _training(model: str, batch: int, folder: str | None, jit: bool, unroll: bool) -> Run:
    network = _model(model, unroll)
    optimizer = tf.keras.optimizers.Adam()
    optimizer.build(network.trainable_variables)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    data = [(_input(model, x), tf.constant(y)) for x, y in digits.samples(model, folder, batch)]

    @tf.function(jit_compile=jit)
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, network(x, training=True))
        gradients = tape.gradient(value, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        return value

    return _run(step, data)


def _inference(model: str, batch: int, folder: str | None, jit: bool) -> Run:
    network = _model(model, unroll=True)
    x = _input(model, digits.batches(folder, batch)[0][0])
    predict = tf.function(lambda x: network(x, training=False), jit_compile=jit)
    if batch == 1:
        return Run(lambda: predict(x).numpy())
    return _run(predict, [(x,)])


def _convolution(task: dict, jit: bool) -> Run:
    image, kernel, dilation, stride = task["image"], task["kernel"], task["dilation"], task["stride"]
    channels, filters = task["channels"], task["filters"]
    x = tf.random.normal((task["batch"], image, image, channels))
    margin = [dilation * (kernel - 1) // 2] * 2
    if task["groups"] == channels:
        w = tf.random.normal((kernel, kernel, channels, filters // channels))
        forward = lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], "SAME", dilations=[dilation] * 2)
    else:
        w = tf.random.normal((kernel, kernel, channels // task["groups"], filters))
        padding = [[0, 0], margin, margin, [0, 0]]
        forward = lambda x, w: tf.nn.conv2d(x, w, stride, padding, dilations=dilation)
    if not task["training"]:
        return _run(tf.function(forward, jit_compile=jit), [(x, w)])
    upstream = tf.random.normal(forward(x, w).shape)

    # The result is given too, or it would not be computed: no gradient needs it.
    @tf.function(jit_compile=jit)
    def gradients(x, w, upstream):
        with tf.GradientTape() as tape:
            tape.watch((x, w))
            y = forward(x, w)
        return y, tape.gradient(y, (x, w), output_gradients=upstream)

    return _run(gradients, [(x, w, upstream)])


def _matmul(rows: int, steps: int, columns: int, variant: str) -> Run:
    a, b = tf.random.normal((rows, steps)), tf.random.normal((steps, columns))
    function = tf.linalg.matmul
    if variant != "eager":
        function = tf.function(lambda a, b: tf.linalg.matmul(a, b), jit_compile=variant == "xla")
    return _run(function, [(a, b)])


def variants(task: dict, folder: str | None) -> dict:
    """What can be tried: names and functions that make a `Run`."""
    match task["kind"]:
        case "training":
            make = lambda jit, unroll: lambda: _training(task["model"], task["batch"], folder, jit, unroll)
            found = {"function": make(False, False), "xla": make(True, False)}
            if task["model"] in ("lstm", "gru"):
                found |= {"function, unrolled": make(False, True), "xla, unrolled": make(True, True)}
            return found
        case "inference":
            make = lambda jit: lambda: _inference(task["model"], task["batch"], folder, jit)
            return {"function": make(False), "xla": make(True)}
        case "convolution":
            make = lambda jit: lambda: _convolution(task, jit)
            return {"function": make(False), "xla": make(True)}
        case "matmul":
            make = lambda variant: lambda: _matmul(task["rows"], task["steps"], task["columns"], variant)
            return {name: make(name) for name in ("eager", "function", "xla")}
    raise NotImplementedError(task["kind"])
