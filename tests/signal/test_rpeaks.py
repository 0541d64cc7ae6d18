"""R peaks: any cut gives the same, nothing gives no beats, and real records meet their floors."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.signal import beat_choice
from arsis.signal.disturb import bursts
from arsis.signal.rpeaks import (
    LONGEST_DELAY_S,
    STANDARD_DELAY_S,
    WARM_UP_S,
    Peaks,
    RPeakDetector,
    rpeaks,
)

if TYPE_CHECKING:
    from pathlib import Path

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
RATE_HZ = 250.0
WAVES = ((-0.17, 0.025, 0.12), (-0.025, 0.009, -0.12), (0.0, 0.011, 1.0), (0.025, 0.01, -0.25))
T_WAVE = (0.28, 0.045, 0.3)


def beats_s(duration_s: float, seed: int, rr_s: float = 0.8) -> F64:
    """Times of R peaks of a slightly irregular rhythm: (beat,)."""
    rr = rr_s * (1 + 0.04 * np.random.default_rng(seed).standard_normal(int(duration_s / rr_s) + 9))
    at_s = 0.45 + np.cumsum(rr)
    kept: F64 = at_s[at_s < duration_s - 0.45]
    return kept


def ecg(
    at_s: F64, duration_s: float, height: npt.ArrayLike = 1.0, noise_mv: float = 0.02, seed: int = 0
) -> F32:
    """Two simulated leads, sums of Gaussian waves: (2, time) in mV."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    heights = np.broadcast_to(np.asarray(height, float), at_s.shape)
    x = np.zeros((2, t.size))
    for beat_s, scale in zip(at_s, heights, strict=True):
        for offset_s, width_s, size in (*WAVES, T_WAVE):
            wave = scale * size * np.exp(-0.5 * ((t - beat_s - offset_s) / width_s) ** 2)
            x += np.array([[1.0], [-0.7]]) * wave
    rng = np.random.default_rng(seed)
    wander = 0.3 * np.sin(2 * np.pi * 0.2 * t)
    return (x + wander + noise_mv * rng.standard_normal(x.shape)).astype(np.float32)


def in_pieces(x: F32, cuts: list[int]) -> Peaks:
    """Peaks when `x` arrives cut at `cuts`, the state copied on the way."""
    detector = RPeakDetector(RATE_HZ, x.shape[0])
    edges = [0, *sorted(min(cut, x.shape[1]) for cut in cuts), x.shape[1]]
    parts = []
    for a, b in pairwise(edges):
        detector = copy.deepcopy(detector)
        parts.append(detector.push(x[:, a:b]))
    parts.append(detector.push(x[:, :0], last=True))
    return Peaks(
        np.concatenate([p.sample for p in parts]),
        np.concatenate([p.known for p in parts]),
        np.concatenate([p.lead for p in parts]),
        np.concatenate([p.quality for p in parts]),
    )


def same(a: Peaks, b: Peaks) -> None:
    """Fail unless two answers agree to the last bit."""
    for name in ("sample", "known", "lead", "quality"):
        left, right = getattr(a, name), getattr(b, name)
        assert left.dtype == right.dtype
        assert left.tobytes() == right.tobytes(), name


def found(truth_s: F64, peaks: Peaks, tolerance_s: float = 0.02) -> tuple[int, int]:
    """How many beats were missed and how many peaks are false."""
    sample_s = peaks.sample / RATE_HZ
    near = np.abs(truth_s[:, None] - sample_s[None]) <= tolerance_s
    return int((~near.any(axis=1)).sum()), int((~near.any(axis=0)).sum())


def hard_ecg() -> F32:
    """A recording with small beats, a pause, noise and a gap in each lead: (2, 7500)."""
    at_s = beats_s(30.0, 1)
    at_s = at_s[(at_s < 18) | (at_s > 21)]
    x = ecg(at_s, 30.0, np.where(np.arange(at_s.size) % 5 == 4, 0.3, 1.0), noise_mv=0.05)
    x[0, 3000:3400] = np.nan
    x[1, 3300:3310] = np.nan
    return x


