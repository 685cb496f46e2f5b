"""How long something takes: the same procedure as `martlet bench` uses."""

import time
from dataclasses import dataclass
from typing import Callable


@dataclass
class Run:
    """Something ready to be timed: `step` may leave work queued, `finish` waits for all of it."""

    step: Callable[[], object]
    finish: Callable[[], object] = lambda: None


def seconds_per_call(run: Run, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        run.step()
    run.finish()
    return max(time.perf_counter() - start, 1e-9) / calls


def measure(run: Run, seconds: float, repetitions: int) -> list[float]:
    """The seconds of one call in each repetition, after a warm-up as long as a repetition; with 0 seconds, of single calls."""
    if seconds == 0:
        return [seconds_per_call(run, 1) for _ in range(repetitions)]
    estimate, elapsed, calls = seconds_per_call(run, 1), 0.0, 1
    while elapsed < seconds or calls == 1:
        estimate = seconds_per_call(run, calls)
        elapsed += estimate * calls
        calls = max(2, min(int(seconds / estimate) + 1, 8 * calls))
    calls = max(1, round(seconds / estimate))
    return [seconds_per_call(run, calls) for _ in range(repetitions)]
