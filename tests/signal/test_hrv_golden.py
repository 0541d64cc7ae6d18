"""Heart rate variability against NeuroKit2 on a committed series, and where definitions differ.

The table of named exceptions in docs/hrv.md is compared with what this file measures.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arsis.formats.rr import read_intervals
from arsis.formats.source import source_of
from arsis.signal.hrv_dfa import scaling
from arsis.signal.hrv_entropy import entropies
from arsis.signal.hrv_frequency import resampled, welch_spectrum
from arsis.signal.hrv_geometry import geometry_family
from arsis.signal.hrv_settings import MEAN, PRESETS
from arsis.signal.hrv_whole import whole
from arsis.signal.nn import US, NnSeries
from arsis.signal.smoothness import smooth_trend

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "hrv.md"
DEFAULT = PRESETS["default"]
SAME_WINDOW = replace(DEFAULT, detrend=MEAN, fft_points=1200)
"""As NeuroKit2: the mean of the whole taken off, zeros up to twice the window."""


@pytest.fixture(scope="module")
def series():
    return NnSeries.of_intervals(read_intervals(source_of(HERE / "simulated_rr.txt")).interval_us)


@pytest.fixture(scope="module")
def ours(series):
    record = whole(series, DEFAULT, {})["record"]
    return {f"{f}.{n}": each["value"] for f, ms in record.items() for n, each in ms.items()}


@pytest.fixture(scope="module")
def five_minutes(series):
    return series.segments(300 * US)[0]


def neurokit(function, *arguments, **options):
    import neurokit2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short recordings, which is what is compared
        return getattr(neurokit2, function)(*arguments, **options)


def given(series):
    return {"RRI": series.interval_ms, "RRI_Time": series.end_s}


@pytest.fixture(scope="module")
def theirs(series):
    row = neurokit("hrv_time", given(series)).iloc[0]
    return {name.removeprefix("HRV_"): float(value) for name, value in row.items()}


SAME = {
    "time.mean_nn_ms": "MeanNN", "time.sdnn_ms": "SDNN", "time.rmssd_ms": "RMSSD",
    "time.sdsd_ms": "SDSD", "time.median_nn_ms": "MedianNN", "time.mad_nn_ms": "MadNN",
    "time.iqr_nn_ms": "IQRNN", "time.p20_nn_ms": "Prc20NN", "time.p80_nn_ms": "Prc80NN",
    "time.min_nn_ms": "MinNN", "time.max_nn_ms": "MaxNN",
    "geometry.triangular_index": "HTI",
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_same_definition_gives_the_same_number(name, ours, theirs):
    assert ours[name] == pytest.approx(theirs[SAME[name]], rel=1e-4)


def test_ratios_are_theirs_in_percent(ours, theirs):
    assert ours["time.cvnn_percent"] == pytest.approx(100 * theirs["CVNN"], rel=1e-4)
    assert ours["time.cvsd_percent"] == pytest.approx(100 * theirs["CVSD"], rel=1e-4)


def test_pnn_differs_by_the_denominator_alone(ours, theirs, series):
    pairs = series.pair_count
    for limit in (50, 20):
        same = ours[f"time.pnn{limit}_percent"] * pairs / (pairs + 1)
        assert same == pytest.approx(theirs[f"pNN{limit}"], rel=1e-9)


def test_the_poincare_plot_is_theirs(ours, series):
    from neurokit2.hrv.hrv_nonlinear import _hrv_nonlinear_poincare

    theirs = _hrv_nonlinear_poincare(series.interval_ms, out={})
    for name, key in {"sd1_ms": "SD1", "sd2_ms": "SD2", "ellipse_area_ms2": "S"}.items():
        assert ours[f"poincare.{name}"] == pytest.approx(theirs[key], rel=1e-4)


def test_spectra_of_the_same_grid_and_window_are_the_same(series):
    """NeuroKit2 is given our even grid; LF and HF in ms^2, `normalize=False`."""
    grid_s, value = resampled(series, 4.0)
    theirs = neurokit(
        "signal_psd", value, sampling_rate=4, method="welch", min_frequency=0, window=150,
        normalize=False,
    )  # fmt: skip
    mine = welch_spectrum(series, SAME_WINDOW)
    # NeuroKit2 leaves out what is below 0.001 Hz, and we what is above 0.5 Hz.
    their_hz = theirs["Frequency"].to_numpy()
    kept = (their_hz > 0.001) & (their_hz <= 0.5)
    mine_kept = mine.frequency_hz > 0.001
    np.testing.assert_allclose(mine.frequency_hz[mine_kept], their_hz[kept], rtol=1e-12)
    np.testing.assert_allclose(
        mine.density_ms2_hz[mine_kept], theirs["Power"].to_numpy()[kept], rtol=1e-9
    )
    bands = neurokit(
        "hrv_frequency", {"RRI": value, "RRI_Time": grid_s}, interpolation_rate=None,
        normalize=False, window=150, silent=True,
    ).iloc[0]  # fmt: skip
    for name, (low_hz, high_hz) in {"LF": (0.04, 0.15), "HF": (0.15, 0.4)}.items():
        inside = (mine.frequency_hz >= low_hz) & (mine.frequency_hz < high_hz)
        power = np.trapezoid(mine.density_ms2_hz[inside], mine.frequency_hz[inside])
        assert power == pytest.approx(bands[f"HRV_{name}"], rel=1e-3)


def test_entropies_of_five_minutes(five_minutes):
    value = five_minutes.interval_ms
    radius = 0.2 * np.std(value, ddof=1)
    sample, approximate = entropies(five_minutes, DEFAULT)
    setting = {"delay": 1, "dimension": 2, "tolerance": radius}
    assert sample == pytest.approx(neurokit("entropy_sample", value, **setting)[0], rel=1e-6)
    theirs = neurokit("entropy_approximate", value, **setting)[0]
    assert approximate == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("boxes", [(4, 16), (16, 64), (4, 12), (13, 64)])
def test_scaling_at_equal_boxes_and_overlap(boxes, series):
    scale = list(range(boxes[0], boxes[1] + 1))
    theirs, _ = neurokit("fractal_dfa", series.interval_ms, scale=scale, overlap=False)
    assert scaling(series.interval_ms, *boxes) == pytest.approx(theirs, rel=1e-6)


def trends(five_minutes):
    """Return the smooth trend of 5 minutes at 4 Hz, ours and theirs."""
    _, value = resampled(five_minutes, 4.0)
    level = neurokit("signal_detrend", value, method="tarvainen2002", regularization=500)
    return smooth_trend(value, 500.0), value - level


def test_smooth_trends_are_theirs_away_from_the_end(five_minutes):
    """Named exception: their second differences lack the last two columns."""
    ours, theirs = trends(five_minutes)
    np.testing.assert_allclose(ours[:400], theirs[:400], atol=1e-6)


def exceptions(series, five_minutes, ours, theirs):
    """Return the rows of named exceptions: measure, ours, theirs, why."""
    trend, their_trend = trends(five_minutes)
    part = whole(five_minutes, DEFAULT, {})["record"]
    power = neurokit("hrv_frequency", given(five_minutes), normalize=False, silent=True).iloc[0]
    their_short = float(neurokit("hrv_time", given(five_minutes))["HRV_TINN"].iloc[0])
    short = geometry_family(five_minutes, PRESETS["kubios-like"]).measures["tinn_ms"].value
    default, _ = neurokit("fractal_dfa", series.interval_ms, scale=list(range(4, 12)))
    return [
        ("pNN50", ours["time.pnn50_percent"], theirs["pNN50"], "%",
         "share of the differences; NeuroKit2 divides by one more"),
        ("SDANN", ours["long_term.sdann_ms"], theirs["SDANN5"], "ms",
         ("NeuroKit2 leaves out the last interval of each segment, and takes a segment that is "
          "half there")),
        ("SDNN index", ours["long_term.sdnni_ms"], theirs["SDNNI5"], "ms", "as SDANN"),
        ("TINN", ours["geometry.tinn_ms"], theirs["TINN"], "ms",
         ("NeuroKit2's search begins with an error of 2^14, which a long recording never goes "
          "below: it then answers 0")),
        ("TINN, 5 min", short, their_short, "ms",
         "least squares over *all* bins; NeuroKit2 leaves out those beyond the feet"),
        ("LF, 5 min", part["welch"]["lf_ms2"]["value"], power["HRV_LF"], "ms^2",
         ("150 s windows less a line each, 4 Hz cubic, up to the band's edge; NeuroKit2: half the "
          "recording, 100 Hz quadratic, whole frequency steps")),
        ("HF, 5 min", part["welch"]["hf_ms2"]["value"], power["HRV_HF"], "ms^2", "as LF"),
        ("LF normalised", part["welch"]["lf_nu"]["value"], 100 * power["HRV_LFn"], "n.u.",
         "of LF + HF (Task Force 1996); NeuroKit2: of all power, VLF included"),
        ("alpha1", ours["dfa.alpha1"], default, "",
         "boxes of 4 to 16 intervals end to end; NeuroKit2: 4 to 11, overlapping by half"),
        ("smooth trend, 1 s before the end", trend[-4], their_trend[-4], "ms",
         "NeuroKit2's second differences lack their last two columns, which ruins the end"),
    ]  # fmt: skip


def test_the_page_names_every_exception_with_its_size(series, five_minutes, ours, theirs):
    lines = ["| measure | arsis | NeuroKit2 | difference | why |", "|---|---:|---:|---:|---|"]
    for name, mine, other, unit, why in exceptions(series, five_minutes, ours, theirs):
        near = other and abs(mine / other - 1) < 1
        size = f"{100 * (mine / other - 1):+.3f} %" if near else f"{mine - other:+.1f} {unit}"
        lines.append(f"| {name} | {mine:.4g} {unit} | {other:.4g} {unit} | {size} | {why} |")
    table = "\n".join(lines).replace("  |", " |")
    page = PAGE.read_text(encoding="utf-8")
    assert table in page, f"docs/hrv.md should hold:\n{table}"
