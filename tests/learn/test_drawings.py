"""Drawings hold what their record says."""

from __future__ import annotations

import numpy as np
import pytest

from arsis.learn.drawings import draw_confusion, draw_record, draw_records, draw_reliability

SIGNATURE = b"\x89PNG"


def pixels(path):
    from matplotlib.image import imread

    return imread(path)


def test_models_are_drawn_and_baselines_are_not(scored):
    names = sorted(path.stem for path in scored.out.glob("*.png"))
    whats = ("end-to-end-confusion", "end-to-end-records", "reference-confusion",
             "reference-records", "reference-reliability")  # fmt: skip
    assert names == sorted(f"linear-seed{seed}-{what}" for seed in (0, 1) for what in whats)


def test_the_same_record_gives_the_same_bytes(scored, tmp_path):
    record = scored.record("linear-seed0-reference")
    for path in draw_record(tmp_path, "linear-seed0-reference", record):
        assert path.read_bytes() == (scored.out / path.name).read_bytes()
        assert path.read_bytes().startswith(SIGNATURE)


@pytest.mark.parametrize("counts", [[[0, 0], [0, 0]], [[5, 1], [0, 0]], [[99999, 3], [2, 1234]]])
def test_a_confusion_matrix_is_drawn_whatever_its_counts(tmp_path, counts):
    path = draw_confusion(tmp_path / "c.png", {"names": ["N", "O"], "counts": counts}, "title")
    assert pixels(path).std() > 0


def test_other_counts_are_another_drawing(tmp_path):
    drawn = [
        draw_confusion(tmp_path / f"{n}.png", {"names": ["N"], "counts": [[n]]}, "t").read_bytes()
        for n in (1, 2)
    ]
    assert drawn[0] != drawn[1]


def test_empty_bins_are_left_out_of_the_reliability_diagram(tmp_path):
    table = {"low": [0, 0.5], "high": [0.5, 1], "confidence": [None, 0.9],
             "accuracy": [None, 0.8], "count": [0, 10], "error": 0.1}  # fmt: skip
    assert draw_reliability(tmp_path / "r.png", table, "title").exists()


def test_a_record_without_a_figure_has_no_bar(tmp_path):
    path = draw_records(tmp_path / "b.png", {"a": (0.9, None), "b": (1.0, 0.5)}, "title")
    assert np.isfinite(pixels(path)).all()


def test_nothing_half_written_is_left_behind(scored):
    assert not [path for path in scored.out.iterdir() if path.name.startswith(".")]
