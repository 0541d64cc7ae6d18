"""The nets of a cross-validation as bundles, so that folds are scored from saved files alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from arsis.formats.place import placing_folder
from arsis.learn.crossvalidate import fold_folder
from arsis.learn.export import export
from arsis.learn.folded import FOLDS, bundle_of
from arsis.learn.run_folder import open_run, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.task import Corpus
    from arsis.infer.bundle import Card
    from arsis.learn.candidate import Evidence


def export_folds(evidence: Evidence, corpus: Corpus, runs: Path, folder: Path, card: Card) -> None:
    """Write a bundle for each fold, of the group's nets that never met its subjects.

    Each is calibrated on the out-of-fold answers to the other folds, so that nothing about its
    own subjects is in it.

    Parameters
    ----------
    runs
        Folder of the cross-validation.
    folder
        Where the bundles come to stand; whole or not at all.
    card
        Whose texts they take over.
    """
    folds = corpus.split.folds
    with placing_folder(folder) as draft:
        for number, fold in enumerate(folds):
            nets = [open_run(fold_folder(runs, seed, number)) for seed in evidence.seeds]
            calibration, decision = evidence.calibrated(evidence.found.fold != number)
            rest = sum(len(other) for other in folds) - len(fold)
            own = replace(
                card,
                name=f"{card.name}-fold-{number}",
                calibration=calibration,
                decision=decision,
                trained_on=f"{corpus.name}, {rest} persons",
                scores={},
                met={who: each for who, each in card.met.items() if who not in fold},
            )
            export(nets, evidence.task, evidence.examples, bundle_of(draft, number), own)
        write_json(draft / FOLDS, {"name": card.name, "folds": [list(fold) for fold in folds]})
