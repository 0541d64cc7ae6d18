"""One prediction in the shapes that machines take it: JSON that fits the schema, and CSV."""

from __future__ import annotations

import csv
import io
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
    document = {
        "schema": SCHEMA,
        "arsis": arsis.__version__,
        "recording": {
            "name": recording.name,
            "source": source,
            "subject": recording.subject,
            "start": recording.start.isoformat() if recording.start else None,
            "duration_s": recording.duration_s,
            "channels": [
                {"name": c.name, "unit": c.unit, "rate_hz": c.rate_hz} for c in recording.channels
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
        "answers": list(_answers(prediction)),
        "summary": prediction.summary,
    }
    result: dict[str, Any] = plain(document)  # type: ignore[assignment]
    return result


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
            "probability": round(probability, 4),
            **({name: round(value, 5)} if not math.isnan(value) else {}),
            **({f"{stem}_spread_{unit}": round(spread, 5)} if not math.isnan(spread) else {}),
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
