"""A valid file of any format, cut or changed anywhere, is read or ends in a typed error."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsis.core.errors import ArsisError
from arsis.formats import FORMATS, read

MOST_SAMPLES = 10**6
wild = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@functools.cache
def example(name):
    """Return the files of a format's example by name, and the one to read."""
    folder = Path(tempfile.mkdtemp())
    try:
        path = FORMATS[name].example(folder)
        names = [path.name] if FORMATS[name].one_file else None
        files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}
        return {n: d for n, d in files.items() if names is None or n in names}, path.name
    finally:
        shutil.rmtree(folder)


def read_whole(source):
    recording = read(source)
    for channel in recording.channels:
        length = min(channel.length, MOST_SAMPLES)
        assert len(channel.source(0, length)) == length
    _ = recording.marks


def attempt(folder, files, start):
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with contextlib.suppress(ArsisError):
        read_whole(folder / start)


@pytest.mark.parametrize("name", list(FORMATS))
@wild
@given(data=st.data())
def test_a_file_that_is_cut_anywhere(name, data, tmp_path):
    files, start = example(name)
    victim = data.draw(st.sampled_from(sorted(files)))
    kept = data.draw(st.integers(0, len(files[victim]) - 1))
    attempt(tmp_path, {**files, victim: files[victim][:kept]}, start)


@pytest.mark.parametrize("name", list(FORMATS))
@wild
@given(data=st.data())
def test_a_file_of_which_some_bytes_are_changed(name, data, tmp_path):
    files, start = example(name)
    victim = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[victim])
    # Half of the changes strike the beginning, where formats keep what they say of themselves.
    last = data.draw(st.sampled_from([min(600, len(content)), len(content)])) - 1
    places = data.draw(st.lists(st.integers(0, last), min_size=1, max_size=4))
    for place in places:
        content[place] = data.draw(st.integers(0, 255))
    attempt(tmp_path, {**files, victim: bytes(content)}, start)


@pytest.mark.parametrize("name", [n for n, entry in FORMATS.items() if entry.one_file])
@wild
@given(data=st.data())
def test_bytes_of_which_a_stretch_is_lost(name, data):
    (content,) = example(name)[0].values()
    first = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(first, min(len(content), first + 300)))
    with contextlib.suppress(ArsisError):
        read_whole(content[:first] + content[stop:])
