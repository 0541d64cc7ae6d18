from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.fold import Block
from arsis.core.recording import Mark, Recording
from arsis.core.windows import Windows
from arsis.signal.melspectrum import log_mel
from arsis.tasks.sounds import prepare
from arsis.tasks.sounds.label import label, phases_of
from arsis.tasks.sounds.phases import (
    ANSWERED,
    FRAMES,
    HOP,
    HOP_STEPS,
    RATE_HZ,
    STATES,
    STEP,
    STEP_HZ,
    STEPS,
)


def windows_of(x: np.ndarray, cuts: list[int]) -> Windows:
    """Prepare samples on the grid that are cut at the given places."""
    fold = prepare.PrepareSounds(False)
    edges = [0, *sorted(cuts), len(x)]
    return Windows.join(
        [
            fold.push(Block(x[None, start:stop], start, RATE_HZ), number == len(edges) - 2)
            for number, (start, stop) in enumerate(pairwise(edges))
        ]
    )


def noise(count: int, gap: slice = slice(0)) -> np.ndarray:
    x = 0.1 * np.random.default_rng(count).standard_normal(count).astype(np.float32)
    x[gap] = np.nan
    return x


@settings(max_examples=40)
@given(
    count=st.integers(1, 9000),
    cuts=st.lists(st.integers(0, 9000), max_size=8),
    gap=st.tuples(st.integers(0, 9000), st.integers(0, 900)),
)
def test_recordings_of_any_length_are_the_same_however_cut(count, cuts, gap):
    x = noise(count, slice(gap[0], sum(gap)))
    whole = windows_of(x, [])
    cut = windows_of(x, [place for place in cuts if place <= count])
    for name in ("x", "start_s", "event_s", "quality", "mask", "context"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name), err_msg=name)
    for name, values in whole.aside.items():
        np.testing.assert_array_equal(cut.aside[name], values, err_msg=name)
    assert (cut.until_s, cut.judged_us) == (whole.until_s, whole.judged_us)


