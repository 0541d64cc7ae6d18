"""Found instants against true ones (R peaks, heart sounds, falls): matching and its figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.scores.plain import Plain, plain_fields
from arsis.scores.ratio import f1_score, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64, I64, Bool

# Times are compared in whole nanoseconds, so that ties are exact. Two rounded times and a rounded
# tolerance may be off by 1.5 ns together, and 4 samples at 360 Hz must be within 4 / 360 s.
_NS = 1e9
_ROUNDING_NS = 2

# For a normal distribution, SD = 1.4826 times the median absolute deviation (Hampel 1974).
_MAD_TO_SD = 1.4826022185056018


@dataclass(frozen=True, slots=True)
class Matching:
    """Which found event belongs to which true one.

    Attributes
    ----------
    truth, found
        (pair,) numbers of the true and of the found event of every pair, in order of time.
    missed
        (missed,) numbers of the true events without a partner.
    false
        (false,) numbers of the found events without a partner.
    offset_s
        (pair,) found minus true time of every pair.
    """

    truth: I64
    found: I64
    missed: I64
    false: I64
    offset_s: F64

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


@dataclass(frozen=True, slots=True)
class EventScores:
    """How well events were found, and how exactly in time.

    Attributes
    ----------
    truth_count, found_count, pair_count
        True events, found events, and the pairs among them.
    sensitivity
        Share of the true events that were found; NaN without true events.
    ppv
        Share of the found events that are true; NaN without found events.
    f1
        2 pairs / (true + found); NaN with neither.
    bias_s
        Mean of found minus true time; NaN without pairs.
    spread_s
        Standard deviation (n - 1) of the offsets; NaN with fewer than two pairs.
    robust_spread_s
        1.4826 times the median absolute deviation of the offsets; NaN without pairs.
    """

    truth_count: int
    found_count: int
    pair_count: int
    sensitivity: float
    ppv: float
    f1: float
    bias_s: float
    spread_s: float
    robust_spread_s: float

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def match(truth_s: F64, found_s: F64, tolerance_s: float) -> Matching:
    """Pair every true event with at most one found event close to it.

    (truth,), (found,) -> Matching. Of all one-to-one pairings within `tolerance_s` (the limit
    itself is within) it has the most pairs and, among those, the least total distance. Where
    no other event is near, a pair is a pair; only crowds need the dynamic programme.

    Raises
    ------
    ProtocolError
        When times are not finite or not in order, or the tolerance is negative or not finite.
    """
    truth_ns, found_ns = _nanoseconds(truth_s, "true events"), _nanoseconds(found_s, "found events")
    if not (math.isfinite(tolerance_s) and tolerance_s >= 0):
        raise ProtocolError(
            "tolerance_s", f"{tolerance_s}", "seconds, 0 or more", "Use 0.15 for R peaks (EC57)."
        )
    reach = round(tolerance_s * _NS) + _ROUNDING_NS
    truth, found = _pairs(truth_ns, found_ns, reach)
    return _matching(truth, found, truth_s, found_s)


def leave_out(matching: Matching, truth_s: F64, found_s: F64, span_s: F64) -> Matching:
    """Take events inside the given stretches (ventricular flutter) out of a matching.

    `truth_s` (truth,) and `found_s` (found,) are the times that were matched; `span_s`
    (span, 2) holds begin and end, both inside. A pair goes when its true event is inside, a
    missed or false event when it is inside itself; so a detection just inside that belongs to
    a beat just outside stays a hit.
    """
    kept = ~_inside(truth_s[matching.truth], span_s)
    return Matching(
        truth=matching.truth[kept],
        found=matching.found[kept],
        missed=matching.missed[~_inside(truth_s[matching.missed], span_s)],
        false=matching.false[~_inside(found_s[matching.false], span_s)],
        offset_s=matching.offset_s[kept],
    )


def event_scores(matchings: Sequence[Matching]) -> EventScores:
    """Say how many events were found and how exactly, over one recording or many.

    With several matchings the figures are gross: every event counts the same, whichever
    recording it is from. Sensitivity and positive predictivity as in ANSI/AAMI EC57.
    """
    pairs = sum(len(each.truth) for each in matchings)
    missed = sum(len(each.missed) for each in matchings)
    false = sum(len(each.false) for each in matchings)
    # Sorted, so that the order of the recordings cannot change the last bit of a sum.
    offset_s = np.sort(np.concatenate([each.offset_s for each in matchings] or [np.empty(0)]))
    middle_s = float(np.median(offset_s)) if pairs else math.nan
    distance_s = np.abs(offset_s - middle_s)
    return EventScores(
        truth_count=pairs + missed,
        found_count=pairs + false,
        pair_count=pairs,
        sensitivity=ratio(pairs, pairs + missed),
        ppv=ratio(pairs, pairs + false),
        f1=f1_score(pairs, missed, false),
        bias_s=float(np.mean(offset_s)) if pairs else math.nan,
        spread_s=float(np.std(offset_s, ddof=1)) if pairs > 1 else math.nan,
        robust_spread_s=_MAD_TO_SD * float(np.median(distance_s)) if pairs else math.nan,
    )


def _nanoseconds(time_s: F64, where: str) -> I64:
    """Check and convert the times of events: (event,) seconds -> (event,) whole nanoseconds."""
    if not (np.all(np.isfinite(time_s)) and np.all(np.diff(time_s) >= 0)):
        raise ProtocolError(
            where, "times that are NaN or run backwards", "times in order", "Sort them first."
        )
    return np.asarray(np.rint(np.asarray(time_s) * _NS), np.int64)


def _inside(time_s: F64, span_s: F64) -> Bool:
    """Mark times within any of the spans: (event,), (span, 2) -> (event,)."""
    spans = np.reshape(span_s, (-1, 2))
    within = (time_s[:, None] >= spans[:, 0]) & (time_s[:, None] <= spans[:, 1])
    return np.asarray(within.any(axis=1))


def _matching(truth: I64, found: I64, truth_s: F64, found_s: F64) -> Matching:
    """Complete pairs with what they leave over."""
    missed = np.setdiff1d(np.arange(len(truth_s)), truth, assume_unique=True)
    false = np.setdiff1d(np.arange(len(found_s)), found, assume_unique=True)
    offset_s = np.asarray(found_s[found] - truth_s[truth], np.float64)
    return Matching(truth, found, missed, false, offset_s)


def _pairs(truth: I64, found: I64, reach: int) -> tuple[I64, I64]:
    """Pair sorted whole-number times within `reach`: (truth,), (found,) -> (pair,), (pair,).

    Events further apart than `reach` cannot be connected through any pair, so the time line
    falls into groups; a group of one true and one found event is a pair without further ado.
    """
    times = np.concatenate([truth, found])
    order = np.argsort(times, kind="stable")
    group = np.empty(len(times), np.int64)
    group[order] = np.cumsum(np.diff(times[order], prepend=times[order][:1]) > reach)
    of_truth, of_found = group[: len(truth)], group[len(truth) :]
    count = int(group.max(initial=-1)) + 1
    truths, founds = np.bincount(of_truth, minlength=count), np.bincount(of_found, minlength=count)
    lone = (truths == 1) & (founds == 1)
    pairs = list(zip(np.flatnonzero(lone[of_truth]), np.flatnonzero(lone[of_found]), strict=True))
    for crowd in np.flatnonzero((truths > 0) & (founds > 0) & ~lone):
        i, j = np.searchsorted(of_truth, crowd), np.searchsorted(of_found, crowd)
        mine, theirs = truth[i : i + truths[crowd]], found[j : j + founds[crowd]]
        pairs += [(i + a, j + b) for a, b in _pair_crowd(mine, theirs, reach)]
    both = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _pair_crowd(truth: I64, found: I64, reach: int) -> list[tuple[int, int]]:
    """Pair a crowd with the most pairs, then the least distance, by dynamic programming.

    Two crossing pairs can always be uncrossed without loss, so pairs keep the order of time.
    Row i knows the best (pairs, -distance) of the first i + 1 true events with the found ones
    before each column from low[i] to high[i]; outside its reach a row is constant.
    """
    low = np.searchsorted(found, truth - reach, "left").tolist()
    high = np.searchsorted(found, truth + reach, "right").tolist()
    above, above_low = [(0, 0)], 0
    steps: list[list[str]] = []
    for i, time in enumerate(truth.tolist()):
        top = [above[min(j - above_low, len(above) - 1)] for j in range(low[i], high[i] + 1)]
        row, step = [top[0]], ["up"]
        for j, other in enumerate(found[low[i] : high[i]].tolist()):
            paired = (top[j][0] + 1, top[j][1] - abs(other - time))
            best = max(paired, top[j + 1], row[-1])
            step.append("pair" if best == paired else "up" if best == top[j + 1] else "left")
            row.append(best)
        steps.append(step)
        above, above_low = row, low[i]
    return _walk_back(steps, low, high)


def _walk_back(steps: list[list[str]], low: list[int], high: list[int]) -> list[tuple[int, int]]:
    """Read the pairs off the steps of the dynamic programme, last one first."""
    pairs = []
    i, j = len(steps) - 1, high[-1]
    while i >= 0:
        j = min(j, high[i])
        step = steps[i][j - low[i]]
        if step == "pair":
            pairs.append((i, j - 1))
        if step in ("pair", "left"):
            j -= 1
        if step in ("pair", "up"):
            i -= 1
    return pairs
