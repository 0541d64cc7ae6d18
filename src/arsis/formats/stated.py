"""What a file states about itself, weighed against what a person says about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError, UnitError
from arsis.core.units import convertible, factor

if TYPE_CHECKING:
    from arsis.core.recording import Recording
    from arsis.formats.source import Told

_ARBITRARY = frozenset({"", "adu", "ADU", "nu", "NU", "raw", "counts", "-", "?"})
"""Units that name no physical quantity, so that a person may say the true one."""
_SAME_RATE = 1e-3
_HIGHEST_HZ = 1e6
_LONGEST_S = 10 * 366 * 86_400.0


def in_true_units(recording: Recording, told: Told, default: str = "") -> Recording:
    """Keep the channels asked for, with the units that the file and the person state.

    Raises
    ------
    ChannelError
        If the recording lacks a channel that was asked for.
    UnitError
        If nobody states a channel's unit, or the file and the person contradict each other.
    """
    if told.channels is not None:
        recording = recording.select(told.channels)
    channels = tuple(
        replace(channel, unit=_true_unit(channel.unit or default, channel.unit, told, where))
        for channel in recording.channels
        for where in (f"{recording.name}: channel {channel.name}",)
    )
    return replace(recording, channels=channels)


def _true_unit(read_as: str, stated: str, told: Told, where: str) -> str:
    if told.unit is None:
        if not read_as:
            advice = "Name it with --unit or in the header, as in 'II [mV]'."
            raise UnitError(where, "no unit", "a unit such as mV; none is ever assumed", advice)
        return read_as
    if convertible(stated, told.unit):
        if factor(stated, told.unit, where) != 1.0:
            found = f"the unit {stated} in the file and {told.unit} from you"
            raise UnitError(where, found, "one of them", "Leave out --unit to trust the file.")
        return stated
    # Another quantity (a blood pressure) keeps its unit unless that very channel was named.
    return told.unit if stated in _ARBITRARY or told.channels is not None else read_as


def agreed_rate(
    stated_hz: float | None, told_hz: float | None, where: str, length: int = 0
) -> float:
    """Return the rate that the file or the person states.

    Raises
    ------
    FormatError
        If nobody states one, the two differ, or `length` samples at it would last for decades.
    """
    if stated_hz is None and told_hz is None:
        found = "no rate"
        raise FormatError(where, found, "samples per second", "State them with --rate.")
    rate_hz = float(stated_hz or told_hz or 0.0)
    if told_hz is not None and abs(rate_hz - told_hz) > _SAME_RATE * rate_hz:
        found = f"{rate_hz:g} Hz in the file and {told_hz:g} Hz from you"
        raise FormatError(where, found, "one rate", "Leave out --rate to trust the file.")
    if rate_hz > _HIGHEST_HZ or length > rate_hz * _LONGEST_S:
        found = f"{length} samples at {rate_hz:g} Hz"
        expected = f"at most {_HIGHEST_HZ:g} Hz and ten years"
        raise FormatError(where, found, expected, "The file is damaged, or the rate is wrong.")
    return rate_hz
