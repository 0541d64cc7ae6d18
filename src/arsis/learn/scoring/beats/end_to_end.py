"""Part `end-to-end`: from the file to the classes, with our own R peaks (F-A3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.contender import classes_of
from arsis.learn.headline import NO_BEAT, RESAMPLING
from arsis.learn.scoring.beats.peaks import flutter
from arsis.learn.scoring.beats.reference import called_of, class_table
from arsis.scores.classes import count_confusion
from arsis.scores.events import leave_out, match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import I64, Bool
    from arsis.core.windows import Answers
    from arsis.learn.contender import Contender, Labelled
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling

TOLERANCE_S = 0.15


@dataclass(frozen=True)
class Meeting:
    """True beats and answers side by side, one row for each pair, missed and false beat.

    Attributes
    ----------
    truth, answer
        (row,) class numbers; the last one stands for "no beat". Beats nobody scores are not here.
    unclear
        (row,) whether the answer was marked as too doubtful to be relied upon.
    """

    truth: I64
    answer: I64
    unclear: Bool


def score_end_to_end(look: Look) -> dict[str, Any]:
    """Return the scores of part `end-to-end`."""
    scoring, said = look.scoring, [answers for answers, _ in look.answers]
    apart = scoring.corpus.split.apart
    return end_to_end(look.contender, look.labelled, said, apart, scoring.resampling)


def end_to_end(
    contender: Contender,
    beats: Sequence[Labelled],
    answers: Sequence[Answers],
    apart: Sequence[str] = (),
    resampling: Resampling = RESAMPLING,
) -> dict[str, Any]:
    """Score answers to whole recordings, every beat first, then without the unclear ones.

    Missed and false beats are errors in a class of their own; `answers` holds those to the
    recording of each of `beats`. Values are plain, ready for JSON.
    """
    names, called = (*classes_of(contender.task), NO_BEAT), called_of(beats)
    met = {
        name: meet(each, given, contender.numbers(given), len(names) - 1)
        for name, each, given in zip(called, beats, answers, strict=True)
    }
    everything = {s: count_confusion(m.truth, m.answer, names) for s, m in met.items()}
    clear = {
        s: count_confusion(m.truth[~m.unclear], m.answer[~m.unclear], names) for s, m in met.items()
    }
    given = sum(int((m.answer < len(names) - 1).sum()) for m in met.values())
    doubtful = sum(int(m.unclear.sum()) for m in met.values())
    table = class_table(everything, called, apart, resampling)
    return table | {
        "tolerance_s": TOLERANCE_S,
        "clear": class_table(clear, called, apart, resampling),
        "share_answered": 1 - doubtful / given if given else None,
    }


def meet(beats: Labelled, answers: Answers, numbers: I64, no_beat: int) -> Meeting:
    """Match answers with annotated beats one to one, within 150 ms.

    A beat that nobody scores (Q) takes its answer out with it; so does flutter, where no single
    beat was annotated.
    """
    truth_s = beats.windows.event_s
    matching = match(truth_s, answers.time_s, TOLERANCE_S)
    matching = leave_out(matching, truth_s, answers.time_s, flutter(beats.recording))
    missed, false = matching.missed, matching.false
    truth = np.concatenate(
        [beats.truth[matching.truth], beats.truth[missed], np.full(len(false), no_beat)]
    )
    answer = np.concatenate(
        [numbers[matching.found], np.full(len(missed), no_beat), numbers[false]]
    )
    unclear = np.concatenate(
        [answers.unclear[matching.found], np.zeros(len(missed), bool), answers.unclear[false]]
    )
    scored = truth >= 0
    return Meeting(truth[scored], answer[scored], unclear[scored])
