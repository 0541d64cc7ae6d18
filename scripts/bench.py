"""Measure speed and memory on this machine: `python scripts/bench.py [RECORDING] [--install]`.

Without a recording, half an hour of two simulated leads is measured; beside it, five minutes of
simulated heart sounds. One thread throughout.
"""

# Imports stand where they are needed: what is measured must not have been warmed up before.
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported, which reads it once

if TYPE_CHECKING:
    from collections.abc import Callable

    from arsis.infer.bundle import Trained
    from arsis.infer.predict import Prediction

WARM_RUNS, COLD_RUNS, IMPORT_RUNS = 7, 5, 10
HALF_AN_HOUR_S = 1800.0
FIVE_MINUTES_S = 300.0
SOUND_HZ = (4000.0, 44_100.0)
"""A stethoscope's rate and a telephone's."""
NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
"""What a fresh environment brings along, whatever is installed into it."""
REPOSITORY = Path(__file__).resolve().parent.parent

# Run by a small process of its own, so that the largest child is the command and nothing else.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main() -> None:
    """Measure and write `results/speed.json`."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        file = options.recording or _simulated(Path(folder))
        measured = [*_analysis(file, options.model), *_sounds(Path(folder)), *_start()]
        if options.install:
            measured.append(_install(Path(folder)))
    for row in measured:
        print(f"{row['what']:60s} {row['median']:10.3f} {row['unit']}")
    _write(options.out, measured)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", nargs="?", help="a recording of about half an hour")
    parser.add_argument("--model", default="beats", help="a shipped model, or a bundle's folder")
    parser.add_argument("--install", action="store_true", help="also measure a fresh install")
    parser.add_argument("--out", type=Path, default=Path("results/speed.json"))
    return parser.parse_args()


def _simulated(folder: Path) -> str:
    from arsis.formats.wfdb_write import write_record
    from arsis.tasks.beats.simulate import simulate

    write_record(folder, "half-an-hour", simulate(seed=1, duration_s=HALF_AN_HOUR_S))
    return str(folder / "half-an-hour")


def _analysis(file: str, model: str) -> list[dict[str, Any]]:
    """Time the way from a file to classes and HRV: in a warm process, and by a fresh command."""
    from arsis import load

    trained = load(model)
    prediction = _answer(trained, file)
    minutes = prediction.recording.duration_s / 60
    leads = len(prediction.recording.channels)
    said = f"{minutes:.0f} min, {leads} leads, file to classes and HRV"
    command = [sys.executable, "-m", "arsis", "analyse", file, "--model", model, "--json"]
    return [
        _row("F-P1", f"{said}, warm", "s", _times(partial(_answer, trained, file), WARM_RUNS)),
        _row("F-P1c", f"{said}, cold command", "s", _times(lambda: _run(command), COLD_RUNS)),
        _row("F-P1c", f"{said}, memory of the command", "MB", [_peak_mb(command)]),
    ]


def _sounds(folder: Path) -> list[dict[str, Any]]:
    """Time the way from a sound file to every heart sound and HRV, in a warm process."""
    from arsis import load
    from arsis.formats.sound_write import write_sound
    from arsis.tasks.sounds.simulate import simulate

    trained = load("sounds")
    rows = []
    for rate_hz in SOUND_HZ:
        file = write_sound(simulate(1, FIVE_MINUTES_S, rate_hz), folder / f"{rate_hz:g}.wav")
        said = f"5 min of sound at {rate_hz / 1000:g} kHz, file to heart sounds and HRV, warm"
        taken = _times(partial(_answer, trained, file), WARM_RUNS)
        rows.append(_row("", said, "s", taken))
    return rows


def _answer(trained: Trained, file: str | Path) -> Prediction:
    """Answer a file as a user of the package would."""
    from arsis import predict, read

    return predict(trained, read(file))


def _start() -> list[dict[str, Any]]:
    """Time how long the package takes to say anything at all."""
    helped = [sys.executable, "-m", "arsis", "--help"]
    imported = [sys.executable, "-c", "import arsis"]
    return [
        _row("F-P4", "arsis --help", "s", _times(lambda: _run(helped), IMPORT_RUNS)),
        _row("F-P4", "import arsis", "s", _times(lambda: _run(imported), IMPORT_RUNS)),
    ]


def _install(folder: Path) -> dict[str, Any]:
    """Weigh the light install: site-packages with bytecode, without pip and setuptools."""
    place = folder / "fresh"
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    pins = ["-c", str(REPOSITORY / "constraints.txt")]
    _run([str(python), "-m", "pip", "install", "--quiet", "--compile", *pins, str(REPOSITORY)])
    (packages,) = place.glob("lib/python*/site-packages")
    size = sum(
        path.stat().st_size
        for path in packages.rglob("*")
        if path.is_file() and not path.relative_to(packages).parts[0].startswith(NOT_OURS)
    )
    return _row("F-P5", "light install", "MB", [size / 1e6])


def _times(work: Callable[[], object], runs: int) -> list[float]:
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def _peak_mb(command: list[str]) -> float:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _PEAK, *command], check=True, capture_output=True, text=True
    )
    return int(done.stdout) * (1024 if sys.platform == "linux" else 1) / 1e6


def _row(figure: str, what: str, unit: str, values: list[float]) -> dict[str, Any]:
    return {
        "figure": figure, "what": what, "unit": unit, "median": statistics.median(values),
        "least": min(values), "most": max(values), "runs": len(values),
    }  # fmt: skip


def _write(path: Path, measured: list[dict[str, Any]]) -> None:
    # Imported when all is measured: torch comes with it.
    from arsis.learn.run_folder import environment, write_json

    machine = environment(1)
    made = {"commit": machine.pop("commit"), "date": datetime.now(UTC).date().isoformat()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"machine": machine, "made": made, "measured": measured})
    print(f"written: {path}")


if __name__ == "__main__":
    main()
