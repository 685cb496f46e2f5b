"""Those who are compared: Martlet, one process per measurement, and the peers, one process each that stays."""

import json
import os
import random
import select
import signal
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from rows import NoResult, Timed

HERE = Path(__file__).parent


@dataclass
class ProcessFigures:
    """What a process was like that trained for a while and ended."""

    first_step_seconds: float
    peak_bytes: int


def _ended(process: subprocess.Popen) -> int:
    """Waits for a process; the most bytes it ever held."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise NoResult(f"its process ended with exit code {process.returncode}")
    return usage.ru_maxrss * 1024


class Martlet:
    """Our command on one device."""

    def __init__(self, command: Path, device: str, threads: int, isa: str | None = None, data: str | None = None):
        self.command, self.device, self.threads, self.isa = command, device, threads, isa
        self.name = " ".join(["Martlet"] + ([device] if device != "cpu" else []) + ([isa] if isa else []))
        self.data = ["--data", data] if data else []

    def bench(self, *arguments: str, isa: str | None = None) -> dict:
        """What `martlet bench` writes."""
        command = [self.command, "bench", *arguments, "--json", "-"]
        isa = isa or self.isa
        environment = os.environ | ({"MARTLET_ISA": isa} if isa else {})
        try:
            outcome = subprocess.run(command, env=environment, capture_output=True, text=True)
        except OSError as problem:
            raise NoResult(f"{self.command} cannot be run: {problem.strerror}") from problem
        if outcome.returncode != 0:
            raise NoResult((outcome.stderr.strip().splitlines() or ["martlet bench failed"])[0])
        return json.loads(outcome.stdout)

    def times(self, row: Timed, seconds: float, repetitions: int, threads: int | None = None) -> tuple[list, str]:
        """The seconds in which what costs `row.cost` is done, and how."""
        effort = ["--no-roofline", "--seconds", str(seconds), "--repetitions", str(repetitions)]
        where = ["--device", self.device, "--threads", str(threads or self.threads), *self.data]
        result = self.bench(row.benchmark, *effort, *where, isa=row.isa)["results"][0]
        return result["seconds_per_call"], ""

    def process(self, task: dict) -> ProcessFigures:
        """Trains for a second in one process; the first step in another."""
        where = ["--device", self.device, "--threads", str(self.threads)]
        bench = ["bench", f"{task['model']}-train-{task['batch']}", "--no-roofline", "--seconds", "0.5"]
        peak = _ended(subprocess.Popen([self.command, *bench, *where], stdout=subprocess.DEVNULL))
        with tempfile.TemporaryDirectory() as folder:
            # A tenth is held out; what is left is one batch.
            _write_digits(Path(folder), count=task["batch"] * 10 // 9)
            train = ["train", "mnist-cnn", "--epochs", "1", "--batch-size", str(task["batch"]), "--quiet"]
            start = time.perf_counter()
            process = subprocess.Popen([self.command, *train, "--data", folder, *where])
            _ended(process)
            return ProcessFigures(time.perf_counter() - start, peak)

    def close(self) -> None:
        """Nothing stays."""


@dataclass
class Peer:
    """A framework in a process of its own, which is stopped while others are measured: threads that still spin would count."""

    name: str
    python: Path
    threads: int
    data: str | None = None
    problems: list[str] = field(default_factory=list)
    version: str = ""

    def __post_init__(self):
        self.worker = self._started()

    def _started(self) -> subprocess.Popen:
        command = [self.python, HERE / "worker.py", self.name, "--threads", str(self.threads)]
        if self.data:
            command += ["--data", self.data]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True)

    def await_start(self) -> None:
        """Until the framework is loaded."""
        self.version = _answer(self.worker, patience=120)["version"]
        self.worker.send_signal(signal.SIGSTOP)

    def times(self, row: Timed, seconds: float, repetitions: int) -> tuple[list, str]:
        """The seconds in which what costs `row.cost` is done, and how."""
        if self.worker.poll() is not None:
            raise NoResult("its process ended")
        self.worker.send_signal(signal.SIGCONT)
        try:
            _ask(self.worker, task=row.workload, seconds=seconds, repetitions=repetitions)
            answer = _answer(self.worker, patience=300)
        finally:
            self.worker.send_signal(signal.SIGSTOP)
        self.problems += [f"{row.name}: {problem}" for problem in answer["problems"]]
        # A peer's call is a step of training; ours may be an epoch of them.
        steps = row.cost["samples"] / row.workload["batch"] if row.workload["kind"] == "training" else 1
        return [seconds * steps for seconds in answer["seconds_per_call"]], answer["variant"]

    def process(self, task: dict) -> ProcessFigures:
        """Trains for a second, in the simplest of the ways there are."""
        start = time.perf_counter()
        process = self._started()
        _answer(process, patience=120)
        _ask(process, task=task, seconds=0, repetitions=1, simplest=True)
        _answer(process, patience=120)
        first_step_seconds = time.perf_counter() - start
        _ask(process, task=task, seconds=1, repetitions=1, simplest=True)
        _answer(process, patience=120)
        process.stdin.close()
        return ProcessFigures(first_step_seconds, _ended(process))

    def close(self) -> None:
        self.worker.kill()
        self.worker.wait()


def _ask(process: subprocess.Popen, **request) -> None:
    print(json.dumps(request), file=process.stdin, flush=True)


def _answer(process: subprocess.Popen, patience: float) -> dict:
    if not select.select([process.stdout], [], [], patience)[0]:
        raise NoResult(f"no answer in {patience:.0f} s")
    line = process.stdout.readline()
    if not line:
        raise NoResult("its process ended")
    answer = json.loads(line)
    if "error" in answer:
        raise NoResult(answer["error"])
    return answer


def _write_digits(folder: Path, count: int) -> None:
    """Four files like MNIST's, of so many pictures each."""
    noise = random.Random(1).randbytes(count * 28 * 28)
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 0x803, count, 28, 28) + noise)
        classes = bytes(index % 10 for index in range(count))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, count) + classes)
