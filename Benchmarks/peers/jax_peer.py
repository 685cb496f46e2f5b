"""JAX: jit with donated state, NHWC convolutions, optax' Adam; scans rolled and unrolled, whichever is faster."""

import itertools

import jax
import jax.numpy as jnp
import numpy
import optax
from jax import lax

import digits
from timing import Run

VERSION = f"JAX {jax.__version__}"
LAYOUT = ("NHWC", "HWIO", "NHWC")


def start(threads: int) -> None:
    """XLA takes as many threads as the process may use processors; the worker has seen to that."""


def _parameters(model: str) -> dict:
    random = numpy.random.default_rng(1)

    def normal(*shape):
        return jnp.asarray(random.normal(0, 0.1, shape), jnp.float32)

    if model == "cnn":
        weights = {"w1": normal(3, 3, 1, 32), "w2": normal(3, 3, 32, 64), "w3": normal(1600, 10)}
        return weights | {"b1": jnp.zeros(32), "b2": jnp.zeros(64), "b3": jnp.zeros(10)}
    if model == "mlp":
        return {"w1": normal(784, 128), "b1": jnp.zeros(128), "w2": normal(128, 10), "b2": jnp.zeros(10)}
    if model == "lstm":
        weights = {"wx": normal(28, 512), "wh": normal(128, 512), "b": jnp.zeros(512)}
        return weights | {"w": normal(128, 10), "c": jnp.zeros(10)}
    if model == "characters":
        weights = {"e": normal(digits.CHARACTERS, 64), "wx": normal(64, 512), "wh": normal(128, 512), "b": jnp.zeros(512)}
        return weights | {"w": normal(128, digits.CHARACTERS), "c": jnp.zeros(digits.CHARACTERS)}
    if model == "gru":
        weights = {"wx": normal(28, 384), "wh": normal(128, 384), "b": jnp.zeros(384), "d": jnp.zeros(384)}
        return weights | {"w": normal(128, 10), "c": jnp.zeros(10)}
    if model == "conv1d":
        weights = {"w1": normal(5, 64, 64), "w2": normal(5, 64, 64), "w3": normal(256 * 64, 10)}
        return weights | {"b1": jnp.zeros(64), "b2": jnp.zeros(64), "b3": jnp.zeros(10)}
    if model == "separable":
        weights = {"w1": normal(3, 3, 1, 32), "d2": normal(3, 3, 1, 32), "w2": normal(32, 64), "d3": normal(3, 3, 1, 64)}
        weights |= {"w3": normal(64, 64), "w": normal(9 * 9 * 64, 10)}
        return weights | {"b1": jnp.zeros(32), "b2": jnp.zeros(64), "b3": jnp.zeros(64), "c": jnp.zeros(10)}
    if model == "attention":
        weights = {"w1": normal(128, 3 * 128), "w2": normal(128, 128), "w": normal(64 * 128, 10)}
        return weights | {"b1": jnp.zeros(3 * 128), "b2": jnp.zeros(128), "c": jnp.zeros(10)}
    raise NotImplementedError(f"no model {model}")


