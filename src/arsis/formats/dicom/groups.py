"""Multiplex groups of DICOM waveforms: channels that were sampled together (PS3.3, C.10.9)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsis.core.errors import FormatError, UnitError
from arsis.formats.leads import lead_name
from arsis.formats.names import MOST_CHANNELS
from arsis.formats.stretches import Stretch

if TYPE_CHECKING:
    from arsis.core.arrays import F32

MOST_GROUPS = 1000
_KINDS = {
    (8, "SB"): "i1",
    (8, "UB"): "u1",
    (16, "SS"): "<i2",
    (16, "US"): "<u2",
    (32, "SL"): "<i4",
    (32, "UL"): "<u4",
    (64, "SV"): "<i8",
    (64, "UV"): "<u8",
}
Digital = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Scale:
    """What the numbers of a channel mean.

    Attributes
    ----------
    name, unit
        The channel's.
    step, zero
        Units per number, and the units of the number 0.
    delay_s
        How much later its samples stand than those of its group.
    """

    name: str
    unit: str
    step: float
    zero: float
    delay_s: float


@dataclass(frozen=True, slots=True)
class Group:
    """One multiplex group.

    Attributes
    ----------
    number
        Which of the file's groups it is, from 1.
    rate_hz, offset_s
        Samples per second; when it begins, in seconds after the acquisition.
    digital
        Its numbers: (time, channel).
    padding
        The number that means "no sample here"; None = none does.
    scales
        What they mean, by channel.
    """

    number: int
    rate_hz: float
    offset_s: float
    digital: Digital
    padding: int | None
    scales: tuple[Scale, ...]

    def stretches(self, first_s: float, where: str) -> list[Stretch]:
        """Return its channels, timed from `first_s` after the acquisition."""
        return [
            self._stretch(column, scale, self.offset_s - first_s, where)
            for column, scale in enumerate(self.scales)
        ]

    def _stretch(self, column: int, scale: Scale, begin_s: float, where: str) -> Stretch:
        source = partial(_physical, self.digital[:, column], scale, self.padding)
        begin_s += scale.delay_s
        if not 0 <= begin_s < math.inf:
            found = f"a channel {scale.name} that begins at {begin_s:g} s"
            raise FormatError(where, found, "0 s or later", "The file is damaged.")
        return Stretch(scale.name, scale.unit, self.rate_hz, begin_s, len(self.digital), source)


def groups_of(dataset: Any, where: str) -> tuple[list[Group], tuple[str, ...]]:
    """Return the groups of a file that were measured, and notes on those that were not.

    Raises
    ------
    FormatError
        If a group's numbers are of an unknown kind, or fewer than it states.
    UnitError
        If a channel is not calibrated.
    """
    items = list(enumerate(dataset.WaveformSequence, 1))
    measured = [pair for pair in items if str(pair[1].get("WaveformOriginality")) != "DERIVED"]
    kept = measured or items
    if not 1 <= len(kept) <= MOST_GROUPS:
        found = f"{len(kept)} groups of waveforms"
        raise FormatError(where, found, f"1 to {MOST_GROUPS}", "The file is damaged.")
    left = [str(item.get("MultiplexGroupLabel") or n) for n, item in items if (n, item) not in kept]
    notes = tuple(f"The derived waveforms {label} are left out." for label in left)
    return [_group(number, item, where) for number, item in kept], notes


def _group(number: int, item: Any, where: str) -> Group:
    bits, kind = int(item.WaveformBitsAllocated), str(item.WaveformSampleInterpretation)
    if (bits, kind) not in _KINDS:
        found = f"samples of {bits} bits of the kind {kind[:16]}"
        expected = ", ".join(f"{bits} {kind}" for bits, kind in _KINDS)
        raise FormatError(where, found, f"one of {expected}", "Export it as 16 SS.")
    rate_hz = float(item.SamplingFrequency)
    if not 0 < rate_hz < math.inf:
        raise FormatError(where, f"a rate of {rate_hz:g} Hz", "more than 0", "Export it again.")
    channels, samples = int(item.NumberOfWaveformChannels), int(item.NumberOfWaveformSamples)
    definitions = list(item.ChannelDefinitionSequence)
    if not 1 <= channels <= MOST_CHANNELS or len(definitions) != channels or samples < 1:
        found = f"{channels} channels of {samples} samples, {len(definitions)} of them described"
        raise FormatError(where, found, "as many as described", "Export it again.")
    data, dtype = bytes(item.WaveformData), np.dtype(_KINDS[bits, kind])
    if len(data) < channels * samples * dtype.itemsize:
        found = f"{len(data)} bytes of samples, where {channels} x {samples} are stated"
        raise FormatError(where, found, "all of them", "The file was cut short: export it again.")
    digital = np.frombuffer(data, dtype, channels * samples).reshape(samples, channels)
    offset_s = float(item.get("MultiplexGroupTimeOffset") or 0.0) / 1000.0
    scales = tuple(_scale(one, n, rate_hz, where) for n, one in enumerate(definitions, 1))
    return Group(number, rate_hz, offset_s, digital, _padding(item, dtype), scales)


def _padding(item: Any, dtype: np.dtype[Any]) -> int | None:
    told = item.get("WaveformPaddingValue")
    if told is None:
        return None
    if isinstance(told, bytes):
        return int(np.frombuffer(told, dtype, 1)[0]) if len(told) >= dtype.itemsize else None
    return int(told)


def _scale(item: Any, number: int, rate_hz: float, where: str) -> Scale:
    source = _first(item, "ChannelSourceSequence")
    name = lead_name(_said(source, "CodeValue"), _said(source, "CodeMeaning"))
    name = name or _said(item, "ChannelLabel") or f"signal {number}"
    step = float(item.get("ChannelSensitivity") or 0.0)
    step *= float(item.get("ChannelSensitivityCorrectionFactor") or 1.0)
    zero = float(item.get("ChannelBaseline") or 0.0)
    if not step or not math.isfinite(step + zero):
        found = f"channel {name} is not calibrated (it states no sensitivity)"
        raise UnitError(where, found, "units per step", "No gain is ever assumed.")
    unit = _said(_first(item, "ChannelSensitivityUnitsSequence"), "CodeValue")
    delay_s = float(item.get("ChannelTimeSkew") or 0.0)
    delay_s += float(item.get("ChannelSampleSkew") or 0.0) / rate_hz
    return Scale(name, unit, step, zero, delay_s)


def _first(item: Any, name: str) -> Any:
    found = item.get(name)
    return found[0] if found else None


def _said(item: Any, name: str) -> str:
    value = None if item is None else item.get(name)
    return "" if value is None else str(value).strip()


def _physical(column: Digital, scale: Scale, padding: int | None, start: int, stop: int) -> F32:
    digital = column[start:stop]
    with np.errstate(over="ignore"):
        values = (digital * np.float64(scale.step) + scale.zero).astype(np.float32)
    if padding is not None:
        values[digital == padding] = np.nan
    return values
