"""The ECG of an Apple Watch, as the Health app of an iPhone exports it.

`Export All Health Data` puts one such file for each recording into `electrocardiograms/`. Apple
publishes no description. What is read here rests on files and parsers that people have published,
in English, German and Portuguese: lines `what,value` (name, date of birth, `Recorded Date`,
`Classification`, symptoms, software, device, `Sample Rate`), empty lines, `Lead` and `Unit`, and
one value per line. Names of lines are translated and decimal points may be commas, so a line is
told by the shape of its value: a number of hertz, a unit of voltage, a date with its time zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.recording import Channel, Recording
from arsis.formats.example import simulated_watch
from arsis.formats.format import Format
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.text import begins_as_text, whole_text

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32
    from arsis.formats.source import Source, Told

_LARGEST_BYTES = 2**26
_TOO_LARGE = ("half a minute of one lead", "Check that this is the file.")
_PREAMBLE_LINES = 40
_HERTZ = "hertz|hz|hercios|герц|ヘルツ|赫兹|赫茲|헤르츠"
_RATE = re.compile(rf"(\d+(?:[.,]\d+)?)\s*(?:{_HERTZ})", re.IGNORECASE)
_UNIT = re.compile(r"[µμumn]?V")
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}")
_LEAD = re.compile(r"(?:.*\s)?(I{1,3}|aV[RLF]|V[1-6])")
_VALUE = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
_CLASSIFIED = ("classification", "klassifizierung", "classificação", "clasificación",
               "classificazione", "classificatie", "分類", "分类")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Preamble:
    """What stands above the values; who was measured is not among it."""

    lines: int
    rate: str = ""
    unit: str = ""
    date: str = ""
    lead: str = ""
    classified: str = ""


def recognise(source: Source) -> bool:
    """Say whether this is text that begins with the lines that the Health app writes."""
    text = begins_as_text(source)
    if text is None:
        return False
    found = _preamble(text.splitlines())
    third = [line for line in text.splitlines() if line.strip()][2:3]
    # A file that is cut off above its rate is still no other kind of table.
    cut = bool(third) and _DATE.fullmatch(_parts(third[0])[1]) is not None
    return bool(found.rate and (found.unit or found.date)) or cut


def read(source: Source, told: Told) -> Recording:
    """Read a recording of a watch; name and date of birth are not kept."""
    where = source.where
    lines = whole_text(source, _LARGEST_BYTES, _TOO_LARGE).splitlines()
    found = _preamble(lines)
    for what, held in (("a rate in hertz", found.rate), ("a unit", found.unit or told.unit)):
        if not held:
            text = f"{found.lines} lines before the values, none of them with {what}"
            expected = "lines such as `Sample Rate,512 hertz` and `Unit,µV`"
            raise FormatError(where, text, expected, "Export the recording from Health again.")
    rate_hz = agreed_rate(float(found.rate.replace(",", ".")), told.rate_hz, where)
    values = _values(lines, found.lines, where)
    notes: tuple[str, ...] = ()
    if found.classified:
        notes = (f"The watch classified this recording as {found.classified!r}; arsis did not.",)
    channel = Channel(
        found.lead or "ECG",
        found.unit,
        rate_hz,
        len(values),
        lambda first, last: values[first:last],
    )
    start = datetime.strptime(found.date, "%Y-%m-%d %H:%M:%S %z") if found.date else None
    return in_true_units(Recording(source.stem, (channel,), start=start, notes=notes), told)


def _preamble(lines: list[str]) -> _Preamble:
    """Tell the lines above the values by the shape of what they state."""
    found: dict[str, str] = {}
    count = before_date = 0
    for count, line in enumerate(lines[:_PREAMBLE_LINES]):
        key, value = _parts(line)
        if not value and _VALUE.fullmatch(key):
            break
        if (rate := _RATE.fullmatch(value)) and "rate" not in found:
            found["rate"] = rate[1]
        elif _UNIT.fullmatch(value):
            found["unit"] = value
        elif _DATE.fullmatch(value) and "date" not in found:
            found["date"], before_date = value, count
        elif key.lower() in _CLASSIFIED or (found.get("date") and count == before_date + 1 == 3):
            # In other languages it is the line after the date, and that the third.
            found.setdefault("classified", value)
        elif "rate" in found and (lead := _LEAD.fullmatch(value)):
            found["lead"] = lead[1]
    else:
        count = len(lines[:_PREAMBLE_LINES])
    return _Preamble(count, **found)


def _parts(line: str) -> tuple[str, str]:
    """Return what stands before and after the first separator, without quotes."""
    mark = min((line.find(mark) for mark in ",;" if mark in line), default=len(line))
    if _VALUE.fullmatch(line.strip()):  # -265,868 is one number
        return line.strip(), ""
    key, value = line[:mark], line[mark + 1 :]
    return key.strip().strip('"'), value.replace("\u00a0", " ").strip().strip('"')


def _values(lines: list[str], first: int, where: str) -> F32:
    """Return the values below the preamble: (time,); points or commas, but not both."""
    below = enumerate(lines[first:], first + 1)
    numbered = [(at, text) for at, line in below if (text := line.strip())]
    found = "no values below the preamble" if not numbered else ""
    wrong = [at for at, text in numbered if not _VALUE.fullmatch(text)]
    if wrong:  # what stands there is not shown: it may be a name
        found = f"line {wrong[0]}, which is no number"
    elif all(any(mark in text for _, text in numbered) for mark in ".,"):
        found = "decimal points and decimal commas"
    if found:
        raise FormatError(where, found, "one number in each line", "Export the recording again.")
    return np.array([float(text.replace(",", ".")) for _, text in numbered], np.float32)


def _example(folder: Path) -> Path:
    path = folder / "example.csv"
    made = simulated_watch().channels[0]
    above = (
        'Name,Nobody\nDate of Birth,"Jan 1, 1970"\nRecorded Date,2020-01-01 10:00:00 +0100\n'
        'Classification,\nSymptoms,\nSoftware Version,1.90\nDevice,"Watch4,2"\n'
        f"Sample Rate,{made.rate_hz:g} hertz\n\n\nLead,Lead {made.name}\nUnit,{made.unit}\n\n"
    )
    values = "".join(f"{value:.3f}\n" for value in made.read().tolist())
    path.write_text(above + values, encoding="utf-8")
    return path


APPLE = Format(
    says="the ECG of an Apple Watch (CSV from the Health app)",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
    holds=simulated_watch,
)
