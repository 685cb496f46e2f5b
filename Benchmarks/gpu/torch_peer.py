"""Times PyTorch, on CUDA where it has that and on the processor otherwise, at what `martlet bench --list --json` describes.

    torch_peer.py list.json result.json [--quick]

On CUDA convolutions and products without and with TF32, training eagerly as most people do and captured as a CUDA graph. Times are
of many steps together, so that launches overlap as they do in use; the median of several repetitions counts.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

HAS_CUDA = torch.cuda.is_available()
DEVICE = "cuda" if HAS_CUDA else "cpu"


def wait() -> None:
    if HAS_CUDA:
        torch.cuda.synchronize()


def seconds(step, quick: bool) -> float:
    """One step, in the middle of many."""
    for _ in range(1 if quick else 5):
        step()

    def timed(count: int) -> float:
        wait()
        begin = time.perf_counter()
        for _ in range(count):
            step()
        wait()
        return (time.perf_counter() - begin) / count

    if quick:
        return timed(1)
    count = max(3, min(2000, int(0.2 / max(timed(3), 1e-7))))
    return statistics.median(timed(count) for _ in range(5))


def product(task: dict):
    a = torch.randn(task["rows"], task["steps"], device=DEVICE)
    b = torch.randn(task["steps"], task["columns"], device=DEVICE)
    c = torch.empty(task["rows"], task["columns"], device=DEVICE)
    return lambda: torch.mm(a, b, out=c)


def convolution(task: dict):
    image, kernel, dilation = task["image"], task["kernel"], task["dilation"]
    margin = dilation * (kernel - 1) // 2
    layout = {"memory_format": torch.channels_last}
    x = torch.randn(task["batch"], task["channels"], image, image, device=DEVICE).to(**layout)
    w = torch.randn(task["filters"], task["channels"] // task["groups"], kernel, kernel, device=DEVICE).to(**layout)

    def forward():
        return F.conv2d(x, w, None, task["stride"], margin, dilation, task["groups"])

    if not task["training"]:
        return forward
    x.requires_grad_()
    w.requires_grad_()
    upstream = torch.randn_like(forward().detach())
    return lambda: torch.autograd.grad(forward(), (x, w), upstream)


def network(name: str) -> nn.Module:
    if name == "cnn":
        layers = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
        model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1600, 10))
        return model.to(DEVICE, memory_format=torch.channels_last)
    if name == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)).to(DEVICE)
    raise NotImplementedError(f"no model {name}")


def images(batch: int) -> torch.Tensor:
    return torch.rand(batch, 1, 28, 28, device=DEVICE).contiguous(memory_format=torch.channels_last)


def training(task: dict, captured: bool):
    model = network(task["model"])
    optimizer = torch.optim.Adam(model.parameters(), fused=True, capturable=captured and HAS_CUDA)
    x, y = images(task["batch"]), torch.randint(10, (task["batch"],), device=DEVICE)

    def step():
        optimizer.zero_grad(set_to_none=not captured)
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    if not captured:
        return step
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def inference(task: dict):
    model, x = network(task["model"]).eval(), images(task["batch"])

    def step():
        with torch.inference_mode():
            model(x)

    return step


def variants(task: dict) -> dict:
    """What is timed under which name, and whether with TF32."""
    match task.get("kind"):
        case "matmul":
            forms = {"float32": (product, False), "tf32": (product, True)}
        case "convolution":
            forms = {"float32": (convolution, False), "tf32": (convolution, True)}
        case "training":
            forms = {
                "eager": (lambda task: training(task, False), False),
                "graph": (lambda task: training(task, True), False),
                "eager tf32": (lambda task: training(task, False), True),
            }
        case "inference":
            forms = {"eager": (inference, False)}
        case _:
            forms = {}
    return forms if HAS_CUDA else {name: form for name, form in forms.items() if name in ("float32", "eager")}


def main() -> None:
    quick = "--quick" in sys.argv
    with open(sys.argv[1]) as file:
        rows = json.load(file)["benchmarks"]
    torch.backends.cudnn.benchmark = True
    if HAS_CUDA:
        print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}")
    else:
        print(f"PyTorch {torch.__version__} without CUDA: the processor, {torch.get_num_threads()} threads")
    results = []
    for row in rows:
        cost = row["cost"]
        if row["name"].endswith("-trainer"):
            continue  # the same as the row without; the difference is Martlet's own loop
        for variant, (make, uses_tf32) in variants(row.get("workload") or {}).items():
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = uses_tf32
            try:
                needed = seconds(make(row["workload"]), quick)
            except (NotImplementedError, RuntimeError) as problem:
                print(f"{row['name']:24} {variant:11} {str(problem).splitlines()[0]}")
                continue
            samples, operations = cost["samples"] / needed, cost["operations"] / needed / 1e9
            shown = f"{samples:12.0f} samples/s" if cost["samples"] else f"{operations:12.0f} GFLOP/s"
            print(f"{row['name']:24} {variant:11} {shown} {needed * 1e6:12.1f} µs", flush=True)
            results.append({"name": row["name"], "variant": variant, "seconds": needed})
    with open(sys.argv[2], "w") as file:
        json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
