"""The shape of a beat beside the running median of the beats before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64

RATE_HZ = 125.0
BEFORE, AFTER = 75, 62
"""Samples of a window before the R peak and from it on: -0.6 s to +0.5 s."""
LENGTH = BEFORE + AFTER

SHIFTS = np.arange(-3, 4)
"""How far (in samples) the template may slide to fit the beat."""

SHORT_FEATURES = (
    "qrs_correlation",
    "p_correlation",
    "t_correlation",
    "log_qrs_height",
    "log_qrs_area",
    "log_qrs_slope",
    "log_qrs_difference",
    "log_p_difference",
    "log_t_difference",
    "log_qrs_width",
    "previous_correlation",
    "p_height",
    "template_p_height",
    "beat_correlation",
    "log_residue_p_height",
    "residue_p_correlation",
)
LONG_KEPT = (
    "qrs_correlation",
    "p_correlation",
    "t_correlation",
    "log_qrs_height",
    "log_qrs_difference",
    "log_p_difference",
    "log_t_difference",
    "log_qrs_width",
    "beat_correlation",
)
FEATURES = (*SHORT_FEATURES, *(f"{name}_to_long" for name in LONG_KEPT))
CHANNELS = ("beat", "template", "long_template", "residue")


def _stretch(start_s: float, stop_s: float) -> slice:
    return slice(BEFORE + round(start_s * RATE_HZ), BEFORE + round(stop_s * RATE_HZ))


QRS, P, T, WIDE = (
    _stretch(-0.10, 0.10),
    _stretch(-0.28, -0.07),
    _stretch(0.12, 0.44),
    _stretch(-0.16, 0.16),
)


@dataclass(frozen=True)
class Shapes:
    """Beats beside their templates, every lead by itself, in units of the template's QRS height.

    Attributes
    ----------
    x
        (beat, lead, 4, time): the beat, the templates of the last half minute and of the last
        minutes slid to fit, and what is left before the beat when the tail of the beat before
        it is taken away.
    scalars
        (beat, lead, feature) in the order of FEATURES.
    """

    x: F32
    scalars: F32


@dataclass(frozen=True)
class References:
    """What beats are compared with, all (beat, lead, time) in mV about their windows' medians.

    Attributes
    ----------
    short, long
        Medians of beats of the last half minute, and of the last minutes.
    previous
        The beat before.
    """

    short: F32
    long: F32
    previous: F32


def shapes(beats: F32, references: References, own_s: F64) -> Shapes:
    """Compare beats (beat, lead, time) in mV with their references.

    `own_s` (beat,) is the RR interval that ends with the beat, NaN where unknown.
    """
    height = np.maximum(np.ptp(references.short[..., QRS], axis=-1), np.float32(0.1))[..., None]
    beat, still, far = beats / height, references.short / height, references.long / height
    fit_before, _ = _fit(beat, references.previous / height)
    residue = _without_tail(beat, still, own_s)
    near, near_scalars = _compare(beat, still, residue, fit_before)
    long, long_scalars = _compare(beat, far, residue, fit_before)
    kept = [SHORT_FEATURES.index(name) for name in LONG_KEPT]
    x = np.stack([beat, near, long, residue], axis=2)
    return Shapes(x, np.concatenate([near_scalars, long_scalars[..., kept]], axis=-1))


def _compare(beat: F32, still: F32, residue: F32, fit_before: F32) -> tuple[F32, F32]:
    """Slide a template to fit; return it and (beat, lead, feature) in order of SHORT_FEATURES."""
    fit, shift = _fit(beat, still)
    template = _slid(still, shift)
    return template, _scalars(beat, template, residue, (fit, fit_before))


def _scalars(beat: F32, template: F32, residue: F32, fits: tuple[F32, F32]) -> F32:
    """Return (beat, lead, feature)."""
    difference = beat - template
    p_difference = difference[..., P]
    p_difference = p_difference - np.median(p_difference, axis=-1, keepdims=True)
    columns = (
        fits[0],
        _correlation(beat[..., P], template[..., P]),
        _correlation(beat[..., T], template[..., T]),
        _log_ratio(np.ptp(beat[..., QRS], axis=-1), np.ptp(template[..., QRS], axis=-1), 0.02),
        _log_ratio(_area(beat), _area(template), 0.1),
        _log_ratio(_slope(beat), _slope(template), 0.01),
        np.log(0.05 + np.abs(difference[..., QRS]).mean(-1)),
        np.log(0.02 + np.abs(p_difference).mean(-1)),
        np.log(0.03 + np.abs(difference[..., T]).mean(-1)),
        _log_ratio(_width(beat), _width(template), 1e-4),
        fits[1],
        np.ptp(beat[..., P], axis=-1),
        np.ptp(template[..., P], axis=-1),
        _correlation(beat[..., WIDE], template[..., WIDE]),
        np.log(0.02 + np.ptp(residue[..., P], axis=-1)),
        _correlation(residue[..., P], template[..., P]),
    )
    return np.stack(columns, axis=-1).astype(np.float32)


def _area(x: F32) -> F32:
    area: F32 = np.abs(x[..., WIDE]).sum(-1)
    return area


def _slope(x: F32) -> F32:
    slope: F32 = np.abs(np.diff(x[..., QRS], axis=-1)).max(-1)
    return slope


def _width(x: F32) -> F32:
    """Return area over height about the median of the QRS: its width in seconds."""
    about = np.abs(x[..., WIDE] - np.median(x[..., WIDE], axis=-1, keepdims=True))
    width: F32 = about.sum(-1) / (about.max(-1) + np.float32(1e-6)) / np.float32(RATE_HZ)
    return width


def _log_ratio(a: F32, b: F32, floor: float) -> F32:
    ratio: F32 = np.log((a + np.float32(floor)) / (b + np.float32(floor)))
    return ratio


def _correlation(a: F32, b: F32) -> F32:
    """Return Pearson's r along the last axis, 0 where one of them is flat."""
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    norm = np.sqrt((a * a).sum(-1) * (b * b).sum(-1)) + np.float32(1e-6)
    r: F32 = (a * b).sum(-1) / norm
    return r


def _fit(beat: F32, template: F32) -> tuple[F32, I64]:
    """Return the best correlation of the QRS over all shifts, and that shift: (beat, lead) each."""
    fixed = template[..., QRS]
    tried = np.stack(
        [_correlation(beat[..., QRS.start + s : QRS.stop + s], fixed) for s in SHIFTS], axis=-1
    )
    return tried.max(-1), SHIFTS[tried.argmax(-1)]


def _slid(template: F32, shift: I64) -> F32:
    """Slide each template by its own shift, its ends repeated."""
    at = np.clip(np.arange(LENGTH) - shift[..., None], 0, LENGTH - 1)
    return np.take_along_axis(template, at, axis=-1)


def _without_tail(beat: F32, template: F32, own_s: F64) -> F32:
    """Take the template of the beat before, which began own_s earlier, off the time before R."""
    back = np.rint(np.nan_to_num(own_s, nan=LENGTH) * RATE_HZ).astype(np.int64)
    source = np.arange(LENGTH)[None, :] + back[:, None]
    inside = (source < LENGTH) & (np.arange(LENGTH) < BEFORE - 6)[None, :]
    tail = np.take_along_axis(
        template, np.broadcast_to(np.minimum(source, LENGTH - 1)[:, None], template.shape), axis=-1
    )
    return beat - np.where(inside[:, None], tail, np.float32(0))
