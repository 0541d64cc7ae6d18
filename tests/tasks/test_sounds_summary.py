from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.windows import Answers
from arsis.tasks.sounds.abstain import (
    AMBIGUOUS,
    APERIODIC,
    CLIPPED,
    DOUBTFUL,
    NO_SIGNAL,
    NOISY,
    SHORT,
    SILENCE,
    VERDICTS,
    Moment,
    Tally,
    verdict,
)
from arsis.tasks.sounds.phases import STATES
from arsis.tasks.sounds.summarise import SummariseSounds

CLEAR = Moment(measured=1.0, loudness=0.01, clipped=0.0, quality=0.9, none=0.0)


def answers_of(
    interval_s: np.ndarray,
    reason: list[str] | None = None,
    verdicts: tuple[str, ...] = ("",) * 8,
    mine: float = 4.0,
    other: float = 0.4,
    sure: float = 0.9,
    whole: bool = True,
) -> Answers:
    """S1 and S2 in turn; `interval_s` (beat,) ends with each S1, NaN where it is not known."""
    beats = len(interval_s)
    first_s = np.cumsum(np.where(np.isnan(interval_s), 1.0, interval_s))
    time_s = np.stack([first_s, first_s + 0.3], 1).ravel()
    both = np.stack([interval_s, np.full(beats, np.nan)], 1).ravel()
    probabilities = np.full((2 * beats, len(STATES)), sure, np.float32)
    seconds = [(0.5, VERDICTS.index(why), 0.0 if why else 12.0) for why in verdicts]
    return Answers(
        time_s=time_s,
        duration_s=np.full(2 * beats, 0.1),
        label=("S1", "S2") * beats,
        probability=probabilities[:, 0],
        probabilities=probabilities,
        value=np.stack([both, 0 * both], 1).astype(np.float32),
        reason=tuple(reason or [""] * (2 * beats)),
        until_s=float(time_s[-1]) if beats else 0.0,
        judged_us=len(verdicts) * 1_000_000,
        aside={
            "instant_s": np.stack([first_s, np.full(beats, np.nan)], 1).ravel(),
            "interval_s": both,
            "whole": (whole & ~np.isnan(both)).astype(float),
            "before_s": np.tile([0.45, 0.2], beats),
            "mass": np.tile([mine, other], (2 * beats, 1)),
            "seconds": np.array(seconds, float).reshape(-1, 3),
        },
    )


def part_of(answers: Answers, start: int, stop: int, last: bool) -> Answers:
    """Some of the answers; the seconds and the time judged come with the last part."""
    own = {name: v[start:stop] for name, v in answers.aside.items() if name != "seconds"}
    seconds = answers.aside["seconds"]
    return Answers(
        **{
            name: getattr(answers, name)[start:stop]
            for name in (
                "time_s", "duration_s", "label", "probability", "probabilities", "value", "reason",
            )
        },
        until_s=answers.until_s,
        judged_us=answers.judged_us if last else 0,
        aside={**own, "seconds": seconds if last else seconds[:0]},
    )  # fmt: skip


def test_rate_and_variability_rest_on_the_intervals_that_are_known() -> None:
    interval_s = np.array([np.nan, 0.8, 0.9, 0.8, np.nan, 0.7, 0.7])
    summary = SummariseSounds().push(answers_of(interval_s), True)
    known = interval_s[~np.isnan(interval_s)]
    assert summary["heart_rate_bpm"] == pytest.approx(60 / known.mean())
    assert summary["rests_on"] == {"intervals": 5, "seconds": pytest.approx(3.9)}
    assert summary["hrv"]["sdnn_ms"] == pytest.approx(1000 * known.std(ddof=1))
    assert summary["hrv"]["rmssd_ms"] == pytest.approx(1000 * np.sqrt((0.01 + 0.01 + 0.0) / 3))
    assert summary["hrv"]["pnn50_percent"] == pytest.approx(200 / 3)
    assert summary["sounds"] == {"S1": 7, "S2": 7}
    assert summary["phases"]["diastole"] == {"mean_s": pytest.approx(0.45), "count": 7}
    assert summary["phases"]["systole"]["mean_s"] == pytest.approx(0.2)
    assert summary["abstained"] is None
    json.dumps(summary)


def test_intervals_beside_an_unclear_sound_do_not_count() -> None:
    reason = [""] * 16
    reason[6] = NOISY
    summary = SummariseSounds().push(answers_of(np.full(8, 0.8), reason), True)
    assert summary["rests_on"]["intervals"] == 5
    assert summary["hrv"]["interval_count"] == 5
    assert summary["unclear"] == {"sounds": 1, "reasons": {NOISY: 1}}


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(0, 40), max_size=6), seed=st.integers(0, 99))
def test_any_division_gives_the_same_summary(cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    interval_s = np.where(rng.random(20) < 0.2, np.nan, rng.normal(0.8, 0.05, 20))
    reason = [DOUBTFUL if bad else "" for bad in rng.random(40) < 0.1]
    answers = answers_of(interval_s, reason)
    whole, cut = SummariseSounds(), SummariseSounds()
    edges = [0, *sorted(cuts), 40]
    for number, (start, stop) in enumerate(itertools.pairwise(edges)):
        last = number == len(edges) - 2
        found = cut.push(part_of(answers, start, stop, last), last)
    np.testing.assert_equal(found, whole.push(answers, True))


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (answers_of(np.full(2, np.nan), verdicts=("",) * 2), SHORT),
        (answers_of(np.empty(0), verdicts=(SILENCE,) * 9), SILENCE),
        (answers_of(np.empty(0), verdicts=(CLIPPED,) * 5 + ("",) * 4), CLIPPED),
        (answers_of(np.full(3, np.nan), verdicts=(NOISY,) * 9), NOISY),
        (answers_of(np.full(9, np.nan)), APERIODIC),
        (answers_of(np.array([np.nan, 0.8, 0.8]), verdicts=("",) * 30), APERIODIC),
        (answers_of(np.array([0.4, 1.4, 0.5, 1.2, 0.4, 1.4, 0.5])), APERIODIC),
        (answers_of(np.full(9, 0.8), mine=2.4, other=2.0), AMBIGUOUS),
        (answers_of(np.full(4, 0.8), mine=2.4, other=0.1), AMBIGUOUS),
        (answers_of(np.full(9, 0.8)), None),
        # Neither the net nor the waveform is convinced; one of them is enough.
        (answers_of(np.full(9, 0.8), sure=0.7, whole=False), APERIODIC),
        (answers_of(np.full(9, 0.8), sure=0.7), None),
        (answers_of(np.full(9, 0.8), whole=False), None),
    ],
)
def test_why_no_heart_rate_is_given(answers: Answers, reason: str | None) -> None:
    summary = SummariseSounds().push(answers, True)
    assert summary["abstained"] == reason
    assert (summary["heart_rate_bpm"] is None) == (reason is not None)
    if reason:
        assert np.isnan(summary["hrv"]["mean_hr_bpm"])


def test_nothing_at_all_is_too_short() -> None:
    assert Tally().reason() == SHORT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"measured": 0.4}, NO_SIGNAL),
        ({"loudness": 0.0}, SILENCE),
        ({"clipped": 0.06}, CLIPPED),
        ({"quality": 0.09}, NOISY),
        ({"none": 0.51}, NOISY),
    ],
)
def test_what_a_moment_of_sound_is_like(change: dict[str, float], reason: str) -> None:
    fields = {name: getattr(CLEAR, name) for name in Moment.__dataclass_fields__}
    assert verdict(Moment(**(fields | change)), unclear_quality=0.1) == reason
