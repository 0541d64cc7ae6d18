"""How logits become probabilities, of windows and of the steps of windows alike."""

from __future__ import annotations

import numpy as np

from arsis.infer.bundle import Calibration


def test_every_step_of_a_window_is_calibrated_like_a_window() -> None:
    calibration = Calibration((0.5, 2.0, 1.0), (0.1, -0.3, 0.0))
    logits = np.random.default_rng(0).normal(size=(7, 3, 11)).astype(np.float32)
    steps = calibration.apply(logits)
    assert steps.shape == logits.shape
    rows = np.moveaxis(logits, 1, 2).reshape(-1, 3)
    assert np.array_equal(np.moveaxis(steps, 1, 2).reshape(-1, 3), calibration.apply(rows))
    np.testing.assert_allclose(steps.sum(1), 1.0, rtol=1e-6)
