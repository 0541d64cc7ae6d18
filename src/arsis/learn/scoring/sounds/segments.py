"""Part `segments` (F-S2): every S1 and S2 against the annotated ones, by their middles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.scoring.sounds.annotated import annotated
from arsis.learn.scoring.sounds.groups import groups
from arsis.learn.scoring.sounds.heard import heard
from arsis.learn.scoring.sounds.heart_rate import over
from arsis.scores.bootstrap import bootstrap_counts
from arsis.scores.plain import plain
from arsis.scores.segments import SOUNDS, TOLERANCES_S, count_sounds, sound_figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import I64
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling

NAMES = (*(f"f1_{name}" for name in SOUNDS), "f1_both")


def score_segments(look: Look) -> dict[str, Any]:
    """Score sounds pooled over events and as the mean over subjects, within 100 and 60 ms.

    Events within 0.1 s of time that nobody annotated are ignored. Plain values for JSON.
    """
    known = [annotated(recording) for recording in look.recordings]
    chosen = [place for place, each in enumerate(known) if len(each.run_s)]
    found = {place: heard(look.answers[place]).middle_s for place in chosen}
    scores: dict[str, Any] = {"headline": {}, "within": {}, "groups": {}}
    sharing = groups(look, chosen, [1] * len(chosen))
    for tolerance, tolerance_s in TOLERANCES_S.items():
        counts = [
            count_sounds(
                known[place].middle_s, found[place], known[place].run_s,
                known[place].duration_s, tolerance_s,
            )
            for place in chosen
        ]  # fmt: skip
        by_subject = _by_subject([look.subjects[place] for place in chosen], counts)
        named = _figures(by_subject, look.scoring.resampling)
        scores["headline"] |= {f"{name}, {tolerance}": each for name, each in named.items()}
        scores["within"][tolerance] = {
            "gross": plain(sound_figures(np.sum(counts, axis=0))),
            "counts": dict(zip(SOUNDS, np.sum(counts, axis=0).tolist(), strict=True)),
            "subjects": plain({who: sound_figures(each)["f1_both"]
                               for who, each in by_subject.items()}),
        }  # fmt: skip
        for group, inside in sharing.items():
            part = [each for each, kept in zip(counts, inside, strict=True) if kept]
            row = scores["groups"].setdefault(group, {"recordings": len(part)})
            row[f"f1_both, {tolerance}"] = plain(sound_figures(np.sum(part, axis=0))["f1_both"])
    scores["recordings"] = len(chosen)
    scores["subjects"] = len({look.subjects[place] for place in chosen})
    return scores


def _by_subject(subjects: Sequence[str], counts: Sequence[I64]) -> dict[str, I64]:
    table: dict[str, I64] = {}
    for subject, each in zip(subjects, counts, strict=True):
        table[subject] = table.get(subject, np.zeros_like(each)) + each
    return table


def _figures(by_subject: Mapping[str, I64], resampling: Resampling) -> dict[str, Any]:
    """Return F1 pooled over events, of each sound and of both, and the mean over subjects."""
    stacked = np.stack(list(by_subject.values()))
    pooled = {
        name: bootstrap_counts(
            stacked, lambda counts, name=name: sound_figures(counts)[name], resampling  # type: ignore[misc]
        )
        for name in NAMES
    }  # fmt: skip
    single = {who: sound_figures(each)["f1_both"] for who, each in by_subject.items()}
    single = {who: f1 for who, f1 in single.items() if not np.isnan(f1)}
    named = {f"pooled {name}": plain(each) for name, each in pooled.items()}
    return named | {"f1 per subject": plain(over(single, resampling))}
