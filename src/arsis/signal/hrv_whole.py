"""All measures of heart rate variability of a series of NN intervals, with their receipts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal import (
    hrv_dfa,
    hrv_entropy,
    hrv_frequency,
    hrv_geometry,
    hrv_poincare,
    hrv_time,
)
from arsis.signal.hrv_bands import frequency_family
from arsis.signal.hrv_frequency import lomb_spectrum, trend_ms, welch_spectrum
from arsis.signal.nn import US, NnSeries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.signal.hrv_measure import Family
    from arsis.signal.hrv_settings import HrvSettings


def receipts(settings: HrvSettings) -> dict[str, dict[str, Any]]:
    """Say how every family of measures is made: method, parameters, sources; plain values."""
    return {
        **hrv_time.receipt(settings),
        "geometry": hrv_geometry.receipt(settings),
        **hrv_frequency.receipt(settings),
        "poincare": hrv_poincare.receipt(settings),
        "entropy": hrv_entropy.receipt(settings),
        "dfa": hrv_dfa.receipt(settings),
    }


def whole(series: NnSeries, settings: HrvSettings, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Measure the variability of all NN intervals of a recording.

    Parameters
    ----------
    series
        The intervals.
    settings
        What decides the measures.
    definition
        Which intervals these are and what was left out, in plain values, for the receipt.

    Returns
    -------
    dict
        `preset`, `settings` (how each family is made), `basis` (what each found to work on) and
        `record` (family -> measure -> value, unit, count, of, reason), in plain values.
    """
    length_us = round(settings.segment_s * US)
    least_s = settings.least_share * settings.segment_s
    parts = [part for part in series.segments(length_us) if part.covered_s >= least_s]
    families = _families(series, parts, settings) | {
        "geometry": hrv_geometry.geometry_family(series, settings),
        "long_term": hrv_time.long_family(series, parts, settings),
    }
    return {
        "preset": settings.name,
        "settings": {"nn": dict(definition), **receipts(settings)},
        "basis": {name: dict(family.basis) for name, family in families.items() if family.basis},
        "record": plain(families),
    }


def segments(series: NnSeries, settings: HrvSettings) -> list[dict[str, Any]]:
    """Measure each segment by itself: a list in order of time, in plain values.

    One that NN intervals do not cover enough is there, with the reason and without measures.
    """
    length_us = round(settings.segment_s * US)
    least_s = settings.least_share * settings.segment_s
    found = []
    for number, part in enumerate(series.segments(length_us)):
        entry = {
            "start_s": (series.start_us + number * length_us) / US,
            "duration_s": settings.segment_s,
            "covered_s": part.covered_s,
        }
        if part.covered_s < least_s:
            reason = f"NN intervals cover less than {100 * settings.least_share:g} % of it"
            found.append({**entry, "reason": reason, "measures": {}})
        else:
            families = _families(part, [part], settings)
            found.append({**entry, "reason": "", "measures": plain(families)})
    return found


def plain(families: Mapping[str, Family]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return families of measures as plain values."""
    return {
        name: {key: each.as_dict() for key, each in family.measures.items()}
        for name, family in families.items()
    }


def _families(series: NnSeries, parts: list[NnSeries], settings: HrvSettings) -> dict[str, Family]:
    """Return the families that a record and a segment have alike."""
    level = without_trend(series, settings) if settings.detrended else series
    chosen = {
        name: level if name in settings.detrended else series for name in ("poincare", "time")
    }
    if "entropy" in settings.detrended:
        parts = [without_trend(part, settings) for part in parts]
    return {
        "time": hrv_time.time_family(series, chosen["time"], settings),
        "welch": frequency_family(welch_spectrum(series, settings), settings),
        "lomb_scargle": frequency_family(lomb_spectrum(series, settings), settings),
        "poincare": hrv_poincare.poincare_family(chosen["poincare"], settings),
        "entropy": hrv_entropy.entropy_family(parts, settings),
        "dfa": hrv_dfa.dfa_family(series, settings),
    }


def without_trend(series: NnSeries, settings: HrvSettings) -> NnSeries:
    """Return the series less its smooth trend, with the same mean."""
    if not len(series):
        return series
    trend = trend_ms(series, settings)
    level_us = np.rint(1000 * (series.interval_ms - trend + trend.mean())).astype(np.int64)
    return dataclasses.replace(series, interval_us=level_us)
