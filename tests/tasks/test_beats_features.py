from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from arsis.core.recording import Mark, Recording, from_array
from arsis.core.windows import Windows
from arsis.infer.windows import windows
from arsis.tasks import TASKS
from arsis.tasks.beats import morphology, prepare, rhythm
from arsis.tasks.beats.corpus import label
from arsis.tasks.beats.simulate import Patient, simulate

BEATS = TASKS["beats"]


def plain_rhythm(past: list[float], own: float, after: float) -> dict[str, float]:
    """The definitions once more, slowly, with Python's own arithmetic."""
    import statistics

    logs = [math.log(v) for v in past]
    median10, median60 = statistics.median(logs[-10:]), statistics.median(logs)
    change = [abs(b - a) for a, b in pairwise(logs)]
    known = after <= rhythm.LATEST_NEXT_S
    follow = math.log(min(after, rhythm.LATEST_NEXT_S))
    near = sorted(abs(v - math.log(own)) for v in logs)
    return {
        "log_rr_to_median10": math.log(own) - median10,
        "log_rr_to_median60": math.log(own) - median60,
        "log_rr_to_least60": math.log(own) - min(logs),
        "share_shorter60": sum(v <= own * 1.02 for v in past) / len(past),
        "log_next_to_median10": follow - median10,
        "next_known": float(known),
        "median_change10": statistics.median(change[-10:]),
        "median_change60": statistics.median(change),
        "log_sd60": statistics.pstdev(logs),
        "share_off_median60": sum(abs(v - median60) > 0.1 for v in logs) / len(logs),
        "distance_nearest60": near[0],
        "distance_fifth_nearest60": near[4],
        "share_changing60": sum(c > 0.08 for c in change) / len(change),
    }


@pytest.mark.parametrize("count", [12, 37, 60])
def test_rhythm_is_what_its_names_say(count: int) -> None:
    rng = np.random.default_rng(count)
    past = rng.uniform(0.4, 1.2, count)
    padded = np.full((1, rhythm.PAST), np.nan)
    padded[0, -count:] = past
    before = past[::-1][:8][None]
    found = rhythm.rhythm(padded, np.array([0.61]), np.array([0.9]), before, rhythm.Pace())[0]
    expected = plain_rhythm(past.tolist(), 0.61, 0.9)
    for name, value in expected.items():
        assert found[rhythm.FEATURES.index(name)] == pytest.approx(value, abs=1e-5), name


def test_rhythm_without_any_past_is_finite() -> None:
    nothing = np.full((2, rhythm.PAST), np.nan)
    none = np.full(2, np.nan)
    before = np.full((2, 8), np.nan)
    assert np.isfinite(rhythm.rhythm(nothing, none, none, before, rhythm.Pace())).all()


def prepared(recording: Recording, given: bool = True) -> Windows:
    return Windows.join(list(windows(BEATS, recording, given)))


def test_an_early_wide_beat_stands_out() -> None:
    recording = simulate(2, 120.0)
    found = prepared(recording)
    classes = label(recording, found)["beat"]
    early = found.context[:, prepare.FEATURES.index("log_rr_to_median10")]
    shape = found.context[:, prepare.FEATURES.index("lead1_qrs_correlation")]
    assert early[classes == 2].max() < -0.2
    assert shape[classes == 2].max() < np.quantile(shape[classes == 0], 0.01)
    assert (classes == 2).sum() >= 3


def test_one_lead_is_enough_and_is_said() -> None:
    two = simulate(2, 60.0)
    one = Recording(two.name, two.channels[:1], lambda: two.marks)
    found = prepared(one)
    assert found.mask[:, 0].all()
    assert not found.mask[:, 1].any()
    own = len(morphology.CHANNELS)
    assert (found.x[:, own:] == 0).all()
    np.testing.assert_array_equal(found.x[:, :own], prepared(two).x[:, :own])


def test_a_flat_lead_counts_as_missing() -> None:
    two = simulate(2, 60.0)
    x = np.stack([two.channels[0].read(), np.full(two.channels[1].length, 0.7, np.float32)])
    recording = from_array(x, 360.0, names=("MLII", "V1"), unit="mV")
    found = prepared(recording, given=False)
    assert len(found) > 40
    assert not found.mask[:, 1].any()


def test_no_interval_spans_a_gap() -> None:
    two = simulate(2, 60.0)
    x = np.stack([c.read() for c in two.channels])
    x[:, 30 * 360 : 33 * 360] = np.nan
    holed = from_array(x, 360.0, names=("MLII", "V1"), unit="mV")
    found = prepared(holed, given=False)
    after = np.flatnonzero(found.event_s > 33.0)[0]
    assert np.isnan(found.aside["rr_s"][after])
    assert np.isfinite(found.aside["rr_s"][1:after]).all()
    assert found.judged_us == pytest.approx(57e6, abs=0.2e6)


def test_detected_peaks_give_nearly_the_windows_of_the_annotated_ones() -> None:
    recording = simulate(5, 90.0, patient=Patient(noise_mv=0.01))
    truth, found = prepared(recording), prepared(recording, given=False)
    assert abs(len(truth) - len(found)) <= 2
    apart = np.abs(found.event_s[:, None] - truth.event_s[None]).min(1)
    assert np.median(apart) < 0.012


def test_labels_follow_the_annotated_symbols() -> None:
    marks = (Mark(0.9, "N"), Mark(1.8, "A"), Mark(2.0, "+"), Mark(2.7, "/"), Mark(3.6, "E"))
    base = simulate(1, 5.0)
    recording = Recording("r", base.channels, lambda: marks)
    np.testing.assert_array_equal(label(recording, prepared(recording))["beat"], [0, 1, -1, 2])


def test_the_template_fits_a_shifted_copy() -> None:
    rng = np.random.default_rng(1)
    template = np.cumsum(rng.normal(size=(1, 1, morphology.LENGTH)), axis=-1).astype(np.float32)
    beat = np.roll(template, 2, axis=-1)
    references = morphology.References(template, template, template)
    found = morphology.shapes(beat, references, np.array([2.0]))
    fit = found.scalars[0, 0, morphology.FEATURES.index("qrs_correlation")]
    assert fit == pytest.approx(1.0, abs=1e-4)


def test_a_run_of_short_intervals_is_counted_from_its_abrupt_onset() -> None:
    usual = np.log(np.full(7, 0.8))
    own = np.log([0.8, 0.8, 0.5, 0.5, 0.72, 0.8, 0.8])
    found = rhythm.Pace().follow(own, usual)
    np.testing.assert_allclose(np.expm1(found[:, 0]), [0, 0, 1, 2, 3, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found[2:5, 1], np.log(0.8 / 0.5))
    np.testing.assert_allclose(np.expm1(found[:, 2]), [0, 0, 1, 2, 3, 0, 0], atol=1e-12)
