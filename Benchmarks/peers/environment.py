"""The Python in which the peers live: a scratch environment outside the tree."""

import os
import subprocess
import sys
from pathlib import Path

# What each peer needs; the first is the module that tells whether it is there.
PACKAGES = {
    "torch": ["torch", "numpy"],
    "tensorflow": ["tensorflow-cpu"],
    "jax": ["jax", "optax"],
    "tinygrad": ["tinygrad", "numpy"],
}
# PyTorch's own index has builds without CUDA, a tenth of the size of those on PyPI.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


class Unavailable(Exception):
    """Why there is no environment."""


def default_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "martlet" / "peers"


def say(text: str) -> None:
    print(f"compare: {text}", file=sys.stderr)


def _module(peer: str) -> str:
    return PACKAGES[peer][0].removesuffix("-cpu")


def _has(python: Path, module: str) -> bool:
    check = f"import importlib.util as u, sys; sys.exit(u.find_spec('{module}') is None)"
    return subprocess.run([python, "-c", check], capture_output=True).returncode == 0


def _install(python: Path, peer: str) -> bool:
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    sources = [["--index-url", TORCH_INDEX], []] if peer == "torch" else [[]]
    say(f"installing {' and '.join(PACKAGES[peer])} into {python.parent.parent}")
    for source in sources:
        outcome = subprocess.run(pip + source + PACKAGES[peer], capture_output=True, text=True)
        if outcome.returncode == 0:
            return True
    reason = (outcome.stderr.strip().splitlines() or ["pip failed"])[-1]
    say(f"could not install {peer} and go on without it; is there a network? pip says: {reason}")
    return False


def python(folder: Path | None, peers: list[str]) -> tuple[Path, list[str]]:
    """The interpreter, and which of the peers it has. Without a folder the default one is made and filled.

    A folder that was given is used as it is.
    """
    given, folder = folder is not None, folder or default_folder()
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        if given:
            raise Unavailable(f"{folder} is no Python environment: it has no bin/python")
        say(f"making a Python environment in {folder}; the peers are about 2 GB to download, once")
        outcome = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True)
        if outcome.returncode != 0:
            raise Unavailable(f"could not make {folder}: {(outcome.stdout + outcome.stderr).strip()}")
    present = []
    for peer in peers:
        if _has(interpreter, _module(peer)) or (not given and _install(interpreter, peer)):
            present.append(peer)
        elif given:
            say(f"{folder} has no {_module(peer)}; going on without it")
    return interpreter, present
