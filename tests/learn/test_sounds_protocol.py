"""The protocols of heart sounds on the real recordings: their counts are those of the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from arsis.learn.scoring.sounds.annotated import annotated
from arsis.learn.scoring.sounds.ecg import ecg_truth
from arsis.tasks.sounds.corpus import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_the_windows_of_the_heart_rate_are_5449_of_190_subjects(data: Path) -> None:
    folder = data / "circor2022-1khz"
    if not folder.exists():
        pytest.skip("CirCor at 1 kHz is not there")
    corpus = CORPORA["circor2022-1khz"]
    subjects = [subject for fold in corpus.split.folds for subject in fold]
    known = [(r.subject, annotated(r).windows) for r in corpus.recordings(folder, subjects)]
    assert sum(len(windows.start_s) for _, windows in known) == 5449
    assert len({subject for subject, windows in known if len(windows.start_s)}) == 190
    assert np.isfinite(np.concatenate([windows.bpm for _, windows in known])).all()


def test_two_detectors_agree_on_76_of_110_ecgs(data: Path) -> None:
    folder = data / "cinc2016" / "training-a"
    if not folder.exists():
        pytest.skip("training-a of CinC 2016 is not there")
    corpus = CORPORA["cinc2016"]
    truths = [ecg_truth(r) for r in corpus.recordings(folder, corpus.split.test)]
    assert len(truths) == 110
    agreed = [truth for truth in truths if truth.agreed]
    assert len(agreed) == 76
    assert sum(len(truth.beat_s) for truth in agreed) == 2823
