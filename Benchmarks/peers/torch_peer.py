"""PyTorch: channels-last, fused Adam, inference mode; eager and compiled, whichever is faster."""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

import digits
from timing import Run

VERSION = f"PyTorch {torch.__version__}"


def start(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(1)


class LastStep(nn.Module):
    """A recurrent layer that gives its last output only."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


class Characters(nn.Module):
    """What follows each character, one row for each of all samples."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(digits.CHARACTERS, 64)
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.last = nn.Linear(128, digits.CHARACTERS)

    def forward(self, x):
        return self.last(self.lstm(self.embedding(x))[0]).flatten(0, 1)


class Attention(nn.Module):
    """Self-attention with 4 heads."""

    def __init__(self):
        super().__init__()
        self.projections = nn.Linear(128, 3 * 128)
        self.output = nn.Linear(128, 128)

    def forward(self, x):
        parts = self.projections(x).unflatten(2, (3, 4, 32)).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(*parts)
        return self.output(heads.transpose(1, 2).flatten(2))


def _separable(channels: int, filters: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, channels, 3, groups=channels, bias=False), nn.Conv2d(channels, filters, 1), nn.ReLU()]


def _model(name: str) -> nn.Module:
    if name == "cnn":
        layers = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1600, 10)).to(memory_format=torch.channels_last)
    if name == "mlp":
        return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    if name == "lstm":
        return nn.Sequential(LastStep(nn.LSTM(28, 128, batch_first=True)), nn.Linear(128, 10))
    if name == "gru":
        return nn.Sequential(LastStep(nn.GRU(28, 128, batch_first=True)), nn.Linear(128, 10))
    if name == "characters":
        return Characters()
    if name == "conv1d":
        layers = [nn.Conv1d(64, 64, 5, padding=2), nn.ReLU(), nn.Conv1d(64, 64, 5, padding=2), nn.ReLU()]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 64, 10))
    if name == "separable":
        layers = [nn.Conv2d(1, 32, 3, stride=2), nn.ReLU(), *_separable(32, 64), *_separable(64, 64)]
        network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(9 * 9 * 64, 10))
        return network.to(memory_format=torch.channels_last)
    if name == "attention":
        return nn.Sequential(Attention(), nn.Flatten(), nn.Linear(64 * 128, 10))
    raise NotImplementedError(f"no model {name}")


def _input(name: str, pictures) -> torch.Tensor:
    x = torch.from_numpy(pictures)
    if name in ("cnn", "separable"):
        return x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    if name in ("lstm", "gru"):
        return x.reshape(-1, 28, 28)
    if name == "conv1d":
        return x.transpose(1, 2).contiguous()
    return x.reshape(-1, 784) if name == "mlp" else x


def _training(model: str, batch: int, folder: str | None, compiles: bool) -> Run:
    network = _model(model)
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    data = [(_input(model, x), torch.from_numpy(y).long().flatten()) for x, y in digits.samples(model, folder, batch)]
    batches = itertools.cycle(data)

    def loss(x, y):
        return F.cross_entropy(network(x), y)

    if compiles:
        loss = torch.compile(loss)

    def step():
        x, y = next(batches)
        optimizer.zero_grad(set_to_none=True)
        loss(x, y).backward()
        optimizer.step()

    return Run(step)


def _inference(model: str, batch: int, folder: str | None, variant: str) -> Run:
    network = _model(model).eval()
    x = _input(model, digits.batches(folder, batch)[0][0])
    with torch.inference_mode():
        if variant == "compiled":
            network = torch.compile(network)
        elif variant == "frozen":
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x)))

    def step():
        with torch.inference_mode():
            return network(x)

    return Run(step)


def _convolution(task: dict) -> Run:
    image, kernel, dilation = task["image"], task["kernel"], task["dilation"]
    margin = dilation * (kernel - 1) // 2
    x = torch.randn(task["batch"], task["channels"], image, image).to(memory_format=torch.channels_last)
    w = torch.randn(task["filters"], task["channels"] // task["groups"], kernel, kernel)
    w = w.to(memory_format=torch.channels_last)

    def forward():
        return F.conv2d(x, w, None, task["stride"], margin, dilation, task["groups"])

    if not task["training"]:
        def step():
            with torch.inference_mode():
                return forward()

        return Run(step)
    x.requires_grad_()
    w.requires_grad_()
    upstream = torch.randn_like(forward().detach())
    return Run(lambda: torch.autograd.grad(forward(), (x, w), upstream))


def _matmul(rows: int, steps: int, columns: int) -> Run:
    a, b, c = torch.randn(rows, steps), torch.randn(steps, columns), torch.empty(rows, columns)
    return Run(lambda: torch.mm(a, b, out=c))


def variants(task: dict, folder: str | None) -> dict:
    """What can be tried: names and functions that make a `Run`."""
    match task["kind"]:
        case "training":
            make = lambda compiles: lambda: _training(task["model"], task["batch"], folder, compiles)
            return {"eager": make(False), "compiled": make(True)}
        case "inference":
            make = lambda variant: lambda: _inference(task["model"], task["batch"], folder, variant)
            return {name: make(name) for name in ("eager", "compiled", "frozen")}
        case "convolution":
            return {"eager": lambda: _convolution(task)}
        case "matmul":
            return {"eager": lambda: _matmul(task["rows"], task["steps"], task["columns"])}
    raise NotImplementedError(task["kind"])
