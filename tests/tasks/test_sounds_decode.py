from __future__ import annotations

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.task import Decision
from arsis.core.windows import Answers, Windows
from arsis.tasks.sounds.abstain import CLIPPED, DOUBTFUL, NO_SIGNAL, NOISY, SHORT, SILENCE
from arsis.tasks.sounds.decode import FEWEST_S1, DecodeSounds
from arsis.tasks.sounds.phases import (
    ANSWERED,
    DECODER_LAG_S,
    HOP,
    HOP_STEPS,
    RATE_HZ,
    START_S,
    STEP_HZ,
    STEPS,
)
from arsis.tasks.sounds.summarise import SummariseSounds
from arsis.tasks.sounds.template import PIECE, Template, correlations

DECISION = Decision(unclear_below=0.4, unclear_quality=0.1)
S1_S, S2_S = 0.10, 0.08


def onsets(seed: int, duration_s: float, rate_bpm: float, start_s: float = 0.3) -> np.ndarray:
    """(beat, 2) true onsets of S1 and S2, with some variability."""
    rng = np.random.default_rng(seed)
    interval_s = 60 / rate_bpm * (1 + 0.05 * np.sin(np.arange(900)) + 0.01 * rng.normal(size=900))
    first_s = start_s + np.concatenate([[0.0], np.cumsum(interval_s)])
    second_s = first_s + 0.11 + 0.25 * 60 / rate_bpm
    both = np.stack([first_s, second_s], axis=1)
    return both[both[:, 1] < duration_s - 0.3]


