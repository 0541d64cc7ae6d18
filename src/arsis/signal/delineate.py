"""Where QRS begins and ends and T ends in a median beat, and when that cannot be said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64

NO_LEAD, NOISY, NO_QRS = "no lead", "poor signal", "QRS not delimited"
LOW_T, NO_T_END, LEADS_DISAGREE = "low T wave", "T end not found", "leads disagree on T end"
REASONS = ("", NO_LEAD, NOISY, NO_QRS, LOW_T, NO_T_END, LEADS_DISAGREE)
"""Why nothing is said; the first stands for an answer."""

SLOPE_SHARE, STILL_S = (0.045, 0.10), 0.012
"""QRS ends where the slope falls below a share of its greatest and stays there so long: the
smaller share, more where noise is in the way, never more than the larger one."""
QRS_CORE_S = 0.08
"""Its greatest slope lies within this time of the R peak."""
QRS_REACH_S, QRS_LEAST_S, QRS_MOST_S = (0.14, 0.20), 0.04, 0.24
NOISE_TIMES = 3.0
"""The slope at which QRS ends is so many times that of the noise."""
PR_S = (0.032, 0.014)
"""The level before QRS, from so long to so long before it begins: T ends where it returns to it."""
T_AFTER_S, NEXT_P_S = 0.06, 0.20
"""T is looked for from so long after QRS, until so long before the next R peak."""
T_SHARE, T_NOISE = 0.08, 5.0
"""T is as high as this share of QRS, and as so many times the noise."""
RETURN_SHARE = 0.35
"""At the end of the search no more than this share of T may be left."""
AGREE_S = 0.04
T_SMOOTH_S = 0.028
"""T is averaged twice over so long: its tangent must not be that of a ripple of noise."""


@dataclass(frozen=True)
class Delineation:
    """Times in seconds after the R peak; NaN where nothing is said, and why.

    Attributes
    ----------
    onset_s, offset_s
        Of QRS.
    t_end_s
        Where the tangent to the steepest part of the end of T meets the level before QRS.
    qrs_reason, t_reason
        Of REASONS; "" where the times are given.
    """

    onset_s: float
    offset_s: float
    t_end_s: float
    qrs_reason: str
    t_reason: str


def delineate(beat: F64, noise: F64, before_s: float, rate_hz: float, rr_s: float) -> Delineation:
    """Delimit QRS in all leads together, and T in each.

    Slopes of all leads make one velocity (Sörnmo, Med. Biol. Eng. Comput. 25 (1987) 55); the end
    of T is where its steepest tangent meets the level before QRS (Lepeschkin and Surawicz,
    Circulation 6 (1952) 378), so it lies before the last ripple.

    Parameters
    ----------
    beat
        (lead, time) a median beat; no lead or no time is allowed.
    noise
        (lead,) standard deviation of what is left of noise in it, in the beat's unit.
    before_s
        How long before the R peak it begins.
    rr_s
        Usual interval to the next R peak.
    """
    if not len(beat):
        return _nothing(NO_LEAD)
    smooth = _smoothed(beat)
    slope = np.gradient(smooth, axis=1)
    speed = np.sqrt((slope**2).sum(0))
    peak = round(before_s * rate_hz)
    core = speed[peak - round(QRS_CORE_S * rate_hz) : peak + round(QRS_CORE_S * rate_hz) + 1]
    share = max(SLOPE_SHARE[0], NOISE_TIMES * _slope_of(noise) / max(float(core.max()), 1e-12))
    if share > SLOPE_SHARE[1]:
        return _nothing(NOISY)
    onset, offset = _qrs(speed, peak, rate_hz, share)
    if not QRS_LEAST_S <= (offset - onset) / rate_hz <= QRS_MOST_S:
        return _nothing(NO_QRS)
    t_end, reason = _t_end(smooth, noise, (onset, offset, peak), rate_hz, rr_s)
    return Delineation(
        (onset - peak) / rate_hz, (offset - peak) / rate_hz, (t_end - peak) / rate_hz, "", reason
    )


def _nothing(reason: str) -> Delineation:
    return Delineation(math.nan, math.nan, math.nan, reason, reason)


def _smoothed(beat: F64) -> F64:
    """Average three samples with weights 1, 2, 1; the ends stay."""
    smooth = beat.copy()
    smooth[:, 1:-1] = 0.25 * beat[:, :-2] + 0.5 * beat[:, 1:-1] + 0.25 * beat[:, 2:]
    return smooth


def _slope_of(noise: F64) -> float:
    """Return the slope that white noise has after smoothing: (lead,) -> all leads together."""
    # Half the difference of two sums with weights 1/4, 1/2, 1/4, two samples apart.
    return 0.5 * math.sqrt(0.5) * float(np.sqrt((noise**2).sum()))


def _qrs(speed: F64, peak: int, rate_hz: float, share: float) -> tuple[float, float]:
    """Return begin and end of QRS in samples, NaN where it has none."""
    low = max(0, peak - round(QRS_REACH_S[0] * rate_hz))
    high = min(len(speed), peak + round(QRS_REACH_S[1] * rate_hz) + 1)
    reach = round(QRS_CORE_S * rate_hz)
    core = slice(max(low, peak - reach), peak + reach + 1)
    limit = share * float(speed[core].max())
    still = max(1, round(STILL_S * rate_hz))
    fast = np.flatnonzero(speed[core] >= 0.5 * speed[core].max()) + core.start
    onset = _outward(speed[low : int(fast[0]) + 1][::-1], limit, still)
    offset = _outward(speed[int(fast[-1]) : high], limit, still)
    return float(fast[0]) - onset, float(fast[-1]) + offset


def _outward(speed: F64, limit: float, still: int) -> float:
    """Return where the speed falls below the limit and stays there, between samples."""
    below = speed < limit
    for at in range(1, len(speed) - still + 1):
        if below[at : at + still].all():
            fall = speed[at - 1] - speed[at]
            return at - 1 + float((speed[at - 1] - limit) / fall) if fall > 0 else float(at)
    return math.nan


def _t_end(
    smooth: F64, noise: F64, qrs: tuple[float, float, int], rate_hz: float, rr_s: float
) -> tuple[float, str]:
    """Return the end of T in samples, from the lead in which T is highest, or why not."""
    onset, offset, peak = qrs
    first = round(offset + T_AFTER_S * rate_hz)
    stop = min(smooth.shape[1], peak + round((rr_s - NEXT_P_S) * rate_hz))
    if stop - first < round(0.1 * rate_hz):
        return math.nan, NO_T_END
    before, until = (round(onset - each * rate_hz) for each in PR_S)
    level = smooth[:, max(0, before) : max(until, before + 1)].mean(1)
    tail = smooth[:, first:stop] - level[:, None]
    body = smooth[:, round(onset) : round(offset) + 1]
    wide = round(0.5 * T_SMOOTH_S * rate_hz)
    tail = np.array([_mean(row, wide) for row in tail])
    height = np.abs(tail).max(1)
    tall = (height >= T_SHARE * np.ptp(body, axis=1)) & (height >= T_NOISE * noise)
    if not tall.any():
        return math.nan, LOW_T
    found = {lead: _tangent(tail[lead]) for lead in np.flatnonzero(tall).tolist()}
    ends = {lead: first + end for lead, end in found.items() if not math.isnan(end)}
    if not ends:
        return math.nan, NO_T_END
    if max(ends.values()) - min(ends.values()) > AGREE_S * rate_hz:
        return math.nan, LEADS_DISAGREE
    best = max(ends, key=lambda lead: float(height[lead]))
    return ends[best], ""


def _mean(values: F64, half: int) -> F64:
    """Average twice over `half` samples on either side, fewer at the ends: (time,) -> (time,)."""
    for _ in range(2):
        total = np.concatenate([[0.0], np.cumsum(values)])
        at = np.arange(len(values))
        reach = np.minimum(half, np.minimum(at, len(values) - 1 - at))
        values = (total[at + reach + 1] - total[at - reach]) / (2 * reach + 1)
    return values


def _tangent(tail: F64) -> float:
    """Return where the steepest tangent behind the peak of T meets 0, in samples; or NaN."""
    top = int(np.abs(tail).argmax())
    fall = -np.sign(tail[top]) * np.gradient(tail)
    if len(tail) - top < 4 or abs(tail[-1]) > RETURN_SHARE * abs(tail[top]):
        return math.nan
    # Behind the first return to 0 another wave (U, or P) has tangents of its own.
    crossed = np.flatnonzero(tail[top:] * tail[top] <= 0)
    last = top + int(crossed[0]) if len(crossed) else len(tail) - 1
    steepest = top + int(fall[top : last + 1].argmax())
    if fall[steepest] <= 0:
        return math.nan
    end = steepest + abs(float(tail[steepest])) / float(fall[steepest])
    return end if end < len(tail) else math.nan
