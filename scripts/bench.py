"""Measure speed and memory on this machine: `python scripts/bench.py [RECORDING] [--install]`.

Without a recording, record 106 of the MIT-BIH Arrhythmia Database is taken where it is at hand (in
the folder `ARSIS_DATA`, or in `shared/data` beside the repository), otherwise two simulated leads;
the same is repeated to a day. Beside it, simulated heart sounds. One thread throughout.
"""

# Imports stand where they are needed: what is measured must not have been warmed up before.
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_programs import NET, SIDE_BY_SIDE
from bench_timing import Timed, machine, measured, row, run, spread, times

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported, which reads it once

if TYPE_CHECKING:
    from arsis.infer.bundle import Trained
    from arsis.infer.predict import Prediction

WARM_RUNS, COLD_RUNS, IMPORT_RUNS = 7, 5, 10
PATIENCE_S = 15.0
"""A program that has taken so long in all is not asked again."""
HALF_AN_HOUR_S = 1800.0
DAY_S = 86_400.0
FIVE_MINUTES_S = 300.0
SOUND_HZ = (4000.0, 44_100.0)
"""A stethoscope's rate and a telephone's."""
NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
"""What a fresh environment brings along, whatever is installed into it."""
REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure and write `results/speed.json`."""
    options = _options()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    with tempfile.TemporaryDirectory() as folder:
        name, file = _half_an_hour(Path(folder), options.recording)
        compared = _side_by_side(file)
        rows = [*_analysis(name, file, compared), *_day(Path(file)), *_net(file)]
        rows += [*_sounds(Path(folder)), *_start(), *_lesson()]
        if options.install:
            rows.append(_install(Path(folder)))
    for each in rows:
        print(f"{each['what']:75s} {each['median']:10.3f} {each['unit']}")
    for each in compared:
        print(f"{each['name']:45s} {each['median']:10.3f} s {each['peak_mb']:8.0f} MB")
    _write(options.out, rows, {"recording": name, "rows": compared}, busy)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", nargs="?", help="a recording of about half an hour")
    parser.add_argument("--install", action="store_true", help="also measure a fresh install")
    parser.add_argument("--out", type=Path, default=Path("results/speed.json"))
    return parser.parse_args()


def _half_an_hour(folder: Path, asked: str | None) -> tuple[str, str]:
    """Write what is measured as a WFDB record, which everybody reads; return its name and stem."""
    from arsis import read
    from arsis.formats.wfdb.write import write_record
    from arsis.tasks.beats.simulate import simulate

    data = Path(os.environ.get("ARSIS_DATA", REPOSITORY.parent / "shared" / "data"))
    usual = data / "mitdb" / "106"
    if asked or usual.with_suffix(".dat").is_file():
        recording = read(asked or str(usual))
    else:
        recording = simulate(seed=1, duration_s=HALF_AN_HOUR_S)
    write_record(folder, "half-an-hour", recording)
    return recording.name, str(folder / "half-an-hour")


def _side_by_side(file: str) -> list[dict[str, Any]]:
    """Time every program on the same file, in turn and again, each warm in its own process."""
    programs = {name: Timed(name, file) for name in SIDE_BY_SIDE}
    for _ in range(WARM_RUNS):
        for program in programs.values():
            if sum(program.seconds) < PATIENCE_S:
                program.run()
    rows = []
    for name, program in programs.items():
        ours = programs["arsis"].seconds
        ratio = statistics.median(b / a for a, b in zip(ours, program.seconds, strict=False))
        about = {"name": name, "gives": SIDE_BY_SIDE[name].gives, "times_arsis": ratio}
        rows.append(about | spread(program.seconds) | {"peak_mb": program.close()})
    return rows


def _analysis(name: str, file: str, compared: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the way from a file to classes and HRV: in a warm process, and by a fresh command."""
    from arsis import load, predict, read

    prediction = predict(load("beats"), read(file))
    minutes, leads = prediction.recording.duration_s / 60, len(prediction.recording.channels)
    said = f"{minutes:.0f} min, {leads} leads ({name}, {len(prediction.answers):,} beats)"
    command = _analyse(file)
    runs = [measured(command) for _ in range(COLD_RUNS)]
    warm = {key: compared[0][key] for key in ("median", "least", "most", "runs")}
    return [
        {"figure": "F-P1", "what": f"{said}, file to classes and HRV, warm", "unit": "s", **warm},
        row("F-P1c", f"{said}, cold command", "s", [seconds for seconds, _ in runs]),
        row("F-P1c", f"{said}, memory of the command", "MB", [mb for _, mb in runs]),
    ]


