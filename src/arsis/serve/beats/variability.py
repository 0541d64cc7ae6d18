"""Heart-rate variability of beats: the Poincaré plot, the spectrum, and every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.serve.beats.poincare import pairs_of, poincare_plot
from arsis.serve.beats.spectrum import SHADED, spectrum_plot
from arsis.serve.report.text import UNKNOWN, number, table, text
from arsis.signal.hrv_frequency import welch_spectrum
from arsis.signal.hrv_poincare import poincare
from arsis.signal.hrv_settings import PRESETS
from arsis.tasks.beats.variability import nn_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.windows import Answers
    from arsis.serve.beats.marks import Marks
    from arsis.signal.hrv_settings import HrvSettings

FAMILIES = {
    "time": "In time",
    "geometry": "Geometry of the histogram",
    "welch": "Spectrum, Welch",
    "lomb_scargle": "Spectrum, Lomb-Scargle",
    "poincare": "Poincaré plot",
    "entropy": "Entropy",
    "dfa": "Detrended fluctuation analysis",
    "long_term": "Segments of five minutes",
}


def plots(answers: Answers, marks: Marks, hrv: Mapping[str, Any]) -> str:
    """Return both drawings side by side, as HTML.

    Parameters
    ----------
    marks
        All of them: the pairs are drawn from them.
    hrv
        That of the summary, whose preset the drawings follow.
    """
    series, settings = nn_of(answers), PRESETS[hrv["preset"]]
    ellipse = poincare(series, settings.sd2_of_sdnn)
    cloud = poincare_plot(pairs_of(marks), ellipse.centre_ms, ellipse.sd1_ms, ellipse.sd2_ms)
    spectrum = welch_spectrum(series, settings)
    if spectrum.reason:
        waves = f'<p class="none">No spectrum: {text(spectrum.reason)}.</p>'
    else:
        method = f"{_method(settings)}; mean of {number(spectrum.windows)} windows"
        powers = {name: hrv["record"]["welch"][f"{name}_ms2"]["value"] for name in SHADED}
        waves = spectrum_plot(
            spectrum.frequency_hz, spectrum.density_ms2_hz, settings.bands_hz, method, powers
        )
    return f'<div class="columns plots">{cloud}{waves}</div>'


def _method(settings: HrvSettings) -> str:
    return (
        f"Welch's method, Hann windows of {settings.window_s:g} s of a cubic spline through the "
        f"intervals, read at {settings.resample_hz:g} Hz, less a {settings.detrend}"
    )


def every_figure(record: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table for each family of measures; what is undefined says why."""
    tables = [
        _family(text(FAMILIES.get(family, family)), measures)
        for family, measures in record.items()
        if measures
    ]
    return (
        "<details><summary>Every measure of heart rate variability, with what it rests on</summary>"
        f'<div class="columns">{"".join(tables)}</div></details>'
    )


def _family(name: str, measures: Mapping[str, Any]) -> str:
    """Return the table of a family, or why it has no measure at all."""
    reasons = {measure.get("reason") for measure in measures.values()}
    if len(reasons) == 1 and not reasons & {None, ""}:
        return f'<p class="none">{name}: none ({text(reasons.pop())}).</p>'
    rows = [_row(each, measure) for each, measure in measures.items()]
    return table(("measure", "value", "from"), rows, name)


def _row(name: str, measure: Mapping[str, Any]) -> tuple[str, str, str]:
    value, unit = measure["value"], str(measure["unit"])
    shown = (
        UNKNOWN
        if value is None
        else f"{_digits(value)} {'' if unit == '1' else text(unit.replace('^2', '²'))}"
    )
    rests = f"{number(measure['count'])} {text(measure['of'])}"
    return text(name), shown, text(measure.get("reason", "")) if value is None else rests


def _digits(value: float) -> str:
    return number(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3)
