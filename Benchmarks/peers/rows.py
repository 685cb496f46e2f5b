"""The rows of the table: what is measured of each contestant, and in what unit."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

CNN = {"kind": "training", "model": "cnn", "batch": 128}
REPETITIONS = 3


class NoResult(Exception):
    """Why there is none."""


@dataclass
class Timed:
    """A benchmark as `martlet bench --list --json -` describes it."""

    name: str
    unit: str
    cost: dict
    workload: dict
    benchmark: str
    isa: str | None = None
    only_ours: bool = False

    @classmethod
    def described(cls, entry: dict) -> Timed:
        return cls(entry["name"], entry["unit"], entry["cost"], entry["workload"], entry["name"])

    @property
    def lower_is_better(self) -> bool:
        return self.unit == "µs"

    def measure(self, contestant, seconds: float) -> tuple[list[float], str]:
        """The values of several repetitions, and how the work was done."""
        times, variant = contestant.times(self, seconds, REPETITIONS)
        return [self._value(time) for time in times], variant

    def _value(self, seconds: float) -> float:
        match self.unit:
            case "µs":
                return seconds * 1e6
            case "samples/s":
                return self.cost["samples"] / seconds
        return self.cost["operations"] / 1e9 / seconds


def forced(row: Timed, isa: str) -> Timed:
    """The same with Martlet held to other instructions than the best of the machine."""
    return Timed(f"{row.name}-{isa}", row.unit, row.cost, row.workload, row.benchmark, isa)


@dataclass
class Scaling:
    """How many times faster all threads are than one; ours only."""

    row: Timed
    unit: str = "×"
    lower_is_better: bool = False
    only_ours: bool = True

    @property
    def name(self) -> str:
        return f"{self.row.name}-scaling"

    def measure(self, contestant, seconds: float) -> tuple[list[float], str]:
        one, _ = contestant.times(self.row, seconds, REPETITIONS, threads=1)
        all, _ = contestant.times(self.row, seconds, REPETITIONS)
        return [statistics.median(one) / statistics.median(all)], ""


@dataclass
class PeakMemory:
    """The most memory a process of its own ever holds that trains for a while."""

    name: str = "cnn-train-128-memory"
    unit: str = "MB"
    lower_is_better: bool = True
    only_ours: bool = False

    def measure(self, contestant, seconds: float) -> tuple[list[float], str]:
        return [contestant.process(CNN).peak_bytes / 1e6], ""


@dataclass
class FirstStep:
    """From the start of a process to the end of its first step of training. Ours is longer than it would have to be: it is the
    whole of `martlet train` on 128 digits, with reading, validating and testing."""

    name: str = "cnn-first-step"
    unit: str = "ms"
    lower_is_better: bool = True
    only_ours: bool = False

    def measure(self, contestant, seconds: float) -> tuple[list[float], str]:
        return [contestant.process(CNN).first_step_seconds * 1e3], ""


def advantage(row, ours: float, theirs: float) -> float:
    """How many times better we are."""
    return theirs / ours if row.lower_is_better else ours / theirs


def others(timed: dict[str, Timed]) -> list:
    """Rows that are no benchmarks of the command, by the benchmarks they are made from."""
    training = [timed[name] for name in ("cnn-train-128", "cnn-train-32")]
    return [*(forced(row, "avx2") for row in training), Scaling(training[0]), PeakMemory(), FirstStep()]
