"""The same samples are known again under any name; others are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arsis.core import sameness
from arsis.core.recording import from_array
from arsis.core.sameness import prints
from arsis.formats import read
from arsis.formats.wfdb.write import write_record
from arsis.tasks.beats.mitdb_prints import MITDB_PRINTS
from arsis.tasks.beats.simulate import simulate


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("original")
    return read(write_record(folder, "a", simulate(1, 30.0)))


def values(recording):
    return np.stack([channel.read() for channel in recording.channels])


def test_a_copy_in_other_clothes_is_known_again(original, tmp_path):
    x = values(original)[::-1]
    other = from_array(1000 * x, 360.0, names=("V1", "MLII"), unit="uV", name="other")
    copy = read(write_record(tmp_path, "other", other))
    assert prints(copy) == prints(original)[::-1]
    assert prints(copy.select(("V1",))) == prints(original)[1:]
    assert len(set(prints(original))) == 2


def test_pieces_do_not_matter(original, monkeypatch):
    whole = prints(original)
    monkeypatch.setattr(sameness, "STRETCH", 997)
    assert prints(original) == whole


def changed(x, how):
    x = x.copy()
    if how == "cut":
        return x[:, :-1]
    if how == "gap":
        x[:, 100] = np.nan
    elif how == "thinned":
        x = x[:, ::2]
    else:
        x[:, 500:510] = x[:, 500:510][:, ::-1]
    return x


@pytest.mark.parametrize("how", ["cut", "gap", "thinned", "touched"])
def test_other_samples_are_others(original, how):
    other = from_array(changed(values(original), how), 360.0, names=("a", "b"), unit="mV")
    assert not set(prints(other)) & set(prints(original))


def test_what_never_moves_is_nobodys(original):
    flat = np.zeros(5000, np.float32)
    stairs = np.repeat(np.arange(50, dtype=np.float32), 100)
    given = from_array(np.stack([flat, stairs]), 250.0, names=("a", "b"), unit="mV")
    assert prints(given) == ()
    assert prints(replace(original, channels=())) == ()


@pytest.mark.slow
def test_the_published_recordings_have_the_prints_of_the_table(mitdb):
    assert len(MITDB_PRINTS) == 48
    for record, known in MITDB_PRINTS.items():
        assert prints(read(mitdb / record)) == known
