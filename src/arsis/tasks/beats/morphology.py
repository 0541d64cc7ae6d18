"""The shape of a beat beside the running median of the beats before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64

    Centred = tuple[F32, F32]
    """What Pearson's r needs of a side: values about their mean, and the sum of their squares."""

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
    slid = [_centred(beat[..., QRS.start + s : QRS.stop + s]) for s in SHIFTS]
    fit_before, _ = _fit(slid, references.previous / height)
    residue = _without_tail(beat, still, own_s)
    of_beat = _View.of(beat)
    of_residue = np.log(0.02 + np.ptp(residue[..., P], axis=-1)), _centred(residue[..., P])
    near, near_scalars = _compare(of_beat, slid, still, of_residue, fit_before)
    long, long_scalars = _compare(of_beat, slid, far, of_residue, fit_before)
    kept = [SHORT_FEATURES.index(name) for name in LONG_KEPT]
    x = np.stack([beat, near, long, residue], axis=2)
    return Shapes(x, np.concatenate([near_scalars, long_scalars[..., kept]], axis=-1))


@dataclass(frozen=True)
class _View:
    """What is measured on a beat or a template, computed once however often it is compared."""

    x: F32
    p: Centred
    t: Centred
    wide: Centred
    height: F32
    area: F32
    slope: F32
    width: F32
    p_height: F32

    @classmethod
    def of(cls, x: F32) -> _View:
        """Measure (beat, lead, time)."""
        return cls(
            x,
            _centred(x[..., P]),
            _centred(x[..., T]),
            _centred(x[..., WIDE]),
            np.ptp(x[..., QRS], axis=-1),
            np.abs(x[..., WIDE]).sum(-1),
            np.abs(np.diff(x[..., QRS], axis=-1)).max(-1),
            _width(x),
            np.ptp(x[..., P], axis=-1),
        )


def _compare(
    beat: _View, slid: list[Centred], still: F32, residue: tuple[F32, Centred], fit_before: F32
) -> tuple[F32, F32]:
    """Slide a template to fit; return it and (beat, lead, feature) in order of SHORT_FEATURES."""
    fit, shift = _fit(slid, still)
    template = _View.of(_slid(still, shift))
    return template.x, _scalars(beat, template, residue, (fit, fit_before))


def _scalars(
    beat: _View, template: _View, residue: tuple[F32, Centred], fits: tuple[F32, F32]
) -> F32:
    """Return (beat, lead, feature)."""
    difference = beat.x - template.x
    p_difference = difference[..., P]
    p_difference = p_difference - _median(p_difference)
    columns = (
        fits[0],
        _r(beat.p, template.p),
        _r(beat.t, template.t),
        _log_ratio(beat.height, template.height, 0.02),
        _log_ratio(beat.area, template.area, 0.1),
        _log_ratio(beat.slope, template.slope, 0.01),
        np.log(0.05 + np.abs(difference[..., QRS]).mean(-1)),
        np.log(0.02 + np.abs(p_difference).mean(-1)),
        np.log(0.03 + np.abs(difference[..., T]).mean(-1)),
        _log_ratio(beat.width, template.width, 1e-4),
        fits[1],
        beat.p_height,
        template.p_height,
        _r(beat.wide, template.wide),
        residue[0],
        _r(residue[1], template.p),
    )
    return np.stack(columns, axis=-1).astype(np.float32)


def _width(x: F32) -> F32:
    """Return area over height about the median of the QRS: its width in seconds."""
    about = np.abs(x[..., WIDE] - _median(x[..., WIDE]))
    width: F32 = about.sum(-1) / (about.max(-1) + np.float32(1e-6)) / np.float32(RATE_HZ)
    return width


def _median(x: F32) -> F32:
    """Return the median along the last axis, which stays; quicker than np.median."""
    ranked, count = np.sort(x, axis=-1), x.shape[-1]
    low, high = (count - 1) // 2, count // 2
    middle: F32 = np.float32(0.5) * (ranked[..., low : low + 1] + ranked[..., high : high + 1])
    return middle


def _log_ratio(a: F32, b: F32, floor: float) -> F32:
    ratio: F32 = np.log((a + np.float32(floor)) / (b + np.float32(floor)))
    return ratio


def _centred(x: F32) -> Centred:
    """Return one side of a correlation along the last axis."""
    about = x - x.mean(-1, keepdims=True)
    return about, (about * about).sum(-1)


def _r(a: Centred, b: Centred) -> F32:
    """Return Pearson's r along the last axis, 0 where one of them is flat."""
    r: F32 = (a[0] * b[0]).sum(-1) / (np.sqrt(a[1] * b[1]) + np.float32(1e-6))
    return r


def _fit(slid: list[Centred], template: F32) -> tuple[F32, I64]:
    """Return the best correlation of the QRS over all shifts, and that shift: (beat, lead) each."""
    fixed = _centred(template[..., QRS])
    tried = np.stack([_r(each, fixed) for each in slid], axis=-1)
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
