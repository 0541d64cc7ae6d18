"""What every format of the table keeps, whatever it is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from arsis.formats import FORMATS, read
from arsis.formats.source import source_of

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
each_format = pytest.mark.parametrize("name", list(FORMATS))


@pytest.fixture
def path(name, tmp_path):
    return FORMATS[name].example(tmp_path)


@each_format
def test_an_example_is_recognised_by_its_own_format_alone(name, path):
    source = source_of(path)
    assert [other for other in FORMATS if FORMATS[other].recognise(source)] == [name]


@each_format
def test_the_ending_of_the_name_does_not_matter(name, path, tmp_path):
    if not FORMATS[name].one_file:
        pytest.skip("a record's files find one another by their names")
    renamed = path.rename(tmp_path / "renamed.xyz")
    assert len(read(renamed).channels) == len(FORMATS[name].holds().channels)


@each_format
def test_an_example_reads_as_what_was_written(name, path):
    recording, expected = read(path), FORMATS[name].holds()
    assert recording.name == "example"
    assert recording.notes == expected.notes
    for found, true in zip(recording.channels, expected.channels, strict=True):
        assert (found.name, found.unit, found.rate_hz) == (true.name, true.unit, true.rate_hz)
        assert found.length == true.length
        values = found.read()
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, true.read(), atol=1e-4, equal_nan=True)


@each_format
@pytest.mark.parametrize("length_s", [0.37, 1.0, 60.0])
def test_pieces_equal_the_whole(name, path, length_s):
    recording = read(path)
    pieces = list(recording.pieces(length_s))
    for channel in recording.channels:
        joined = np.concatenate([piece.samples[channel.name].values for piece in pieces])
        np.testing.assert_array_equal(joined, channel.read())


@each_format
def test_bytes_and_an_open_file_read_as_the_path(name, path):
    if not FORMATS[name].one_file:
        pytest.skip("several files; as bytes they come in a zip, a format of its own")
    data = path.read_bytes()
    with path.open("rb") as file:
        others = [read(data), read(io.BytesIO(data)), read(file)]
    for other in others:
        for left, right in zip(read(path).channels, other.channels, strict=True):
            np.testing.assert_array_equal(left.read(), right.read())


@each_format
def test_channels_can_be_chosen(name, path):
    last = read(path).channels[-1]
    recording = read(path, channels=(last.name,))
    assert [channel.name for channel in recording.channels] == [last.name]
    np.testing.assert_array_equal(recording.channels[0].read(), last.read())


@each_format
def test_the_middle_reads_as_cut_from_the_whole(name, path):
    for channel in read(path).channels:
        np.testing.assert_array_equal(channel.source(317, 523), channel.read()[317:523])


@each_format
def test_the_page_about_formats_has_a_row_for_each(name):
    assert f"| {FORMATS[name].says} |" in PAGE.read_text(encoding="utf-8")
