# Makes the models of Tests/ONNXTests/Models: needs torch, onnx, onnxscript and safetensors, which tests themselves do not.
# Usage: python pytorch-models.py FOLDER
import pathlib, sys, warnings

import numpy
import onnx
import torch
from safetensors.numpy import save_file
from torch import nn

warnings.simplefilter("ignore")
torch.manual_seed(0)
folder = pathlib.Path(sys.argv[1])


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.b = nn.BatchNorm2d(8)
        self.c2 = nn.Conv2d(8, 8, 3, stride=2, groups=2, bias=False)
        self.p = nn.MaxPool2d(2, ceil_mode=True)
        self.d = nn.Dropout(0.3)
        self.l = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x):
        x = torch.relu(self.b(self.c1(x)))
        x = self.p(nn.functional.gelu(self.c2(x)))
        return self.l(self.d(x.flatten(1)))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.e = nn.Embedding(11, 6)
        self.r = getattr(nn, kind)(6, 5, num_layers=2, batch_first=True, bidirectional=True)
        self.l = nn.Linear(10, 3)

    def forward(self, x):
        y, _ = self.r(self.e(x))
        return self.l(y[:, -1])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu", norm_first=True)
        self.e = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x):
        return self.e(x).mean(1)


class Up(nn.Module):
    def __init__(self):
        super().__init__()
        self.t = nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)
        self.g = nn.GroupNorm(2, 4)
        self.i = nn.InstanceNorm2d(4, affine=True)
        self.pr = nn.PReLU(4)

    def forward(self, x):
        y = self.pr(self.g(self.t(x)))
        y = nn.functional.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
        y = nn.functional.pad(self.i(y), (1, 1, 2, 2), mode="reflect")
        z = nn.functional.interpolate(x, size=y.shape[-2:], mode="nearest")
        return torch.cat([y, z], 1).mean((2, 3))


class Misc(nn.Module):
    def forward(self, x):
        a = x.view(x.size(0), -1, 4).permute(0, 2, 1)
        b = a.softmax(-1) @ a.transpose(1, 2)
        c = torch.where(b > 0, b, b.exp() - 1).clamp(-1, 2)
        d, _ = c.topk(2, -1)
        e = torch.stack([d[..., 0], d[..., 1]], 1).unsqueeze(2).expand(-1, -1, 3, -1)
        f = nn.functional.one_hot(c.argmax(-1), 4).float().sum(1)
        g = c.split([1, 3], 2)[1].pow(2).cumsum(1)
        return e.reshape(x.size(0), -1), f, torch.einsum("bij,bjk->bik", b, c), g, x[:, 1:5:2], torch.tril(c)


class Average(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.AvgPool2d(3, 2, 1, ceil_mode=True)
        self.c = nn.Conv1d(3, 5, 3, padding=2, dilation=2)
        self.ln = nn.LayerNorm(5)

    def forward(self, x):
        return self.ln(self.c(nn.functional.hardswish(self.p(x)).mean(2)).transpose(1, 2)).std(1)


class Function(nn.Module):
    """What `body` does with the modules and a tensor."""

    def __init__(self, body, *modules):
        super().__init__()
        self.modules_, self.body = nn.ModuleList(modules), body

    def forward(self, x):
        return self.body(self.modules_, x)


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.n = nn.Embedding(12, 8), nn.LayerNorm(8)
        self.q, self.o = nn.Linear(8, 24), nn.Linear(8, 12)

    def forward(self, x):
        h = self.n(self.e(x))
        b, t, c = h.shape
        q, k, v = self.q(h).view(b, t, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(y.transpose(1, 2).reshape(b, t, c) + h).log_softmax(-1)


def written(_, x):
    y = x.clone()
    y[:, 1:3] = 0.5
    y[0] = y[1]
    z = torch.zeros_like(x).scatter(1, x.argsort(1), x)
    w = torch.zeros_like(x).scatter_add(1, torch.ones_like(x, dtype=torch.long), x)
    return y, z, w.index_fill(1, torch.tensor([0, 3]), 7.0)


def sampled(_, x):
    turn = torch.tensor([[0.8, -0.5, 0.1], [0.4, 0.9, -0.2]])[None]
    grid = nn.functional.affine_grid(turn, [1, 2, 6, 5], align_corners=False).expand(x.shape[0], -1, -1, -1)
    y = nn.functional.grid_sample(x, grid, align_corners=False)
    return y, nn.functional.grid_sample(x, grid, mode="nearest", padding_mode="border", align_corners=True)


def pools(_, x):
    f = nn.functional
    parts = [
        f.max_pool2d(x, 2, dilation=2), f.max_pool2d(x, 3, 2, 1, dilation=2), f.lp_pool2d(x, 2, 2),
        f.avg_pool2d(x, 3, 2, 1, count_include_pad=False), f.adaptive_avg_pool2d(x, (4, 2)),
    ]
    return torch.cat([part.flatten(1) for part in parts], 1)


def angles(_, x):
    y = x.tanh()
    return x.atan() + y.asin() + y.acos() + y.atanh() + x.asinh() + (x.abs() + 1).acosh() + (100 * x).atan()


def selected(_, x):
    return x[x > 0], (x > 0.5).nonzero()


def volume():
    return nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1, stride=(2, 1, 1)), nn.BatchNorm3d(4), nn.ReLU(),
        nn.Conv3d(4, 4, (2, 3, 1), dilation=(1, 2, 1), groups=2), nn.MaxPool3d((2, 3, 2), 2, 1),
        nn.AvgPool3d(2, 1, ceil_mode=True))


