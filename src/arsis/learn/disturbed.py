"""Recordings that were disturbed on purpose; a disturbance that did nothing is refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.clock import Band, Clock
from arsis.core.errors import ProtocolError
from arsis.core.recording import Channel
from arsis.signal.disturb import DISTURBANCES, OF_SNR, achieved_snr_db, changed_share

if TYPE_CHECKING:
    from arsis.core.arrays import F32
    from arsis.core.recording import ReadSamples, Recording

RATE = "rate"
NEARLY_DB = 0.1
"""The SNR that came out may differ from the one asked for by this."""
HALF_S, OF_LOWER_RATE = 0.04, 0.45
"""Of the low-pass when the rate changes: its half length, and its cut-off beside the rates."""


@dataclass(frozen=True)
class Disturbance:
    """One way of making a recording harder.

    Attributes
    ----------
    kind
        A name in the table of disturbances, or `rate`: another number of samples per second.
    strength
        SNR in dB, share of the time, factor, or samples per second, as the kind has it.
    """

    kind: str
    strength: float


@dataclass(frozen=True)
class Disturbed:
    """A disturbed recording, and what the disturbance really did.

    Attributes
    ----------
    recording
        With the marks of the clean one.
    changed
        Share of the samples that changed.
    snr_db
        The lowest and the highest SNR over its channels; None where there is none.
    """

    recording: Recording
    changed: float
    snr_db: tuple[float, float] | None


def disturb(recording: Recording, disturbance: Disturbance, seed: int = 0) -> Disturbed:
    """Disturb a recording whose channels have one rate; the same seed gives the same again.

    Raises
    ------
    ProtocolError
        If nothing changed, or the SNR that came out is not the one asked for (guard C8).
    """
    if disturbance.kind == RATE:
        return _at_rate(recording, disturbance.strength)
    # Every recording has noise of its own, whatever others there are.
    own = hashlib.sha256(f"{recording.name} {disturbance} {seed}".encode()).digest()
    rng = np.random.default_rng(list(own))
    clean = np.stack([channel.read() for channel in recording.channels])
    rate_hz = recording.channels[0].rate_hz
    found = DISTURBANCES[disturbance.kind](clean, rate_hz, disturbance.strength, rng)
    ratios = achieved_snr_db(clean, found)
    ratios = ratios[~np.isnan(ratios)]
    of_snr = disturbance.kind in OF_SNR and len(ratios) > 0
    snr_db = (float(ratios.min()), float(ratios.max())) if of_snr else None
    done = Disturbed(_with(recording, found, rate_hz), changed_share(clean, found), snr_db)
    check(done, disturbance)
    return done


def check(done: Disturbed, disturbance: Disturbance) -> None:
    """Refuse a disturbance that did nothing, or something else than was asked for (guard C8).

    Raises
    ------
    ProtocolError
        If so.
    """
    asked = f"{disturbance.kind} of {disturbance.strength:g}"
    advice = "Leave this recording out, or ask for another strength."
    if not done.changed:
        found = "the very samples that went in"
        raise ProtocolError(done.recording.name, found, f"{asked} to change some", advice)
    far = [each for each in done.snr_db or () if not abs(each - disturbance.strength) < NEARLY_DB]
    if far:
        found = f"a signal-to-noise ratio of {far[0]:.2f} dB"
        raise ProtocolError(done.recording.name, found, f"{asked} dB", advice)


def _at_rate(recording: Recording, rate_hz: float) -> Disturbed:
    """Bring a recording to another rate, as another device would have recorded it."""
    before_hz = recording.channels[0].rate_hz
    names = tuple(channel.name for channel in recording.channels)
    clock = Clock(names, rate_hz, Band(OF_LOWER_RATE * min(rate_hz, before_hz), HALF_S))
    pieces = list(recording.pieces(recording.duration_s))
    x = np.concatenate([clock.push(piece, last=piece is pieces[-1]).x for piece in pieces], axis=1)
    done = Disturbed(_with(recording, x, rate_hz), float(rate_hz != before_hz), None)
    check(done, Disturbance(RATE, rate_hz))
    return done


def _with(recording: Recording, x: F32, rate_hz: float) -> Recording:
    channels = tuple(
        Channel(channel.name, channel.unit, rate_hz, x.shape[1], _reader(values))
        for channel, values in zip(recording.channels, x, strict=True)
    )
    return replace(recording, channels=channels, load_marks=lambda: recording.marks)


def _reader(values: F32) -> ReadSamples:
    return lambda start, stop: values[start:stop]
