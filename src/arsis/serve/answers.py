"""One prediction in the shapes that machines take it: JSON that fits the schema, and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

import arsis
from arsis.scores.plain import plain
from arsis.serve.presenters import presenter_of
from arsis.tasks import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.infer.predict import Prediction
    from arsis.serve.presenter import Columns

SCHEMA = "arsis-result-1"
"""Names the published JSON schema, serve/schema/result.schema.json."""


def as_json(prediction: Prediction, source: str) -> dict[str, Any]:
    """Return a prediction as plain values that fit the published schema; NaN becomes null."""
    recording, card = prediction.recording, prediction.card
    head: dict[str, Any] = plain(  # type: ignore[assignment]
        {
            "schema": SCHEMA,
            "arsis": arsis.__version__,
            "recording": {
                "name": recording.name,
                "source": source,
                "subject": recording.subject,
                "start": recording.start.isoformat() if recording.start else None,
                "duration_s": recording.duration_s,
                "channels": [
                    {"name": c.name, "unit": c.unit, "rate_hz": c.rate_hz}
                    for c in recording.channels
                ],
                "notes": list(recording.notes),
            },
            "model": {
                "name": card.name,
                "task": card.task,
                "task_version": card.task_version,
                "made": card.made,
                "net_sha256": card.net_sha256,
            },
        }
    )
    # Of a day's answers no second copy is made: they are plain already.
    return {**head, "answers": list(_answers(prediction)), "summary": plain(prediction.summary)}


def text_of(document: dict[str, Any]) -> Iterator[str]:
    """Yield what `as_json` returned as JSON text, each level a space further in.

    The very text of `json.dumps(document, indent=1)`, in pieces and in a third of the time: with
    an indent, Python's encoder is not the compiled one.
    """
    # A new line never stands within the text of JSON: this is the one place of that name.
    place = '\n "answers": []'
    before, after = json.dumps({**document, "answers": []}, indent=1).split(place)
    encode = json.JSONEncoder(separators=(",\n   ", ": ")).encode
    yield f"{before}{place[:-1]}"
    between = "\n  "
    for answer in document["answers"]:
        yield f"{between}{{\n   {encode(answer)[1:-1]}\n  }}"
        between = ",\n  "
    yield f"\n ]{after}" if document["answers"] else f"]{after}"


def _answers(prediction: Prediction) -> Iterator[dict[str, Any]]:
    """Yield each answer as plain values; what an answer has no value of is left out."""
    answers = prediction.answers
    each = zip(
        answers.time_s.tolist(),
        answers.duration_s.tolist(),
        answers.label,
        answers.probability.tolist(),
        answers.reason,
        answers.value[:, 0].tolist(),
        answers.value[:, 1].tolist(),
        strict=True,
    )
    name = TASKS[prediction.card.task].value
    stem, _, unit = name.rpartition("_")
    for time_s, duration_s, label, probability, reason, value, spread in each:
        yield {
            "time_s": round(time_s, 4),
            **({"duration_s": round(duration_s, 4)} if duration_s else {}),
            "label": label,
            "probability": round(probability, 4) if math.isfinite(probability) else None,
            **({name: round(value, 5)} if math.isfinite(value) else {}),
            **({f"{stem}_spread_{unit}": round(spread, 5)} if math.isfinite(spread) else {}),
            "unclear": bool(reason),
            "reason": reason,
        }


def as_csv(prediction: Prediction) -> str:
    """Return the answers as CSV, one line each."""
    return csv_text(presenter_of(prediction).columns(prediction))


def csv_text(columns: Columns) -> str:
    """Return a table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.head)
    writer.writerows(columns.rows)
    return text.getvalue()
