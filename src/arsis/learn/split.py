"""Who is trained on and who is scored: by patient, checked, and the same every time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64, I64
    from arsis.core.examples import Examples

Parts = dict[str, tuple[str, ...]]
"""Subjects by the name of their part (fit, validation, test)."""


@dataclass(frozen=True)
class Report:
    """What a check of parts has found.

    Attributes
    ----------
    counts
        Scored windows: part -> target -> class -> number.
    exceptions
        Pairs of subjects in different parts that are one person, named and allowed.
    absent
        Classes by target of which no part has a window: nobody can learn or score them here.
    """

    counts: Mapping[str, Mapping[str, Mapping[str, int]]]
    exceptions: tuple[tuple[str, str], ...]
    absent: Mapping[str, tuple[str, ...]]

    def table(self) -> str:
        """Return the class table as text, a line for each part and target."""
        lines = []
        for part, targets in self.counts.items():
            for target, classes in targets.items():
                cells = "  ".join(f"{name} {count:>7,}" for name, count in classes.items())
                lines.append(f"{part:<12}{target:<8}{cells}")
        return "\n".join(lines)


def check(
    examples: Examples,
    parts: Parts,
    shared: Sequence[tuple[str, str]] = (),
    complete: Sequence[str] | None = None,
) -> Report:
    """Refuse parts that share a person or a window, or that lack a class.

    Parameters
    ----------
    examples, parts
        The windows, and the subjects of each part.
    shared
        Pairs of subjects known to be one person: a named exception, reported.
    complete
        The parts that must hold every class that occurs in any of them; None = all parts.

    Raises
    ------
    ProtocolError
        If a part is empty, two parts share a subject or a window, or a part lacks a class.
    """
    for (first, ours), (second, theirs) in combinations(parts.items(), 2):
        both = sorted(set(ours) & set(theirs))
        if both:
            raise ProtocolError(
                f"parts {first} and {second}",
                f"{', '.join(both)} in both",
                "different patients in every part",
                "Take each patient out of one of them.",
            )
    rows = {part: examples.rows(subjects) for part, subjects in parts.items()}
    _refuse_same_windows(examples, rows)
    counts = {part: _count(examples, numbers) for part, numbers in rows.items()}
    absent = {
        target: tuple(name for name in names if not any(counts[p][target][name] for p in parts))
        for target, names in examples.origin.targets.items()
    }
    report = Report(counts, _exceptions(parts, shared), absent)
    for part in parts if complete is None else complete:
        _refuse_missing(part, report)
    return report


def hashes(examples: Examples, rows: I64) -> set[bytes]:
    """Return a hash of what the net would see of each of these windows."""
    return {
        hashlib.blake2b(
            examples.x[row].tobytes() + examples.context[row].tobytes(), digest_size=16
        ).digest()
        for row in rows
    }


def folds(examples: Examples, subjects: Sequence[str], count: int) -> tuple[tuple[str, ...], ...]:
    """Divide subjects into `count` groups that hold about as much of every class; always the same.

    Subjects are dealt from the one with the largest share of any class on, each to the group
    where it evens out the shares best. A subject is never divided.

    Raises
    ------
    ProtocolError
        If there are fewer subjects than groups.
    """
    if not 1 < count <= len(subjects):
        raise ProtocolError(
            "folds",
            f"{count} folds of {len(subjects)} subjects",
            "at least two folds and one subject in each",
            "Ask for fewer folds, or add recordings.",
        )
    shares = _shares(examples, subjects)
    held = np.zeros((count, shares.shape[1]))
    groups: list[list[str]] = [[] for _ in range(count)]
    for index in sorted(range(len(subjects)), key=lambda i: (-shares[i].max(), subjects[i])):
        # Sum of squares after the subject is added: smallest where its classes are rarest so far.
        growth = ((held + shares[index]) ** 2 - held**2).sum(1)
        empty = [group for group in range(count) if not groups[group]]
        left = len(subjects) - sum(map(len, groups))
        among = empty if len(empty) == left else range(count)
        best = min(among, key=lambda group: (growth[group], group))
        groups[best].append(subjects[index])
        held[best] += shares[index]
    return tuple(tuple(sorted(group)) for group in groups)


def hold_out(
    examples: Examples, subjects: Sequence[str], share: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide training subjects into (fit, validation): whole patients, about `share` of each class.

    Raises
    ------
    ProtocolError
        If no division leaves every class in both parts.
    """
    groups = folds(examples, subjects, max(2, min(len(subjects), round(1 / share))))
    shares = _shares(examples, subjects)
    places = {subject: index for index, subject in enumerate(subjects)}

    def misfit(group: tuple[str, ...]) -> tuple[bool, float]:
        held = shares[[places[subject] for subject in group]].sum(0)
        lacks = bool(((held <= 0) | (held >= 1 - 1e-12))[shares.sum(0) > 0].any())
        return lacks, float(((held - share) ** 2).sum())

    validation = min(groups, key=misfit)
    if misfit(validation)[0]:
        raise ProtocolError(
            "validation patients",
            "a class that only one patient has",
            "every class in at least two patients",
            "Train for a fixed number of epochs without validation, or add recordings.",
        )
    return tuple(subject for subject in subjects if subject not in validation), validation


def _shares(examples: Examples, subjects: Sequence[str]) -> F64:
    """Return which share of each class, and of all windows, a subject has: (subject, class + 1)."""
    columns = []
    for target, names in examples.origin.targets.items():
        y = examples.y[target]
        table = np.array(
            [
                np.bincount(y[rows][y[rows] >= 0], minlength=len(names))
                for rows in (examples.rows((subject,)) for subject in subjects)
            ]
        )
        columns += [table, table.sum(1, keepdims=True)]
    counts = np.concatenate(columns, axis=1).astype(float)
    shares: F64 = counts / np.maximum(counts.sum(0), 1)
    return shares


def _count(examples: Examples, rows: I64) -> dict[str, dict[str, int]]:
    return {
        target: {
            name: int((examples.y[target][rows] == number).sum())
            for number, name in enumerate(names)
        }
        for target, names in examples.origin.targets.items()
    }


def _exceptions(parts: Parts, shared: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    place = {subject: part for part, subjects in parts.items() for subject in subjects}
    return tuple(
        pair for pair in shared
        if pair[0] in place and pair[1] in place and place[pair[0]] != place[pair[1]]
    )  # fmt: skip


def _refuse_same_windows(examples: Examples, rows: Mapping[str, I64]) -> None:
    seen = {part: hashes(examples, numbers) for part, numbers in rows.items()}
    for first, second in combinations(seen, 2):
        same = len(seen[first] & seen[second])
        if same:
            raise ProtocolError(
                f"parts {first} and {second}",
                f"{same} windows that are bit for bit the same",
                "no window in two parts",
                "A recording is there twice under two names: leave one out.",
            )


def _refuse_missing(part: str, report: Report) -> None:
    for target, classes in report.counts[part].items():
        absent = report.absent[target]
        missing = [name for name, count in classes.items() if not count and name not in absent]
        if missing:
            raise ProtocolError(
                f"part {part}",
                f"no window of class {', '.join(missing)} for {target}\n{report.table()}",
                "every class in every part",
                "Move patients between the parts.",
            )
