"""How many records an EDF file really holds, whatever its header says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from arsis.core.errors import FormatError

FIXED_BYTES = 256
"""Of the part of the header that is there once, and of the part for each signal."""


@dataclass(frozen=True, slots=True)
class Size:
    """Where the records of a file lie.

    Attributes
    ----------
    data_at, records
        The byte at which they begin, and how many there are.
    record_bytes, record_s
        Bytes and seconds of one of them.
    """

    data_at: int
    records: int
    record_bytes: int
    record_s: float


def placed(
    fixed: dict[str, str], signals: int, record: Size, file_bytes: int, where: str
) -> tuple[Size, tuple[str, ...]]:
    """Return where the records lie and what had to be mended, in sentences.

    Raises
    ------
    FormatError
        If there is not one whole record, or the header's length contradicts itself.
    """
    stated = _whole(fixed["records"])
    data_at, notes = _data_at(fixed, signals, stated, record, file_bytes, where)
    whole, rest = divmod(max(0, file_bytes - data_at), record.record_bytes)
    if not whole:
        found = f"{rest} bytes of records, of which one has {record.record_bytes}"
        raise FormatError(where, found, "at least one whole record", "Fetch or export it again.")
    count, more = _count(fixed["records"], stated, whole, rest, record)
    return replace(record, data_at=data_at, records=count), notes + more


def _data_at(
    fixed: dict[str, str], signals: int, stated: int | None, record: Size, size: int, where: str
) -> tuple[int, tuple[str, ...]]:
    """Return where the records begin: as stated, or where as many as stated fit exactly."""
    due, said = FIXED_BYTES * (signals + 1), _whole(fixed["header_bytes"])
    if said == due:
        return due, ()
    for at in (due, said or 0):
        if at >= due and stated and size - at == stated * record.record_bytes:
            note = f"The header states a length of {fixed['header_bytes'] or 'nothing'}; {at} fits."
            return at, (note,)
    found = f"a header of {fixed['header_bytes']!r} bytes that holds {signals} signals"
    raise FormatError(where, found, f"{due} bytes", "The header is damaged: export it again.")


def _count(
    text: str, stated: int | None, whole: int, rest: int, record: Size
) -> tuple[int, tuple[str, ...]]:
    """Return how many records to read, and what is to be said about it."""
    held = f"{whole} whole records ({whole * record.record_s:g} s) are there"
    partial = f"; {rest} bytes of another one are not read" if rest else ""
    if stated is None or stated <= 0:
        return whole, (f"The header leaves the number of records open ({text}): {held}{partial}.",)
    if stated > whole:
        states = f"its header states {stated} records ({stated * record.record_s:g} s)"
        return whole, (f"The file was cut short: {states}, and {held}{partial}.",)
    if stated < whole and not rest:
        return whole, (f"The header states {stated} records, and {held}: all are read.",)
    left = (whole - stated) * record.record_bytes + rest
    if left:
        return stated, (f"{left} bytes after the {stated} records of the header are not read.",)
    return stated, ()


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
