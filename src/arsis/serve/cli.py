"""The command line: every command is a few lines that call the floors below."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arsis.core.errors import ArsisError, OutputError, SettingError
from arsis.serve import learning
from arsis.serve.hrv import hrv
from arsis.serve.terminal import complain, say, show

if TYPE_CHECKING:
    from arsis.core.recording import Recording

app = typer.Typer(
    name="arsis",
    help="A recording of a body's rhythm goes in, an honest answer with its uncertainty comes out.",
    epilog="Start with `arsis simulate beats demo`, then `arsis analyse demo --out report`. "
    "Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

USER_MISTAKE, INTERRUPTED = 2, 130
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for every misused option; it has no public name for it."""

Unit = Annotated[
    str | None,
    typer.Option(help="Unit of channels whose file states none, for example mV or uV."),
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", help="Samples per second, for a CSV without a time column."),
]
Channels = Annotated[
    str | None,
    typer.Option(
        help="Channels to use, by name, with commas: II,V5. Default: the most usual ones."
    ),
]
Answers = Annotated[
    Path | None,
    typer.Option(help="Folder for the report, JSON, a table (CSV) and annotations."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
def analyse(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Recordings: an ECG as WFDB (stem, .hea, .dat or zip), EDF, BDF, CSV, Parquet, "
            "DICOM, HL7 aECG or from an Apple Watch; a heart sound as WAV, FLAC, OGG, MP3 or WFDB.",
        ),
    ],
    out: Answers = None,
    as_json: AsJson = False,
    model: Annotated[
        str | None,
        typer.Option(
            help="A shipped model's name, or a bundle folder. Default: by what the file holds."
        ),
    ] = None,
    unit: Unit = None,
    rate_hz: Rate = None,
    channels: Channels = None,
) -> None:
    """Find and name every beat of an ECG or every heart sound, with heart-rate variability.

    Without --out it prints a summary; with it, a report and tables are written. Poor signal is
    not an error: its beats are marked unclear, or no heart rate is given, with the reason.

    Examples: `arsis analyse 208 --out answers`, `arsis analyse ecg.csv --unit uV --rate 250`,
    `arsis analyse heart.wav --out answers`.
    """
    from arsis.infer.predict import predict
    from arsis.serve.answers import as_json as document
    from arsis.serve.choice import Judges
    from arsis.serve.folder import place_of, write
    from arsis.serve.presenters import presenter_of
    from arsis.serve.progress import progress

    judges, documents, failed = Judges(model), list[dict[str, Any]](), False
    for file in files:
        try:
            trained, recording = judges.of(_read(file, unit, rate_hz, channels))
            with progress(recording.name, recording.duration_s) as advance:
                prediction = predict(trained, recording, progress=advance)
            if out is not None:
                written = write(prediction, file, place_of(out, recording.name, len(files)))
                say(f"report: {written}")
        except ArsisError as error:
            if len(files) == 1:
                raise
            failed = True
            complain(error)
            continue
        if as_json:
            documents.append(document(prediction, file))
        elif out is None or len(files) == 1:
            show(presenter_of(prediction).sight(prediction))
    if as_json:
        print(json.dumps(documents[0] if len(files) == 1 else documents))
    if failed:
        raise typer.Exit(USER_MISTAKE)