def waveform(truth: np.ndarray, duration_s: float, seed: int, noise: float = 0.02) -> np.ndarray:
    """The same two bursts at each beat, in noise, at RATE_HZ."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    x = noise * np.random.default_rng(seed).standard_normal(len(t))
    for column, (pitch_hz, length_s) in enumerate(((45.0, S1_S), (60.0, S2_S))):
        for onset_s in truth[:, column]:
            u = (t - onset_s) / length_s
            burst = np.sin(np.pi * u) ** 2 * np.sin(2 * np.pi * pitch_hz * (t - onset_s))
            x += np.where((u > 0) & (u < 1), 0.3 * burst, 0.0)
    return x


def posteriors(truth: np.ndarray, duration_s: float, seed: int, blur: float = 1.0) -> np.ndarray:
    """(5, step) noisy probabilities of the phases; boundaries off by 8 ms."""
    rng = np.random.default_rng(seed + 1)
    edges = np.stack([truth[:, 0], truth[:, 0] + S1_S, truth[:, 1], truth[:, 1] + S2_S], axis=1)
    edges = edges.ravel() + rng.normal(0, 0.008, edges.size)
    middle_s = (np.arange(round(duration_s * STEP_HZ)) + 0.5) / STEP_HZ
    state = (np.searchsorted(edges, middle_s) - 1) % 4
    shares = np.where(np.arange(5)[:, None] == state, 1.0, 0.02)
    shares[:, 1:-1] += 0.3 * (shares[:, :-2] + shares[:, 2:])
    shares *= np.exp(blur * rng.standard_normal(shares.shape))
    return shares / shares.sum(axis=0)


def pushed(phase: np.ndarray, sound: np.ndarray, **other: np.ndarray) -> tuple[Windows, dict]:
    """Pack the steps and the waveform of a whole recording as windows and their output."""
    steps = phase.shape[1]
    count = -(-steps // HOP_STEPS)
    output = np.zeros((count, 5, STEPS), np.float32)
    room = np.zeros((5, count * HOP_STEPS))
    room[:, :steps] = phase
    output[:, :, ANSWERED] = room.reshape(5, count, HOP_STEPS).swapaxes(0, 1)
    padded = np.full(count * HOP, np.nan)
    padded[: len(sound)] = sound
    ones = np.ones(count)
    windows = Windows(
        x=np.zeros((count, 1, 2), np.float32),
        start_s=0.3 * np.arange(count),
        event_s=0.3 * np.arange(count),
        quality=other.get("quality", ones).astype(np.float32),
        mask=np.ones((count, 1), bool),
        context=np.zeros((count, 1), np.float32),
        until_s=len(sound) / RATE_HZ,
        judged_us=len(sound) * 1000,
        aside={
            "sound": padded.reshape(count, HOP),
            "clipped": other.get("clipped", 0 * ones),
            "column": ANSWERED.start * ones,
            "steps": np.minimum(HOP_STEPS, steps - HOP_STEPS * np.arange(count)).astype(float),
        },
    )
    return windows, {"phase": output}


def part_of(piece: tuple[Windows, dict], start: int, stop: int, count: int) -> tuple[Windows, dict]:
    windows, output = piece
    names = ("x", "start_s", "event_s", "quality", "mask", "context")
    return (
        replace(
            windows,
            **{name: getattr(windows, name)[start:stop] for name in names},
            judged_us=windows.judged_us * stop // count - windows.judged_us * start // count,
            aside={name: values[start:stop] for name, values in windows.aside.items()},
        ),
        {"phase": output["phase"][start:stop]},
    )


def decoded(piece: tuple[Windows, dict], cuts: tuple[int, ...] = ()) -> list[Answers]:
    count = len(piece[0])
    fold, parts = DecodeSounds(DECISION), []
    edges = [0, *sorted(min(cut, count) for cut in cuts), count]
    for number, (start, stop) in enumerate(itertools.pairwise(edges)):
        parts.append(fold.push(part_of(piece, start, stop, count), number == len(edges) - 2))
        fold = copy.deepcopy(fold)
    return parts


def summed(parts: list[Answers]) -> dict:
    fold = SummariseSounds()
    return [fold.push(part, number == len(parts) - 1) for number, part in enumerate(parts)][-1]


def example(seed: int, rate_bpm: float = 80.0, duration_s: float = 30.0):
    truth = onsets(seed, duration_s, rate_bpm)
    phase = posteriors(truth, duration_s, seed)
    return truth, pushed(phase, waveform(truth, duration_s, seed))


@pytest.mark.parametrize("rate_bpm", [50, 70, 100, 130, 150, 170])
def test_every_sound_is_found_and_timed(rate_bpm: float) -> None:
    truth, piece = example(rate_bpm, rate_bpm)
    answers = Answers.join(decoded(piece))
    for column, label in enumerate(("S1", "S2")):
        mine = np.array([each == label for each in answers.label])
        off_s = np.abs(answers.time_s[mine] - truth[:, column, None])
        assert mine.sum() == len(truth)
        assert off_s.min(axis=1).max() < (0.03, 0.05)[column]
    first = np.array([each == "S1" for each in answers.label])
    interval_s, spread_s = answers.value[first].T
    error_s = interval_s[1:] - np.diff(truth[:, 0])
    assert np.isnan(interval_s[0])
    assert np.abs(error_s).max() < 0.003
    assert 0.3 < np.sqrt(np.mean((error_s / spread_s[1:]) ** 2)) < 1.5 or spread_s[1:].max() < 0.004
    # The onset is that of the annotators, not the swing of the waveform.
    assert abs(np.mean(answers.time_s[first] - truth[:, 0])) < 0.004


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 100), max_size=8), seed=st.integers(0, 3))
def test_any_division_gives_the_same_answers(cuts: list[int], seed: int) -> None:
    _, (windows, output) = example(seed)
    windows.aside["sound"][40:43] = np.nan
    whole, cut = decoded((windows, output)), decoded((windows, output), tuple(cuts))
    one, other = Answers.join(whole), Answers.join(cut)
    for name in ("time_s", "duration_s", "probability", "probabilities", "value"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name), err_msg=name)
    for name, values in one.aside.items():
        np.testing.assert_array_equal(other.aside[name], values, err_msg=name)
    assert (other.label, other.reason, other.until_s) == (one.label, one.reason, one.until_s)
    assert summed(cut) == summed(whole)


def test_answers_come_in_order_and_in_time() -> None:
    _, piece = example(7)
    until_s, before_s = 0.0, -1.0
    for number, answers in enumerate(decoded(piece, tuple(range(1, 100)))):
        newest_s = (number + 1) * HOP_STEPS / STEP_HZ
        if newest_s < START_S:
            assert not len(answers)
        else:
            assert answers.until_s >= newest_s - DECODER_LAG_S - 0.17 or number == 99
        assert (answers.time_s >= until_s).all()
        assert (np.diff([before_s, *answers.time_s]) > 0).all()
        until_s = answers.until_s
        before_s = answers.time_s[-1] if len(answers) else before_s


def test_a_long_stream_keeps_a_state_of_one_size() -> None:
    _, (windows, output) = example(2)
    count = len(windows)
    fold, sizes = DecodeSounds(DECISION), []
    for _ in range(12):
        fold.push((windows, output))
        ways = sum(len(each) for each in (fold.path.columns, fold.path.nones, fold.path.opened))
        arrays = fold.path.entered.size, fold.path.pending.size
        heard = fold.heard.rows.size, fold.heard.sound.size
        sizes.append((ways, *arrays, *heard, len(fold.template.recent)))
    assert fold.path.step == 12 * count * HOP_STEPS
    assert max(sizes[1:]) == min(sizes[1:])


def test_no_interval_spans_a_gap() -> None:
    truth, (windows, output) = example(5)
    windows.aside["sound"][40:44] = np.nan
    answers = Answers.join(decoded((windows, output)))
    assert not ((answers.time_s > 12.1) & (answers.time_s < 13.1)).any()
    first = np.array([each == "S1" for each in answers.label])
    after = np.flatnonzero(first & (answers.time_s > 13.2))[0]
    assert np.isnan(answers.value[after]).all()
    known_s = answers.value[first, 0][~np.isnan(answers.value[first, 0])]
    assert known_s.max() < np.diff(truth[:, 0]).max() + 0.003


def test_why_a_sound_is_unclear() -> None:
    _, (windows, output) = example(6, duration_s=40.0)
    windows.quality[30:45] = 0.0
    windows.aside["clipped"][50:65] = 0.2
    output["phase"][75:90] = 0.6 * output["phase"][75:90, ::1] + 0.08
    windows.aside["sound"][110:120] = np.where(np.arange(HOP) % 2, np.nan, 0.0)
    answers = Answers.join(decoded((windows, output)))
    reasons = {
        start_s: {
            reason
            for reason, time_s in zip(answers.reason, answers.time_s, strict=True)
            if start_s + 0.8 < time_s < start_s + 3.6
        }
        for start_s in (0.0, 9.0, 15.0, 22.5)
    }
    assert reasons[0.0] == {""}
    assert reasons[9.0] == {NOISY}
    assert reasons[15.0] == {CLIPPED}
    assert reasons[22.5] <= {"", DOUBTFUL}


def test_sounds_swapped_by_the_net_for_a_while_break_the_chain_and_come_back() -> None:
    truth, (windows, output) = example(8, duration_s=40.0)
    swapped = output["phase"][45:57].copy()
    output["phase"][45:57] = swapped[:, [2, 3, 0, 1, 4]]
    answers = Answers.join(decoded((windows, output)))
    late = answers.time_s > 22.0
    first_s = answers.time_s[late & np.array([label == "S1" for label in answers.label])]
    off_s = np.abs(first_s - truth[:, 0, None]).min(axis=0)
    assert off_s.max() < 0.03
    assert len(first_s) >= (truth[:, 0] > 22.1).sum()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("silence", SILENCE),
        ("noise", NOISY),
        ("clipped", CLIPPED),
        ("short", SHORT),
        ("lost", NO_SIGNAL),
    ],
)
def test_there_is_no_heart_rate_without_a_heart(kind: str, reason: str) -> None:
    duration_s = 2.0 if kind == "short" else 20.0
    truth, (windows, output) = example(9, 70.0, duration_s)
    if kind == "silence":
        windows.aside["sound"][:] = 0.0
    if kind == "noise":
        output["phase"][:] = np.array([0.05, 0.05, 0.05, 0.05, 0.8])[:, None]
    if kind == "clipped":
        windows.aside["clipped"][:] = 0.3
    if kind == "lost":
        windows.aside["sound"][:] = np.nan
    parts = decoded((windows, output))
    summary = summed(parts)
    assert summary["abstained"] == reason
    assert summary["heart_rate_bpm"] is None
    assert np.isnan(summary["hrv"]["sdnn_ms"])
    answers = Answers.join(parts)
    assert all(answers.reason)
    if kind in {"noise", "lost"}:
        assert not len(answers)
    if kind == "short":
        assert len(answers) > 0
        assert len(truth) < FEWEST_S1
        assert set(answers.reason) == {SHORT}


def test_the_summary_says_rate_and_variability() -> None:
    truth, piece = example(10, 75.0, 60.0)
    summary = summed(decoded(piece))
    interval_s = np.diff(truth[:, 0])
    assert summary["abstained"] is None
    assert summary["heart_rate_bpm"] == pytest.approx(60 / interval_s.mean(), abs=0.05)
    assert summary["hrv"]["sdnn_ms"] == pytest.approx(1000 * interval_s.std(ddof=1), rel=0.05)
    assert summary["hrv"]["interval_count"] == summary["rests_on"]["intervals"] == len(interval_s)
    assert summary["phases"]["S1"]["mean_s"] == pytest.approx(S1_S, abs=0.012)
    systole_s = (truth[:, 1] - truth[:, 0]).mean() - S1_S
    assert summary["phases"]["systole"]["mean_s"] == pytest.approx(systole_s, abs=0.012)
    assert len(summary["quality"]["per_second"]) == 60


def test_a_shift_by_one_swing_is_weighed_against_the_net() -> None:
    t = np.arange(PIECE) - PIECE // 2
    piece = np.exp(-((t / 60.0) ** 2)) * np.sin(2 * np.pi * t / 20)
    template = Template()
    placed = template.place([piece] * 4, [1.0, 2.0, 3.0, 4.0])
    assert all(abs(each.instant_s - round(each.instant_s)) < 1e-3 for each in placed)
    # Told 12 ms too late, it says so, and how unsure it is.
    late = template.place([np.roll(piece, -12)], [5.012])[0]
    assert abs(late.instant_s - 5.0) < late.spread_s * 2
    assert late.spread_s > placed[0].spread_s


def test_the_template_is_made_anew_when_sounds_change() -> None:
    rng = np.random.default_rng(0)
    old, new = rng.standard_normal((2, PIECE))
    template = Template()
    template.place([old] * 5, [float(k) for k in range(5)])
    after = [template.place([new], [5.0 + k])[0] for k in range(8)]
    assert after[0].correlation < 0.4
    assert after[-1].correlation > 0.99
    assert after[-1].epoch == after[0].epoch + 1


def test_correlations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    piece, shape = rng.standard_normal(50), rng.standard_normal(20)
    shape /= np.linalg.norm(shape)
    expected = [piece[k : k + 20] @ shape / np.linalg.norm(piece[k : k + 20]) for k in range(31)]
    np.testing.assert_allclose(correlations(piece, shape), expected, atol=1e-12)
    assert not correlations(np.zeros(50), shape).any()


def test_memory_does_not_grow() -> None:
    _, piece = example(11, duration_s=60.0)
    fold, sizes = DecodeSounds(DECISION), []
    for number in range(200):
        fold.push(part_of(piece, number, number + 1, 200))
        sizes.append((fold.heard.sound.size, len(fold.path.columns), len(fold.template.recent)))
    assert max(sizes)[0] < 7 * RATE_HZ
    assert max(size[1] for size in sizes) < 7 * STEP_HZ / 3
    assert max(size[2] for size in sizes) <= 8
