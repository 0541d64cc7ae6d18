"""How rows of the Kaggle heartbeat file are scored: beats dealt at random, and patients apart."""

from __future__ import annotations

from arsis.learn.drawings import draw_record
from arsis.learn.scoring.beats.reference import score_reference
from arsis.learn.scoring.part import Part, Rank
from arsis.learn.scoring.rows.rivals import row_rivals


def _part(corpus: str) -> Part:
    return Part(
        score_reference, rivals=row_rivals, corpus=corpus, own=True, seeds=True, draw=draw_record,
        rank=Rank("macro_f1", "share"),
    )  # fmt: skip


PARTS = {part: _part(f"kaggle-{part}") for part in ("random", "patients", "files")}
"""F-A1, the same with patients apart, and the published files where somebody has them."""
PTB_PARTS = {"rows": _part("ptbdb-files")}
"""The two classes of the PTB files, rows dealt at random."""
