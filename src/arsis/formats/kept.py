"""What a conversion kept and what it lost, found by reading back what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.units import convertible, factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arsis.core.recording import Channel, Mark, Recording

_STEP = 2**20


@dataclass(frozen=True, slots=True)
class KeptChannel:
    """A channel before and after.

    Attributes
    ----------
    name, unit, rate_hz, length
        Of the channel that was written.
    largest_error
        The largest difference of a sample, in `unit`; 0 = every sample is the same.
    gaps_changed
        Samples that were missing and are not, or the other way round.
    """

    name: str
    unit: str
    rate_hz: float
    length: int
    largest_error: float
    gaps_changed: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a recording is to be found again.

    Attributes
    ----------
    channels
        Each of them with its largest error.
    lost
        What else differs, in sentences for a person.
    """

    channels: tuple[KeptChannel, ...]
    lost: tuple[str, ...]


def compare(before: Recording, after: Recording) -> Kept:
    """Compare a recording with what was read back, channel by channel in their order."""
    written = [channel for channel in before.channels if channel.length]
    pairs = list(zip(written, after.channels, strict=False))
    lost = [*_channels(before, len(pairs)), *_marks(before.marks, after.marks)]
    for old, new in pairs:
        lost += _channel_changes(old, new)
    for what in ("subject", "start"):
        old_value, new_value = (getattr(each, what) for each in (before, after))
        if old_value != new_value:
            lost.append(f"The {what} {old_value} became {new_value or 'unknown'}.")
    return Kept(tuple(_samples(old, new) for old, new in pairs), tuple(lost))


def _channels(before: Recording, count: int) -> Iterator[str]:
    missing = len(before.channels) - count
    if missing:
        yield f"{missing} of {len(before.channels)} channels were not written."


def _channel_changes(old: Channel, new: Channel) -> Iterator[str]:
    if old.name != new.name:
        yield f"Channel {old.name} is called {new.name}."
    same = old.unit == new.unit
    if not same and not (convertible(old.unit, new.unit) and factor(old.unit, new.unit, "") == 1):
        yield f"Channel {old.name} is in {new.unit}, not in {old.unit}."
    if old.rate_hz != new.rate_hz:
        yield f"The {old.rate_hz:.10g} Hz of channel {old.name} became {new.rate_hz:.10g} Hz."


def _samples(old: Channel, new: Channel) -> KeptChannel:
    scale = np.float64(factor(new.unit, old.unit, "") if convertible(new.unit, old.unit) else 1.0)
    largest, changed = 0.0, 0
    for start in range(0, max(old.length, new.length), _STEP):
        a, b = (_values(channel, start) for channel in (old, new))
        changed += int((np.isnan(a) != np.isnan(b)).sum())
        error = np.abs(a - b * scale)
        known = error[~np.isnan(error)]
        largest = max(largest, float(known.max(initial=0.0)))
    return KeptChannel(old.name, old.unit, old.rate_hz, old.length, largest, changed)


def _values(channel: Channel, start: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    out = np.full(_STEP, np.nan)
    stop = min(start + _STEP, channel.length)
    if start < stop:
        values = channel.source(start, stop)
        # What is infinite is no measurement, and is written as a gap.
        out[: stop - start] = np.where(np.isfinite(values), values, np.nan)
    return out


_PARTS: dict[str, Callable[[Mark], object]] = {
    "label": lambda mark: mark.label,
    "note": lambda mark: mark.note,
    "duration": lambda mark: mark.duration_s,
    "annotator": lambda mark: mark.source,
}


def _marks(before: tuple[Mark, ...], after: tuple[Mark, ...]) -> Iterator[str]:
    if len(before) != len(after):
        yield f"{len(after)} of {len(before)} marks are there."
        return
    late_s = max((abs(a.time_s - b.time_s) for a, b in zip(before, after, strict=True)), default=0)
    if late_s > 1e-9:
        yield f"Marks moved by up to {1000 * late_s:.3g} ms."
    for name, part in _PARTS.items():
        pairs = [(part(a), part(b)) for a, b in zip(before, after, strict=True)]
        changed = sum(old not in (new, "") for old, new in pairs)
        if changed:
            yield f"The {name} of {changed} of {len(before)} marks was not kept."