both, scripted, traced = ["", "-traced"], [""], ["-traced"]
# The exporters that can write it, where one cannot.
styles = {"angles": traced, "bag": scripted, "fold": traced, "sampled": scripted, "selected": scripted, "steps": scripted}

models = {
    "cnn": (CNN(), torch.randn(3, 1, 17, 17)),
    "lstm": (Recurrent("LSTM"), torch.randint(0, 11, (3, 7))),
    "gru": (Recurrent("GRU"), torch.randint(0, 11, (3, 7))),
    "rnn": (Recurrent("RNN"), torch.randint(0, 11, (3, 7))),
    "transformer": (Transformer(), torch.randn(3, 5, 8)),
    "up": (Up(), torch.randn(3, 3, 5, 6)),
    "misc": (Misc(), torch.randn(3, 24)),
    "avg": (Average(), torch.randn(3, 3, 9, 8)),
    "causal": (Causal(), torch.randint(0, 12, (3, 6))),
    "written": (Function(written), torch.randn(3, 6)),
    "sampled": (Function(sampled), torch.randn(3, 2, 6, 5)),
    "pools": (Function(pools), torch.randn(3, 2, 8, 8)),
    "volume": (volume(), torch.randn(3, 1, 9, 8, 7)),
    "angles": (Function(angles), torch.randn(3, 7)),
    "selected": (Function(selected), torch.randn(3, 7)),
    "repeat": (Function(lambda _, x: torch.cat([x.repeat(1, 2), x.repeat_interleave(2, 1)], 1)), torch.randn(3, 4)),
    "fold": (Function(lambda _, x: nn.functional.fold(x, (6, 5), (3, 2), padding=1, stride=2)), torch.randn(3, 12, 9)),
    "bag": (Function(lambda m, x: m[0](x), nn.EmbeddingBag(9, 4, mode="mean")), torch.randint(0, 9, (3, 5))),
    "steps": (Function(lambda m, x: torch.fake_quantize_per_tensor_affine(m[0](x), 0.1, 3, 0, 255), nn.Linear(5, 4)), torch.randn(3, 5)),
}


def plain(tensor):
    array = tensor.detach().numpy()
    return numpy.array(array.astype(numpy.int32) if array.dtype == numpy.int64 else array, order="C")


def without_places(graph):
    """Takes out where in whose files a node comes from."""
    del graph.metadata_props[:]
    for value in [*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        del value.metadata_props[:]
        value.doc_string = ""
    for attribute in [a for node in graph.node for a in node.attribute if a.HasField("g")]:
        without_places(attribute.g)


for name, (model, x) in models.items():
    model.eval()
    y = model(x)
    arrays = {"input0": plain(x), "tolerance": numpy.array([1e-4, 1e-5], dtype=numpy.float32)}
    arrays |= {f"output{i}": plain(t) for i, t in enumerate(y if isinstance(y, tuple) else (y,))}
    for style in styles.get(name, both):
        file = folder / f"{name}{style}.onnx"
        if style:
            shapes = ({0: torch.export.Dim("n")},)
            torch.onnx.export(model, (x,), str(file), dynamo=True, external_data=False, dynamic_shapes=shapes)
        else:
            torch.onnx.export(
                model, (x,), str(file), dynamo=False, opset_version=17, input_names=["x"], dynamic_axes={"x": {0: "n"}})
        content = onnx.load(file)
        without_places(content.graph)
        onnx.save(content, file)
        save_file(arrays, file.with_suffix(".safetensors"))
