"""From what a user names to run records: files, folders of records, bundles, training runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from arsis.core.errors import ProtocolError, SettingError
from arsis.infer.bundle import CARD, load, shipped
from arsis.learn.contender import weights_of
from arsis.learn.record import read_one, read_records
from arsis.learn.run_folder import SCORES, SETTINGS, WEIGHTS, open_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arsis.learn.record import Record

VALIDATION = "validation"
"""The part of a training run's own figures: by them settings are chosen, nothing is proven."""
FIGURE = "macro_f1"


def gather(named: Sequence[str], results: Path, part: str | None) -> list[Record]:
    """Return the records of one part that were asked for, with the baselines beside them.

    Parameters
    ----------
    named
        Record files, folders of records, bundle folders or shipped models, training runs.
    results
        Folder of the records of bundles.
    part
        None: the only part that the records are of.

    Raises
    ------
    ProtocolError
        If something named has no record.
    SettingError
        If the records are of several parts, or none is of the part asked for.
    """
    found: list[Record] = []
    beside: set[Path] = set()
    for name in named:
        records, folder = _of(name, results)
        found += records
        beside |= {folder} if folder else set()
    chosen = _of_part(found, part)
    near = [record for folder in sorted(beside) for record in read_records(folder)]
    return _once([*chosen, *_company(chosen, near)])


def _of(name: str, results: Path) -> tuple[list[Record], Path | None]:
    """Return the records of something named, and the folder in which others stand beside them."""
    path = Path(name)
    if path.is_file():
        record = read_one(path)
        if record is None:
            raise _nothing(name, "a file that is no run record")
        return [record], path.parent
    if (path / SCORES).is_file() and (path / SETTINGS).is_file():
        return [run_record(path)], None
    if (path / CARD).is_file() or name in shipped():
        weights = weights_of(load(name))
        records = [record for record in read_records(results) if record["weights"] == weights]
        if not records:
            raise _nothing(name, f"a bundle of which {results} holds no record")
        return records, results
    records = read_records(path) if path.is_dir() else []
    if not records:
        raise _nothing(name, "no run record")
    return records, path


def run_record(folder: Path) -> Record:
    """Return the validation figures of a training run in the form of a run record."""
    run = open_run(folder)
    held = run.data["parts"].get(VALIDATION) or run.data["parts"]["fit"]
    what = [run.data["fingerprint"], run.scores["part"], *sorted(held)]
    return {
        "part": VALIDATION,
        "name": folder.name,
        "kind": "model",
        "task": run.data["task"],
        "protocol": f"{run.data['corpus'] or run.data['task']}, {run.scores['part']} subjects",
        "source": "",
        "data": {
            "corpus": run.data["corpus"],
            "fingerprint": hashlib.sha256("\n".join(what).encode()).hexdigest(),
            "subjects": len(held),
            "openings": 0,
        },
        "weights": hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest(),
        "seed": run.settings.seed,
        "made": {},
        "scores": {"headline": {FIGURE: {"estimate": run.scores["macro_f1"]}}},
    }


def _of_part(records: Sequence[Record], part: str | None) -> list[Record]:
    parts = list(dict.fromkeys(str(record["part"]) for record in records))
    if part is None and len(parts) == 1:
        return list(records)
    if part not in parts:
        held = ", ".join(parts)
        found = f"records of {held}" if part is None else part
        raise SettingError("--part", found, f"one of {held}", "Only one part is ranked at a time.")
    return [record for record in records if record["part"] == part]


def _company(chosen: Sequence[Record], near: Iterable[Record]) -> list[Record]:
    """Return the baselines on the same test data, and the spread over seeds of those chosen."""
    same = {_test(record) for record in chosen}
    weights = {str(record["weights"]) for record in chosen}
    return [
        record
        for record in near
        if _test(record) in same
        and (
            record["kind"] == "baseline"
            or (record["kind"] == "seeds" and weights & set(record["weights"]))
        )
    ]


def _test(record: Record) -> tuple[str, str, str]:
    return record["part"], record["protocol"], record["data"]["fingerprint"]


def _once(records: Iterable[Record]) -> list[Record]:
    kept = {(record["name"], str(record["weights"]), _test(record)): record for record in records}
    return list(kept.values())


def _nothing(name: str, found: str) -> ProtocolError:
    return ProtocolError(
        name,
        found,
        "a record or a folder of them, a scored bundle, or a finished training run",
        "Score a bundle first: arsis evaluate BUNDLE --data FOLDER.",
    )
