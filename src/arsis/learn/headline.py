"""The figures that a protocol is known by, each with its interval over subjects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.scores.bootstrap import Resampling, bootstrap_counts
from arsis.scores.classes import Confusion, class_scores, gross, j_kappa
from arsis.scores.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import I64

RESAMPLING = Resampling(seed=0)
NO_BEAT = "O"
"""The class of what is no beat, in EC57's words: a row for false beats, a column for missed."""


def figures(confusion: Confusion) -> dict[str, float]:
    """Return the headline figures of a confusion matrix by name.

    Macro-F1 is the mean over the classes of beats: "no beat" has none of its own, but missed and
    false beats lower those of the others. j-kappa is there where the classes S and V are.
    """
    scores = class_scores(confusion)
    beats = {name: each for name, each in scores.classes.items() if name != NO_BEAT}
    f1s = [each.f1 for each in beats.values() if not math.isnan(each.f1)]
    named = {
        "accuracy": scores.accuracy,
        "macro_f1": math.fsum(f1s) / len(f1s) if f1s else math.nan,
        "kappa": scores.kappa,
    }
    if {"S", "V"} <= set(confusion.names):
        named["j_kappa"] = j_kappa(confusion)
    for name, each in beats.items():
        named |= {f"f1_{name}": each.f1, f"se_{name}": each.sensitivity, f"ppv_{name}": each.ppv}
    return named


def headline(
    confusions: Sequence[Confusion], resampling: Resampling = RESAMPLING
) -> dict[str, Any]:
    """Return every headline figure of all subjects together, with its interval over subjects.

    `confusions` holds one matrix a subject. Values are plain, ready for JSON.
    """
    whole = gross(confusions)
    counts = _stacked(confusions)
    seen: dict[bytes, dict[str, float]] = {}

    def statistic(name: str, drawn: I64) -> float:
        # Every figure is asked of the same drawn cohorts: the seed is the same.
        key = drawn.tobytes()
        if key not in seen:
            seen[key] = figures(Confusion(whole.names, drawn))
        return seen[key][name]

    intervals = {
        name: bootstrap_counts(counts, lambda drawn, name=name: statistic(name, drawn), resampling)  # type: ignore[misc]
        for name in figures(whole)
    }
    return {name: plain(interval) for name, interval in intervals.items()}


def without_each(
    confusions: Mapping[str, Confusion], apart: Sequence[str], resampling: Resampling = RESAMPLING
) -> dict[str, Any]:
    """Return the headline figures with each of the subjects `apart` left out, by its name."""
    return {
        subject: headline(
            [each for name, each in confusions.items() if name != subject], resampling
        )
        for subject in apart
        if subject in confusions and len(confusions) > 1
    }


def collapse_alarm(confusion: Confusion) -> str:
    """Say in a sentence that the answers do not depend on the beats; "" where they do.

    A constant answer, or agreement no better than chance, is no result to publish (guard C12).
    """
    answered = [name for name, n in zip(confusion.names, confusion.counts.sum(0), strict=True) if n]
    answered = [name for name in answered if name != NO_BEAT]
    if len(answered) == 1:
        return f"every answer is {answered[0]}"
    kappa = class_scores(confusion).kappa
    return "agreement is no better than chance" if kappa <= 0 else ""


def across_seeds(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return mean and standard deviation (n - 1) of the headline over records of several seeds.

    Raises
    ------
    ProtocolError
        If the records are of different test data, parts or protocols, or share a seed's weights.
    """
    check_same(records)
    if len({record["weights"] for record in records}) < len(records):
        raise ProtocolError(
            "seeds", "the same weights twice", "different weights", "Name each bundle once."
        )
    return {
        name: spread([record["scores"]["headline"][name]["estimate"] for record in records])
        for name in records[0]["scores"]["headline"]
    }


def check_same(records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to put figures of different test sets side by side (guard C13).

    Raises
    ------
    ProtocolError
        If part, protocol or data fingerprint differ.
    """
    for what, value_of in (
        ("parts", lambda record: record["part"]),
        ("protocols", lambda record: record["protocol"]),
        ("test sets", lambda record: f"fingerprint {record['data']['fingerprint'][:12]}"),
    ):
        names: dict[str, list[str]] = {}
        for record in records:
            names.setdefault(str(value_of(record)), []).append(str(record["name"]))
        if len(names) != 1:
            held = "; ".join(f"{value} ({', '.join(who)})" for value, who in sorted(names.items()))
            raise ProtocolError(
                "records",
                f"{len(names)} different {what}: {held}",
                "one and the same",
                "Compare each group by itself, or score all of them again on the same data with "
                "`arsis evaluate`.",
            )


def spread(values: Sequence[float | None]) -> dict[str, Any]:
    """Return mean and standard deviation (n - 1) of a figure over seeds; None = undefined."""
    known = [value for value in values if value is not None]
    mean = math.fsum(known) / len(known) if known else math.nan
    squares = math.fsum((value - mean) ** 2 for value in known)
    deviation = math.sqrt(squares / (len(known) - 1)) if len(known) > 1 else math.nan
    return {"mean": plain(mean), "sd": plain(deviation), "values": plain(list(values))}


def _stacked(confusions: Sequence[Confusion]) -> I64:
    return np.stack([each.counts for each in confusions])
