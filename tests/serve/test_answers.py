from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from arsis.infer.bundle import load
from arsis.infer.predict import predict
from arsis.serve.answers import as_json, text_of
from arsis.tasks import TASKS


@pytest.fixture(scope="module", params=["beats", "sounds"])
def prediction(request):
    return predict(load(request.param), TASKS[request.param].example(3))


@pytest.mark.parametrize("source", ["208", 'a "name"\n "answers": [] \\ of é ["', ""])
def test_the_text_is_that_of_the_standard_encoder(prediction, source):
    document = as_json(prediction, source)
    assert len(document["answers"]) == len(prediction.answers) > 5
    assert "".join(text_of(document)) == json.dumps(document, indent=1)
    one, none = ({**document, "answers": document["answers"][:count]} for count in (1, 0))
    assert "".join(text_of(one)) == json.dumps(one, indent=1)
    assert "".join(text_of(none)) == json.dumps(none, indent=1)


def test_reasons_come_through_whatever_they_hold(prediction):
    answers = prediction.answers
    odd = tuple('}, {"reason":\n "x", \\u00e9 é' for _ in answers.reason)
    document = as_json(replace(prediction, answers=replace(answers, reason=odd)), "208")
    assert "".join(text_of(document)) == json.dumps(document, indent=1)


def test_what_is_not_a_number_is_null_or_left_out(prediction):
    answers = prediction.answers
    unknown = replace(
        answers,
        probability=np.full(len(answers), np.nan, np.float32),
        value=np.full((len(answers), 2), np.nan, np.float32),
    )
    document = as_json(replace(prediction, answers=unknown), "208")
    text = json.dumps(document, allow_nan=False)
    assert all(row["probability"] is None for row in json.loads(text)["answers"])
    kept = {"time_s", "duration_s", "label", "probability", "unclear", "reason"}
    assert all(set(row) <= kept for row in document["answers"])
