"""Ranking run records by the figure of their protocol, on one and the same test data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.learn.gather import FIGURE, VALIDATION
from arsis.learn.headline import RESAMPLING, check_same, figures
from arsis.learn.scoring import PARTS
from arsis.learn.scoring.part import Rank
from arsis.scores.bootstrap import Interval, Resampling, bootstrap_counts
from arsis.scores.classes import Confusion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import I64
    from arsis.learn.record import Record


@dataclass(frozen=True)
class Ranked:
    """One contender in its place.

    Attributes
    ----------
    place
        1 is best; None: it has no such figure.
    name, kind, seed
        As its record says.
    estimate, low, high
        The figure with its interval over subjects.
    seeds_mean, seeds_sd, seeds
        The same over seeds of its net, and how many there are.
    less, less_low, less_high
        How much worse it is than the best, drawn over the same subjects; None: not known.
    beside
        What must be said with it: an alarm, or the scores before adaptation.
    """

    place: int | None
    name: str
    kind: str
    seed: Any
    estimate: float | None
    low: float | None
    high: float | None
    seeds_mean: float | None = None
    seeds_sd: float | None = None
    seeds: int = 0
    less: float | None = None
    less_low: float | None = None
    less_high: float | None = None
    beside: str = ""


@dataclass(frozen=True)
class Comparison:
    """Contenders in order, and what makes their order mean something.

    Attributes
    ----------
    task, part, protocol, corpus, fingerprint, subjects
        On what, by which protocol and of how many people.
    openings
        For how many sets of weights the test part has been opened.
    rank
        By which figure.
    rows
        The best first.
    notes
        What to bear in mind, in sentences.
    """

    task: str
    part: str
    protocol: str
    corpus: str
    fingerprint: str
    subjects: int
    openings: int
    rank: Rank
    rows: tuple[Ranked, ...]
    notes: tuple[str, ...]


def compare(records: Sequence[Record], resampling: Resampling = RESAMPLING) -> Comparison:
    """Rank records by the figure of their protocol.

    Raises
    ------
    ProtocolError
        If they are of different parts, protocols or test data, or their part ranks by no figure.
    """
    check_same(records)
    first = records[0]
    rank = rank_of(first)
    spreads = [record for record in records if record["kind"] == "seeds"]
    entered = [record for record in records if record["kind"] != "seeds"]
    order = sorted(entered, key=lambda record: _key(record, rank))
    rows = tuple(_row(record, order, rank, spreads, resampling) for record in order)
    return Comparison(
        first["task"],
        first["part"],
        first["protocol"],
        first["data"]["corpus"],
        first["data"]["fingerprint"],
        first["data"]["subjects"],
        max(record["data"]["openings"] for record in records),
        rank,
        rows,
        _notes(rows, first["part"]),
    )


def rank_of(record: Record) -> Rank:
    """Return by which figure the part of a record ranks.

    Raises
    ------
    ProtocolError
        If it ranks by none.
    """
    if record["part"] == VALIDATION:
        return Rank(FIGURE, "share")
    parts = PARTS.get(record["task"], {})
    part = parts.get(record["part"])
    if part is None or part.rank is None:
        known = ", ".join(name for name, each in parts.items() if each.rank)
        raise ProtocolError(
            record["name"],
            f"part {record['part']}, in which nothing is ranked",
            f"one of {known or 'the parts of a known task'}",
            "Name records of such a part, or look at its table.",
        )
    return part.rank


def _key(record: Record, rank: Rank) -> tuple[bool, float, str]:
    value = _figure(record, rank).get("estimate")
    missing = value is None
    return missing, 0.0 if value is None else value if rank.less else -value, record["name"]


def _figure(record: Record, rank: Rank) -> Mapping[str, Any]:
    row: Mapping[str, Any] = record["scores"].get("headline", {}).get(rank.figure) or {}
    return row


def _row(
    record: Record,
    order: Sequence[Record],
    rank: Rank,
    spreads: Sequence[Record],
    resampling: Resampling,
) -> Ranked:
    found = _figure(record, rank)
    known = found.get("estimate") is not None
    spread, count = _spread(record, spreads, rank)
    behind = _behind(order[0], record, rank, resampling) if record is not order[0] else None
    return Ranked(
        order.index(record) + 1 if known else None,
        record["name"],
        record["kind"],
        record["seed"],
        found.get("estimate"),
        found.get("low"),
        found.get("high"),
        spread.get("mean"),
        spread.get("sd"),
        count,
        behind.estimate if behind else None,
        behind.low if behind else None,
        behind.high if behind else None,
        _beside(record, rank),
    )


def _spread(record: Record, spreads: Sequence[Record], rank: Rank) -> tuple[Mapping[str, Any], int]:
    """Return the figure over the seeds of a record's net, and how many there are."""
    for each in spreads:
        if record["weights"] in each["weights"]:
            return each["scores"]["seeds"].get(rank.figure) or {}, len(each["weights"])
    return {}, 0


def _behind(best: Record, other: Record, rank: Rank, resampling: Resampling) -> Interval | None:
    """Return how far a record lies behind the best, each cohort drawn for both of them alike.

    Intervals of two figures on the same people overlap far more than the two differ by chance.
    """
    pair = [_confusions(each) for each in (best, other)]
    if not all(pair) or pair[0].keys() != pair[1].keys():
        return None
    (names, _), *_ = pair[0].values()
    counts: I64 = np.stack([[each[subject][1] for each in pair] for subject in sorted(pair[0])])
    sign = -1.0 if rank.less else 1.0

    def gap(drawn: I64) -> float:
        ahead, behind = (figures(Confusion(names, each)).get(rank.figure) for each in drawn)
        return math.nan if ahead is None or behind is None else sign * (ahead - behind)

    return bootstrap_counts(counts, gap, resampling)


def _confusions(record: Record) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Return names and counts of the confusion of each subject, where a record holds them."""
    rows = record["scores"].get("records", {})
    return {
        subject: (tuple(row["confusion"]["names"]), row["confusion"]["counts"])
        for subject, row in rows.items()
        if isinstance(row, dict) and "confusion" in row
    }


def _beside(record: Record, rank: Rank) -> str:
    sides = record["scores"].get("adaptation", {})
    figures_ = {side: values.get(rank.figure) for side, values in sides.items()}
    said = [f"{side} {value:.3f}" for side, value in figures_.items() if value is not None]
    return ", ".join(filter(None, [record["scores"].get("alarm", ""), *said]))


def _notes(rows: Sequence[Ranked], part: str) -> tuple[str, ...]:
    notes = []
    if part == VALIDATION:
        notes.append(
            "Validation figures choose settings; they prove nothing: score on a test part."
        )
    elif not any(row.kind == "baseline" for row in rows):
        notes.append("No baseline is among these records or beside them.")
    close = [row.name for row in rows if row.less_low is not None and row.less_low <= 0]
    if close:
        names = ", ".join(close)
        notes.append(f"{rows[0].name} cannot be told from {names}: other people could swap them.")
    return tuple(notes)
