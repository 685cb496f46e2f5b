"""Those who are compared: Martlet, one process per measurement, and the peers, one process each that stays."""

import json
import os
import select
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


class NoResult(Exception):
    """Why there is none."""


@dataclass
class Row:
    """A benchmark as `martlet bench --list --json -` describes it."""

    name: str
    unit: str
    cost: dict
    workload: dict

    def value(self, seconds: float) -> float:
        amounts = {"samples/s": self.cost["samples"], "GFLOP/s": self.cost["operations"] / 1e9}
        return seconds * 1e6 if self.unit == "µs" else amounts[self.unit] / seconds

    def advantage(self, ours: float, theirs: float) -> float:
        """How many times better we are."""
        return theirs / ours if self.unit == "µs" else ours / theirs


class Martlet:
    """Our command on one device."""

    def __init__(self, command: Path, device: str, threads: int, isa: str | None = None, data: str | None = None):
        self.command, self.device, self.threads = command, device, threads
        self.name = "Martlet" if device == "cpu" else f"Martlet {device}"
        if isa:
            self.name += f" {isa}"
        self.environment = os.environ | ({"MARTLET_ISA": isa} if isa else {})
        self.more = ["--data", data] if data else []

    def bench(self, *arguments: str) -> dict:
        command = [self.command, "bench", *arguments, "--json", "-"]
        outcome = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise NoResult((outcome.stderr.strip().splitlines() or ["martlet bench failed"])[0])
        return json.loads(outcome.stdout)

    def measure(self, row: Row, seconds: float, repetitions: int) -> tuple[list[float], str]:
        """The seconds in which what costs `row.cost` is done, and how."""
        effort = ["--no-roofline", "--seconds", str(seconds), "--repetitions", str(repetitions)]
        where = ["--device", self.device, "--threads", str(self.threads), *self.more]
        result = self.bench(row.name, *effort, *where)["results"][0]
        return result["seconds_per_call"], ""

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

    def __post_init__(self):
        command = [self.python, HERE / "worker.py", self.name, "--threads", str(self.threads)]
        if self.data:
            command += ["--data", self.data]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.version = ""

    def _answer(self, patience: float) -> dict:
        if not select.select([self.process.stdout], [], [], patience)[0]:
            raise NoResult(f"no answer in {patience:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            raise NoResult("its process ended")
        answer = json.loads(line)
        if "error" in answer:
            raise NoResult(answer["error"])
        return answer

    def await_start(self) -> None:
        """Until the framework is loaded."""
        self.version = self._answer(120)["version"]
        self.process.send_signal(signal.SIGSTOP)

    def measure(self, row: Row, seconds: float, repetitions: int) -> tuple[list[float], str]:
        """The seconds in which what costs `row.cost` is done, and how."""
        request = {"task": row.workload, "seconds": seconds, "repetitions": repetitions}
        if self.process.poll() is not None:
            raise NoResult("its process ended")
        self.process.send_signal(signal.SIGCONT)
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            answer = self._answer(300)
        finally:
            self.process.send_signal(signal.SIGSTOP)
        self.problems += [f"{row.name}: {problem}" for problem in answer["problems"]]
        return [seconds * self._scale(row) for seconds in answer["seconds_per_call"]], answer["variant"]

    @staticmethod
    def _scale(row: Row) -> float:
        """A peer's call is a step of training; ours may be an epoch of them."""
        return row.cost["samples"] / row.workload["batch"] if row.workload["kind"] == "training" else 1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
