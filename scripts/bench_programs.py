"""Programs that `bench.py` times against one another, each in a process and on a core of its own.

`python scripts/bench_programs.py NAME FILE` does its work once, says `ready`, and again for every
line that it is sent; it answers with the seconds that the work took and its peak memory so far.
"""

# Imports stand where they are needed: no program is to carry the libraries of another.
# ruff: noqa: PLC0415

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    Work = Callable[[], object]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Program:
    """Something that is timed.

    Attributes
    ----------
    gives
        What comes out, in words for the table.
    works
        `works(file)` imports what it needs and returns the work.
    packages
        Whose versions decide.
    """

    gives: str
    works: Callable[[str], Work]
    packages: tuple[str, ...] = ()


def arsis_all(file: str) -> Work:
    """Return the whole way of arsis, on all leads."""
    from arsis import load, predict, read

    model = load("beats")
    return lambda: predict(model, read(file))


def neurokit_process(file: str) -> Work:
    """Return NeuroKit2's usual pipeline: clean, peaks, quality, delineation, phases; then HRV."""
    import neurokit2 as nk

    def work() -> object:
        values, rate_hz = _first_lead(file)
        _, found = nk.ecg_process(values, sampling_rate=rate_hz)
        return nk.hrv_time(found, sampling_rate=rate_hz)

    return work


def neurokit_peaks(file: str) -> Work:
    """Return the least that NeuroKit2 can do for HRV: clean, peaks, time domain."""
    import neurokit2 as nk

    def work() -> object:
        values, rate_hz = _first_lead(file)
        clean = nk.ecg_clean(values, sampling_rate=rate_hz)
        _, found = nk.ecg_peaks(clean, sampling_rate=rate_hz)
        return nk.hrv_time(found, sampling_rate=rate_hz)

    return work


def wfdb_xqrs(file: str) -> Work:
    """Return wfdb's own detector, as its documentation shows it."""
    from wfdb import processing

    def work() -> object:
        values, rate_hz = _first_lead(file)
        return processing.xqrs_detect(values, rate_hz, verbose=False)

    return work


def wfdb_gqrs(file: str) -> Work:
    """Return wfdb's translation of gqrs."""
    from wfdb import processing

    def work() -> object:
        values, rate_hz = _first_lead(file)
        return processing.gqrs_detect(values, fs=rate_hz)

    return work


def sleepecg_peaks(file: str) -> Work:
    """Return sleepecg's detector, which is compiled."""
    import sleepecg

    def work() -> object:
        values, rate_hz = _first_lead(file)
        return sleepecg.detect_heartbeats(values, rate_hz)

    return work


def net_alone(file: str) -> Work:
    """Return the shipped net on the windows of a recording, made before: nothing else is timed."""
    from arsis import load, read
    from arsis.core.task import choose
    from arsis.core.windows import Windows
    from arsis.infer.windows import windows

    model = load("beats")
    recording = choose(read(file), model.task.need)
    beats = Windows.join(list(windows(model.task, recording)))
    return partial(model.judge, beats)


def _first_lead(file: str) -> tuple[np.ndarray[Any, Any], int]:
    import wfdb

    record = wfdb.rdrecord(file)
    return record.p_signal[:, 0], int(record.fs)


SIDE_BY_SIDE = {
    "arsis": Program("R peaks, classes, HRV; all leads", arsis_all, ("arsis", "onnxruntime")),
    "NeuroKit2: ecg_process, hrv_time": Program(
        "R peaks, waves, HRV; first lead", neurokit_process, ("neurokit2", "scipy", "pandas")
    ),
    "NeuroKit2: ecg_clean, ecg_peaks, hrv_time": Program(
        "R peaks, HRV; first lead", neurokit_peaks, ("neurokit2",)
    ),
    "wfdb: xqrs_detect": Program("R peaks; first lead", wfdb_xqrs, ("wfdb",)),
    "wfdb: gqrs_detect": Program("R peaks; first lead", wfdb_gqrs, ("wfdb",)),
    "sleepecg: detect_heartbeats": Program("R peaks; first lead", sleepecg_peaks, ("sleepecg",)),
}
"""All read the same WFDB record from disk: the others through wfdb, arsis by itself."""
NET = "net"
PROGRAMS = {**SIDE_BY_SIDE, NET: Program("classes of given windows", net_alone)}


def main() -> None:
    """Do the work of a program once, and again for each line of standard input."""
    for name in ONE_THREAD:
        os.environ[name] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")
    work = PROGRAMS[sys.argv[1]].works(sys.argv[2])
    work()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": seconds, "peak_mb": in_mb(peak)}), flush=True)


def in_mb(peak: int) -> float:
    """Return the kernel's measure of memory in MB of a million bytes."""
    return peak * (1024 if sys.platform == "linux" else 1) / 1e6


if __name__ == "__main__":
    main()
