# Makes the models of Tests/ONNXTests/Models: needs torch, onnx, onnxscript and safetensors, which tests themselves do not.
# Usage: python pytorch-models.py FOLDER
import pathlib, sys, warnings

import numpy
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


models = {
    "cnn": (CNN(), torch.randn(3, 1, 17, 17)),
    "lstm": (Recurrent("LSTM"), torch.randint(0, 11, (3, 7))),
    "gru": (Recurrent("GRU"), torch.randint(0, 11, (3, 7))),
    "rnn": (Recurrent("RNN"), torch.randint(0, 11, (3, 7))),
    "transformer": (Transformer(), torch.randn(3, 5, 8)),
    "up": (Up(), torch.randn(3, 3, 5, 6)),
    "misc": (Misc(), torch.randn(3, 24)),
    "avg": (Average(), torch.randn(3, 3, 9, 8)),
}


def plain(tensor):
    array = tensor.detach().numpy()
    return numpy.array(array.astype(numpy.int32) if array.dtype == numpy.int64 else array, order="C")


for name, (model, x) in models.items():
    model.eval()
    y = model(x)
    arrays = {"input0": plain(x), "tolerance": numpy.array([1e-4, 1e-5], dtype=numpy.float32)}
    arrays |= {f"output{i}": plain(t) for i, t in enumerate(y if isinstance(y, tuple) else (y,))}
    for style in ["", "-traced"]:
        file = folder / f"{name}{style}.onnx"
        if style:
            shapes = ({0: torch.export.Dim("n")},)
            torch.onnx.export(model, (x,), str(file), dynamo=True, external_data=False, dynamic_shapes=shapes)
        else:
            torch.onnx.export(
                model, (x,), str(file), dynamo=False, opset_version=17, input_names=["x"], dynamic_axes={"x": {0: "n"}})
        save_file(arrays, file.with_suffix(".safetensors"))
