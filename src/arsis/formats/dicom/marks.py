"""Annotations of DICOM waveforms that stand at an instant or over a span (PS3.3, C.10.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.core.recording import Mark
from arsis.formats.beat_codes import beat_symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.formats.dicom.groups import Group

SOURCE = "DICOM"
_SPANS = ("SEGMENT", "MULTISEGMENT")


def marks_of(
    dataset: Any, groups: Sequence[Group], first_s: float, ends_s: float
) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Return the annotations that name samples, and a note on those outside the signals.

    A beat bears its WFDB symbol, anything else what it is called (P Onset, Fiducial Point); the
    note of a mark is the lead.
    """
    by_number = {group.number: group for group in groups}
    marks: list[Mark] = []
    for item in dataset.get("WaveformAnnotationSequence") or ():
        channels = _whole(item.get("ReferencedWaveformChannels"))
        group = by_number.get(channels[0] if channels else 1)
        concepts = item.get("ConceptNameCodeSequence")
        if group is None or not concepts:
            continue
        label = _label(concepts[0])
        spans = str(item.get("TemporalRangeType")) in _SPANS
        for begin_s, duration_s in _times(item, group, first_s, spans=spans):
            marks.append(Mark(begin_s, label, duration_s, _lead(channels, group), SOURCE))
    inside = tuple(mark for mark in marks if 0 <= mark.time_s <= ends_s)
    lost = f"{len(marks) - len(inside)} annotations stand outside the signals; they are left out."
    return inside, (lost,) if len(inside) < len(marks) else ()


def _label(concept: Any) -> str:
    code = str(concept.get("CodeValue") or "")
    symbol = beat_symbol(code) if str(concept.get("CodingSchemeDesignator")) == "MDC" else None
    return symbol or str(concept.get("CodeMeaning") or code or "?")


def _times(item: Any, group: Group, first_s: float, *, spans: bool) -> list[tuple[float, float]]:
    begin_s = group.offset_s - first_s
    # The first sample has the number 1.
    places = _whole(item.get("ReferencedSamplePositions"))
    at_s = [begin_s + (place - 1) / group.rate_hz for place in places]
    if not at_s:
        offsets = item.get("ReferencedTimeOffsets")
        at_s = [float(ms) / 1000.0 - first_s for ms in _several(offsets)]
    if spans:
        pairs = zip(at_s[::2], at_s[1::2], strict=False)
        return [(start_s, max(0.0, stop_s - start_s)) for start_s, stop_s in pairs]
    return [(start_s, 0.0) for start_s in at_s]


def _lead(channels: list[int], group: Group) -> str:
    """Return the lead an annotation is about; channel 0 stands for all."""
    column = channels[1] if len(channels) > 1 else 0
    return group.scales[column - 1].name if 1 <= column <= len(group.scales) else ""


def _whole(value: Any) -> list[int]:
    return [int(one) for one in _several(value)]


def _several(value: Any) -> list[Any]:
    """Return the values of an element that may have none, one or many."""
    if value is None:
        return []
    return [value] if isinstance(value, (int, float, str)) else list(value)
