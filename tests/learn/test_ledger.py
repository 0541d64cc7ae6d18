"""Nobody sees a test part without a line in the ledger."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from arsis.core.errors import ProtocolError
from arsis.core.recording import Mark, Recording
from arsis.core.task import Corpus, Split
from arsis.learn.ledger import fingerprint, note_headline, open_test, read_ledger
from arsis.tasks.beats.simulate import simulate

FIRST, SECOND = "a" * 64, "b" * 64


@pytest.fixture
def corpus():
    split = Split("toy", "made up", ("1",), ("2", "3"))
    return Corpus("toy", "", "", split, simulated(0))


def simulated(first_seed):
    return lambda _, subject: (simulate(first_seed + int(subject), 12.0, 250.0),)


def look(corpus, tmp_path, weights=FIRST, name="net"):
    return open_test(
        corpus, tmp_path, (name, weights), "arsis evaluate", tmp_path / "l" / "x.jsonl"
    )


def test_an_opening_is_written_down_and_the_test_subjects_come_out(corpus, tmp_path):
    test = look(corpus, tmp_path)
    assert test.subjects == ("2", "3")
    assert [each.name for each in test.recordings] == ["simulated-2", "simulated-3"]
    (line,) = read_ledger(tmp_path / "l" / "x.jsonl")
    assert (line.protocol, line.what, line.weights) == ("toy", "net", FIRST)
    assert line.command == "arsis evaluate"
    assert line.when.startswith("20")
    assert line.fingerprint == fingerprint(test.recordings)


def test_the_same_weights_again_are_no_new_opening_and_other_weights_are(corpus, tmp_path):
    counts = [look(corpus, tmp_path, w).count for w in (FIRST, FIRST, SECOND, FIRST)]
    assert counts == [1, 1, 2, 2]
    assert len((tmp_path / "l" / "x.jsonl").read_text().splitlines()) == 2


def test_another_name_does_not_hide_the_same_weights(corpus, tmp_path):
    look(corpus, tmp_path, FIRST, "net")
    assert look(corpus, tmp_path, FIRST, "renamed").count == 1


def test_changed_test_data_are_another_test_part(corpus, tmp_path):
    look(corpus, tmp_path)
    changed = replace(corpus, open=simulated(9))
    assert look(changed, tmp_path).count == 1
    assert len(read_ledger(tmp_path / "l" / "x.jsonl")) == 2


def test_the_line_stands_before_anything_is_handed_out(corpus, tmp_path):
    ledger = tmp_path / "there"
    ledger.mkdir()  # a folder where the ledger should be: writing must fail
    with pytest.raises(OSError, match="there"):
        open_test(corpus, tmp_path, ("net", FIRST), "", ledger)


def test_a_contender_without_a_sha256_is_refused(corpus, tmp_path):
    with pytest.raises(ProtocolError, match="sha256"):
        look(corpus, tmp_path, weights="latest")
    assert not (tmp_path / "l").exists()


def test_a_damaged_ledger_is_refused(corpus, tmp_path):
    ledger = tmp_path / "x.jsonl"
    ledger.write_text('{"protocol": "toy"}\n')
    with pytest.raises(ProtocolError, match="version control"):
        open_test(corpus, tmp_path, ("net", FIRST), "", ledger)


def test_the_headline_is_entered_beside_that_of_other_parts(corpus, tmp_path):
    ledger = tmp_path / "l" / "x.jsonl"
    opening = look(corpus, tmp_path).opening
    look(corpus, tmp_path, SECOND)
    note_headline(ledger, opening, "reference", {"accuracy": 0.5})
    note_headline(ledger, opening, "hrv", {"median": None})
    first, second = (json.loads(line) for line in ledger.read_text().splitlines())
    assert first["headline"] == {"reference": {"accuracy": 0.5}, "hrv": {"median": None}}
    assert second["headline"] is None


def test_a_headline_without_an_opening_is_refused(corpus, tmp_path):
    opening = look(corpus, tmp_path).opening
    with pytest.raises(ProtocolError, match="no opening"):
        note_headline(tmp_path / "l" / "x.jsonl", replace(opening, weights=SECOND), "hrv", {})


def test_the_fingerprint_sees_every_mark_and_sample():
    plain = simulate(1, 12.0, 250.0)
    moved = Recording(plain.name, plain.channels, lambda: (Mark(1.0, "V"), *plain.marks[1:]),
                      plain.subject)  # fmt: skip
    other = Recording(plain.name, simulate(2, 12.0, 250.0).channels, lambda: plain.marks,
                      plain.subject)  # fmt: skip
    assert fingerprint([plain]) == fingerprint([simulate(1, 12.0, 250.0)])
    assert len({fingerprint([each]) for each in (plain, moved, other)}) == 3