HARD = hard_ecg()
WHOLE = rpeaks(HARD, RATE_HZ)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, HARD.shape[1]), max_size=12), st.integers(0, HARD.shape[1]))
def test_any_cut_gives_the_same_peaks(cuts: list[int], single: int) -> None:
    samples = range(single, min(single + 60, HARD.shape[1]))
    same(in_pieces(HARD, [*cuts, *samples]), WHOLE)


@pytest.mark.parametrize("length", [1, 25, 241])
def test_even_pieces_give_the_same_peaks(length: int) -> None:
    same(in_pieces(HARD, list(range(0, HARD.shape[1], length))), WHOLE)


def test_pieces_larger_than_the_inner_chunk_give_the_same_peaks() -> None:
    x = np.tile(HARD, 8)
    same(in_pieces(x, [20_000, 20_001]), rpeaks(x, RATE_HZ))


@pytest.mark.parametrize("length", [0, 1, 5, 200, 500, 1999, 2026, 2027, 2028, 2100])
def test_short_recordings_in_pieces(length: int) -> None:
    x = HARD[:, :length]
    same(in_pieces(x, list(range(0, length, 7))), rpeaks(x, RATE_HZ))


@pytest.mark.parametrize("duration_s", [2.5, 5.0, 8.0, 9.0, 60.0])
def test_finds_every_beat_however_short(duration_s: float) -> None:
    at_s = beats_s(duration_s, 3)
    assert found(at_s, rpeaks(ecg(at_s, duration_s), RATE_HZ)) == (0, 0)


@pytest.mark.parametrize("factor", [0.1, 1.0, 5.0, -1.0, -0.1])
def test_scale_and_polarity_do_not_matter(factor: float) -> None:
    at_s = beats_s(60.0, 4)
    x = ecg(at_s, 60.0) * np.float32(factor)
    assert found(at_s, rpeaks(x, RATE_HZ)) == (0, 0)
    assert found(at_s, rpeaks(x[:1], RATE_HZ)) == (0, 0)


@pytest.mark.parametrize("rate_hz", [125.0, 360.0, 500.0])
def test_other_rates(rate_hz: float) -> None:
    at_s = beats_s(60.0, 5)
    t = np.arange(round(60 * rate_hz)) / rate_hz
    x = ecg(at_s, 60.0)
    x = np.stack([np.interp(t, np.arange(x.shape[1]) / RATE_HZ, lead) for lead in x])
    sample = rpeaks(x.astype(np.float32), rate_hz).sample
    assert sample.size == at_s.size
    assert np.abs(sample / rate_hz - at_s).max() < 0.01


def test_timing_is_finer_than_a_sample() -> None:
    at_s = beats_s(120.0, 6)
    error_s = rpeaks(ecg(at_s, 120.0, noise_mv=0.01), RATE_HZ).sample / RATE_HZ - at_s
    assert np.std(error_s) < 0.0006
    assert abs(np.mean(error_s)) < 0.002


def noises() -> dict[str, F32]:
    """Ten minutes of what is not an ECG: name -> (2, time)."""
    count = 150_000
    rng = np.random.default_rng(7)
    white = rng.standard_normal((2, count))
    t = np.arange(count) / RATE_HZ
    waves = np.fft.rfft(white)
    fall = np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 0.05)
    return {
        name: np.asarray(x, np.float32)
        for name, x in {
            "flat": np.zeros((2, count)),
            "missing": np.full((2, count), np.nan),
            "white": 0.3 * white,
            "pink": np.fft.irfft(waves / np.sqrt(fall), count),
            "brown": np.fft.irfft(waves / fall, count),
            "mains": np.stack([np.sin(2 * np.pi * 50 * t), np.cos(2 * np.pi * 50 * t)]),
            "wander": np.stack([np.sin(2 * np.pi * 0.3 * t), np.cos(2 * np.pi * 0.15 * t)]),
            "last digit": np.where(white > 2, 0.005, 0.0),
        }.items()
    }


