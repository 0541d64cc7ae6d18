from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from arsis.core.task import Decision
from arsis.core.windows import Windows
from arsis.infer.windows import windows
from arsis.signal.delineate import LOW_T, NOISY
from arsis.tasks.beats.episodes import FIBRILLATION, Episode
from arsis.tasks.beats.intervals import IN_FIBRILLATION, TOGETHER, SumIntervals
from arsis.tasks.beats.known_intervals import NARROW_S, Shape, timed
from arsis.tasks.beats.task import BEATS


def prepared(shape: Shape, seed: int = 0, duration_s: float = 45.0) -> Windows:
    return Windows.join(list(windows(BEATS, timed(seed, shape, duration_s))))


def normal(each: Windows) -> dict[str, np.ndarray]:
    output = np.zeros((len(each), 4), np.float32)
    output[:, 0] = 1.0
    return {"beat": output}


def measured(shape: Shape) -> dict:
    each = prepared(shape)
    answers = BEATS.decode(Decision(0.0, 0.0)).push((each, normal(each)), last=True)
    return BEATS.summarise().push(answers, last=True)["intervals"]


@pytest.mark.parametrize(
    "shape",
    [
        Shape(rate_bpm=55, qt_s=0.41),
        Shape(rate_bpm=80, qt_s=0.35, qrs_s=0.13),
        Shape(rate_bpm=110, qt_s=0.30, t_mv=(-0.25, 0.15)),
    ],
)
def test_known_intervals_are_found(shape: Shape) -> None:
    found = measured(shape)
    assert found["median_beats"] == found["qrs_count"] == found["qt_count"] >= 1
    # The band of 45 Hz makes QRS some 10 ms wider.
    assert 1000 * shape.qrs_s - 5 < found["qrs_ms"] < 1000 * shape.qrs_s + 20
    assert found["qt_ms"] == pytest.approx(1000 * shape.qt_s, abs=20)
    assert found["qt_rr_ms"] == pytest.approx(60_000 / shape.rate_bpm, rel=0.03)
    rr_s = found["qt_rr_ms"] / 1000
    assert found["qtc_bazett_ms"] == pytest.approx(found["qt_ms"] / rr_s**0.5, rel=0.02)


def test_it_abstains_and_says_why() -> None:
    low = measured(Shape(t_mv=(0.03, 0.02)))
    assert low["qt_ms"] is None
    assert low["qt_reasons"] == {LOW_T: low["median_beats"]}
    assert low["qrs_ms"] is not None
    noisy = measured(Shape(noise_mv=0.25, qrs_s=2 * NARROW_S))
    assert noisy["qt_count"] == 0
    assert set(noisy["qrs_reasons"]) <= {NOISY}


def test_cuts_change_nothing() -> None:
    whole = prepared(Shape(), duration_s=60.0)
    expected = BEATS.decode(Decision(0.0, 0.0)).push((whole, normal(whole)), last=True).aside
    assert (~np.isnan(expected["intervals"][:, 3])).sum() == len(whole) // TOGETHER
    rng = np.random.default_rng(0)
    for _ in range(5):
        edges = [0, *sorted(rng.integers(0, len(whole), 4).tolist()), len(whole)]
        fold = BEATS.decode(Decision(0.0, 0.0))
        parts = [part(whole, slice(*edge)) for edge in pairwise(edges)]
        told = [fold.push((each, normal(each))).aside["intervals"] for each in parts]
        np.testing.assert_array_equal(np.concatenate(told), expected["intervals"])


def part(whole: Windows, cut: slice) -> Windows:
    columns = {
        f.name: getattr(whole, f.name)[cut]
        for f in fields(whole)
        if f.name not in {"until_s", "judged_us", "aside"}
    }
    return replace(whole, **columns, aside={n: column[cut] for n, column in whole.aside.items()})


def test_qt_is_not_answered_in_fibrillation() -> None:
    sums = SumIntervals(
        [(1_000_000, (0.1, 0.4, 1.0, 0.0, 0.0)), (9_000_000, (0.1, 0.3, 0.5, 0, 0))]
    )
    assert sums.plain([])["qt_ms"] == pytest.approx(350)
    found = sums.plain([Episode(FIBRILLATION, 8_000_000, 50_000_000)])
    assert (found["qt_ms"], found["qt_count"]) == (pytest.approx(400), 1)
    assert found["qt_reasons"] == {IN_FIBRILLATION: 1}
    assert found["qrs_count"] == 2
