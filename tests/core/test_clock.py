from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.clock import Band, Clock, kernel
from arsis.core.recording import Mark, Recording, from_array

BAND = Band(cutoff_hz=45.0, half_s=0.04)


def run(recording: Recording, cuts: list[float], rate_hz: float = 250.0, marks=()):
    """Push a recording through a clock, cut at the given times."""
    clock = Clock(tuple(c.name for c in recording.channels), rate_hz, BAND)
    edges = [0.0, *sorted(cuts), recording.duration_s]
    blocks = []
    for start_s, stop_s in pairwise(edges):
        inside = tuple(
            m for m in marks if start_s <= m.time_s < stop_s or stop_s == edges[-1] <= m.time_s
        )
        piece = type(next(iter(recording.pieces(1e9))))(
            start_s, stop_s, recording._samples(start_s, stop_s), inside
        )
        blocks.append(clock.push(piece, last=stop_s == edges[-1] and len(blocks) == len(edges) - 2))
    return np.concatenate([b.x for b in blocks], axis=1), [m for b in blocks for m in b.marks]


def sines(rate_hz: float, seconds: float = 4.0) -> Recording:
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    x = np.stack([np.sin(2 * np.pi * 5 * time_s), np.cos(2 * np.pi * 12 * time_s)])
    return from_array(x, rate_hz, names=("a", "b"), unit="mV")


@pytest.mark.parametrize("rate_hz", [100.0, 128.0, 250.0, 257.5, 360.0, 1000.0, 4000.0, 44_100.0])
def test_a_sine_keeps_its_values_at_any_rate(rate_hz: float) -> None:
    x, _ = run(sines(rate_hz), [])
    time_s = np.arange(x.shape[1]) / 250.0
    inner = slice(30, -30)
    tolerance = 0.01 if rate_hz > 200 else 0.03
    assert np.abs(x[0] - np.sin(2 * np.pi * 5 * time_s))[inner].max() < tolerance
    assert np.abs(x[1] - np.cos(2 * np.pi * 12 * time_s))[inner].max() < tolerance


@pytest.mark.parametrize("rate_hz", [360.0, 1600.5, 11_025.0], ids=["taps", "rows", "long rows"])
@given(cuts=st.lists(st.floats(0.001, 3.999), max_size=6, unique=True))
def test_cuts_change_nothing(rate_hz: float, cuts: list[float]) -> None:
    recording = sines(rate_hz)
    whole, _ = run(recording, [])
    pieces, _ = run(recording, cuts)
    np.testing.assert_array_equal(pieces, whole)


def test_a_gap_costs_only_its_surroundings() -> None:
    recording = sines(360.0)
    x = np.stack([c.read() for c in recording.channels])
    x[0, 400:500] = np.nan
    grid, _ = run(from_array(x, 360.0, names=("a", "b"), unit="mV"), [])
    missing = np.flatnonzero(np.isnan(grid[0])) / 250.0
    assert missing.min() > 400 / 360 - 0.05
    assert missing.max() < 500 / 360 + 0.05
    assert not np.isnan(grid[1]).any()


def test_channels_of_different_rates_meet_on_one_grid() -> None:
    slow, quick = sines(128.0), sines(500.0)
    both = Recording("mixed", (slow.channels[0], quick.channels[1]))
    x, _ = run(both, [0.7, 2.21])
    time_s = np.arange(x.shape[1]) / 250.0
    assert np.abs(x[0] - np.sin(2 * np.pi * 5 * time_s))[30:-30].max() < 0.03
    assert np.abs(x[1] - np.cos(2 * np.pi * 12 * time_s))[30:-30].max() < 0.03


def test_mains_hum_is_damped_and_the_qrs_band_is_not() -> None:
    time_s = np.arange(3600) / 360.0
    x = np.stack([np.sin(2 * np.pi * 90 * time_s), np.sin(2 * np.pi * 20 * time_s)])
    grid, _ = run(from_array(x, 360.0, names=("a", "b"), unit="mV"), [])
    assert np.abs(grid[0][100:-100]).max() < 0.02
    assert 0.93 < np.abs(grid[1][100:-100]).max() < 1.02


def test_marks_come_with_the_block_that_holds_them() -> None:
    marks = tuple(Mark(t, "N") for t in (0.0, 1.0, 1.5, 3.999))
    _, whole = run(sines(360.0), [], marks=marks)
    _, cut = run(sines(360.0), [1.0, 1.49, 1.51], marks=marks)
    assert whole == cut == list(marks)


def test_every_phase_of_the_kernel_sums_to_one() -> None:
    for rate_hz in (100.0, 360.0, 1000.0):
        np.testing.assert_allclose(kernel(rate_hz, BAND).sum(0), 1.0, atol=1e-6)