@pytest.mark.parametrize("name", noises())
def test_noise_has_no_beats(name: str) -> None:
    assert rpeaks(noises()[name], RATE_HZ).sample.size == 0


@pytest.mark.parametrize("fill", [0.0, 1.3, np.nan])
def test_a_flat_or_missing_lead_is_ignored(fill: float) -> None:
    at_s = beats_s(60.0, 8)
    for lead in (0, 1):
        x = ecg(at_s, 60.0)
        x[lead] = fill
        peaks = rpeaks(x, RATE_HZ)
        assert found(at_s, peaks) == (0, 0)
        assert np.all(peaks.lead == 1 - lead)


def test_a_noisy_lead_does_no_harm() -> None:
    at_s = beats_s(60.0, 9)
    x = ecg(at_s, 60.0)
    x[0] = np.random.default_rng(1).standard_normal(x.shape[1])
    assert found(at_s, rpeaks(x, RATE_HZ)) == (0, 0)


def test_bursts_of_noise_cost_few_beats() -> None:
    at_s = beats_s(300.0, 17)
    x = bursts(ecg(at_s, 300.0), RATE_HZ, 6.0, np.random.default_rng(5))
    missed, false = found(at_s, rpeaks(x, RATE_HZ), 0.15)
    assert missed <= 0.01 * at_s.size
    assert false <= 0.01 * at_s.size


def test_likeness_is_left_out_only_where_it_cannot_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    x = bursts(ecg(beats_s(120.0, 18), 120.0), RATE_HZ, 0.0, np.random.default_rng(6))
    quick = rpeaks(x, RATE_HZ)
    monkeypatch.setattr(beat_choice, "GAIN", np.inf)
    monkeypatch.setattr(beat_choice, "LOSS", np.inf)
    same(rpeaks(x, RATE_HZ), quick)


def test_a_gap_costs_only_itself() -> None:
    at_s = beats_s(60.0, 10)
    x = ecg(at_s, 60.0)
    x[:, 5000:6000] = np.nan
    x[:, 6000:] += np.float32(2.0)
    kept = at_s[(at_s < 19.95) | (at_s > 24.05)]
    assert found(kept, rpeaks(x, RATE_HZ))[0] == 0
    missed, false = found(at_s[(at_s < 20) | (at_s > 24)], rpeaks(x, RATE_HZ))
    assert missed + false <= 1


def test_one_lead_carries_on_while_the_other_is_missing() -> None:
    at_s = beats_s(60.0, 11)
    x = ecg(at_s, 60.0)
    x[0, 4000:5000] = np.nan
    x[1, 8000:11000] = np.nan
    assert found(at_s, rpeaks(x, RATE_HZ)) == (0, 0)


