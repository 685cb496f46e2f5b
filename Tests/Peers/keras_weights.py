"""Writes Tests/LayersTests/Keras: weights as people save them from Keras, and what Keras makes of some inputs with them.

Run by hand, with Keras 3 and any of its backends: python Tests/Peers/keras_weights.py
"""
import pathlib
import keras
import numpy as np
from keras import layers as L

folder = pathlib.Path(__file__).parent.parent / "LayersTests" / "Keras"
random = np.random.default_rng(1)


def kept(name, model, x, save):
    for w in model.weights:
        low = 0.5 if "variance" in w.path else -0.5
        w.assign(random.uniform(low, low + 1, w.shape).astype("f4"))
    save(folder / f"{name}.npz", model)
    np.savez(folder / f"{name}-check.npz", x=x, y=np.asarray(model(x)))


def by_path(path, model):
    np.savez(path, **{w.path: w.numpy() for w in model.weights})


def by_position(path, model):
    np.savez(path, *[w.numpy() for w in model.weights])


kept("images", keras.Sequential([
    keras.Input((7, 7, 2)), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.DepthwiseConv2D(2),
    L.SeparableConv2D(4, 2), L.Conv2DTranspose(2, 2), L.PReLU(shared_axes=[1, 2]), L.GroupNormalization(2),
    L.Flatten(), L.Dropout(0.5), L.Dense(3, activation="tanh"), L.Dense(2, name="answer")]),
    random.normal(size=(2, 7, 7, 2)).astype("f4"), by_path)
# Other layers were made before: numbers in names do not begin at 0.
kept("sequences", keras.Sequential([
    keras.Input((5,)), L.Embedding(7, 4), L.Bidirectional(L.LSTM(3, return_sequences=True)),
    L.TimeDistributed(L.Dense(4)), L.LayerNormalization(), L.GRU(3, return_sequences=True),
    L.GRU(3, reset_after=False, return_sequences=True), L.Conv1D(2, 2), L.SimpleRNN(3), L.Dense(2, name="odd")]),
    random.integers(0, 7, size=(2, 5)).astype("i4"), by_path)
i = keras.Input((4, 6))
x = L.Add()([i, L.MultiHeadAttention(2, 3)(i, i)])
kept("graph", keras.Model(i, keras.Sequential([L.Dense(3, activation="relu"), L.Dense(3)], name="inner")(x)),
     random.normal(size=(2, 4, 6)).astype("f4"), by_path)
kept("positions", keras.Sequential([
    keras.Input((3, 2)), L.LSTM(2, return_sequences=True), L.BatchNormalization(), L.GRU(2), L.Dense(2)]),
    random.normal(size=(2, 3, 2)).astype("f4"), by_position)
