"""What annotated ECGs (HL7 aECG) say of beats and waves, as marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.recording import Mark
from arsis.formats.beat_codes import beat_symbol
from arsis.formats.leads import lead_name
from arsis.formats.timestamp import SECONDS, seconds_between, time_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from arsis.formats.aecg.document import Annotation, Boundary, Quantity, Series

SOURCE = "aECG"
_BEAT = "MDC_ECG_BEAT"
_QRS = ("_QRSWAVE", "_RWAVE", "_QSWAVE", "_QRSTWAVE")
_PREFIXES = ("MDC_ECG_BEAT_", "MDC_ECG_WAVC_", "MDC_ECG_WAVP_", "MDC_ECG_RHY_", "MDC_ECG_")


def marks_of(
    series: Iterable[Series], document_begin: str, start: datetime, ends_s: float
) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Return the annotations that stand at a time within the signals, and notes on others.

    A beat bears its WFDB symbol, anything else its code without the prefix (PWAVE); the lead that
    it was seen in is the note. A mark begins where the annotated stretch does; a beat that names no
    time of its own where the QRS complex within it does.
    """
    marks, outside = [], 0
    for one in series:
        began = time_of(one.begin) or time_of(document_begin) or start
        for annotation in one.annotations:
            parts = (annotation, *_complexes(annotation))
            spans = (_span(part, began, start) for part in parts)
            span = next((span for span in spans if span), None)
            if span is None:
                continue
            if not 0 <= span[0] <= ends_s:
                outside += 1
                continue
            duration_s = max(0.0, min(span[1], ends_s) - span[0])
            leads = (b.code for b in annotation.boundaries if not b.code.startswith("TIME_"))
            note = " ".join(lead_name(code) for code in leads)
            marks.append(Mark(span[0], _label(annotation), duration_s, note, SOURCE))
    lost = f"{outside} annotations stand outside the signals; they are left out."
    return tuple(marks), (lost,) if outside else ()


def _complexes(annotation: Annotation) -> list[Annotation]:
    """Return the QRS complexes within the annotation of a beat."""
    if not (annotation.value or annotation.code).startswith(_BEAT):
        return []
    return [one for one in annotation.inner if (one.value or one.code).endswith(_QRS)]


def _label(annotation: Annotation) -> str:
    code = annotation.value or annotation.code
    symbol = beat_symbol(code)
    if symbol is not None:
        return symbol
    for prefix in _PREFIXES:
        if code.startswith(prefix) and code != prefix:
            return code.removeprefix(prefix)
    return code or "annotation"


def _span(annotation: Annotation, began: datetime, start: datetime) -> tuple[float, float] | None:
    """Return the seconds from which and until which it stands; None = it names no time."""
    for boundary in annotation.boundaries:
        if not boundary.code.startswith("TIME_"):
            continue
        told = boundary.quantities
        low = told.get("low") or told.get("value") or told.get("center") or told.get("high")
        high = told.get("high") or low
        if low is None or high is None:
            continue
        first, last = _at_s(low, boundary, began, start), _at_s(high, boundary, began, start)
        if first is not None and last is not None:
            return first, last
    return None


def _at_s(told: Quantity, boundary: Boundary, began: datetime, start: datetime) -> float | None:
    value, unit = told
    if boundary.code == "TIME_RELATIVE":
        try:
            return seconds_between(start, began) + float(value) * SECONDS[unit.strip()]
        except (ValueError, KeyError):
            return None
    when = time_of(value)
    return seconds_between(start, when) if when else None
