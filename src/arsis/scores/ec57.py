"""The beat-by-beat table of ANSI/AAMI EC57: QRS, VEB and SVEB figures, per record and gross."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.core.errors import ProtocolError
from arsis.scores.classes import Confusion, gross
from arsis.scores.plain import Plain, plain_fields
from arsis.scores.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

BEATS = ("N", "S", "V", "F", "Q")
NO_BEAT = "O"

# A fusion beat, or one that nobody could class, may look ventricular without that being an
# error; one that nobody could class may look supraventricular.
_FORGIVEN = {"V": ("F", "Q"), "S": ("Q",)}


@dataclass(frozen=True, slots=True)
class EctopicScores:
    """How well one kind of ectopic beat was told from everything else.

    Attributes
    ----------
    true_positive, false_negative, false_positive, true_negative
        Beats, counted as `ec57_table` says.
    sensitivity, ppv
        Se and +P; NaN without such beats, or without such answers.
    false_positive_rate
        FP / (FP + TN); NaN without other beats.
    accuracy
        (TP + TN) / (TP + TN + FP + FN).
    """

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int
    sensitivity: float
    ppv: float
    false_positive_rate: float
    accuracy: float

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


@dataclass(frozen=True, slots=True)
class Ec57Row:
    """The EC57 figures of one record, or of all together.

    Attributes
    ----------
    qrs_sensitivity, qrs_ppv
        Share of the true beats that were found, and of the found ones that are true.
    veb, sveb
        Ventricular (V) and supraventricular (S) ectopic beats.
    """

    qrs_sensitivity: float
    qrs_ppv: float
    veb: EctopicScores
    sveb: EctopicScores

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


@dataclass(frozen=True, slots=True)
class Ec57Table:
    """The EC57 figures of every record by name, and of all beats together."""

    records: Mapping[str, Ec57Row]
    gross: Ec57Row

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def ec57_table(records: Mapping[str, Confusion]) -> Ec57Table:
    """Report beat classification the way the standard for monitors asks for.

    `records` holds the confusion matrix of each record, with classes named N, S, V, F, Q and
    O ("no beat": as a row for false detections, as a column for missed beats); a class that
    does not occur may be absent. With lower-case letters for answers, as in the standard:

    - QRS: TP = all of rows N..Q in columns n..q, FN = column o, FP = row O.
    - VEB: TP = Vv; FN = the rest of row V, missed ones too; FP = Nv + Sv + Ov, *without* Fv
      and Qv; TN = all cells of rows N, S, F, Q and O outside the columns v and o.
    - SVEB: TP = Ss; FN = the rest of row S; FP = Ns + Vs + Fs + Os, *without* Qs; TN = all
      cells of rows N, V, F, Q and O outside the columns s and o.

    Forgiven cells count nowhere. A missed beat of another class counts neither for nor
    against. Source: ANSI/AAMI EC57, as in PhysioNet's reference program `bxb`; that gives no
    FPR for SVEB and no accuracy: ours follow its VEB rule, as de Chazal et al. (2004) do. Not
    done here: column and row X (shutdown), and the five minutes of learning that the standard
    does not score; leave those beats out first.

    Raises
    ------
    ProtocolError
        When a matrix holds another class, there is no record, or the classes differ.
    """
    whole = gross(list(records.values()))
    unknown = [name for name in whole.names if name not in (*BEATS, NO_BEAT)]
    if unknown:
        raise ProtocolError(
            "confusion matrices",
            f"the class {unknown[0]}",
            "N, S, V, F, Q or O (no beat)",
            "Map the classes to those of EC57 before they are counted.",
        )
    return Ec57Table({name: _row(each) for name, each in records.items()}, _row(whole))


def _row(confusion: Confusion) -> Ec57Row:
    """Score one matrix."""
    cells = {
        (truth, answer): int(confusion.counts[i, j])
        for i, truth in enumerate(confusion.names)
        for j, answer in enumerate(confusion.names)
    }
    found = sum(n for (truth, answer), n in cells.items() if NO_BEAT not in (truth, answer))
    missed = sum(n for (truth, answer), n in cells.items() if truth != NO_BEAT == answer)
    false = sum(n for (truth, answer), n in cells.items() if truth == NO_BEAT != answer)
    return Ec57Row(
        qrs_sensitivity=ratio(found, found + missed),
        qrs_ppv=ratio(found, found + false),
        veb=_ectopic(cells, "V"),
        sveb=_ectopic(cells, "S"),
    )


def _ectopic(cells: Mapping[tuple[str, str], int], kind: str) -> EctopicScores:
    """Count one kind of ectopic beat against everything else."""
    hit = cells.get((kind, kind), 0)
    missed = sum(n for (truth, answer), n in cells.items() if truth == kind != answer)
    right = sum(
        n for (truth, answer), n in cells.items() if truth != kind and answer not in (kind, NO_BEAT)
    )
    false = sum(
        n
        for (truth, answer), n in cells.items()
        if answer == kind and truth not in (kind, *_FORGIVEN[kind])
    )
    return EctopicScores(
        true_positive=hit,
        false_negative=missed,
        false_positive=false,
        true_negative=right,
        sensitivity=ratio(hit, hit + missed),
        ppv=ratio(hit, hit + false),
        false_positive_rate=ratio(false, false + right),
        accuracy=ratio(hit + right, hit + right + false + missed),
    )
