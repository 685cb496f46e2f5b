"""A process that times one framework: tasks come in as lines of JSON, times go out the same way.

    python worker.py torch --threads 2 [--data FOLDER]

Each task is prepared once. Where there are several ways to do it, the first request tries all and keeps the fastest; a request
for the `simplest` takes the first.
"""

import argparse
import ctypes
import importlib
import json
import os
import signal
import sys
import time

PROBE_SECONDS = 0.2


def end_with_parent() -> None:
    """Has Linux kill this process when its parent ends, however that happens: a stopped one could not notice."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def fastest(variants: dict, report) -> tuple:
    """The name of the fastest variant and its run; `report` hears of those that do not work."""
    from timing import measure

    best = None
    for name, make in variants.items():
        try:
            run = make()
            seconds = min(measure(run, PROBE_SECONDS, 2)) if len(variants) > 1 else 0
        except Exception as error:  # whatever a framework throws: this way of using it is not to be had here
            report(f"{name}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
            continue
        if best is None or seconds < best[0]:
            best = (seconds, name, run)
    if best is None:
        raise RuntimeError("no way of doing it works")
    return best[1:]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("peer")
    options.add_argument("--threads", type=int, required=True)
    options.add_argument("--data")
    options = options.parse_args()

    end_with_parent()
    # Answers have a channel of their own, so that nothing a framework prints can get between them.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    processors = sorted(os.sched_getaffinity(0))
    if options.threads < len(processors):
        os.sched_setaffinity(0, processors[: options.threads])

    def answer(**values):
        print(json.dumps(values), file=answers)

    begin = time.perf_counter()
    try:
        peer = importlib.import_module(f"{options.peer}_peer")
        peer.start(options.threads)
    except ImportError as error:
        answer(error=f"not installed: {error}")
        return
    from timing import measure

    answer(version=peer.VERSION, start_seconds=time.perf_counter() - begin)

    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        key, problems = json.dumps(request["task"], sort_keys=True), []
        try:
            if key not in prepared:
                variants = peer.variants(request["task"], options.data)
                if request.get("simplest"):
                    variants = dict([next(iter(variants.items()))])
                prepared[key] = fastest(variants, problems.append)
            variant, run = prepared[key]
            times = measure(run, request["seconds"], request["repetitions"])
            answer(variant=variant, seconds_per_call=times, problems=problems)
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}", problems=problems)


if __name__ == "__main__":
    main()
