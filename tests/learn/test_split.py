from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import ProtocolError
from arsis.core.examples import Examples
from arsis.core.examples_write import Writer
from arsis.learn.split import check, folds, hold_out

PARTS = {"fit": ("s0", "s1", "s2"), "validation": ("s3",), "test": ("s4", "s5")}


def test_honest_parts_pass_and_are_counted(examples):
    report = check(examples, PARTS)
    scored = sum((values >= 0).sum() for values in examples.y.values())
    assert sum(sum(c["beat"].values()) for c in report.counts.values()) == scored
    assert report.exceptions == ()
    assert report.table().count("\n") == 2


def test_guard_c04_one_patient_in_two_parts_is_refused(examples):
    with pytest.raises(ProtocolError, match="s2 in both"):
        check(examples, PARTS | {"test": ("s2", "s5")})


def test_named_exceptions_are_reported_not_refused(examples):
    report = check(examples, PARTS, shared=[("s0", "s4"), ("s0", "s1")])
    assert report.exceptions == (("s0", "s4"),)


def test_guard_c03_the_same_window_in_two_parts_is_refused(tmp_path, toy):
    with Writer(tmp_path / "twice", toy.origin) as writer:
        writer.append("r0", "s0", *toy.windows(0))
        writer.append("copy", "s1", *toy.windows(0))
    examples = Examples.open(tmp_path / "twice")
    with pytest.raises(ProtocolError, match="60 windows"):
        check(examples, {"fit": ("s0",), "test": ("s1",)})


def test_guard_c06_a_part_without_a_class_is_refused_with_the_table(tmp_path, toy):
    windows, labels = toy.windows(1)
    labels = {"beat": np.where(labels["beat"] == 2, 0, labels["beat"])}
    with Writer(tmp_path / "lacking", toy.origin) as writer:
        writer.append("r0", "s0", *toy.windows(0))
        writer.append("r1", "s1", windows, labels)
    examples = Examples.open(tmp_path / "lacking")
    with pytest.raises(ProtocolError, match=r"no window of class V.*\n.*fit .*\n.*test "):
        check(examples, {"fit": ("s0",), "test": ("s1",)})
    assert check(examples, {"fit": ("s1",)}).absent == {"beat": ("V",)}


@given(count=st.integers(2, 6))
@settings(max_examples=5)
def test_folds_hold_every_subject_once(examples, count):
    groups = folds(examples, examples.subjects, count)
    assert sorted(s for group in groups for s in group) == sorted(examples.subjects)
    assert all(groups)
    assert groups == folds(examples, examples.subjects[::-1], count)


def test_folds_spread_a_class_that_few_have(tmp_path, toy):
    with Writer(tmp_path / "few", toy.origin) as writer:
        for subject in range(6):
            windows, labels = toy.windows(subject)
            if subject >= 2:
                labels = {"beat": np.where(labels["beat"] == 2, 0, labels["beat"])}
            writer.append(f"r{subject}", f"s{subject}", windows, labels)
    examples = Examples.open(tmp_path / "few")
    groups = folds(examples, examples.subjects, 2)
    assert not any({"s0", "s1"} <= set(group) for group in groups)
    fit, held = hold_out(examples, examples.subjects, 0.5)
    assert len({"s0", "s1"} & set(held)) == 1
    assert sorted(fit + held) == sorted(examples.subjects)


def test_a_class_of_one_patient_cannot_be_held_out(tmp_path, toy):
    with Writer(tmp_path / "one", toy.origin) as writer:
        for subject in range(4):
            windows, labels = toy.windows(subject)
            if subject:
                labels = {"beat": np.where(labels["beat"] == 2, 0, labels["beat"])}
            writer.append(f"r{subject}", f"s{subject}", windows, labels)
    examples = Examples.open(tmp_path / "one")
    with pytest.raises(ProtocolError, match="only one patient"):
        hold_out(examples, examples.subjects, 0.25)


def test_more_folds_than_subjects_are_refused(examples):
    with pytest.raises(ProtocolError, match="7 folds of 6"):
        folds(examples, examples.subjects, 7)