def _cnn(p, x):
    def block(x, w, b):
        y = lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=LAYOUT)
        return lax.reduce_window(jax.nn.relu(y + b), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    x = block(block(x, p["w1"], p["b1"]), p["w2"], p["b2"])
    return x.reshape(x.shape[0], -1) @ p["w3"] + p["b3"]


def _mlp(p, x):
    return jax.nn.relu(x.reshape(-1, 784) @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


def _lstm_states(p, x, unroll):
    """All products with the inputs at once, then a scan over the steps; h of each: [steps, batch, 128]."""
    inputs = (x @ p["wx"] + p["b"]).swapaxes(0, 1)
    zeros = jnp.zeros((x.shape[0], 128))

    def step(state, row):
        h, c = state
        i, f, g, o = jnp.split(row + h @ p["wh"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return lax.scan(step, (zeros, zeros), inputs, unroll=unroll)[1]


def _lstm(p, x, unroll):
    return _lstm_states(p, x.reshape(-1, 28, 28), unroll)[-1] @ p["w"] + p["c"]


def _characters(p, x, unroll):
    return _lstm_states(p, p["e"][x], unroll).swapaxes(0, 1) @ p["w"] + p["c"]


def _gru(p, x, unroll):
    inputs = (x.reshape(-1, 28, 28) @ p["wx"] + p["b"]).swapaxes(0, 1)

    def step(h, row):
        recurrent = h @ p["wh"] + p["d"]
        z, r = jnp.split(jax.nn.sigmoid(row[:, :256] + recurrent[:, :256]), 2, axis=1)
        new = jnp.tanh(row[:, 256:] + r * recurrent[:, 256:])
        return z * h + (1 - z) * new, None

    h, _ = lax.scan(step, jnp.zeros((x.shape[0], 128)), inputs, unroll=unroll)
    return h @ p["w"] + p["c"]


def _conv1d(p, x):
    def block(x, w, b):
        return jax.nn.relu(lax.conv_general_dilated(x, w, (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")) + b)

    x = block(block(x, p["w1"], p["b1"]), p["w2"], p["b2"])
    return x.reshape(x.shape[0], -1) @ p["w3"] + p["b3"]


def _separable(p, x):
    def block(x, depthwise, pointwise, b):
        y = lax.conv_general_dilated(
            x, depthwise, (1, 1), "VALID", dimension_numbers=LAYOUT, feature_group_count=x.shape[-1]
        )
        return jax.nn.relu(y @ pointwise + b)

    x = jax.nn.relu(lax.conv_general_dilated(x, p["w1"], (2, 2), "VALID", dimension_numbers=LAYOUT) + p["b1"])
    x = block(block(x, p["d2"], p["w2"], p["b2"]), p["d3"], p["w3"], p["b3"])
    return x.reshape(x.shape[0], -1) @ p["w"] + p["c"]


def _attention(p, x):
    q, k, v = jnp.moveaxis((x @ p["w1"] + p["b1"]).reshape(*x.shape[:2], 3, 4, 32), 2, 0)
    y = jax.nn.dot_product_attention(q, k, v).reshape(x.shape) @ p["w2"] + p["b2"]
    return y.reshape(x.shape[0], -1) @ p["w"] + p["c"]


def _forward(model: str, unroll: int):
    recurrent = {"lstm": _lstm, "gru": _gru, "characters": _characters}
    if model in recurrent:
        return lambda p, x: recurrent[model](p, x, unroll)
    others = {"cnn": _cnn, "mlp": _mlp, "conv1d": _conv1d, "separable": _separable, "attention": _attention}
    return others[model]


def _training(model: str, batch: int, folder: str | None, unroll: int = 1) -> Run:
    forward = _forward(model, unroll)
    optimizer = optax.adam(1e-3)

    def loss(p, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(forward(p, x), y).mean()

    def update(p, state, x, y):
        changes, state = optimizer.update(jax.grad(loss)(p, x, y), state, p)
        return optax.apply_updates(p, changes), state

    update = jax.jit(update, donate_argnums=(0, 1))
    p = _parameters(model)
    state = [p, optimizer.init(p)]
    batches = itertools.cycle([(jnp.asarray(x), jnp.asarray(y)) for x, y in digits.samples(model, folder, batch)])

    def step():
        state[:] = update(*state, *next(batches))

    return Run(step, lambda: jax.block_until_ready(state))


def _calls(function, *arguments, waiting=False) -> Run:
    """A jitted function; `waiting` for each result rather than for the last."""
    function = jax.jit(function)
    if waiting:
        return Run(lambda: function(*arguments).block_until_ready())
    results = []

    def step():
        results[:] = [function(*arguments)]

    return Run(step, lambda: jax.block_until_ready(results))


def _inference(model: str, batch: int, folder: str | None) -> Run:
    x = jnp.asarray(digits.batches(folder, batch)[0][0])
    return _calls(_forward(model, 1), _parameters(model), x, waiting=batch == 1)


def _normal(*shape):
    return jax.random.normal(jax.random.key(1), shape)


def _convolution(task: dict) -> Run:
    image, kernel, dilation, stride = task["image"], task["kernel"], task["dilation"], task["stride"]
    margin = dilation * (kernel - 1) // 2
    x = _normal(task["batch"], image, image, task["channels"])
    w = _normal(kernel, kernel, task["channels"] // task["groups"], task["filters"])

    def forward(x, w):
        return lax.conv_general_dilated(
            x, w, (stride, stride), [(margin, margin)] * 2, rhs_dilation=(dilation, dilation),
            dimension_numbers=LAYOUT, feature_group_count=task["groups"],
        )

    if not task["training"]:
        return _calls(forward, x, w)
    upstream = _normal(*jax.eval_shape(forward, x, w).shape)

    # The result is given too, or XLA would find out that nobody needs it.
    def gradients(x, w, upstream):
        y, pullback = jax.vjp(forward, x, w)
        return y, pullback(upstream)

    return _calls(gradients, x, w, upstream)


def variants(task: dict, folder: str | None) -> dict:
    """What can be tried: names and functions that make a `Run`."""
    match task["kind"]:
        case "training":
            make = lambda unroll: lambda: _training(task["model"], task["batch"], folder, unroll)
            unrolled = {"jit, unrolled": make(28)} if task["model"] in ("lstm", "gru") else {}
            return {"jit": make(1)} | unrolled
        case "inference":
            return {"jit": lambda: _inference(task["model"], task["batch"], folder)}
        case "convolution":
            return {"jit": lambda: _convolution(task)}
        case "matmul":
            shapes = (task["rows"], task["steps"]), (task["steps"], task["columns"])
            return {"jit": lambda: _calls(jnp.matmul, *(_normal(*shape) for shape in shapes))}
    raise NotImplementedError(task["kind"])
