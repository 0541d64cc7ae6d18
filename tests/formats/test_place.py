"""Writing that succeeds wholly or leaves everything as it was."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from arsis.core.errors import OutputError, SettingError
from arsis.core.recording import Mark, from_array
from arsis.formats.place import placing, placing_folder
from arsis.formats.wfdb.write import write_annotations, write_record


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "answer.json"
    path.write_text("old")
    return path


def _alone(path):
    return [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_what_is_written_takes_the_place_of_the_old(old):
    with placing(old) as path:
        path.write_text("new")
        assert old.read_text() == "old"
    assert old.read_text() == "new"
    assert _alone(old)


def _write_half(path, error):
    path.write_text("half")
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_whatever_stops_the_writing_leaves_the_old(old, error):
    with pytest.raises(error), placing(old) as path:
        _write_half(path, error)
    assert old.read_text() == "old"
    assert _alone(old)


def test_a_full_disk_is_a_typed_error(old):
    with pytest.raises(OutputError, match=r"answer\.json.*No space left"), placing(old) as path:
        _write_half(path, OSError(errno.ENOSPC, "No space left on device"))
    assert old.read_text() == "old"
    assert _alone(old)


@pytest.fixture
def old_folder(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "card.json").write_text("old")
    return folder


def test_a_folder_takes_the_place_of_the_old_one(old_folder):
    with placing_folder(old_folder) as draft:
        (draft / "net.onnx").write_text("new")
        assert (old_folder / "card.json").read_text() == "old"
    assert [file.name for file in old_folder.iterdir()] == ["net.onnx"]
    assert _alone(old_folder)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_whatever_stops_the_filling_leaves_the_old_folder(old_folder, error):
    with pytest.raises(error), placing_folder(old_folder) as draft:
        _write_half(draft / "card.json", error)
    assert (old_folder / "card.json").read_text() == "old"
    assert _alone(old_folder)


def test_a_place_below_a_file_is_a_typed_error(old):
    with pytest.raises(OutputError, match="cannot be written"), placing(old / "x") as path:
        path.write_text("new")
    assert old.read_text() == "old"


def test_a_folder_in_the_place_is_a_typed_error(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="cannot be written"), placing(tmp_path / "taken") as path:
        path.write_text("new")
    assert _alone(tmp_path / "taken")


def test_folders_are_made(tmp_path):
    with placing(tmp_path / "a" / "b.txt") as path:
        path.write_text("new")
    assert (tmp_path / "a" / "b.txt").read_text() == "new"


def test_an_error_of_reading_is_not_taken_for_one_of_writing(old, tmp_path):
    with pytest.raises(FileNotFoundError), placing(old):
        (tmp_path / "absent").read_text()


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "a.b"])
def test_records_have_plain_names(tmp_path, name):
    recording = from_array(np.ones(4, np.float32), 100, names=("a",), unit="mV")
    with pytest.raises(SettingError, match="record name"):
        write_record(tmp_path, name, recording)
    with pytest.raises(SettingError, match="record name"):
        write_annotations(tmp_path, name, "arsis", (), 100.0)


def test_marks_that_no_file_can_hold(tmp_path):
    with pytest.raises(SettingError, match="before 0 s"):
        write_annotations(tmp_path, "r", "arsis", [Mark(-1.0, "N")], 100.0)
    with pytest.raises(SettingError, match="letters only"):
        write_annotations(tmp_path, "r", "a/b", (), 100.0)
    assert not list(tmp_path.iterdir())
