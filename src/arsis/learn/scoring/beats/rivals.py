"""R peaks as other people's programs find them, for the same table as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64
    from arsis.core.recording import Channel, Recording

LIMB_LEAD = "MLII"


def first_lead(recording: Recording) -> Channel | None:
    """Return the first channel of a recording."""
    return recording.channels[0]


def limb_lead(recording: Recording) -> Channel | None:
    """Return the modified limb lead II, which most detectors were made for; None where absent."""
    return next((each for each in recording.channels if each.name == LIMB_LEAD), None)


RIVALS = {"sleepecg, first lead": first_lead, "sleepecg, MLII": limb_lead}
"""Which lead each rival is given; a recording without it is not scored for that rival."""


def sleepecg_peaks(channel: Channel) -> F64:
    """Return the R peaks that sleepecg finds in one lead: (peak,) seconds.

    Brunner et al., SleepECG, J. Open Source Softw. 8 (2023) 5411.
    """
    import sleepecg

    samples = np.nan_to_num(channel.read()).astype(np.float64)
    found = sleepecg.detect_heartbeats(samples, channel.rate_hz)
    return np.unique(np.asarray(found, np.float64)) / channel.rate_hz
