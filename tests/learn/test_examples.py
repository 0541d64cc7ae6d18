from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from arsis.core.errors import CorpusError
from arsis.core.examples import Examples
from arsis.core.examples_write import Writer
from arsis.learn.prepare import build
from arsis.tasks import TASKS


@pytest.fixture
def write(toy):
    def write(folder, subjects=(0, 1, 2)):
        with Writer(folder, toy.origin) as writer:
            for subject in subjects:
                writer.append(f"r{subject}", f"s{subject}", *toy.windows(subject))
        return Examples.open(folder)

    return write


def test_what_is_written_is_read(tmp_path, toy, write):
    examples = write(tmp_path / "toy")
    windows, labels = toy.windows(1)
    rows = examples.rows(["s1"])
    np.testing.assert_array_equal(examples.x[rows], windows.x)
    np.testing.assert_array_equal(examples.context[rows], windows.context)
    np.testing.assert_array_equal(examples.event_s[rows], windows.event_s)
    np.testing.assert_array_equal(examples.mask[rows], windows.mask)
    np.testing.assert_array_equal(examples.y["beat"][rows], labels["beat"].astype(int))
    assert examples.origin == toy.origin
    assert len(examples) == 180
    assert isinstance(examples.x, np.memmap)
    examples.verify()


def test_a_recording_in_two_parts_is_one_recording(tmp_path, toy):
    windows, labels = toy.windows(0)
    with Writer(tmp_path / "toy", toy.origin) as writer:
        writer.append("r0", "s0", windows, labels)
        writer.append("r0", "s0", windows, labels)
    examples = Examples.open(tmp_path / "toy")
    assert examples.recordings == ("r0",)
    assert len(examples.rows(["s0"])) == 120


def test_fingerprint_follows_the_contents(tmp_path, write):
    same = write(tmp_path / "a").fingerprint
    assert write(tmp_path / "b").fingerprint == same
    assert write(tmp_path / "c", subjects=(0, 1, 3)).fingerprint != same


def test_changed_arrays_are_found_out(tmp_path, write):
    folder = tmp_path / "toy"
    examples = write(folder)
    x = np.load(folder / "x.npy")
    x[0, 0, 0] += 1
    np.save(folder / "x.npy", x)
    with pytest.raises(CorpusError, match="not those that were written"):
        examples.verify()


def test_nothing_is_left_of_a_failed_writing(tmp_path, toy):
    def fail():
        with Writer(tmp_path / "toy", toy.origin) as writer:
            writer.append("r0", "s0", *toy.windows(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_writing_leaves_the_old_examples(tmp_path, toy, write):
    before = write(tmp_path / "toy").fingerprint
    with pytest.raises(CorpusError, match="no recordings"), Writer(tmp_path / "toy", toy.origin):
        pass
    assert Examples.open(tmp_path / "toy").fingerprint == before


def test_windows_of_another_shape_are_refused(tmp_path, toy):
    windows, labels = toy.windows(0)
    shorter = replace(windows, x=windows.x[:, :, 1:])
    with Writer(tmp_path / "toy", toy.origin) as writer:
        writer.append("r0", "s0", windows, labels)
        with pytest.raises(CorpusError, match="shape"):
            writer.append("r1", "s1", shorter, labels)


@pytest.mark.parametrize("spoil", ["missing", "not json", "layout"])
def test_damaged_folders_are_named(tmp_path, spoil, write):
    folder = tmp_path / "toy"
    write(folder)
    index = folder / "examples.json"
    if spoil == "missing":
        (folder / "mask.npy").unlink()
    elif spoil == "not json":
        index.write_text("{")
    else:
        index.write_text(json.dumps(json.loads(index.read_text()) | {"layout": 99}))
    with pytest.raises(CorpusError, match="Prepare the examples again"):
        Examples.open(folder)


def test_unknown_subjects_are_named(examples):
    with pytest.raises(CorpusError, match="nobody"):
        examples.rows(["s1", "nobody"])


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_examples_are_the_windows_that_serving_sees(task, tmp_path):
    recording = task.example(1)
    examples = build(task, [recording], tmp_path / "one")
    clock_and_prepare = _windows_in_one_piece(task, recording)
    np.testing.assert_array_equal(examples.x, clock_and_prepare.x)
    np.testing.assert_array_equal(examples.context, clock_and_prepare.context)
    assert examples.x.shape[1:] == task.shape
    assert examples.context.shape[1] == len(task.features)
    for target in task.targets:
        assert examples.y[target].max() > 0
    written = (tmp_path / "one" / "x.npy").stat().st_mtime_ns
    assert build(task, [recording], tmp_path / "one").fingerprint == examples.fingerprint
    assert (tmp_path / "one" / "x.npy").stat().st_mtime_ns == written
    other = build(task, [task.example(2)], tmp_path / "one")
    assert other.fingerprint != examples.fingerprint


def _windows_in_one_piece(task, recording):
    from arsis.core.windows import Windows
    from arsis.infer.windows import windows

    return Windows.join(list(windows(task, recording, given=True, piece_s=1e9)))


def test_a_recording_of_nobody_is_refused(tmp_path):
    task = next(iter(TASKS.values()))
    with pytest.raises(CorpusError, match="subject"):
        build(task, [replace(task.example(1), subject=None)], tmp_path / "one")
