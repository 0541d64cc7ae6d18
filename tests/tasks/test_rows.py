"""Rows of the Kaggle heartbeat file: made again to the letter, read, traced back."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis import formats
from arsis.core.errors import CorpusError, FormatError
from arsis.core.recording import Mark, Recording, from_array
from arsis.core.task import ABSENT
from arsis.core.windows import Windows
from arsis.formats.csv.heartbeats import NO_CLASS, SAMPLES, laid
from arsis.infer.windows import windows
from arsis.tasks import TASKS
from arsis.tasks.beats.classes import AAMI
from arsis.tasks.beats.kaggle.corpus import CORPORA, PUBLISHED_COUNTS, RECORDS, TEST, dealt
from arsis.tasks.beats.kaggle.label import NO_ROW, only, places
from arsis.tasks.beats.kaggle.recipe import ends, filled_share, rows
from arsis.tasks.beats.kaggle.trace import index

ROWS, PTB = TASKS["beats-187"], TASKS["ptb-187"]
SHARE = st.floats(0, 1, width=32, allow_subnormal=False)
SAMPLE = Path("kaggle-heartbeat/mitbih_train_sample.csv")


def prepared(recording: Recording) -> Windows:
    return Windows.join(list(windows(ROWS, recording, given=True, piece_s=7.0)))


def slowly(x: np.ndarray, at: list[int], i: int) -> np.ndarray:
    """The recipe once more, in plain words."""
    step = at[i + 2] - at[i + 1] if i + 2 < len(at) else at[i + 1] - at[i]
    wave = x[at[i] : at[i + 1] + int(0.2 * step) : 3].astype(float)
    wave = (wave - min(wave)) / (max(wave) - min(wave))
    return np.pad(wave[:187], (0, max(0, 187 - len(wave))))


@given(st.lists(st.integers(30, 700), min_size=3, max_size=12), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_rows_are_cut_by_the_recipe(gaps: list[int], seed: int) -> None:
    at = np.cumsum([5, *gaps])
    x = np.random.default_rng(seed).normal(size=int(at[-1]) + 300).astype(np.float32)
    found, measured = rows(x, at[:-1], ends(at))
    assert measured.all()
    for i, row in enumerate(found):
        np.testing.assert_allclose(row, slowly(x, at.tolist(), i), atol=1e-6)


def test_every_annotation_ends_a_row_and_only_beats_make_one() -> None:
    x = np.random.default_rng(1).normal(size=(1, 3600)).astype(np.float32)
    marks = tuple(
        Mark(at / 360, label)
        for at, label in ((100, "+"), (400, "N"), (600, "~"), (700, "V"), (1000, "A"), (1300, "|"))
    )
    recording = Recording(
        "r", from_array(x, 360.0, names=("II",), unit="mV").channels, lambda: marks
    )
    assert places(recording) == [1, 3]  # the last beat makes none, whatever follows it
    kept = only(recording, set(places(recording)))
    found = prepared(kept)
    labels = ROWS.label(kept, found)["beat"].tolist()
    assert labels == [ABSENT, 0, ABSENT, 2, ABSENT]
    at = [round(mark.time_s * 360) for mark in marks]
    np.testing.assert_allclose(found.x[1, 0], slowly(x[0], at, 1), atol=1e-6)
    assert [mark.source for mark in kept.marks] == [NO_ROW, "", NO_ROW, "", NO_ROW, NO_ROW]


def test_a_row_with_a_gap_or_without_movement_is_not_measured() -> None:
    x = np.random.default_rng(2).normal(size=2000).astype(np.float32)
    x[301], x[800:1400] = np.nan, 0.25
    found, measured = rows(x, np.array([100, 500, 900]), np.array([400, 700, 1300]))
    assert measured.tolist() == [False, True, False]
    assert not found[[0, 2]].any()


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(
            st.lists(SHARE, min_size=SAMPLES, max_size=SAMPLES),
            min_size=n, max_size=n,
        )
    )
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_rows_of_a_table_come_back_to_the_bit(values: list[list[float]]) -> None:
    x = np.array(values, np.float32)
    recording = laid(x, [str(i % 5) for i in range(len(x))])
    found = prepared(recording)
    np.testing.assert_array_equal(found.x[:, 0], x)
    assert ROWS.label(recording, found)["beat"].tolist() == [i % 5 for i in range(len(x))]
    np.testing.assert_array_equal(found.context, filled_share(x))
    assert np.isnan(found.aside["rr_s"]).all()  # laid end to end, their times mean nothing


def test_rows_without_a_class_are_no_examples() -> None:
    recording = laid(np.eye(3, SAMPLES, dtype=np.float32), [NO_CLASS, "1", "4"])
    found = prepared(recording)
    assert ROWS.label(recording, found)["beat"].tolist() == [ABSENT, 1, 4]
    assert PTB.label(recording, found)["heart"].tolist() == [ABSENT, 1, ABSENT]


def table(path: Path, columns: int, head: str = "", value: str = "0.5", count: int = 3) -> Path:
    lines = [",".join([value] * columns)] * count
    path.write_text("\n".join([*([head] if head else []), *lines]) + "\n")
    return path


@pytest.mark.parametrize(("columns", "says"), [(186, "1 fewer"), (190, "3 more"), (180, "7 fewer")])
def test_another_number_of_columns_is_refused(tmp_path: Path, columns: int, says: str) -> None:
    with pytest.raises(FormatError, match=f"{columns} columns, {says}"):
        formats.read(table(tmp_path / "rows.csv", columns))


def test_the_missing_column_is_named_where_columns_have_names(tmp_path: Path) -> None:
    head = ",".join(str(n) for n in range(187) if n != 41)
    with pytest.raises(FormatError, match="186 columns, none of them called 41"):
        formats.read(table(tmp_path / "rows.csv", 186, head))
    head = ",".join(["Unnamed: 0", *map(str, range(188))])
    with pytest.raises(FormatError, match="189 columns, one of them called 'Unnamed: 0'"):
        formats.read(table(tmp_path / "rows.csv", 189, head))


def test_a_header_is_no_row(tmp_path: Path) -> None:
    head = ",".join(map(str, range(187)))
    recording = formats.read(table(tmp_path / "rows.csv", 187, head))
    assert len(recording.marks) == 4
    head = ",".join(f"s{n}" for n in range(187))
    recording = formats.read(table(tmp_path / "rows.csv", 187, head))
    assert [mark.label for mark in recording.marks] == [NO_CLASS] * 3 + ["end"]


@pytest.mark.parametrize(("value", "says"), [("1.5", r"1\.5 in line 1, column 1"), ("", "empty")])
def test_what_is_no_share_is_refused(tmp_path: Path, value: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        formats.read(table(tmp_path / "rows.csv", 187, value=value))


def test_what_is_no_class_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(",".join(["0.5"] * 187 + ["2.5"]) + "\n")
    with pytest.raises(FormatError, match=r"2\.5 in line 1, column 188"):
        formats.read(path)


def test_the_parts_of_a_protocol_share_no_subject() -> None:
    for corpus in (*CORPORA.values(), *PTB.corpora.values()):
        split = corpus.split
        assert not set(split.train) & set(split.test)
        assert set(split.held) < set(split.train)


def test_a_missing_column_is_not_made_up_for_by_the_class(tmp_path: Path) -> None:
    head = ",".join(str(n) for n in range(188) if n != 41)
    with pytest.raises(FormatError, match="187 columns, none of them called 41"):
        formats.read(table(tmp_path / "rows.csv", 187, head))


def test_an_empty_class_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(",".join(["0.5"] * 187) + ",\n")
    with pytest.raises(FormatError, match="an empty cell in line 1, column 188"):
        formats.read(path)


def test_a_class_that_is_none_of_ours_is_refused() -> None:
    recording = laid(np.eye(3, SAMPLES, dtype=np.float32), ["0", "5", "4"])
    with pytest.raises(CorpusError, match="class 5"):
        ROWS.label(recording, prepared(recording))


def test_any_stretch_of_laid_rows_is_that_of_the_whole() -> None:
    recording = laid(np.random.default_rng(0).random((4, SAMPLES), np.float32), ["0"] * 4)
    channel = recording.channels[0]
    whole = channel.read()
    for start, stop in ((0, 1), (1, 2), (2, 569), (565, 570), (1000, channel.length)):
        np.testing.assert_array_equal(channel.source(start, stop), whole[start:stop])


def test_every_person_is_on_one_side_but_one_named_exception() -> None:
    split = CORPORA["kaggle-patients"].split
    assert sorted((*split.train, *split.test)) == list(RECORDS)
    assert split.shared == (("201", "202"),)


@pytest.fixture(scope="module")
def data() -> Path:
    default = Path(__file__).parents[2] / ".." / "shared" / "data"
    folder = Path(os.environ.get("ARSIS_DATA", default))
    if not (folder / "mitdb" / "100.hea").exists() or not (folder / SAMPLE).exists():
        pytest.skip("neither mitdb nor rows of the Kaggle file are here (ARSIS_DATA)")
    return folder


@pytest.mark.slow
def test_of_every_class_there_is_enough_to_learn_from_with_patients_apart(data: Path) -> None:
    corpus = CORPORA["kaggle-patients"]
    counts = {}
    for part, subjects in (("fit", corpus.split.train), ("held", corpus.split.held)):
        recordings = corpus.recordings(data / "mitdb", subjects)
        labels = [AAMI[m.label] for r in recordings for m in r.marks if m.source != NO_ROW]
        counts[part] = np.array([labels.count(name) for name in PUBLISHED_COUNTS])
    learnt = counts["fit"] - counts["held"]
    assert (counts["held"] > 0).all()
    assert (learnt >= 0.4 * counts["fit"]).all()


@pytest.mark.slow
def test_the_500_sampled_rows_are_made_again_with_equal_labels(data: Path) -> None:
    real = np.loadtxt(data / SAMPLE, delimiter=",")
    made = index(data / "mitdb")
    counts = {name: sum(s.label == name for s in made.sources) for name in PUBLISHED_COUNTS}
    assert counts == {name: every for name, (every, _) in PUBLISHED_COUNTS.items()}
    found = made.find(real[:, :SAMPLES].astype(np.float32))
    assert None not in found
    assert ["NSVFQ".index(s.label) for s in found if s] == real[:, SAMPLES].astype(int).tolist()


@pytest.mark.slow
def test_the_test_part_has_the_published_counts(data: Path) -> None:
    parts = dealt(data / "mitdb")
    recording = {record: CORPORA["kaggle-patients"].open(data / "mitdb", record)[0]
                 for record in RECORDS}  # fmt: skip
    symbols = [
        recording[record].marks[place].label
        for record, rows_ in parts.items()
        for place, part in rows_.items()
        if part == TEST
    ]
    counts = {name: sum(AAMI[symbol] == name for symbol in symbols) for name in PUBLISHED_COUNTS}
    assert counts == {name: test for name, (_, test) in PUBLISHED_COUNTS.items()}
