"""QRS width and QT of the median of normal beats in a row, and what they amount to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from arsis.signal.delineate import REASONS, Delineation, delineate
from arsis.signal.qt_correction import CORRECTIONS
from arsis.tasks.beats.morphology import BEFORE, CHANNELS, LENGTH, RATE_HZ
from arsis.tasks.beats.prepare import LEADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arsis.core.arrays import F64, Bool
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
        (beat, lead, time) the beats that wait for others, and (beat, lead) which were measured.
    at_s, rr_s
        (beat,) their R peaks, and the intervals that end with them.
    """

    x: F64 = field(default_factory=lambda: np.empty((0, LEADS, LENGTH)))
    known: Bool = field(default_factory=lambda: np.empty((0, LEADS), bool))
    at_s: F64 = field(default_factory=lambda: np.empty(0))
    rr_s: F64 = field(default_factory=lambda: np.empty(0))

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
            self._take(beat[at], windows.mask[at], windows.event_s[at], rr_s[at])
            if len(self.at_s) == TOGETHER:
                found[at] = self._measure()
                self._empty()
        return found

    def _take(self, x: Any, known: Any, at_s: float, rr_s: float) -> None:
        self.x = np.concatenate([self.x, x[None].astype(np.float64)])
        self.known = np.concatenate([self.known, known[None]])
        self.at_s, self.rr_s = np.append(self.at_s, at_s), np.append(self.rr_s, rr_s)

    def _empty(self) -> None:
        self.x, self.known = self.x[:0], self.known[:0]
        self.at_s, self.rr_s = self.at_s[:0], self.rr_s[:0]

    def _measure(self) -> tuple[float, ...]:
        rr_s = math.fsum(self.rr_s.tolist()) / len(self.rr_s)
        aligned = _aligned(self.x, self.at_s)
        leads = [lead for lead in range(LEADS) if self.known[:, lead].sum() >= ENOUGH]
        medians, noises = [], []
        for lead in leads:
            beats = aligned[self.known[:, lead], lead]
            middle = np.median(beats, axis=0)
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
    place = at_s * RATE_HZ
    moved = place - np.floor(place + 0.5)
    rows = sliding_window_view(x, TAPS, axis=-1)[..., : x.shape[-1] - TAPS + 1, :]
    out = np.empty((*x.shape[:2], FINER * (x.shape[-1] - TAPS)))
    for phase in range(FINER):
        # Tap k of the row that begins at sample i stands k - TAPS / 2 - want samples off.
        want = moved + phase / FINER
        whole = np.floor(want).astype(np.int64)
        off = np.arange(TAPS)[None, :] - TAPS // 2 + 1 - (want - whole)[:, None]
        kernel = np.sinc(off) * np.sinc(off / (TAPS // 2))
        kernel /= kernel.sum(1, keepdims=True)
        first = 1 + whole[:, None] + np.arange(x.shape[-1] - TAPS)[None, :]
        first = np.clip(first, 0, rows.shape[2] - 1)
        taken = np.take_along_axis(rows, first[:, None, :, None], axis=2)
        out[..., phase::FINER] = (taken * kernel[:, None, None, :]).sum(-1)
    return out


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
