"""How `bench.py` takes the time and the memory of commands and programs."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_programs import SIDE_BY_SIDE, in_mb

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = Path(__file__).with_name("bench_programs.py")

# Run by a small process of its own, so that the largest child is the command and nothing else.
_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Timed:
    """A program that waits, warm, to be timed once more."""

    def __init__(self, name: str, file: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, str(PROGRAMS), name, file],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.seconds: list[float] = []
        self.peak_mb = 0.0
        if self._line() != "ready":
            raise SystemExit(f"{name} could not be timed")

    def run(self) -> None:
        """Time it once more."""
        assert self.process.stdin
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        said = json.loads(self._line())
        self.seconds.append(said["seconds"])
        self.peak_mb = said["peak_mb"]

    def close(self) -> float:
        """Let it go, and return its peak memory in MB."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        return self.peak_mb

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


def times(work: Callable[[], object], runs: int) -> list[float]:
    """Return the seconds of each run of a function."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def run(command: list[str]) -> None:
    """Run a command and hear nothing of it."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def measured(command: list[str]) -> tuple[float, float]:
    """Return how long a command takes, and its peak memory in MB."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _MEASURE, *command], check=True, capture_output=True, text=True
    )
    seconds, peak = done.stdout.split()
    return float(seconds), in_mb(int(peak))


def row(figure: str, what: str, unit: str, values: list[float]) -> dict[str, Any]:
    """Return a row of the record."""
    return {"figure": figure, "what": what, "unit": unit, **spread(values)}


def spread(values: list[float]) -> dict[str, Any]:
    """Return what a row says of several values."""
    return {
        "median": statistics.median(values),
        "least": min(values),
        "most": max(values),
        "runs": len(values),
    }


def machine() -> dict[str, Any]:
    """Return what else of the machine decides: memory, system, and whose programs were timed."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.platform()
    others = sorted({name for each in SIDE_BY_SIDE.values() for name in each.packages} - {"arsis"})
    return {
        "memory_gb": pages / 1e9,
        "distribution": system,
        "compared_packages": {name: version(name) for name in others},
    }
