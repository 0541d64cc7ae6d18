"""All measures together: how they scale and shift, what is too short, receipts, known patterns."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.formats.rr import read_intervals
from arsis.formats.source import source_of
from arsis.signal.hrv import HrvSums, hrv_time_domain
from arsis.signal.hrv_dfa import fluctuations, scaling
from arsis.signal.hrv_entropy import entropies
from arsis.signal.hrv_geometry import histogram, triangle_bins, triangular_index
from arsis.signal.hrv_poincare import poincare
from arsis.signal.hrv_settings import PRESETS
from arsis.signal.hrv_whole import segments, whole
from arsis.signal.nn import US, NnSeries

DEFAULT = PRESETS["default"]
BEATS = st.lists(
    st.tuples(st.integers(300, 1800), st.sampled_from([True, True, True, False]),
              st.integers(0, 19)),
    min_size=2, max_size=400,
)  # fmt: skip
EQUAL = {"1", "%", "n.u."}
"""Units of what does not change when every interval is twice as long."""


def arrays(beats):
    return (
        np.cumsum([each[0] for each in beats]) / 1000,
        np.array([each[1] for each in beats]),
        np.array([each[2] == 0 for each in beats]),
    )


def values(record):
    return {f"{f}.{n}": each["value"] for f, ms in record.items() for n, each in ms.items()}


def noisy(count, seed=0, mean_us=850_000):
    rng = np.random.default_rng(seed)
    swing = 30_000 * np.sin(np.arange(count) / 3) + rng.normal(0, 25_000, count)
    return NnSeries.of_intervals(np.rint(mean_us + swing).astype(np.int64))


@settings(max_examples=25)
@given(BEATS, st.lists(st.integers(0, 400), max_size=6))
def test_any_cut_gives_the_same_series_and_the_same_bits(beats, cuts):
    peak_s, normal, gap = arrays(beats)
    sums, pieces = HrvSums(), []
    edges = [0, *sorted(min(cut, len(beats)) for cut in cuts), len(beats)]
    for number in range(len(edges) - 1):
        cut = slice(edges[number], edges[number + 1])
        pieces.append(sums.add(peak_s[cut], normal[cut], gap[cut]))
    one = HrvSums()
    entire = one.add(peak_s, normal, gap)
    joined = NnSeries.join(pieces)
    for name in ("interval_us", "end_us", "follows"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(entire, name))
    assert json.dumps(whole(joined, DEFAULT, {})) == json.dumps(whole(entire, DEFAULT, {}))


@given(BEATS)
def test_the_sums_of_a_series_are_those_of_its_beats(beats):
    sums = HrvSums()
    series = sums.add(*arrays(beats))
    ours, theirs = HrvSums.of(series).measures(), hrv_time_domain(*arrays(beats))
    for name in ("sdnn_ms", "rmssd_ms", "sdsd_ms", "median_nn_ms", "pnn50_percent", "mean_hr_bpm"):
        np.testing.assert_equal(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_later_beginning_changes_nothing(preset):
    series = noisy(1500)
    later = NnSeries.of(series.interval_us, series.end_us + 5 * 3600 * US)
    one, other = (values(whole(each, preset, {})["record"]) for each in (series, later))
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert other[name] == (value if value is None else pytest.approx(value, rel=1e-6)), name


def test_longer_intervals_have_larger_deviations_and_the_same_shape():
    """All intervals twice as long: ms double, ms^2 fourfold; shares and exponents stay.

    Bins, limits in ms and frequencies are not scaled, so what rests on them is left out.
    """
    series = noisy(1500)
    double = NnSeries.of_intervals(2 * series.interval_us)
    one, other = (whole(each, DEFAULT, {})["record"] for each in (series, double))
    for family in ("time", "poincare", "dfa"):
        for name, each in one[family].items():
            if "nn50" in name or "nn20" in name or name == "mean_hr_bpm":
                continue
            power = {"ms": 2, "ms^2": 4}.get(each["unit"], 1)
            assert each["unit"] in {"ms", "ms^2"} | EQUAL
            assert other[family][name]["value"] == pytest.approx(power * each["value"], rel=1e-9)


def test_deviations_do_not_depend_on_the_mean():
    one, other = (values(whole(noisy(1500, mean_us=m), DEFAULT, {})["record"])
                  for m in (850_000, 950_000))  # fmt: skip
    for name in ("time.sdnn_ms", "time.rmssd_ms", "time.iqr_nn_ms", "poincare.sd2_ms",
                 "dfa.alpha1"):  # fmt: skip
        assert other[name] == pytest.approx(one[name], rel=1e-9)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 20, 90])
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_what_cannot_be_taken_is_null_with_a_reason(count, preset):
    found = whole(noisy(count), preset, {})
    json.dumps(found, allow_nan=False)
    for family, measures in found["record"].items():
        for name, each in measures.items():
            assert (each["value"] is None) == bool(each.get("reason")), (family, name)
            assert each["unit"]
            assert isinstance(each["count"], int)
            assert each["of"] in {"intervals", "differences", "segments"}
    assert found["record"]["welch"]["lf_ms2"]["value"] is None
    assert (found["record"]["time"]["mean_nn_ms"]["value"] is None) == (count == 0)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_intervals_that_do_not_vary_give_no_nonsense(preset):
    found = values(whole(NnSeries.of_intervals(np.full(2000, 800_000)), preset, {})["record"])
    assert found["time.sdnn_ms"] == found["poincare.sd1_ms"] == found["time.pnn50_percent"] == 0
    for name in ("poincare.sd1_sd2_ratio", "entropy.sample_entropy", "dfa.alpha1"):
        assert found[name] is None
    assert found["geometry.triangular_index"] == 1
    assert found["welch.lf_ms2"] == pytest.approx(0, abs=1e-9)


def test_every_family_has_a_receipt():
    for preset in PRESETS.values():
        found = whole(noisy(1500), preset, {"definition": "made"})
        assert found["preset"] == preset.name
        assert set(found["record"]) <= set(found["settings"])
        assert found["settings"]["nn"] == {"definition": "made"}
        assert all(found["settings"][name]["method"] for name in found["record"])
    one, other = (whole(noisy(400), each, {})["settings"] for each in PRESETS.values())
    assert one["welch"]["window_s"] != other["welch"]["window_s"]
    assert other["welch"]["smoothness"] == 500
    assert other["time"]["detrended"]
    assert not one["time"]["detrended"]


def test_segments_are_five_minutes_and_their_measures_are_their_own():
    series = noisy(1500)
    found = segments(series, DEFAULT)
    assert [part["start_s"] for part in found] == [300.0 * k for k in range(len(found))]
    second = series.between(300 * US, 600 * US)
    alone = whole(second, DEFAULT, {})["record"]
    assert found[1]["measures"]["time"] == alone["time"]
    assert found[1]["measures"]["entropy"]["sample_entropy"]["of"] == "intervals"
    assert found[-1]["measures"] == {}
    assert "cover less" in found[-1]["reason"]


def test_a_segment_with_a_hole_is_listed_without_measures():
    series = noisy(1100)
    kept = (series.end_us < 320 * US) | (series.end_us > 480 * US)
    found = segments(NnSeries.of(series.interval_us[kept], series.end_us[kept]), DEFAULT)
    assert [bool(part["measures"]) for part in found] == [True, False, True, False]


def test_sdann_and_the_index_are_means_and_deviations_of_segments():
    series = noisy(5200)
    parts = [part for part in series.segments(300 * US) if part.covered_s >= 240]
    found = whole(series, DEFAULT, {})["record"]["long_term"]
    means = [part.interval_ms.mean() for part in parts]
    deviations = [part.interval_ms.std(ddof=1) for part in parts]
    assert found["sdann_ms"]["value"] == pytest.approx(np.std(means, ddof=1))
    assert found["sdnni_ms"]["value"] == pytest.approx(np.mean(deviations))
    assert found["sdann_ms"]["count"] == len(parts)


def test_a_day_has_ulf_and_its_powers_add_up_to_the_variance():
    rng = np.random.default_rng(5)
    count = 100_000
    slow = 60_000 * np.sin(2 * np.pi * np.arange(count) / count)
    interval_us = np.rint(850_000 + slow + rng.normal(0, 20_000, count)).astype(np.int64)
    found = values(whole(NnSeries.of_intervals(interval_us), DEFAULT, {})["record"])
    assert found["long_term.ulf_ms2"] == pytest.approx(60**2 / 2, rel=0.1)
    noise = 20**2 * 2 * 0.85 * (0.4 - 0.0033)
    assert found["long_term.total_ms2"] - found["long_term.ulf_ms2"] == pytest.approx(
        noise, rel=0.1
    )
    assert found["welch.hf_ms2"] < 20**2


# The histogram, the plot, the scaling


def test_the_triangle_is_found_where_it_is():
    counts = np.array([0, 0, 4, 8, 12, 9, 6, 3, 0, 0])
    assert triangle_bins(counts) == (1, 8)
    assert triangular_index(counts) == pytest.approx(42 / 12)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=25).filter(any))
def test_no_other_triangle_fits_better(counts):
    counts = np.array(counts)
    left, right = triangle_bins(counts)
    top = int(np.argmax(counts))

    def cost(low, high):
        bins = np.arange(-len(counts), 2 * len(counts))
        feet = np.interp(bins, [low, top, high], [0, counts[top], 0])
        held = np.zeros(len(bins))
        held[len(counts) : 2 * len(counts)] = counts
        return np.sum((held - feet) ** 2)

    best = min(
        cost(low, high) for low in range(-1, top) for high in range(top + 1, len(counts) + 1)
    )
    assert cost(left, right) == pytest.approx(best, abs=1e-6)


def test_one_long_pause_does_not_make_a_square_table():
    interval_us = np.append(noisy(3000).interval_us, 55 * US)
    one = whole(NnSeries.of_intervals(interval_us), DEFAULT, {})["record"]["geometry"]
    other = whole(noisy(3000), DEFAULT, {})["record"]["geometry"]
    assert one["tinn_ms"]["value"] == other["tinn_ms"]["value"]


def test_bins_begin_at_zero_and_last_an_eighth_of_a_sixteenth_of_a_second():
    counts = histogram(np.array([7812, 7813, 800_000]), 15_625)
    assert counts[0] == counts[1] == counts[102] == 1
    assert counts.sum() == 3


def test_the_ellipse_of_one_pair_is_undefined():
    assert math.isnan(poincare(noisy(2)).sd1_ms)
    assert poincare(noisy(3)).pair_count == 2


def test_sd2_of_sdnn_is_close_and_not_the_same():
    pairs, sums = poincare(noisy(500)), poincare(noisy(500), of_sdnn=True)
    assert sums.sd1_ms == pairs.sd1_ms
    assert sums.sd2_ms == pytest.approx(pairs.sd2_ms, rel=0.02)
    assert sums.sd2_ms != pairs.sd2_ms


def test_scaling_of_noise_and_of_its_sum():
    noise = np.random.default_rng(7).normal(size=20_000)
    assert scaling(noise, 16, 64) == pytest.approx(0.5, abs=0.05)
    assert scaling(np.cumsum(noise), 16, 64) == pytest.approx(1.5, abs=0.05)
    boxes = fluctuations(noise, [10])
    profile = np.cumsum(noise - noise.mean()).reshape(-1, 10)
    lines = [np.polyval(np.polyfit(range(10), row, 1), range(10)) for row in profile]
    assert boxes[0] == pytest.approx(np.sqrt(np.mean((profile - lines) ** 2)))


def test_scaling_bears_some_joins_and_no_more():
    series = noisy(2000)
    for every, known in ((40, True), (4, False)):
        kept = np.arange(2000) % every != 0
        holed = NnSeries.of(series.interval_us[kept], series.end_us[kept])
        found = whole(holed, DEFAULT, {})
        assert found["basis"]["dfa"]["joins"] == 2000 // every - 1
        assert (found["record"]["dfa"]["alpha1"]["value"] is not None) == known
    assert "follow upon a gap" in found["record"]["dfa"]["alpha2"]["reason"]


def test_entropy_takes_no_template_across_an_excluded_beat():
    """By hand: templates of each unbroken part, compared with those of all parts."""
    series = noisy(240)
    kept = np.arange(240) % 60 != 30
    holed = NnSeries.of(series.interval_us[kept], series.end_us[kept])
    radius = 0.2 * np.std(holed.interval_us, ddof=1)
    value, follows = holed.interval_us, holed.follows
    starts = [i for i in range(len(holed) - 2) if follows[i + 1] and follows[i + 2]]
    pairs = [0, 0]
    for i in starts:
        for j in starts:
            if i != j and all(abs(value[i + k] - value[j + k]) <= radius for k in (0, 1)):
                pairs[0] += 1
                pairs[1] += abs(value[i + 2] - value[j + 2]) <= radius
    assert len(starts) < len(holed) - 2
    assert entropies(holed, DEFAULT)[0] == pytest.approx(-math.log(pairs[1] / pairs[0]))


# Test patterns of EC57 and IEC 60601-2-47


def pattern(mean_s, swing_s, hz, duration_s):
    """Return rr(k) = mean + swing * sin(2 pi f T(k)), T(k + 1) = T(k) + rr(k), T(0) = 0."""
    time_s, found = 0.0, []
    while time_s < duration_s:
        found.append(mean_s + swing_s * math.sin(2 * math.pi * hz * time_s))
        time_s += found[-1]
    return NnSeries.of_intervals(np.rint(1e6 * np.array(found)).astype(np.int64))


PATTERNS = {"2": (0.8, 0.035, 0.25), "3": (1.0, 0.07, 0.1)}


@pytest.mark.parametrize("number", PATTERNS)
def test_sine_patterns_have_the_variance_of_their_sine(number):
    """Beats come more often where intervals are short: with s = sqrt(a^2 - d^2), mean s."""
    mean_s, swing_s, hz = PATTERNS[number]
    found = values(whole(pattern(mean_s, swing_s, hz, 7200.0), DEFAULT, {})["record"])
    middle_s = math.sqrt(mean_s**2 - swing_s**2)
    sdnn_ms = 1000 * math.sqrt(mean_s * middle_s - middle_s**2)
    assert found["time.sdnn_ms"] == pytest.approx(sdnn_ms, rel=0.02)
    step = 2 * math.sin(math.pi * hz * mean_s)
    assert found["time.rmssd_ms"] == pytest.approx(step * sdnn_ms, rel=0.03)
    assert found["long_term.sdann_ms"] < 0.5
    assert found["long_term.sdnni_ms"] == pytest.approx(sdnn_ms, rel=0.02)
    band = "lf" if hz < 0.15 else "hf"
    for family in ("welch", "lomb_scargle"):
        power = found[f"{family}.{band}_ms2"]
        assert power == pytest.approx((1000 * swing_s) ** 2 / 2, rel=0.1)
        assert found[f"{family}.{band}_peak_hz"] == pytest.approx(hz, abs=0.003)


def test_published_patterns_have_their_published_answers():
    """ARSIS_HRV_PATTERNS: a folder with NAME.txt (intervals) and NAME.json.

    The JSON holds {"time.sdnn_ms": [answer, tolerance in its unit], ...} as published.
    """
    folder = os.environ.get("ARSIS_HRV_PATTERNS")
    if not folder:
        pytest.skip("ARSIS_HRV_PATTERNS names no folder with the published HRV test patterns")
    files = sorted(Path(folder).glob("*.txt"))
    assert files, f"{folder} holds no pattern"
    for file in files:
        told = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        series = NnSeries.of_intervals(read_intervals(source_of(file)).interval_us)
        found = values(whole(series, replace(DEFAULT, sdann_segments=2), {})["record"])
        for name, (value, tolerance) in told.items():
            assert found[name] == pytest.approx(value, abs=tolerance), (file.name, name)
