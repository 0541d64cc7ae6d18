"""The table of formats, and the one way into it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, BinaryIO

from arsis.core.errors import FormatError, SettingError
from arsis.formats.aecg import AECG
from arsis.formats.apple import APPLE
from arsis.formats.csv import CSV, HEARTBEATS
from arsis.formats.dicom import DICOM
from arsis.formats.edf import EDF
from arsis.formats.parquet import PARQUET
from arsis.formats.sniff import describe
from arsis.formats.sound import SOUND
from arsis.formats.source import Source, Told, source_of
from arsis.formats.wfdb import WFDB, ZIP

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording
    from arsis.formats.format import Format

FORMATS: dict[str, Format] = {
    "wfdb": WFDB,
    "zip": ZIP,
    "dicom": DICOM,
    "aecg": AECG,
    "sound": SOUND,
    "edf": EDF,
    "parquet": PARQUET,
    "apple": APPLE,
    "heartbeats": HEARTBEATS,
    "csv": CSV,
}
"""Asked in this order; a new format is one folder or file, and one entry."""


def read(
    source: str | Path | bytes | BinaryIO,
    *,
    unit: str | None = None,
    rate_hz: float | None = None,
    channels: tuple[str, ...] | None = None,
) -> Recording:
    """Read a recording, whatever its format; the format is recognised by content.

    Parameters
    ----------
    source
        A path (a WFDB record may be named without an ending), or the bytes of a file.
    unit
        The unit of the values, where the file does not state it.
    rate_hz
        Samples per second, where the file does not state it.
    channels
        The channels to keep, in this order; None = all.

    Returns
    -------
    Recording
        Its samples are read when they are asked for, where the format allows it.

    Raises
    ------
    FormatError
        If the source is missing, of no known format or damaged.
    UnitError
        If a unit or a calibration is missing; none is ever assumed.
    ChannelError
        If a channel asked for is not there.
    SettingError
        If `rate_hz` is not a positive number.
    """
    if rate_hz is not None and not 0 < rate_hz < math.inf:
        raise SettingError("rate_hz", f"{rate_hz}", "a number above 0", "State the true rate.")
    opened = source_of(source)
    return _format_of(opened).read(opened, Told(unit, rate_hz, channels))


def _format_of(source: Source) -> Format:
    for entry in FORMATS.values():
        if entry.recognise(source):
            return entry
    known = "; ".join(entry.says for entry in FORMATS.values())
    found = describe(source.head)
    advice = "Check that this is the right file, or convert it to one of these."
    header = source.path.with_suffix(".hea") if source.path and source.path.name else None
    if header is not None and header != source.path and header.is_file():
        advice = f"It may belong to a WFDB record: name {header}."
    raise FormatError(source.where, found, f"one of: {known}", advice)
