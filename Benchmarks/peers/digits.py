"""What models learn. Pictures: MNIST where its files are given, else noise as sparse as handwriting, which costs the same; for other
models noise, or random characters."""

import gzip
from pathlib import Path

import numpy

COUNT = 2048
CHARACTERS = 65
STEPS = 100
NOISE = {"conv1d": (256, 64), "attention": (64, 128)}


def _read(folder: Path, name: str) -> bytes:
    for path in (folder / name, folder / "mnist" / name):
        if path.exists():
            return path.read_bytes()
        packed = path.with_name(name + ".gz")
        if packed.exists():
            return gzip.decompress(packed.read_bytes())
    raise FileNotFoundError(f"{folder} has neither {name} nor {name}.gz")


def load(folder: str | None) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Pictures [COUNT, 28, 28, 1] between 0 and 1, and their classes."""
    if folder:
        pixels = numpy.frombuffer(_read(Path(folder), "train-images-idx3-ubyte"), numpy.uint8, offset=16)
        classes = numpy.frombuffer(_read(Path(folder), "train-labels-idx1-ubyte"), numpy.uint8, offset=8)
        pictures = pixels.reshape(-1, 28, 28, 1)[:COUNT].astype(numpy.float32) / 255
        return pictures, classes[:COUNT].astype(numpy.int32)
    random = numpy.random.default_rng(1)
    noise = random.random((COUNT, 28, 28, 1), numpy.float32)
    pictures = numpy.where(noise > 0.8, noise, 0).astype(numpy.float32)
    return pictures, random.integers(0, 10, COUNT).astype(numpy.int32)


def batches(folder: str | None, size: int) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    """Up to 16 batches; short of pictures, they are used again."""
    pictures, classes = load(folder)
    if size > COUNT:
        raise ValueError(f"batches of at most {COUNT}")
    count = min(16, COUNT // size)
    return [(pictures[i * size : (i + 1) * size], classes[i * size : (i + 1) * size]) for i in range(count)]


def samples(model: str, folder: str | None, size: int) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    """Batches for a model: inputs and classes, or characters and those that are to be said."""
    random = numpy.random.default_rng(1)
    if model == "characters":
        text = random.integers(0, CHARACTERS, (4, 2, size, STEPS), numpy.int32)
        return [(x, y) for x, y in text]
    if model in NOISE:
        shape = (size, *NOISE[model])
        return [(random.standard_normal(shape, numpy.float32), random.integers(0, 10, size, numpy.int32)) for _ in range(4)]
    return batches(folder, size)