@pytest.mark.parametrize("fill", [0.0, np.nan])
@pytest.mark.parametrize("lead", [0, 1])
def test_a_lead_that_comes_and_goes_keeps_its_habits(lead: int, fill: float) -> None:
    at_s = beats_s(240.0, 19)
    x, t = ecg(at_s, 240.0), np.arange(60_000) / RATE_HZ
    x[lead, (t // 20) % 2 == 1] = fill
    within = (at_s + 0.5) % 20 > 1
    assert found(at_s[within], rpeaks(x, RATE_HZ))[0] == 0


@pytest.mark.parametrize("small", [0.3, 0.25])
def test_small_beats_after_large_ones_are_kept(small: float) -> None:
    at_s = beats_s(60.0, 12)
    height = np.where((np.arange(at_s.size) // 6) % 2 == 0, 1.0, small)
    assert found(at_s, rpeaks(ecg(at_s, 60.0, height), RATE_HZ)) == (0, 0)


def test_a_pause_adds_and_loses_nothing() -> None:
    at_s = beats_s(60.0, 13)
    at_s = at_s[(at_s < 30) | (at_s > 35)]
    assert found(at_s, rpeaks(ecg(at_s, 60.0), RATE_HZ)) == (0, 0)


def test_delays_are_as_promised() -> None:
    at_s = beats_s(60.0, 14)
    for x in (HARD, ecg(at_s, 60.0)):
        peaks = rpeaks(x, RATE_HZ)
        delay_s = (peaks.known - peaks.sample) / RATE_HZ
        later = peaks.known > np.ceil(WARM_UP_S * RATE_HZ)
        assert np.all(np.diff(peaks.sample) > 0)
        assert delay_s[later].max() <= LONGEST_DELAY_S
        assert np.all(peaks.known <= x.shape[1])
        assert np.all(peaks.sample[~later] <= WARM_UP_S * RATE_HZ)
    steady = delay_s[later & (peaks.known < x.shape[1])]
    assert np.abs(steady - STANDARD_DELAY_S).max() < 0.02


def test_quality_tells_beats_from_noise() -> None:
    at_s = beats_s(60.0, 15)
    clean = rpeaks(ecg(at_s, 60.0, noise_mv=0.01), RATE_HZ).quality
    noisy = rpeaks(ecg(at_s, 60.0, noise_mv=0.15), RATE_HZ).quality
    assert clean.min() > 0.8
    assert np.median(noisy) < np.median(clean)
    assert noisy.min() >= 0.0


def test_state_stays_small() -> None:
    x = ecg(beats_s(60.0, 16), 60.0)
    detector = RPeakDetector(RATE_HZ, 2)
    sizes = []
    for _ in range(20):
        detector.push(x)
        arrays = [v for v in vars(detector).values() if isinstance(v, np.ndarray)]
        sizes.append(sum(v.nbytes for v in arrays))
    assert max(sizes) < 100_000


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(2, time\)"):
        RPeakDetector(RATE_HZ, 2).push(np.zeros((3, 10), np.float32))


def matched(truth: F64, sample: F64, tolerance: float) -> int:
    """How many pairs of a beat and a peak there are, each used once, both in order of time."""
    pairs = i = j = 0
    while i < truth.size and j < sample.size:
        if abs(truth[i] - sample[j]) <= tolerance:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif truth[i] < sample[j]:
            i += 1
        else:
            j += 1
    return pairs


def outside(at: F64, begin: F64, end: F64) -> F64:
    """Those of `at` that lie in none of the stretches from `begin` to `end`."""
    inside = ((at[:, None] >= begin) & (at[:, None] <= end)).any(axis=1)
    kept: F64 = at[~inside]
    return kept


def annotated(record: Path) -> tuple[F32, F64, F64, F64]:
    """Signal at 250 Hz, beats, and begins and ends of flutter in its samples."""
    import wfdb
    from scipy.signal import resample_poly

    signal = wfdb.rdrecord(str(record)).p_signal
    notes = wfdb.rdann(str(record), "atr")
    at, symbol = notes.sample * RATE_HZ / 360.0, np.array(notes.symbol)
    x = np.ascontiguousarray(resample_poly(signal, 25, 36, axis=0).T, np.float32)
    beat = np.isin(symbol, list("NLRejAaJSVEF/fQ"))
    return x, at[beat], at[symbol == "["], at[symbol == "]"]


@pytest.mark.slow
def test_floors_on_the_whole_mit_bih_database(mitdb: Path) -> None:
    tolerances_s = (0.15, 0.05)
    beats = peaks = 0
    pairs = np.zeros(2)
    records = sorted(mitdb.glob("*.hea"))
    assert len(records) == 48
    for record in records:
        x, truth, begin, end = annotated(record.with_suffix(""))
        sample = outside(rpeaks(x, RATE_HZ).sample, begin, end)
        truth = outside(truth, begin, end)
        beats, peaks = beats + truth.size, peaks + sample.size
        pairs += [matched(truth, sample, s * RATE_HZ) for s in tolerances_s]
    floors = np.array([0.995, 0.99])
    assert np.all(pairs / beats >= floors)
    assert np.all(pairs / peaks >= floors)