@settings(max_examples=40)
@given(count=st.integers(1, 12_000))
def test_every_step_is_answered_once(count):
    windows = windows_of(noise(count), [])
    column, steps = windows.aside["column"], windows.aside["steps"]
    answered = [
        np.rint(start * STEP_HZ) + first + np.arange(many)
        for start, first, many in zip(windows.start_s, column, steps, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(answered), np.arange(-(-count // STEP)))
    np.testing.assert_array_equal(windows.event_s, np.arange(len(windows)) * HOP / RATE_HZ)
    assert column.min() >= 0
    assert (column + steps).max() <= STEPS
    assert windows.judged_us == count * 1000
    assert windows.until_s == count / RATE_HZ


def test_windows_stand_as_far_back_as_the_look_ahead_allows():
    windows = windows_of(noise(20_000), [])
    # The first ones share the recording's first seconds and the last ones its last.
    assert set(windows.aside["column"][:9]) == {HOP_STEPS * k for k in range(9)}
    assert set(windows.aside["column"][9:-2]) == {ANSWERED.start}
    assert windows.start_s[:9].max() == 0
    assert windows.start_s[-1] == (1000 - STEPS) / STEP_HZ
    fold = prepare.PrepareSounds(False)
    fold.push(Block(noise(20_000)[None, :3520], 0, RATE_HZ))
    assert fold.answered == 10
    fold.push(Block(noise(20_000)[None, 3520:3521], 3520, RATE_HZ))
    assert fold.answered == 11


def test_a_window_shows_loudness_beside_its_mean():
    x = noise(20_000)
    windows = windows_of(x, [])
    number = 20
    first = round(windows.start_s[number] * RATE_HZ)
    begin = first + 5 - prepare.LOUDNESS.reach
    reach = 10 * FRAMES + 2 * prepare.LOUDNESS.reach
    bands = log_mel(x[begin : begin + reach], prepare.LOUDNESS)[:, :FRAMES]
    wanted = bands - bands.mean(1, keepdims=True)
    np.testing.assert_allclose(windows.x[number, :-1], wanted, atol=5e-5)
    assert (windows.x[number, -1] == 1).all()


@settings(max_examples=10)
@given(gain=st.floats(0.25, 4.0))
def test_loudness_of_the_whole_recording_does_not_matter(gain):
    x = noise(6000)
    one, other = windows_of(x, []), windows_of((x * gain).astype(np.float32), [])
    # The floor of -100 dB is not turned up with the sound.
    np.testing.assert_allclose(other.x, one.x, atol=2e-2)


def test_gaps_are_not_measured():
    windows = windows_of(noise(20_000, slice(8000, 9500)), [])
    gone = (windows.event_s >= 8.1) & (windows.event_s < 9.2)
    np.testing.assert_array_equal(windows.mask[:, 0], ~gone)
    assert windows.judged_us == 18_500_000
    sound = windows.aside["sound"].ravel()[:20_000]
    assert np.isnan(sound[8000:9500]).all()
    assert not np.isnan(sound[:7950]).any()
    assert not np.isnan(sound[9550:]).any()
    within = windows.x[windows.start_s == 6.5]
    known = within[0, -1]
    at = 6.5 + (np.arange(FRAMES) + 0.5) / 100
    assert (known[(at > 8.0) & (at < 9.5)] == 0).all()
    assert (known[(at < 7.95) | (at > 9.55)] == 1).all()
    assert (within[0, :-1, known == 0] == 0).all()


def test_the_waveform_beside_the_windows_is_in_time():
    x = np.zeros(9000, np.float32)
    x[4000:4040] = np.sin(2 * np.pi * 100 * np.arange(40) / RATE_HZ)
    sound = windows_of(x, []).aside["sound"].ravel()
    np.testing.assert_allclose(sound[4010:4030], x[4010:4030], atol=0.2)
    assert np.abs(np.r_[sound[:3940], sound[4100:]]).max() < 1e-6


def test_a_step_is_what_covers_most_of_it():
    marks = (
        Mark(0.011, "S1", 0.089),
        Mark(0.1, "systole", 0.031),
        Mark(0.131, "S2", 0.069),
        Mark(0.2, "murmur", 0.5),
        Mark(0.25, "S1", 0.0),
    )
    # 9 of the first 20 ms are annotated; of the seventh step 11 ms are systole.
    wanted = [-1, 0, 0, 0, 0, 1, 1, 2, 2, 2, -1, -1]
    assert phases_of(marks, 12).tolist() == wanted


@given(
    edges=st.lists(st.integers(0, 4000), min_size=2, max_size=20, unique=True),
    labels=st.lists(st.sampled_from([*STATES, "", "?"]), min_size=20, max_size=20),
)
def test_labels_agree_with_counting_milliseconds(edges, labels):
    spans = list(zip(pairwise(sorted(edges)), labels, strict=False))
    marks = tuple(Mark(a / 1000, name, (b - a) / 1000) for (a, b), name in spans)
    votes = np.zeros((len(STATES), 4000))
    for (start, stop), name in spans:
        if name in STATES:
            votes[STATES.index(name), start:stop] = 1
    votes = votes.reshape(len(STATES), -1, STEP).sum(2)
    phases = phases_of(marks, 4000 // STEP)
    clear = np.abs(votes.sum(0) - STEP / 2) > 0.5
    ranked = np.sort(votes, axis=0)
    clear &= (ranked[-1] - ranked[-2] > 0.5) | (votes.sum(0) < STEP / 2)
    wanted = np.where(votes.sum(0) < STEP / 2, -1, votes.argmax(0))
    np.testing.assert_array_equal(phases[clear], wanted[clear])


def test_labels_stand_where_the_windows_stand():
    x = noise(20_000)
    marks = (Mark(0.0, "diastole", 10.0), Mark(10.0, "S1", 0.12))
    recording = Recording("one", (), lambda: marks)
    windows = windows_of(x, [])
    phases = label(recording, windows)["phase"]
    assert phases.shape == (len(windows), STEPS)
    time_s = windows.start_s[:, None] + (np.arange(STEPS) + 0.5) / STEP_HZ
    np.testing.assert_array_equal(phases == STATES.index("diastole"), time_s < 10.0)
    np.testing.assert_array_equal(phases == STATES.index("S1"), (time_s > 10) & (time_s < 10.12))
    assert (phases[time_s > 10.12] == -1).all()


def test_an_empty_recording_gives_no_window():
    windows = windows_of(np.empty(0, np.float32), [0, 0])
    assert (len(windows), windows.until_s, windows.judged_us) == (0, 0.0, 0)
