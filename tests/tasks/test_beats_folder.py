"""A folder of somebody's own records as a corpus: every rate and lead, every kind of mistake."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from arsis.core.errors import CorpusError, SettingError
from arsis.core.recording import Mark, from_array
from arsis.core.windows import Windows
from arsis.formats.wfdb.write import write_annotations, write_record
from arsis.infer.windows import windows
from arsis.tasks import TASKS, folder_of

BEATS = TASKS["beats"]
KINDS = {
    "a": (1, 128.0, 1), "b": (2, 250.0, 2), "c": (3, 257.0, 12), "d": (4, 360.0, 3),
    "e": (5, 1000.0, 2),
}  # fmt: skip


@pytest.fixture(scope="module")
def kinds(people, tmp_path_factory) -> Path:
    return people(tmp_path_factory.mktemp("own") / "kinds", KINDS, 30.0)


@pytest.fixture
def mine(kinds, tmp_path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(kinds, tmp_path / "mine"))


def why(folder, annotations="atr") -> str:
    """Return why the one record that cannot be used is skipped; all others must be there."""
    corpus = folder_of(BEATS, folder, annotations)
    (error,) = corpus.skipped
    assert len(corpus.split.test) == len(KINDS) - 1
    return str(error)


@pytest.mark.parametrize("name", KINDS)
def test_every_rate_and_number_of_leads_gives_windows(kinds, name):
    corpus = folder_of(BEATS, kinds)
    (recording,) = corpus.open(Path(), name)
    beats = [mark for mark in recording.marks if mark.label in "NAV"]
    found = Windows.join(list(windows(BEATS, recording, given=True)))
    assert len(found) == len(beats) > 20
    assert np.isfinite(found.x).all()
    assert np.isfinite(found.context).all()
    truth = BEATS.label(recording, found)["beat"]
    assert set(truth.tolist()) <= {0, 1, 2}


def test_a_folder_is_a_test_part_of_records(kinds):
    corpus = folder_of(BEATS, kinds)
    assert corpus.split.name == "folder:kinds"
    assert corpus.split.test == tuple(KINDS)
    assert corpus.split.train == ()
    assert corpus.licence == "folder kinds: licence unknown"
    assert corpus.skipped == corpus.notes == ()
    assert {len(each) for each in corpus.prints.values()} == {1, 2, 3, 12}


def test_a_table_says_who_was_measured(mine):
    (mine / "subjects.csv").write_text("subject, record\nx,a\ny,b\nx,c\nz,e\n")
    assert "no line in subjects.csv" in why_table(mine)
    corpus = folder_of(BEATS, mine)
    assert corpus.split.test == ("x", "y", "z")
    assert [each.name for each in corpus.open(Path(), "x")] == ["a", "c"]
    assert {each.subject for each in corpus.open(Path(), "x")} == {"x"}


def why_table(folder) -> str:
    (error,) = folder_of(BEATS, folder).skipped
    assert "d.hea" in str(error)
    return str(error)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name,who\na,b\n", "columns name, who"),
        ("record,subject\na,\n", "line 2"),
        ("record,subject\na,x\na,y\n", "line 3"),
        ("", "columns none"),
    ],
)
def test_a_table_that_says_nothing_clear_is_refused(mine, text, found):
    (mine / "subjects.csv").write_text(text)
    with pytest.raises(CorpusError, match=found):
        folder_of(BEATS, mine)


def test_a_header_says_who_was_measured(mine):
    for name, line in {"a": "# patient 7", "c": "# Subject ID: 07-b", "d": "# patient 7"}.items():
        with (mine / f"{name}.hea").open("a") as header:
            header.write(f"# age: 65\n{line}\n")
    with (mine / "b.hea").open("a") as header:
        header.write("# patient has 2 leads\n")
    assert folder_of(BEATS, mine).split.test == ("patient 7", "b", "patient 07-b", "e")


def test_a_list_names_records_in_folders_below_and_none_outside(mine, people):
    people(mine / "deep", {"a": (9, 250.0, 2)}, 30.0)
    people(mine.parent, {"outside": (10, 250.0, 2)}, 30.0)
    (mine / "RECORDS").write_text("b\ndeep/a\n../outside\ngone\n\n")
    corpus = folder_of(BEATS, mine)
    assert corpus.split.test == ("b", "deep/a")
    assert [error.found.split(",")[0] for error in corpus.skipped] == [
        "record '../outside'", "record 'gone'",
    ]  # fmt: skip


def test_a_licence_is_quoted(mine):
    (mine / "LICENSE.txt").write_text("\n  Some   Licence 1.0\nwords\n")
    assert folder_of(BEATS, mine).licence == "folder mine: Some Licence 1.0 (its LICENSE.txt)"


def test_records_without_annotations_are_named(mine):
    (mine / "b.atr").unlink()
    corpus = folder_of(BEATS, mine)
    assert corpus.skipped == ()
    assert len(corpus.split.test) == 4
    (note,) = corpus.notes
    assert "1 records have no .atr: b" in note


def test_other_annotation_files_are_asked_for_by_their_ending(mine):
    for path in mine.glob("*.atr"):
        path.rename(path.with_suffix(".man"))
    with pytest.raises(CorpusError, match=r"none with a file \.atr \(beside them: man\)"):
        folder_of(BEATS, mine)
    assert folder_of(BEATS, mine, "man").split.test == tuple(KINDS)
    for wrong in ("", ".atr", "../x", "a b"):
        with pytest.raises(SettingError, match="--annotations"):
            folder_of(BEATS, mine, wrong)


def truncate(folder):
    path = folder / "b.dat"
    path.write_bytes(path.read_bytes()[:1000])


def another_dialect(folder):
    entries = [b"\0N" + n.to_bytes(4, "little") + bytes(10) for n in range(100, 20_000, 200)]
    (folder / "b.atr").write_bytes(b"".join(entries))


def own_symbols(folder):
    words = [(42 << 10 | 500).to_bytes(2, "little")] * 12 + [b"\0\0"]
    (folder / "b.atr").write_bytes(b"".join(words))


def of_another_record(folder):
    marks = [Mark(float(at), "N") for at in range(1, 500)]
    write_annotations(folder, "b", "atr", marks, 250.0)


def no_beat(folder):
    write_annotations(folder, "b", "atr", [Mark(1.0, "+", note="(AFIB"), Mark(2.0, "~")], 250.0)


def too_quick(folder):
    x = np.random.default_rng(0).normal(0, 1, (1, 8000)).astype(np.float32)
    given = from_array(x, 2000.0, names=("II",), unit="mV", name="b")
    write_record(folder, "b", given)
    write_annotations(folder, "b", "atr", [Mark(1.0, "N")], 2000.0)


def pressure(folder):
    header = folder / "b.hea"
    header.write_text(header.read_text().replace("/mV", "/mmHg"))


def twice(folder):
    for ending in ("dat", "atr"):
        shutil.copy(folder / f"a.{ending}", folder / f"b.{ending}")
    text = (folder / "a.hea").read_text()
    (folder / "b.hea").write_text(text.replace("a.dat", "b.dat").replace("a ", "b ", 1))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "b.dat"),
        (lambda folder: (folder / "b.hea").write_bytes(b"\0\1"), "b.hea"),
        (lambda folder: (folder / "b.atr").write_bytes(b""), "end mark"),
        (lambda folder: (folder / "b.atr").write_bytes(b"\0\0"), "nothing. Expected beats"),
        (lambda folder: (folder / "b.atr").write_text("  0:00.050  18  +  0 0 0 (N\n"), "text"),
        (another_dialect, "b.atr"),
        (own_symbols, "'42' 12 times"),
        (of_another_record, "annotations until 499 s of 30 s"),
        (no_beat, "'\\+' 1 times"),
        (too_quick, "2000 samples per second"),
        (pressure, "mmHg"),
        (twice, "same samples as record a"),
    ],
)
def test_one_record_that_cannot_be_used_is_skipped_with_the_reason(mine, damage, reason):
    import re

    damage(mine)
    assert re.search(reason, why(mine))


def test_symbols_that_nobody_knows_are_named(mine):
    corpus = folder_of(BEATS, mine)
    (recording,) = corpus.open(Path(), "b")
    before, beats = recording.marks, BEATS.events(recording)
    data = (mine / "b.atr").read_bytes()
    strange = (42 << 10 | 3).to_bytes(2, "little")
    (mine / "b.atr").write_bytes(data[:-2] + 2 * strange + data[-2:])
    changed = folder_of(BEATS, mine)
    assert changed.skipped == ()
    (note,) = changed.notes
    assert "'42' 2 times" in note
    (other,) = changed.open(Path(), "b")
    assert len(other.marks) == len(before) + 2
    assert BEATS.events(other) == beats


def test_nothing_to_use_is_refused(mine, tmp_path):
    with pytest.raises(CorpusError, match="no folder"):
        folder_of(BEATS, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="no WFDB record"):
        folder_of(BEATS, tmp_path / "empty")
    for path in mine.glob("*.atr"):
        path.write_bytes(b"\0\0")
    with pytest.raises(CorpusError, match="5 records, none of which can be used"):
        folder_of(BEATS, mine)


def test_a_task_without_folders_says_so(kinds):
    with pytest.raises(SettingError, match="a task that reads folders: beats"):
        folder_of(TASKS["sounds"], kinds)


def test_made_recordings_are_of_the_leads_that_the_task_takes(kinds):
    corpus = folder_of(BEATS, kinds)
    (recording,) = corpus.open(Path(), "c")
    made = [each for group in corpus.made([recording]) for each in group]
    assert made
    assert {each.subject for each in made} == {"c"}
    assert {len(each.channels) for each in made} == {2}


def test_a_record_called_like_a_published_one_is_remarked_upon(mine):
    for ending in ("hea", "dat", "atr"):
        (mine / f"b.{ending}").rename(mine / f"100.{ending}")
    header = mine / "100.hea"
    header.write_text(header.read_text().replace("b.dat", "100.dat").replace("b ", "100 ", 1))
    (note,) = folder_of(BEATS, mine).notes
    assert "100.hea: called like a record of MIT-BIH Arrhythmia Database" in note
