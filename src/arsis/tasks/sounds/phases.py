"""The phases of the heart's cycle, and the grids on which sound is looked at and answered."""

from __future__ import annotations

STATES = ("S1", "systole", "S2", "diastole", "none")
"""What a time step can be; "none": no heart sound at all (noise, speech, music, silence)."""
UNKNOWN = -1
"""A step nobody annotated: neither right nor wrong."""

RATE_HZ = 1000.0
"""The grid of the waveform."""
FRAME_HZ = 100
"""Frames of features a second."""
STEP_HZ = 50
"""Steps of labels and answers a second, as the labels of CirCor have them."""
FRAME = round(RATE_HZ) // FRAME_HZ
STEP = round(RATE_HZ) // STEP_HZ
"""Samples of a frame and of a step."""

WINDOW_S = 3.0
HOP_S = 0.3
"""A window of this length is judged every so often."""
FRAMES = round(WINDOW_S * FRAME_HZ)
STEPS = round(WINDOW_S * STEP_HZ)
HOP = round(HOP_S * RATE_HZ)
HOP_STEPS = round(HOP_S * STEP_HZ)
LOOK_AHEAD_STEPS = 10
LOOK_AHEAD_S = LOOK_AHEAD_STEPS / STEP_HZ
ANSWERED = slice(STEPS - LOOK_AHEAD_STEPS - HOP_STEPS, STEPS - LOOK_AHEAD_STEPS)
"""The steps that a window answers: those with the most past that still see a little future."""
DECODER_LAG_S = 0.6
"""The path through the phases is settled this far behind the newest step."""
START_S = 5.0
"""The first seconds are released together, so that the path has evidence."""
