"""The commands that teach and score models; they need more than the light install."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arsis.core.errors import SettingError
from arsis.serve.terminal import complain, say, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.task import Corpus, Task

SOME_LEFT_OUT = 2
"""Status where the work was done without some of the records: that of a mistake in one file."""

Data = Annotated[
    Path | None, typer.Option(help="Folder of the published recordings (mitdb, circor2022).")
]
Annotations = Annotated[
    str, typer.Option(help="Ending of the annotation files in the folders of --corpus.")
]


def train(
    task: Annotated[str, typer.Argument(help="beats, sounds, beats-187 or ptb-187.")],
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the runs; started again, it goes on. Default: runs/TASK."),
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            help="A folder of WFDB records with annotated beats to train on as well, or alone "
            "without --data; several times for several. Or the name of what --data holds; "
            "default: mitdb for beats, circor2022-1khz for sounds, kaggle-random for beats-187, "
            "ptbdb-files for ptb-187."
        ),
    ] = None,
    annotations: Annotations = "atr",
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
    A folder that holds one of its recordings, under whatever name, is refused. Records of a
    folder that cannot be used are listed and left out; then the status is 2.

    Examples: `arsis train beats --data mitdb`, `arsis train sounds --data circor2022`,
    `arsis train beats --data mitdb --corpus svdb`.
    """
    _needs("torch", "train")
    from arsis.tasks import find_task

    published, folders = _folders(find_task(task), corpus or (), annotations)
    from arsis.learn.course import Plan
    from arsis.learn.course import train as course
    from arsis.learn.settings import parse

    place = out or Path("runs") / task
    groups = None if seeds is None else ((seeds,),)
    plan = Plan(published, parse(set_ or []), groups, name, processes)
    bundles = course(task, data, place, plan, folders)
    for called, folder in bundles.items():
        say(f"{called}: {folder}")
    chosen = bundles[name or task]
    folded = place / "folded" / chosen.name
    where = "--corpus FOLDER-OF-OTHERS" if data is None else f"--data {data}"
    say(f"next: arsis evaluate {folded if folded.is_dir() else chosen} {where}")
    _end(folders)


def evaluate(
    bundles: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Bundle folders or shipped models, of one task."),
    ],
    data: Data = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A folder of WFDB records with annotated beats to score on, instead of the test "
            "part; baselines are fitted on --data where that is given."
        ),
    ] = None,
    annotations: Annotations = "atr",
    parts: Annotated[
        str | None,
        typer.Option(
            help="With commas; for beats out of reference, end-to-end, rpeaks, rhythm, hrv, "
            "robustness; for sounds out of heart-rate, segments, intervals, murmurs. Default: all "
            "that fit, but for robustness."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for records and drawings. Default: results, or results/FOLDER."),
    ] = None,
    ledger: Annotated[Path, typer.Option(help="Where openings of the test part are kept.")] = Path(
        "results/ledger.jsonl"
    ),
) -> None:
    """Score saved models on the test part of their protocol, beside trivial baselines.

    Every first look of new weights at the test part is written into the ledger. Records of a
    folder that cannot be used, or are of people whom a model was trained on, are listed and left
    out; then the status is 2.

    Examples: `arsis evaluate beats --data mitdb`, `arsis evaluate sounds --data cinc2016`,
    `arsis evaluate beats --corpus svdb`.
    """
    _needs("sklearn", "train")
    if corpus is None and data is None:
        raise SettingError("--data", "nothing", "it or --corpus", "Say where the recordings are.")
    from arsis.learn.evaluate import Books, Terms
    from arsis.learn.evaluate import evaluate as score
    from arsis.learn.met import strangers

    asked = None if parts is None else tuple(parts.split(","))
    about = learnt = None
    if corpus is not None:
        about, learnt = strangers(bundles, corpus, annotations, data)
        _list([about])
    place = out or (Path("results") / corpus.resolve().name if corpus else Path("results"))
    books, terms = Books(place, ledger, progress=True), Terms(about, learnt=learnt)
    written = score(bundles, corpus or data or Path(), asked, books, terms)
    for name, path in written.items():
        say(f"{name}: {path}")
    _end([about] if about else [])


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


def _folders(task: Task, asked: Sequence[str], annotations: str) -> tuple[str | None, list[Corpus]]:
    """Return the name of published data among what --corpus says, and the folders it names."""
    from arsis.tasks import folder_of

    names = [each for each in asked if each in task.corpora]
    if len(names) > 1:
        raise SettingError(
            "--corpus", ", ".join(names), "one name of published data", "Write a folder as ./NAME."
        )
    folders = [folder_of(task, Path(each), annotations) for each in asked if each not in names]
    _list(folders)
    return (names[0] if names else None), folders


def _list(corpora: Sequence[Corpus]) -> None:
    """Say what of folders is left out, and why."""
    for corpus in corpora:
        for note in corpus.notes:
            say(f"note: {note}")
        for error in corpus.skipped:
            complain(error)


def _end(corpora: Sequence[Corpus]) -> None:
    """End with a status that says that some records were left out."""
    left_out = sum(len(corpus.skipped) for corpus in corpora)
    if left_out:
        say(f"{left_out} records or people were left out; the rest is done")
        raise typer.Exit(SOME_LEFT_OUT)


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
