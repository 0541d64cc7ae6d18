"""QRS width and QT of the median of normal beats in a row, and what they amount to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.delineate import REASONS, Delineation, delineate
from arsis.signal.qt_correction import CORRECTIONS
from arsis.tasks.beats.morphology import BEFORE, CHANNELS, LENGTH, RATE_HZ
from arsis.tasks.beats.prepare import LEADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arsis.core.arrays import F32, F64, Bool
    from arsis.core.windows import Answers, Windows
    from arsis.tasks.beats.episodes import Episode

TOGETHER, WITHIN_S = 20, 60.0
"""So many clear normal beats make a median beat, if they lie within this time."""
ENOUGH = 15
"""A lead counts where it was measured in so many of them."""
FINER, TAPS = 2, 8
"""The median is taken at so many times the windows' rate, each beat moved by its R peak's place
between two samples; by a windowed sinc with so many taps."""
COLUMNS = ("qrs_s", "qt_s", "rr_s", "qrs_reason", "qt_reason")
IN_FIBRILLATION = "atrial fibrillation"
_MAD_TO_SD, _MEDIAN_SD = 1.4826, 1.2533


@dataclass
class MeasureIntervals:
    """From windows and their answers to intervals, one row for each TOGETHER normal beats.

    Attributes
    ----------
    x, known
        Of each beat that waits for others: (lead, time), and (lead,) which were measured.
    at_s, rr_s
        Their R peaks, and the intervals that end with them.
    """

    x: list[F32] = field(default_factory=list)
    known: list[Bool] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)
    rr_s: list[float] = field(default_factory=list)

    def push(self, windows: Windows, answers: Answers) -> F64:
        """Take the next beats and return (beat, COLUMNS): NaN but where a median beat is full."""
        found = np.full((len(answers), len(COLUMNS)), np.nan)
        rr_s = windows.aside["rr_s"]
        clear = [
            at
            for at, (label, why) in enumerate(zip(answers.label, answers.reason, strict=True))
            if label == "N" and not why and not math.isnan(rr_s[at])
        ]
        beat = windows.x.reshape(len(windows), LEADS, len(CHANNELS), LENGTH)[:, :, 0]
        for at in clear:
            if len(self.at_s) and windows.event_s[at] - self.at_s[0] > WITHIN_S:
                self._empty()
            self.x.append(beat[at].copy())
            self.known.append(windows.mask[at])
            self.at_s.append(float(windows.event_s[at]))
            self.rr_s.append(float(rr_s[at]))
            if len(self.at_s) == TOGETHER:
                found[at] = self._measure()
                self._empty()
        return found

    def _empty(self) -> None:
        self.x, self.known, self.at_s, self.rr_s = [], [], [], []

    def _measure(self) -> tuple[float, ...]:
        rr_s = math.fsum(self.rr_s) / len(self.rr_s)
        aligned = _aligned(np.array(self.x, np.float64), np.array(self.at_s))
        known = np.array(self.known)
        leads = [lead for lead in range(LEADS) if known[:, lead].sum() >= ENOUGH]
        medians, noises = [], []
        for lead in leads:
            beats = aligned[known[:, lead], lead]
            middle = _middle_of(beats)
            spread = _MAD_TO_SD * float(np.median(np.abs(beats - middle)))
            medians.append(middle)
            noises.append(_MEDIAN_SD * spread / math.sqrt(len(beats)))
        before_s = (BEFORE - TAPS // 2) / RATE_HZ
        found = delineate(np.array(medians), np.array(noises), before_s, FINER * RATE_HZ, rr_s)
        return *_intervals(found), rr_s, *_codes(found)


def _intervals(found: Delineation) -> tuple[float, float]:
    return found.offset_s - found.onset_s, found.t_end_s - found.onset_s


def _codes(found: Delineation) -> tuple[float, float]:
    return float(REASONS.index(found.qrs_reason)), float(REASONS.index(found.t_reason))


def _aligned(x: F64, at_s: F64) -> F64:
    """Return beats on a finer grid that begins TAPS / 2 samples later, R peaks on one sample.

    (beat, lead, time) -> (beat, lead, FINER * (time - TAPS)).
    """
    length = x.shape[-1] - TAPS
    place = at_s * RATE_HZ
    moved = place - np.floor(place + 0.5)
    out = np.empty((*x.shape[:2], FINER * length))
    for phase in range(FINER):
        # Sample i of the result stands at i + TAPS / 2 + want; tap k is sample i + 1 + whole + k.
        want = moved + phase / FINER
        whole = np.floor(want).astype(np.int64)
        off = np.arange(TAPS)[None, :] - TAPS // 2 + 1 - (want - whole)[:, None]
        kernel = np.sinc(off) * np.sinc(off / (TAPS // 2))
        kernel /= kernel.sum(1, keepdims=True)
        at = 1 + whole[:, None] + np.arange(length + TAPS - 1)[None, :]
        near = np.take_along_axis(x, np.minimum(at, x.shape[-1] - 1)[:, None, :], axis=2)
        moments = [near[..., k : k + length] * kernel[:, k, None, None] for k in range(TAPS)]
        out[..., phase::FINER] = np.add.reduce(moments)
    return out


def _middle_of(beats: F64) -> F64:
    """Return the median over beats: (beat, time) -> (time,); quicker than np.median."""
    ranked = np.sort(beats, axis=0)
    middle: F64 = 0.5 * (ranked[(len(beats) - 1) // 2] + ranked[len(beats) // 2])
    return middle


@dataclass
class SumIntervals:
    """What the intervals of a recording amount to; rows are kept as they come.

    Attributes
    ----------
    rows
        R peak in whole microseconds, and the five COLUMNS.
    """

    rows: list[tuple[int, tuple[float, ...]]] = field(default_factory=list)

    def push(self, piece: Answers) -> None:
        """Take the next answers."""
        measured = piece.aside.get("intervals", np.empty((0, len(COLUMNS))))
        for at in np.flatnonzero(~np.isnan(measured[:, 3])).tolist():
            self.rows.append((round(piece.time_s[at] * 1e6), tuple(measured[at].tolist())))

    def plain(self, fibrillation: Iterable[Episode]) -> dict[str, Any]:
        """Return medians, spread, counts and reasons; QT is not answered in `fibrillation`."""
        spans = [(each.start_us, each.end_us) for each in fibrillation]
        qrs, qt, why_qrs, why_qt = [], [], [], []
        for at_us, (qrs_s, qt_s, rr_s, qrs_code, qt_code) in self.rows:
            inside = any(start <= at_us <= end for start, end in spans)
            reason = IN_FIBRILLATION if inside else REASONS[int(qt_code)]
            why_qrs.append(REASONS[int(qrs_code)])
            why_qt.append(reason)
            if not why_qrs[-1]:
                qrs.append(qrs_s)
            if not reason:
                qt.append((qt_s, rr_s))
        corrected = {
            f"qtc_{name}_ms": _middle([by(*each) for each in qt])
            for name, by in CORRECTIONS.items()
        }
        return {
            "median_beats": len(self.rows),
            "beats_in_each": TOGETHER,
            "qrs_ms": _middle(qrs),
            "qrs_spread_ms": _spread(qrs),
            "qrs_count": len(qrs),
            "qrs_reasons": _count(why_qrs),
            "qt_ms": _middle([qt_s for qt_s, _ in qt]),
            "qt_spread_ms": _spread([qt_s for qt_s, _ in qt]),
            "qt_count": len(qt),
            "qt_reasons": _count(why_qt),
            "qt_rr_ms": _middle([rr_s for _, rr_s in qt]),
            **corrected,
        }


def _middle(values: Sequence[float]) -> float | None:
    return 1000 * float(np.median(values)) if values else None


def _spread(values: Sequence[float]) -> float | None:
    """Return half the width of the middle 68 %: the standard deviation, were they normal."""
    if len(values) < 2:
        return None
    low, high = np.quantile(values, [0.16, 0.84])
    return 500 * float(high - low)


def _count(reasons: Sequence[str]) -> dict[str, int]:
    return {reason: reasons.count(reason) for reason in sorted(set(reasons) - {""})}
