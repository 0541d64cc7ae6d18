"""The form of a run record: what was scored, on which data, by which protocol, what came out."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from arsis.core.errors import ProtocolError
from arsis.core.task import FOLDER
from arsis.learn.adaptation import check_adaptation
from arsis.learn.headline import across_seeds, check_same
from arsis.learn.run_folder import environment, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from arsis.core.task import Corpus
    from arsis.learn.contender import Contender
    from arsis.learn.ledger import OpenedTest
    from arsis.scores.bootstrap import Resampling

Record = dict[str, Any]
FIELDS = ("part", "name", "kind", "task", "protocol", "data", "weights", "seed", "made", "scores")


def envelope(corpus: Corpus, test: OpenedTest, resampling: Resampling) -> Record:
    """Return what all records of one look at a test part share."""
    split = corpus.split
    return {
        "protocol": split.name,
        "source": split.source,
        "data": {
            "corpus": corpus.name,
            "fingerprint": test.opening.fingerprint,
            "subjects": len(set(test.subjects)),
            "same_person": [list(pair) for pair in split.shared],
            "openings": test.count,
            **_of_folder(corpus, test),
        },
        "interval": {"over": "subjects", **asdict(resampling)},
        "made": {
            "arsis": _version(),
            "commit": environment(1)["commit"],
            "date": datetime.now(UTC).date().isoformat(),
        },
    }


def _of_folder(corpus: Corpus, test: OpenedTest) -> Record:
    """Return what a reader must know of a folder of somebody's own; nothing of published data."""
    if not corpus.split.name.startswith(FOLDER):
        return {}
    return {
        "recordings": len(test.recordings),
        "left_out": [str(error) for error in corpus.skipped],
        "notes": list(corpus.notes),
    }


def named(contender: Contender) -> Record:
    """Return who was scored, as a record says it."""
    return {
        "name": contender.name,
        "kind": contender.kind,
        "task": contender.task.name,
        "weights": contender.weights,
        "seed": contender.seed,
    }


def over_seeds(records: Sequence[Mapping[str, Any]], name: str = "seeds") -> Record:
    """Return the record of several seeds of one net: mean and spread of each headline figure.

    `name`: what to call it.

    Raises
    ------
    ProtocolError
        If they are of different data, parts or protocols.
    """
    check_same(records)
    first = records[0]
    return {
        **{key: first[key] for key in ("part", "task", "protocol", "source", "data", "made")},
        "name": name,
        "kind": "seeds",
        "weights": [record["weights"] for record in records],
        "seed": [record["seed"] for record in records],
        "names": [record["name"] for record in records],
        "scores": {"seeds": across_seeds(records)},
    }


def write_record(path: Path, record: Record) -> Path:
    """Write a record, wholly or not at all, and return where it stands.

    Raises
    ------
    ProtocolError
        If it claims adaptation without the scores that show it.
    """
    check_adaptation(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, record)
    return path


def read_records(folder: Path) -> list[Record]:
    """Return the run records of a folder by name of file; other JSON files are passed over.

    Raises
    ------
    ProtocolError
        If a file is not JSON, or claims adaptation without the scores that show it.
    """
    found = [read_one(path) for path in sorted(folder.glob("*.json"))]
    return [record for record in found if record is not None]


def read_one(path: Path) -> Record | None:
    """Return the run record of a file, None where it holds something else.

    Raises
    ------
    ProtocolError
        If it is not JSON, or claims adaptation without the scores that show it.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProtocolError(
            path, f"not JSON ({error})", "a record written by arsis", "Score again."
        ) from error
    if not (isinstance(values, dict) and set(FIELDS) <= set(values)):
        return None
    check_adaptation(values)
    return values


def _version() -> str:
    try:
        return version("arsis")
    except PackageNotFoundError:
        from arsis import __version__

        return __version__
