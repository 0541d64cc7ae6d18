"""Part `robustness`: what noise, wander, a lost lead, another gain or rate do to the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.core.task import choose
from arsis.learn.contender import classes_of
from arsis.learn.disturbed import Disturbance, disturb
from arsis.learn.headline import NO_BEAT, RESAMPLING, headline
from arsis.learn.scoring.beats.end_to_end import TOLERANCE_S, meet
from arsis.scores.classes import count_confusion, gross
from arsis.scores.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.recording import Recording
    from arsis.core.windows import Answers
    from arsis.learn.contender import Contender, Labelled
    from arsis.learn.disturbed import Disturbed
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling
    from arsis.scores.classes import Confusion

CLEAN = "as recorded"
CONDITIONS: dict[str, Disturbance] = {
    "white noise, 24 dB": Disturbance("white noise", 24.0),
    "white noise, 12 dB": Disturbance("white noise", 12.0),
    "white noise, 6 dB": Disturbance("white noise", 6.0),
    "baseline wander, 0 dB": Disturbance("baseline wander", 0.0),
    "baseline wander, -10 dB": Disturbance("baseline wander", -10.0),
    "first lead off half of the time": Disturbance("lead off", 0.5),
    "half the gain": Disturbance("gain", 0.5),
    "twice the gain": Disturbance("gain", 2.0),
    "at 128 Hz": Disturbance("rate", 128.0),
    "at 1000 Hz": Disturbance("rate", 1000.0),
}
"""SNR: the power of a lead about its mean over that of what was added."""


def score_robustness(look: Look) -> dict[str, Any]:
    """Return the scores of part `robustness`."""
    said = [answers for answers, _ in look.answers]
    return robustness(look.contender, look.labelled, said, CONDITIONS, look.scoring.resampling)


def robustness_estimates(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bare j-kappa of every condition for the ledger."""
    rows = {CLEAN: scores, **scores["conditions"]}
    return {name: row["headline"]["j_kappa"]["estimate"] for name, row in rows.items()}


def robustness(
    contender: Contender,
    beats: Sequence[Labelled],
    clean: Sequence[Answers],
    conditions: Mapping[str, Disturbance],
    resampling: Resampling = RESAMPLING,
) -> dict[str, Any]:
    """Score answers to whole recordings under every condition, beside those as recorded.

    `clean` holds the answers to the recording of each of `beats`, undisturbed. Each condition
    says what it did: the share of samples that changed, and the SNR that came out. Plain values.
    """
    return {
        "headline": _figures(contender, beats, clean, resampling),
        "tolerance_s": TOLERANCE_S,
        "conditions": {
            name: _under(contender, beats, disturbance, resampling)
            for name, disturbance in conditions.items()
        },
    }


def _under(
    contender: Contender,
    beats: Sequence[Labelled],
    disturbance: Disturbance,
    resampling: Resampling,
) -> dict[str, Any]:
    answers, done = [], []
    for each in beats:
        one = disturb(_used(contender, each.recording), disturbance)
        answers.append(contender.answer(one.recording)[0])
        done.append(_facts(one))
    ratios = [ratio for facts in done for ratio in facts[1]]
    return {
        "kind": disturbance.kind,
        "strength": disturbance.strength,
        "least_changed": min(changed for changed, _ in done),
        "snr_db": plain([min(ratios), max(ratios)] if ratios else None),
        "headline": _figures(contender, beats, answers, resampling),
    }


def _facts(one: Disturbed) -> tuple[float, tuple[float, ...]]:
    return one.changed, one.snr_db or ()


def _used(contender: Contender, recording: Recording) -> Recording:
    """Return the channels that are looked at: noise elsewhere would be no disturbance."""
    return choose(recording, contender.task.need)


def _figures(
    contender: Contender,
    beats: Sequence[Labelled],
    answers: Sequence[Answers],
    resampling: Resampling,
) -> dict[str, Any]:
    names = (*classes_of(contender.task), NO_BEAT)
    people: dict[str, list[Confusion]] = {}
    for each, given in zip(beats, answers, strict=True):
        met = meet(each, given, contender.numbers(given), len(names) - 1)
        people.setdefault(each.subject, []).append(count_confusion(met.truth, met.answer, names))
    return headline([gross(confusions) for confusions in people.values()], resampling)
