"""How heartbeats are scored: classes at given and found R peaks, R peaks, rhythm, variability."""

from __future__ import annotations

from arsis.learn.drawings import draw_record
from arsis.learn.scoring.beats.baselines import trivial_rivals
from arsis.learn.scoring.beats.end_to_end import score_end_to_end
from arsis.learn.scoring.beats.fibrillation import detector as fibrillation_detector
from arsis.learn.scoring.beats.fibrillation import rhythm_estimates, score_rhythm
from arsis.learn.scoring.beats.peaks import detector, detector_estimates, score_rpeaks
from arsis.learn.scoring.beats.reference import score_reference
from arsis.learn.scoring.beats.robustness import robustness_estimates, score_robustness
from arsis.learn.scoring.beats.variability import hrv_estimates, score_hrv
from arsis.learn.scoring.part import Part, Rank

PARTS = {
    "rpeaks": Part(score_rpeaks, detector_estimates, detector, models=False),
    "reference": Part(
        score_reference, rivals=trivial_rivals, seeds=True, draw=draw_record, rank=Rank("j_kappa")
    ),
    "end-to-end": Part(
        score_end_to_end, rivals=trivial_rivals, seeds=True, draw=draw_record, rank=Rank("j_kappa")
    ),
    "rhythm": Part(score_rhythm, rhythm_estimates, fibrillation_detector, models=False),
    "hrv": Part(score_hrv, hrv_estimates, trivial_rivals, draw=draw_record),
    "robustness": Part(score_robustness, robustness_estimates, trivial_rivals, on_request=True),
}
"""F-A4, F-A2, F-A3, rhythm and F-A5, by name; and how much of F-A3 is left of poor signals."""