@app.command()
def read(
    file: Annotated[str, typer.Argument(help="A recording.")],
    as_json: AsJson = False,
    unit: Unit = None,
    rate_hz: Rate = None,
) -> None:
    """Show what is in a file: channels, rates, units, length, experts' marks, what was mended."""
    from arsis.serve.contents import contents, contents_table

    found = contents(_read(file, unit, rate_hz, None))
    if as_json:
        print(json.dumps(found))
    else:
        show(contents_table(found))


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="A", help="A recording of any format.")],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="B",
            help="What to write, by its ending: .edf, .bdf, .csv, .parquet, .wav (sounds); .hea or "
            "no ending = a WFDB record.",
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    as_json: AsJson = False,
    unit: Unit = None,
    rate_hz: Rate = None,
    channels: Channels = None,
) -> None:
    """Write a recording in another format, with its marks, and say what that lost.

    What was written is read back: the largest rounding error is measured, not assumed.

    Examples: `arsis convert 208 night.edf`, `arsis convert ecg.csv record --unit uV --rate 250`.
    """
    from arsis.serve.convert import convert as write
    from arsis.serve.convert import converted_table, refuse_to_harm

    refuse_to_harm(Path(source), target, force)
    found = write(_read(source, unit, rate_hz, channels), target)
    if as_json:
        print(json.dumps(found))
    else:
        show(converted_table(found))
        say(f"written: {', '.join(found['files'])}")


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models that come with arsis: what they answer, from which data, how well."""
    from arsis.infer.bundle import card_of, shipped
    from arsis.serve.contents import models_table

    cards = [card_of(name) for name in shipped()]
    if as_json:
        print(json.dumps([card.as_dict() for card in cards]))
    else:
        show(models_table(cards))


@app.command()
def simulate(
    task: Annotated[str, typer.Argument(help="beats, sounds, beats-187 or ptb-187.")],
    out: Annotated[Path, typer.Argument(help="What to write: demo/ecg, heart.wav or rows.csv.")],
    seed: Annotated[int, typer.Option(help="Another number, another person.")] = 1,
    duration_s: Annotated[float, typer.Option("--duration", help="Seconds.")] = 120.0,
) -> None:
    """Write a simulated recording with its true marks, to try things out.

    Beats become a WFDB record of an ECG, sounds a WAV file with its annotations beside it, and
    beats-187 a table of single heartbeats with their classes.

    Examples: `arsis simulate beats demo/ecg`, `arsis simulate sounds demo/heart.wav`.
    """
    from arsis.serve.presenters import PRESENTERS
    from arsis.tasks import find_task

    find_task(task)
    if not 2 <= duration_s <= 86_400:
        raise SettingError("--duration", f"{duration_s:g} s", "2 to 86400 seconds", "Choose again.")
    written = PRESENTERS[task].simulate(out, seed, duration_s)
    say(f"written: {', '.join(map(str, written))}")


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Published data: circor2022, cinc2016 or mitdb.")],
    to: Annotated[Path, typer.Option(help="Folder to put the files into.")],
    only: Annotated[
        str, typer.Option(help="Only files whose path begins so, as in --only training-a.")
    ] = "",
    base_url: Annotated[
        str | None, typer.Option(help="A mirror with the publisher's layout below it.")
    ] = None,
) -> None:
    """Fetch published recordings and check every file against its publisher's checksum.

    What is there already is kept; after an interruption the same command goes on.

    Example: `arsis fetch cinc2016 --only training-a --to cinc2016`.
    """
    from arsis.serve.fetch import fetch as get
    from arsis.serve.progress import files_progress

    with files_progress(name) as advance:
        got = get(name, to, base_url, only=only, progress=advance)
    say(f"{got.folder}: {got.fetched} files fetched, {got.kept} were there and whole")


@app.command()
def trace(
    file: Annotated[str, typer.Argument(help="mitbih_train.csv, mitbih_test.csv or some rows.")],
    data: Annotated[Path, typer.Option(help="Folder of the MIT-BIH Arrhythmia Database.")],
    out: Annotated[
        Path | None, typer.Option(help="CSV to write: patient, time and annotation of every row.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the patient and the time of every row of a Kaggle heartbeat file.

    The file says neither, and has the beats of one person on both sides of its division. Its rows
    can be made again from the database exactly, so each of them can be looked up.

    Example: `arsis trace mitbih_test.csv --data mitdb --out traced.csv`.
    """
    from arsis.serve.trace import trace as look_up

    found = look_up(file, data, out)
    if as_json:
        print(json.dumps(found))
        return
    show(
        f"{found['found']} of {found['rows']} rows found, of {found['persons']} persons; "
        f"{found['other_class']} of them have another class in the file"
    )
    if out is not None:
        say(f"written: {out}")


for command in (hrv, learning.train, learning.evaluate, learning.compare, learning.tables):
    app.command()(command)


def _read(file: str, unit: str | None, rate_hz: float | None, channels: str | None) -> Recording:
    from arsis.core.units import convertible
    from arsis.formats import read as read_file

    names = tuple(name.strip() for name in channels.split(",")) if channels else None
    recording = read_file(file, unit=unit, rate_hz=rate_hz, channels=names)
    if unit and not any(convertible(channel.unit, unit) for channel in recording.channels):
        held = ", ".join(f"{c.name} in {c.unit or 'no unit'}" for c in recording.channels)
        advice = f"Leave out --unit to trust the file: {recording.name} holds {held}."
        raise SettingError("--unit", unit, "the unit of a channel, such as mV or uV", advice)
    return recording


def main() -> None:
    """Run the command line; a user's mistake ends with status 2, Ctrl-C with 130."""
    interrupts: list[int] = []

    def interrupt(number: int, _: object) -> None:
        interrupts.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        sys.exit(_run())
    except Exception:
        # A library that was interrupted while it loaded reports some failure of its own.
        if not interrupts:
            raise
        say("interrupted")
        sys.exit(INTERRUPTED)


def _run() -> int:
    """Run a command and return its exit status."""
    try:
        # Without click's own handling, the status of typer.Exit is what comes back.
        return int(app(standalone_mode=False) or 0)
    except ArsisError as error:
        complain(error)
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where, found = error.filename or "output", f"it cannot be used ({error.strerror or error})"
        advice = "Free some space or choose another place."
        complain(OutputError(where, found, "a place that can be read and written", advice))
    except UsageError as error:
        say(f"error: {error} Try `arsis --help`.")
    return USER_MISTAKE
