from __future__ import annotations

import copy
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.tasks.sounds.durations import (
    CIRCOR,
    LONGEST,
    PHASES,
    SHORTEST,
    Durations,
    fit,
    tables,
)
from arsis.tasks.sounds.path import NONE, Decoder, Sound

TWO_PACES = replace(CIRCOR, cycles_s=(0.4, 0.7))


def plain(evidence: np.ndarray, durations: Durations) -> tuple[float, list[tuple[int, int, int]]]:
    """Find the best path slowly: every phase, pace, boundary and duration, one by one."""
    known, paces = tables(durations), len(durations.cycles_s)
    steps = evidence.shape[1]
    total = np.concatenate([np.zeros((5, 1)), np.cumsum(evidence, 1)], 1)
    # Score with which a phase begins at a boundary, and the path until then.
    begins = {
        (state, pace, boundary): (0.0, [])
        for state in range(PHASES)
        for pace in range(paces)
        for boundary in range(1 - LONGEST[-1], 1)
    }
    none = [(0.0, [])]
    best_end = (-math.inf, [])

    def ends(state, pace, boundary, table):
        best = (-math.inf, [])
        for length in range(1, LONGEST[-1] + 1):
            start = boundary - length
            if (state, pace, start) not in begins:
                continue
            before, path = begins[state, pace, start]
            lasted = table[state * paces + pace, LONGEST[-1] - length]
            score = before + lasted + total[state, boundary] - total[state, max(start, 0)]
            if score > best[0]:
                best = (score, [*path, (state, max(start, 0), boundary)])
        return best

    for boundary in range(1, steps + 1):
        ended = {
            (s, p): ends(s, p, boundary, known.lasts[:, 0])
            for s in range(PHASES)
            for p in range(paces)
        }
        stay, leave = none[-1][0] + durations.stay, best_end[0] + durations.leave
        seen = evidence[NONE, boundary - 1]
        if leave > stay:
            none.append((leave + seen, [*best_end[1], (NONE, boundary - 1, boundary)]))
        else:
            path = none[-1][1]
            start = path[-1][1] if path else 0
            none.append((stay + seen, [*path[:-1], (NONE, start, boundary)]))
        best_end = max(ended.values(), key=lambda item: item[0])
        for state in range(PHASES):
            for pace in range(paces):
                ways = [(none[-1][0] + durations.enter, none[-1][1])]
                if state:
                    ways.append(ended[state - 1, pace])
                else:
                    ways += [
                        (ended[3, old][0] + known.drift[old, pace, 0], ended[3, old][1])
                        for old in range(paces)
                    ]
                begins[state, pace, boundary] = max(ways, key=lambda item: item[0])
    now = [ends(s, p, steps, known.goes_on) for s in range(PHASES) for p in range(paces)]
    return max([*now, none[-1]], key=lambda item: item[0])


def cuts_of(evidence: np.ndarray, cuts: list[int], **lag: float) -> list[Sound]:
    decoder, sounds = Decoder(**lag), []
    edges = [0, *sorted(cuts), evidence.shape[1]]
    for number, (start, stop) in enumerate(itertools.pairwise(edges)):
        sounds += decoder.push(evidence[:, start:stop], last=number == len(edges) - 2)
        decoder = copy.deepcopy(decoder)  # the fields are the whole state
    return sounds


def evidence_of(seed: int, steps: int, strength: float = 2.0) -> np.ndarray:
    """Evidence for a path of made-up phases, with noise that often points elsewhere."""
    rng = np.random.default_rng(seed)
    evidence = rng.normal(size=(5, steps)) * 1.5
    at, state = 0, int(rng.integers(5))
    while at < steps:
        length = int(rng.integers(SHORTEST, 15))
        evidence[state, at : at + length] += strength
        at += length
        state = (state + 1) % PHASES if rng.random() < 0.9 else NONE
    return evidence


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 48),
    strength=st.floats(0.0, 4.0, allow_subnormal=False),
)
def test_without_a_lag_it_is_plain_viterbi(seed: int, steps: int, strength: float) -> None:
    evidence = evidence_of(seed, steps, strength)
    score, phases = plain(evidence, TWO_PACES)
    decoder = Decoder(TWO_PACES, lag_steps=math.inf)
    sounds = decoder.push(evidence, last=True)
    found_score, found = decoder.best()
    assert found_score == pytest.approx(score, abs=1e-9)
    assert found == phases
    assert [(s.state, s.start, s.stop) for s in sounds] == [p for p in phases if p[0] in (0, 2)]


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    cuts=st.lists(st.integers(0, 700), max_size=9),
    lag=st.sampled_from([0.0, 20.0, 30.0, math.inf]),
)
def test_any_division_gives_the_same_sounds(seed: int, cuts: list[int], lag: float) -> None:
    evidence = evidence_of(seed, 700)
    whole = cuts_of(evidence, [], lag_steps=lag)
    assert len(whole) > 5
    assert cuts_of(evidence, cuts, lag_steps=lag) == whole


def test_single_steps_give_the_same_sounds() -> None:
    evidence = evidence_of(3, 400)
    assert cuts_of(evidence, list(range(1, 400))) == cuts_of(evidence, [])


def cycles(seed: int, rate_bpm: float, beats: int) -> np.ndarray:
    """(beat, 4) lengths of the phases in s, as CirCor's children have them."""
    rng = np.random.default_rng(seed)
    cycle_s = 60 / rate_bpm * (1 + 0.05 * rng.standard_normal(beats))
    lines = (CIRCOR.s1, CIRCOR.systole, CIRCOR.s2)
    three = [a + b * cycle_s + 0.3 * sd * rng.standard_normal(beats) for a, b, sd in lines]
    return np.stack([*three, cycle_s - sum(three)], axis=1).clip(0.07)


