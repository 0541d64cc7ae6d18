"""Names of ECG leads behind their codes in HL7 and DICOM files.

The codes are those of ISO/IEEE 11073-10102 (MDC), by name (MDC_ECG_LEAD_V1) or by number (2:3), and
of SCP-ECG (5.6.3-9-3), whose last numbers are the same; DICOM lists both in its context group 3001.
"""

from __future__ import annotations

import re

_PREFIX = "MDC_ECG_LEAD_"
_WRITTEN = {"AVR": "aVR", "AVL": "aVL", "AVF": "aVF"}
_BY_NUMBER = {
    1: "I",
    2: "II",
    61: "III",
    62: "aVR",
    63: "aVL",
    64: "aVF",
    16: "X",
    17: "Y",
    18: "Z",
}
_BY_NUMBER |= {place + 2: f"V{place}" for place in range(1, 8)}
_BY_NUMBER |= {place + 8: f"V{place}R" for place in range(2, 8)}
_BY_NUMBER |= {66: "V8", 67: "V9", 68: "V8R", 69: "V9R", 19: "CC5", 20: "CM5", 126: "ML"}
_BY_NUMBER |= {place + 91: f"MCL{place}" for place in range(1, 7)}
_BY_NUMBER |= {131: "ES", 132: "AS", 133: "AI"}
_NUMBER = re.compile(r"(?:MDC_)?(?:2:|5\.6\.3-9-)(\d{1,3})", re.ASCII)
_MEANING = re.compile(r"(?:lead\s+)?(i{1,3}|av[rlf]|v[1-9]r?|[xyz])(?:[\s,(].*)?", re.IGNORECASE)


def lead_name(code: str, meaning: str = "") -> str:
    """Return what clinicians call a lead, by its code or else by the text beside it.

    What names no lead known here is returned as it is: the text, or else the code.

    >>> lead_name("MDC_ECG_LEAD_AVR"), lead_name("5.6.3-9-3"), lead_name("?", "Lead II")
    ('aVR', 'V1', 'II')
    """
    code, meaning = code.strip(), " ".join(meaning.split())
    if code.startswith(_PREFIX) and len(code) > len(_PREFIX):
        name = code.removeprefix(_PREFIX)
        return _WRITTEN.get(name, name)
    number = _NUMBER.fullmatch(code)
    if number and int(number[1]) in _BY_NUMBER:
        return _BY_NUMBER[int(number[1])]
    named = _MEANING.fullmatch(meaning)
    if named:
        name = named[1].upper()
        return _WRITTEN.get(name, name)
    return meaning or code
