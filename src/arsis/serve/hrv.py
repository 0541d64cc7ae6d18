"""The command `arsis hrv`: heart rate variability of an ECG, or of a file of RR intervals."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads it when the command runs
from typing import Annotated

import typer


def hrv(
    file: Annotated[
        str,
        typer.Argument(
            help="An ECG, as for `arsis analyse`, or a text file with one RR interval a line."
        ),
    ],
    preset: Annotated[
        str, typer.Option(help="What decides the measures: default or kubios-like.")
    ] = "default",
    segments: Annotated[
        bool, typer.Option("--segments", help="Each 5 minutes by themselves, too.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for hrv.json and a table, hrv.csv.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    unit: Annotated[
        str | None,
        typer.Option(help="Of intervals: ms or s, where it is in doubt. Of an ECG: mV or uV."),
    ] = None,
    rate_hz: Annotated[
        float | None, typer.Option("--rate", help="Samples per second of an ECG as CSV.")
    ] = None,
    channels: Annotated[
        str | None, typer.Option(help="Leads of an ECG to use, by name, with commas.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The model that judges the beats of an ECG.")
    ] = None,
) -> None:
    """Measure heart rate variability: time, frequency, Poincaré plot, entropy, scaling.

    Every number says its unit and how many intervals it rests on; one that cannot be taken is
    left out, with the reason. How each was made is in the JSON. An ECG's intervals are those
    between clear normal beats; those of a text file are taken as they stand.

    Examples: `arsis hrv 208 --segments`, `arsis hrv rr.txt --preset kubios-like --out answers`.
    """
    from arsis.serve.hrv_answer import Asked, answer, sight, write
    from arsis.serve.terminal import say, show

    asked = Asked(preset, unit, rate_hz, channels, model)
    document = answer(file, asked, segments=segments)
    if out is not None:
        say(f"written: {write(document, out)}")
    if as_json:
        print(json.dumps(document))
    elif out is None:
        show(sight(document))
