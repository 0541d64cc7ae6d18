"""How heart sounds are scored: heart rates, the sounds themselves, murmurs, times between beats."""

from __future__ import annotations

from arsis.learn.scoring.part import Part, Rank
from arsis.learn.scoring.sounds.drawings import draw_rates, draw_variability
from arsis.learn.scoring.sounds.heart_rate import score_heart_rate
from arsis.learn.scoring.sounds.intervals import score_intervals
from arsis.learn.scoring.sounds.murmurs import score_murmurs
from arsis.learn.scoring.sounds.rivals import (
    rivals_elsewhere,
    rivals_of_folds,
    rivals_of_segments,
)
from arsis.learn.scoring.sounds.segments import score_segments

PARTS = {
    "heart-rate": Part(
        score_heart_rate, rivals=rivals_of_folds, folds=True, seeds=True, draw=draw_rates,
        corpus="circor2022-1khz", rank=Rank("mae_bpm, whole recording", "bpm", less=True),
    ),
    "segments": Part(
        score_segments, rivals=rivals_of_segments, folds=True, seeds=True,
        corpus="circor2022-1khz", rank=Rank("pooled f1_both, 100 ms", "share"),
    ),
    "murmurs": Part(
        score_murmurs, folds=True, seeds=True, corpus="circor2022-1khz",
        rank=Rank("weighted_accuracy, patients", "share"),
    ),
    "intervals": Part(
        score_intervals, rivals=rivals_elsewhere, corpus="cinc2016", seeds=True,
        draw=draw_variability, rank=Rank("ibi_sd_ms", "ms", less=True),
    ),
}  # fmt: skip
"""F-S1, F-S2, screening for murmurs, and F-S3, by name."""
