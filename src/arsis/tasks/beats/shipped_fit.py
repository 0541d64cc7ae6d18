"""The fit of the detector of atrial fibrillation that ships."""

from __future__ import annotations

from arsis.tasks.beats.fibrillation import Fit

SHIPPED = Fit((-6.93017, 10.655, -11.9728), 14.089, 545, 931, 181)
"""Fitted to all unpaced people of mitdb by scripts/choose_rhythm.py (results/rhythm-choice.json);
what the same procedure is worth on people it never met is scored by leaving each out in turn."""
