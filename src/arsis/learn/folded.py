"""The nets of a cross-validation as one contender: each subject meets the net that never met it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from arsis.core.errors import BundleError, ProtocolError
from arsis.infer.bundle import load
from arsis.learn.contender import Contender, predicted, weights_of

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording
    from arsis.core.task import Summary
    from arsis.core.windows import Answers

FOLDS = "folds.json"
"""Index of a folder with one bundle for each fold."""


def bundle_of(folder: Path, fold: int) -> Path:
    """Return where the bundle of a fold stands."""
    return folder / f"fold-{fold}"


def open_folded(folder: Path) -> Contender:
    """Load the nets of a cross-validation; each subject is answered by the one that never met it.

    Raises
    ------
    BundleError
        If a file is missing, damaged, or of another task.
    """
    index = read_folds(folder)
    folds = tuple(tuple(fold) for fold in index["folds"])
    nets = [load(bundle_of(folder, number)) for number in range(len(folds))]
    place = {subject: number for number, fold in enumerate(folds) for subject in fold}

    def says(recording: Recording) -> tuple[Answers, Summary]:
        if recording.subject not in place:
            raise ProtocolError(
                recording.name, f"subject {recording.subject}", "a subject of one of the folds",
                "Score nets of folds on the recordings they were cross-validated on.",
            )  # fmt: skip
        return predicted(nets[place[recording.subject]], recording)

    card = nets[0].card
    weights = hashlib.sha256("".join(weights_of(each) for each in nets).encode()).hexdigest()
    return Contender(
        index["name"], "model", nets[0].task, next(iter(card.decision.values())), weights,
        card.seed, says=says, protocol=card.protocol, folds=folds,
    )  # fmt: skip


def read_folds(folder: Path) -> dict[str, Any]:
    """Return what the index of a folder of nets of folds says: name, and subjects of each fold.

    Raises
    ------
    BundleError
        If there is none, or it is damaged.
    """
    try:
        index: dict[str, Any] = json.loads((folder / FOLDS).read_text(encoding="utf-8"))
        return {"name": str(index["name"]), "folds": list(index["folds"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            folder, f"no nets of folds ({error})", f"a folder with {FOLDS}", "Train again."
        ) from error
