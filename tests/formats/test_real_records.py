"""The MIT-BIH Arrhythmia Database read by us and by the wfdb package."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest
import wfdb

from arsis.formats import read

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["100", "114", "208"])
def test_a_record_equals_wfdb(mitdb, name):
    truth = wfdb.rdrecord(str(mitdb / name))
    recording = read(mitdb / name)
    assert [channel.name for channel in recording.channels] == truth.sig_name
    pieces = list(recording.pieces(60.0))
    for column, channel in enumerate(recording.channels):
        joined = np.concatenate([piece.samples[channel.name].values for piece in pieces])
        np.testing.assert_array_equal(joined, truth.p_signal[:, column].astype(np.float32))


def test_all_annotations_equal_wfdb(mitdb):
    headers = sorted(mitdb.glob("*.hea"))
    assert len(headers) == 48
    for header in headers:
        truth = wfdb.rdann(str(header.with_suffix("")), "atr")
        marks = read(header).marks
        assert [mark.label for mark in marks] == truth.symbol
        assert [mark.note for mark in marks] == [note.rstrip("\0") for note in truth.aux_note]
        np.testing.assert_array_equal([round(m.time_s * truth.fs) for m in marks], truth.sample)


def test_half_an_hour_in_pieces_is_quick(mitdb):
    spans = []
    for _ in range(3):
        start = time.process_time()
        assert sum(1 for _ in read(mitdb / "208").pieces(60.0)) == 31
        spans.append(time.process_time() - start)
    # 10 to 20 ms where this was written; the limit leaves room for slower machines.
    assert min(spans) < 0.2


def test_reading_needs_no_heavy_package():
    import subprocess

    code = (
        "import sys, arsis.formats; print(sorted({'wfdb', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