def _day(half: Path) -> list[dict[str, Any]]:
    """Repeat the recording to a day and time the way from the file to JSON, once."""
    header = half.with_suffix(".hea").read_text().splitlines()
    first = header[0].split()
    frames = int(first[3])
    repeats = round(DAY_S * float(first[2]) / frames)
    day = half.with_name("day")
    samples = half.with_suffix(".dat").read_bytes()
    with day.with_suffix(".dat").open("wb") as file:
        for _ in range(repeats):
            file.write(samples)
    lines = [f"day {first[1]} {first[2]} {frames * repeats}"]
    for line in header[1:]:
        words = line.replace(f"{half.name}.dat", "day.dat").split(" ")
        words[6] = str((int(words[6]) * repeats + 2**15) % 2**16 - 2**15)  # the checksum
        lines.append(" ".join(words))
    day.with_suffix(".hea").write_text("\n".join([*lines, ""]))
    seconds, mb = measured(_analyse(str(day)))
    hours = frames * repeats / float(first[2]) / 3600
    said = f"{hours:.0f} h, {first[1]} leads at {float(first[2]):g} Hz, file to classes, HRV, JSON"
    return [
        row("F-P2", f"{said}, cold command", "s", [seconds]),
        row("F-P2", f"{said}, memory of the command", "MB", [mb]),
    ]


def _net(file: str) -> list[dict[str, Any]]:
    """Time the shipped net alone."""
    from arsis import load, predict, read

    beats = len(predict(load("beats"), read(file)).answers)
    program = Timed(NET, file)
    for _ in range(WARM_RUNS):
        program.run()
    program.close()
    rates = [beats / seconds for seconds in program.seconds]
    return [row("F-P3", "the net alone, on windows of beats", "beats/s", rates)]


def _lesson() -> list[dict[str, Any]]:
    """Time training beside a bare loop: processor time, which other programs disturb least."""
    script = REPOSITORY / "scripts" / "bench_lesson.py"
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(script)], check=True, capture_output=True, text=True
    )
    said = json.loads(done.stdout)
    over = [100 * (a / b - 1) for a, b in zip(said["ours"], said["bare"], strict=True)]
    return [row("F-P9", "training, longer than a bare loop of the same net", "%", over)]


def _sounds(folder: Path) -> list[dict[str, Any]]:
    """Time the way from a sound file to every heart sound and HRV, in a warm process."""
    from arsis import load
    from arsis.formats.sound.write import write_sound
    from arsis.tasks.sounds.simulate import simulate

    trained = load("sounds")
    rows = []
    for rate_hz in SOUND_HZ:
        file = write_sound(simulate(1, FIVE_MINUTES_S, rate_hz), folder / f"{rate_hz:g}.wav")
        said = f"5 min of sound at {rate_hz / 1000:g} kHz, file to heart sounds and HRV, warm"
        taken = times(partial(_answer, trained, file), WARM_RUNS)
        rows.append(row("", said, "s", taken))
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
        row("F-P4", "arsis --help", "s", times(lambda: run(helped), IMPORT_RUNS)),
        row("F-P4", "import arsis", "s", times(lambda: run(imported), IMPORT_RUNS)),
    ]


def _install(folder: Path) -> dict[str, Any]:
    """Weigh the light install: site-packages with bytecode, without pip and setuptools."""
    place = folder / "fresh"
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    pins = ["-c", str(REPOSITORY / "constraints.txt")]
    run([str(python), "-m", "pip", "install", "--quiet", "--compile", *pins, str(REPOSITORY)])
    (packages,) = place.glob("lib/python*/site-packages")
    size = sum(
        path.stat().st_size
        for path in packages.rglob("*")
        if path.is_file() and not path.relative_to(packages).parts[0].startswith(NOT_OURS)
    )
    return row("F-P5", "light install", "MB", [size / 1e6])


def _analyse(file: str) -> list[str]:
    return [sys.executable, "-m", "arsis", "analyse", file, "--model", "beats", "--json"]


def _write(path: Path, rows: list[dict[str, Any]], compared: dict[str, Any], busy: float) -> None:
    # Imported when all is measured: torch comes with it.
    from arsis.learn.run_folder import environment, write_json

    about = environment(1) | machine()
    made = {"commit": about.pop("commit"), "date": datetime.now(UTC).date().isoformat()}
    made["load_before"] = busy
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": about, "made": made, "measured": rows, "side_by_side": compared}
    write_json(path, record)
    print(f"written: {path}")


if __name__ == "__main__":
    main()
