"""A tiny annotated ECG, as the tests of every format need one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from arsis.formats.example import simulated

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Channel

START = datetime(2002, 11, 22, 9, 10)  # noqa: DTZ001 (recorders seldom state a zone)
_STEP_MV = 0.0001
_MDC, _ACT = "2.16.840.1.113883.6.24", "2.16.840.1.113883.5.4"


def write_example(folder: Path) -> Path:
    """Write the simulated recording as an annotated ECG; a gap divides its sequences."""
    recording = simulated()
    sets = "".join(_sets(channel) for channel in recording.channels)
    beats = "".join(_beat(mark.time_s) for mark in recording.marks)
    path = folder / "example.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f'<component><series><code code="RHYTHM" codeSystem="{_ACT}"/>\n'
        f'<effectiveTime><low value="{stamp(0.0)}"/></effectiveTime>\n{sets}'
        f"<subjectOf><annotationSet>\n{beats}</annotationSet></subjectOf>\n"
        "</series></component>\n</AnnotatedECG>\n",
        encoding="utf-8",
    )
    return path


def stamp(time_s: float) -> str:
    """Return an instant of the example as HL7 writes it."""
    when = START + timedelta(seconds=time_s)
    return f"{when:%Y%m%d%H%M%S}.{when.microsecond // 1000:03d}"


def _sets(channel: Channel) -> str:
    values = channel.read()
    here = np.flatnonzero(np.isfinite(values))
    runs = np.split(here, np.flatnonzero(np.diff(here) > 1) + 1)
    return "".join(_set(channel, int(run[0]), int(run[-1]) + 1) for run in runs)


def _set(channel: Channel, first: int, stop: int) -> str:
    digits = np.round(channel.source(first, stop).astype(np.float64) / _STEP_MV).astype(int)
    return (
        "<component><sequenceSet>\n"
        f'<component><sequence><code code="TIME_ABSOLUTE" codeSystem="{_ACT}"/>\n'
        f'<value xsi:type="GLIST_TS"><head value="{stamp(first / channel.rate_hz)}"/>'
        f'<increment value="{1 / channel.rate_hz:g}" unit="s"/></value></sequence></component>\n'
        f'<component><sequence><code code="MDC_ECG_LEAD_{channel.name}" codeSystem="{_MDC}"/>\n'
        '<value xsi:type="SLIST_PQ"><origin value="0" unit="mV"/>'
        f'<scale value="{_STEP_MV:g}" unit="mV"/><digits>{" ".join(map(str, digits))}</digits>'
        "</value></sequence></component>\n</sequenceSet></component>\n"
    )


def _beat(time_s: float) -> str:
    return (
        f'<component><annotation><code code="MDC_ECG_BEAT" codeSystem="{_MDC}"/>'
        f'<value xsi:type="CE" code="MDC_ECG_BEAT_NORMAL" codeSystem="{_MDC}"/>'
        f'<support><supportingROI><code code="ROIPS" codeSystem="{_ACT}"/>'
        f'<component><boundary><code code="TIME_ABSOLUTE" codeSystem="{_ACT}"/>'
        f'<value xsi:type="IVL_TS"><low value="{stamp(time_s)}"/></value>'
        "</boundary></component></supportingROI></support></annotation></component>\n"
    )