def heard(lengths_s: np.ndarray, seed: int, twins: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Evidence for some cycles, and the step of each true S1; `twins`: S1 and S2 sound alike.

    0 = the net always tells them apart; 1 = never.
    """
    rng = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.cumsum(lengths_s.ravel())]) * 50
    steps = int(edges[-1])
    state = (np.searchsorted(edges, np.arange(steps) + 0.5) - 1) % 4
    shares = np.where(np.arange(5)[:, None] == state, 1.0, 0.03)
    shares[[0, 2]] = (1 - twins / 2) * shares[[0, 2]] + twins / 2 * shares[[2, 0]]
    shares[[1, 3]] = (1 - twins / 2) * shares[[1, 3]] + twins / 2 * shares[[3, 1]]
    shares *= np.exp(rng.standard_normal(shares.shape))
    return 0.3 * np.log(shares / shares.sum(0)), edges[:-1:4]


@pytest.mark.parametrize("rate_bpm", [50, 80, 110, 140, 170])
def test_every_first_sound_is_found_at_any_rate(rate_bpm: float) -> None:
    evidence, truth = heard(cycles(1, rate_bpm, 60), 2)
    first = np.array([s.start for s in Decoder().push(evidence, last=True) if s.state == 0])
    assert len(first) == len(truth)
    assert np.abs(first - truth).max() <= 3.0


@pytest.mark.parametrize("rate_bpm", [60, 90, 120])
def test_sounds_that_are_alike_are_told_apart_by_their_times(rate_bpm: float) -> None:
    """The net has no idea which sound is which: only systole being shorter says so."""
    evidence, truth = heard(cycles(3, rate_bpm, 60), 4, twins=1.0)
    sounds = Decoder().push(evidence, last=True)
    first = np.array([s.start for s in sounds if s.state == 0])
    near = np.abs(first[:, None] - truth).min(axis=1)
    assert (near <= 3.0).mean() > 0.95


def test_at_fast_rates_a_little_evidence_at_each_beat_adds_up() -> None:
    evidence, truth = heard(cycles(5, 160, 80), 6, twins=0.8)
    single = np.sign((evidence[0] - evidence[2])[truth.astype(int) + 1])
    assert (single < 0).mean() > 0.25  # any one beat is often mistaken
    first = np.array([s.start for s in Decoder().push(evidence, last=True) if s.state == 0])
    assert (np.abs(first[:, None] - truth).min(axis=1) <= 3.0).mean() > 0.95


def test_nothing_is_heard_where_there_is_nothing() -> None:
    evidence, _ = heard(cycles(7, 80, 20), 8)
    silent = np.full((5, 500), 0.3 * np.log(0.02))
    silent[NONE] = 0.3 * np.log(0.92)
    sounds = Decoder().push(np.concatenate([evidence, silent, evidence], axis=1), last=True)
    steps = evidence.shape[1]
    inside = [s for s in sounds if steps + 5 < s.start < steps + 495]
    assert not inside
    after = next(s for s in sounds if s.start >= steps + 495)
    assert not after.linked
    assert sum(s.linked for s in sounds) >= len(sounds) - 4


def test_a_released_sound_stands_and_none_overlap() -> None:
    evidence = evidence_of(11, 3000, 1.0)
    decoder, sounds, until = Decoder(), [], 0
    for start in range(0, 3000, 15):
        fresh = decoder.push(evidence[:, start : start + 15])
        assert all(s.start >= until - 3 for s in fresh)
        until = decoder.frontier
        assert until == (start + 15 - 30 if start + 15 >= 250 else 0)
        sounds += fresh
    assert len(sounds) > 100
    assert all(one.stop <= other.start for one, other in itertools.pairwise(sounds))


def test_the_way_back_does_not_grow() -> None:
    decoder, evidence = Decoder(), evidence_of(12, 6000)
    for start in range(0, 6000, 15):
        decoder.push(evidence[:, start : start + 15])
    assert len(decoder.columns) < 80
    assert decoder.entered.shape[1] < 200


def test_durations_are_fitted_to_labels() -> None:
    lengths = np.concatenate([cycles(seed, 60 + 5 * seed, 50) for seed in range(20)])
    fitted = fit(lengths, np.ones(len(lengths)))
    for name in ("s1", "systole", "s2"):
        found, true = getattr(fitted, name), getattr(CIRCOR, name)
        assert found[:2] == pytest.approx(true[:2], abs=0.012)
        assert found[2] == pytest.approx(0.3 * true[2], rel=0.2)


@given(
    systole=st.tuples(st.floats(0.02, 0.1), st.floats(0.05, 0.2), st.floats(0.01, 0.05)),
    odd=st.floats(0.001, 0.1),
)
def test_tables_are_probabilities(systole: tuple[float, float, float], odd: float) -> None:
    durations = Durations(CIRCOR.s1, systole, CIRCOR.s2, odd=odd)
    known = tables(durations)
    np.testing.assert_allclose(np.exp(known.lasts).sum(-1), 1.0)
    np.testing.assert_allclose(np.exp(known.drift).sum(1), 1.0)
    np.testing.assert_allclose(np.exp(known.goes_on)[:, -1], 1.0)
    assert np.isneginf(known.lasts[..., -SHORTEST + 1 :]).all()
