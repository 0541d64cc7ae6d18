"""The commands that teach and score models; they need more than the light install."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from arsis.core.errors import SettingError
from arsis.serve.terminal import say, show

Data = Annotated[Path, typer.Option(help="Folder of the published recordings.")]


def train(
    task: Annotated[str, typer.Argument(help="What to learn: beats, sounds or beats-187.")],
    data: Data,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the runs; started again, it goes on. Default: runs/TASK."),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            help="Name of the data. Default: mitdb for beats, circor2022-1khz for sounds."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another setting, as in --set epochs=20."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Train one net from this seed only.")] = None,
    processes: Annotated[int, typer.Option(help="Nets trained at the same time.")] = 1,
    name: Annotated[
        str | None, typer.Option(help="What to call the bundles. Default: the task's name.")
    ] = None,
) -> None:
    """Train the models of a task: cross-validation over patients, calibration, ONNX, card.

    The test part of the data is not touched; `arsis evaluate` opens it, and writes that down.

    Examples: `arsis train beats --data mitdb`, `arsis train sounds --data circor2022`.
    """
    _needs("torch", "train")
    from arsis.learn.course import train as course
    from arsis.learn.settings import parse

    place = out or Path("runs") / task
    groups = None if seeds is None else ((seeds,),)
    bundles = course(task, data, place, corpus, parse(set_ or []), groups, processes, name)
    for called, folder in bundles.items():
        say(f"{called}: {folder}")
    chosen = bundles[name or task]
    folded = place / "folded" / chosen.name
    say(f"next: arsis evaluate {folded if folded.is_dir() else chosen} --data {data}")


def evaluate(
    bundles: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Bundle folders or shipped models, of one task."),
    ],
    data: Data,
    parts: Annotated[
        str | None,
        typer.Option(
            help="With commas; for beats out of reference, end-to-end, rpeaks, hrv, robustness; "
            "for sounds out of heart-rate, segments, intervals, murmurs. Default: all that fit, "
            "but for robustness."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for records and drawings.")] = Path("results"),
    ledger: Annotated[Path, typer.Option(help="Where openings of the test part are kept.")] = Path(
        "results/ledger.jsonl"
    ),
) -> None:
    """Score saved models on the test part of their protocol, beside trivial baselines.

    Every first look of new weights at the test part is written into the ledger.

    Examples: `arsis evaluate beats --data mitdb`, `arsis evaluate sounds --data cinc2016`.
    """
    _needs("sklearn", "train")
    from arsis.learn.evaluate import evaluate as score

    asked = None if parts is None else tuple(parts.split(","))
    written = score(bundles, data, asked, out=out, ledger=ledger, progress=True)
    for name, path in written.items():
        say(f"{name}: {path}")


def tables(
    files: Annotated[list[Path], typer.Argument(help="Markdown files with table markers.")],
    check: Annotated[bool, typer.Option(help="Only say whether a table has drifted.")] = False,
) -> None:
    """Write the tables of documents from the records in results/, or check them for drift."""
    from arsis.learn.tables import check as drifted
    from arsis.learn.tables import write

    if not check:
        write(files)
        return
    names = drifted(files)
    for name in names:
        say(f"drifted: {name}")
    if names:
        raise typer.Exit(1)


def compare(
    records: Annotated[
        list[str],
        typer.Argument(
            metavar="RECORD_OR_RUN...",
            help="Records of `arsis evaluate` (files or their folder), scored bundles, or the "
            "folders of training runs.",
        ),
    ],
    part: Annotated[
        str | None, typer.Option(help="Which part, where the records are of several.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the table (CSV) and a drawing (PNG).")
    ] = None,
    results: Annotated[Path, typer.Option(help="Folder of the records of bundles.")] = Path(
        "results"
    ),
) -> None:
    """Rank what was scored by the figure of its protocol, with intervals and spread over seeds.

    Baselines on the same test data are shown as well; figures of different test data, protocols
    or parts are never ranked together.

    Examples: `arsis compare results --part reference`, `arsis compare beats --part reference`.
    """
    _needs("torch", "train")
    from arsis.learn.compare import compare as ranked
    from arsis.learn.compare_files import as_plain, write
    from arsis.learn.gather import gather
    from arsis.serve.comparing import comparison_table

    comparison = ranked(gather(records, results, part))
    if as_json:
        print(json.dumps(as_plain(comparison)))
    else:
        show(comparison_table(comparison))
    if out is not None:
        say(f"written: {', '.join(map(str, write(comparison, out)))}")


def _needs(module: str, extra: str) -> None:
    """Say which extra to install where a command needs more than the light install."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise SettingError(
            "this command",
            f"no {module}",
            f"the extra [{extra}]",
            f"Install it: pip install 'arsis[{extra}]'.",
        )
