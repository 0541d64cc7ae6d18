from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.scores.durations import found

LAST = 60
spans = st.lists(st.integers(0, LAST), max_size=8, unique=True).map(
    lambda edges: np.array(sorted(edges)[: len(edges) // 2 * 2], float).reshape(-1, 2)
)


def drawn(rows: np.ndarray) -> np.ndarray:
    seconds = np.arange(LAST) + 0.5
    return np.array([any(a <= at < b for a, b in rows) for at in seconds])


@given(spans, spans, spans)
def test_seconds_are_those_of_a_grid(truth, answered, unscored) -> None:
    rows = found(truth, answered, unscored, float(LAST))
    true, told, kept = drawn(truth), drawn(answered), ~drawn(unscored)
    assert rows.both_s == (true & told & kept).sum()
    assert rows.missed_s == (true & ~told & kept).sum()
    assert rows.false_s == (~true & told & kept).sum()
    assert rows.neither_s == (~true & ~told & kept).sum()
    assert rows.episodes == sum((drawn(row[None]) & kept).any() for row in truth)
    assert rows.answers == sum((drawn(row[None]) & kept).any() for row in answered)
    assert rows.episodes_found <= rows.episodes
    assert rows.answers_right <= rows.answers


def test_half_of_an_episode_finds_it() -> None:
    truth, nothing = np.array([[10.0, 20.0]]), np.empty((0, 2))
    assert found(truth, np.array([[14.0, 40.0]]), nothing, 60.0).episodes_found == 1
    assert found(truth, np.array([[16.0, 40.0]]), nothing, 60.0).episodes_found == 0
    assert found(truth, np.array([[14.0, 40.0]]), nothing, 60.0).answers_right == 0
    beside = found(truth, np.array([[14.0, 40.0]]), np.array([[20.0, 36.0]]), 60.0)
    assert (beside.answers_right, beside.false_s) == (1, 4.0)
    assert found(nothing, nothing, nothing, 60.0).neither_s == pytest.approx(60.0)
