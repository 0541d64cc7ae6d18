"""The EC57 table against the cell-by-cell sums of the standard's reference program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import ProtocolError
from arsis.scores.classes import Confusion
from arsis.scores.ec57 import ec57_table

NAMES = ("N", "S", "V", "F", "Q", "O")


def matrix(seed):
    counts = np.random.default_rng(seed).integers(1, 100, (6, 6))
    counts[5, 5] = 0  # nothing is neither true nor found
    return Confusion(NAMES, counts)


def cells(confusion, text):
    """Add up cells written as in the standard: the row in capitals, the column not."""
    at = {name: k for k, name in enumerate(confusion.names)}
    return sum(int(confusion.counts[at[a], at[b.upper()]]) for a, b in text.split())


def test_cell_by_cell():
    one = matrix(1)
    row = ec57_table({"100": one}).records["100"]
    true_negative_v = (
        "Nn Ns Nf Nq Sn Ss Sf Sq Fn Fs Ff Fq Qn Qs Qf Qq On Os Of Oq"  # as bxb adds them up
    )
    true_negative_s = "Nn Nv Nf Nq Vn Vv Vf Vq Fn Fv Ff Fq Qn Qv Qf Qq On Ov Of Oq"
    assert row.veb.true_positive == cells(one, "Vv")
    assert row.veb.false_negative == cells(one, "Vn Vs Vf Vq Vo")
    assert row.veb.false_positive == cells(one, "Nv Sv Ov")
    assert row.veb.true_negative == cells(one, true_negative_v)
    assert row.sveb.true_positive == cells(one, "Ss")
    assert row.sveb.false_negative == cells(one, "Sn Sv Sf Sq So")
    assert row.sveb.false_positive == cells(one, "Ns Vs Fs Os")
    assert row.sveb.true_negative == cells(one, true_negative_s)


def test_figures():
    one = matrix(2)
    row = ec57_table({"100": one}).gross
    veb = row.veb
    tp, fn, fp = veb.true_positive, veb.false_negative, veb.false_positive
    assert veb.sensitivity == pytest.approx(tp / (tp + fn))
    assert veb.ppv == pytest.approx(tp / (tp + fp))
    assert veb.false_positive_rate == pytest.approx(fp / (fp + veb.true_negative))
    total = tp + fn + fp + veb.true_negative
    assert veb.accuracy == pytest.approx((tp + veb.true_negative) / total)
    found, missed, false = one.counts[:5, :5].sum(), one.counts[:5, 5].sum(), one.counts[5].sum()
    assert row.qrs_sensitivity == pytest.approx(found / (found + missed))
    assert row.qrs_ppv == pytest.approx(found / (found + false))


@given(st.permutations(range(6)))
def test_the_order_of_classes_changes_nothing(order):
    one = matrix(3)
    turned = Confusion(tuple(NAMES[k] for k in order), one.counts[np.ix_(order, order)])
    assert ec57_table({"a": turned}) == ec57_table({"a": one})


def test_gross_adds_beats_not_percentages():
    table = ec57_table({"100": matrix(4), "200": matrix(5)})
    rows = table.records.values()
    assert table.gross.veb.true_positive == sum(row.veb.true_positive for row in rows)
    assert table.as_dict()["gross"]["sveb"]["sensitivity"] == table.gross.sveb.sensitivity


def test_classes_may_be_absent():
    four = Confusion(NAMES[:4], matrix(6).counts[:4, :4])
    padded = np.zeros((6, 6), np.int64)
    padded[:4, :4] = four.counts
    assert ec57_table({"a": four}) == ec57_table({"a": Confusion(NAMES, padded)})
    assert ec57_table({"a": four}).gross.qrs_sensitivity == 1
    two = ec57_table({"a": Confusion(("N", "F"), four.counts[:2, :2])}).gross
    assert np.isnan(two.veb.sensitivity)
    assert two.veb.false_positive_rate == 0


def test_classes_of_another_map_are_refused():
    with pytest.raises(ProtocolError, match="the class A"):
        ec57_table({"100": Confusion(("N", "A"), np.eye(2, dtype=np.int64))})
    with pytest.raises(ProtocolError):
        ec57_table({})
