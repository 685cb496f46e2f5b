"""tinygrad: whole steps in TinyJit, on its OpenCL device unless DEV says otherwise. There to be compared with OpenCL."""

import itertools
import os

os.environ.setdefault("DEV", "CL")

from tinygrad import Context, Device, Tensor, TinyJit, nn  # noqa: E402

import digits  # noqa: E402
from timing import Run  # noqa: E402

VERSION = f"tinygrad on {Device.DEFAULT}"


def start(threads: int) -> None:
    """The driver of the device decides about threads."""
    Tensor.manual_seed(1)


def _finish() -> None:
    Device[Device.DEFAULT].synchronize()


def _model(name: str) -> list:
    if name == "cnn":
        first = [nn.Conv2d(1, 32, 3), Tensor.relu, Tensor.max_pool2d, nn.Conv2d(32, 64, 3), Tensor.relu]
        return [*first, Tensor.max_pool2d, lambda x: x.flatten(1), nn.Linear(1600, 10)]
    if name == "mlp":
        return [lambda x: x.flatten(1), nn.Linear(784, 128), Tensor.relu, nn.Linear(128, 10)]
    raise NotImplementedError(f"no model {name}")


def _input(pictures) -> Tensor:
    return Tensor(pictures.transpose(0, 3, 1, 2).copy()).realize()


def _training(model: str, batch: int, folder: str | None) -> Run:
    layers = _model(model)
    optimizer = nn.optim.Adam(nn.state.get_parameters(layers))
    data = [(_input(x), Tensor(y).realize()) for x, y in digits.batches(folder, batch)]
    batches = itertools.cycle(data)

    @TinyJit
    @Context(TRAINING=1)
    def update(x, y):
        optimizer.zero_grad()
        loss = x.sequential(layers).sparse_categorical_crossentropy(y).backward()
        return loss.realize(*optimizer.schedule_step())

    return Run(lambda: update(*next(batches)), _finish)


def _inference(model: str, batch: int, folder: str | None) -> Run:
    layers = _model(model)
    x = _input(digits.batches(folder, batch)[0][0])
    predict = TinyJit(lambda x: x.sequential(layers).realize())
    if batch == 1:
        return Run(lambda: predict(x).numpy())
    return Run(lambda: predict(x), _finish)


def _matmul(rows: int, steps: int, columns: int) -> Run:
    a, b = Tensor.randn(rows, steps).realize(), Tensor.randn(steps, columns).realize()
    product = TinyJit(lambda a, b: a.matmul(b).realize())
    return Run(lambda: product(a, b), _finish)


def variants(task: dict, folder: str | None) -> dict:
    """What can be tried: names and functions that make a `Run`."""
    match task["kind"]:
        case "training":
            return {"jit": lambda: _training(task["model"], task["batch"], folder)}
        case "inference":
            return {"jit": lambda: _inference(task["model"], task["batch"], folder)}
        case "matmul":
            return {"jit": lambda: _matmul(task["rows"], task["steps"], task["columns"])}
    raise NotImplementedError(f"no {task['kind']}")
