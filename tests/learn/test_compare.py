from __future__ import annotations

import csv
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arsis.core.errors import ProtocolError, SettingError
from arsis.learn import train
from arsis.learn.compare import compare
from arsis.learn.compare_files import write
from arsis.learn.gather import gather
from arsis.learn.record import read_records
from arsis.scores.bootstrap import Resampling
from arsis.serve.cli import app

DRAWS = Resampling(0, 50)


def place_of(comparison, name):
    return next(row for row in comparison.rows if row.name == name)


def changed(path, **values):
    """Copy a record of a folder under another name, with other values."""
    record = json.loads((path / "linear-seed0-reference.json").read_text()) | values
    target = path / f"{record['name']}-other.json"
    target.write_text(json.dumps(record))
    return target


@pytest.fixture
def results(scored, tmp_path) -> Path:
    return Path(shutil.copytree(scored.out, tmp_path / "results"))


def test_the_best_comes_first_and_baselines_come_along(results):
    records = gather([str(results / "linear-seed0-reference.json")], results, None)
    assert {record["name"] for record in records} == {
        "linear-seed0", "always-n", "rhythm-logistic", "gradient-boosting", "seeds",
    }  # fmt: skip
    found = compare(records, DRAWS)
    values = [row.estimate for row in found.rows]
    assert values == sorted(values, reverse=True)
    assert [row.place for row in found.rows] == [1, 2, 3, 4]
    assert (found.rank.figure, found.part, found.openings) == ("j_kappa", "reference", 6)
    assert place_of(found, "always-n").beside == "every answer is N"


def test_a_row_holds_the_interval_and_the_spread_over_seeds(results, scored):
    found = compare(gather([str(results)], results, "reference"), DRAWS)
    row = place_of(found, "linear-seed1")
    held = scored.record("linear-seed1-reference")["scores"]["headline"]["j_kappa"]
    spread = scored.record("seeds-reference")["scores"]["seeds"]["j_kappa"]
    assert (row.estimate, row.low, row.high) == (held["estimate"], held["low"], held["high"])
    assert (row.seeds_mean, row.seeds_sd, row.seeds) == (spread["mean"], spread["sd"], 2)
    assert place_of(found, "always-n").seeds == 0


def test_how_far_behind_the_best_is_drawn_over_the_same_people(results):
    twin = changed(results, name="twin", weights="0" * 64)
    one = str(results / "linear-seed0-reference.json")
    found = compare(gather([one, str(twin)], results, None), DRAWS)
    behind = [row for row in found.rows if row.name in {"twin", "linear-seed0"}]
    best = found.rows[0]
    assert best.less is None
    assert {(row.less, row.less_low, row.less_high) for row in behind if row is not best} == {
        (0.0, 0.0, 0.0)
    }
    last = place_of(found, "always-n")
    assert last.less == pytest.approx(best.estimate - last.estimate)
    assert last.less_low > 0
    assert any("cannot be told from" in note and "always-n" not in note for note in found.notes)


def test_where_less_is_better_the_least_comes_first():
    results = Path(__file__).parents[2] / "results"
    found = compare(gather([str(results)], results, "heart-rate"), DRAWS)
    values = [row.estimate for row in found.rows]
    assert values == sorted(values)
    assert found.rank.less


def test_what_has_no_figure_comes_last(results):
    record = json.loads((results / "linear-seed0-reference.json").read_text())
    record["scores"]["headline"]["j_kappa"]["estimate"] = None
    path = changed(results, name="dumb", weights="1" * 64, scores=record["scores"])
    last = compare(gather([str(path)], results, None), DRAWS).rows[-1]
    assert (last.name, last.place) == ("dumb", None)


def test_guard_c13_different_test_data_are_never_ranked_together(results, capsys):
    data = json.loads((results / "linear-seed0-reference.json").read_text())["data"]
    other = changed(results, name="elsewhere", data={**data, "fingerprint": "f" * 64})
    both = [str(results / "linear-seed0-reference.json"), str(other)]
    with pytest.raises(ProtocolError, match="2 different test sets") as caught:
        compare(gather(both, results, None))
    for word in (data["fingerprint"][:12], "f" * 12, "linear-seed0", "elsewhere", "by itself"):
        assert word in str(caught.value)
    with pytest.raises(ProtocolError, match="different test sets"):
        app(["compare", *both], standalone_mode=False)


def test_guard_c13_different_protocols_and_parts_are_never_ranked_together(results):
    other = changed(results, name="elsewhere", protocol="another-split")
    both = [str(results / "linear-seed0-reference.json"), str(other)]
    with pytest.raises(ProtocolError, match=r"2 different protocols: another-split \(elsewhere\)"):
        compare(gather(both, results, None))
    with pytest.raises(SettingError, match="one part is ranked at a time"):
        gather([str(results)], results, None)
    with pytest.raises(SettingError, match="reference"):
        gather([str(results)], results, "nonsense")


def test_a_part_that_ranks_by_no_figure_says_so(results):
    with pytest.raises(ProtocolError, match="in which nothing is ranked"):
        compare(gather([str(results)], results, "hrv"))


def test_a_bundle_stands_for_its_records(cohort, results, tmp_path):
    found = compare(gather([str(cohort.bundles[0])], results, "end-to-end"), DRAWS)
    assert place_of(found, "linear-seed0").place
    with pytest.raises(ProtocolError, match="holds no record"):
        gather([str(cohort.bundles[0])], tmp_path / "nothing", "end-to-end")


@pytest.mark.parametrize("content", [None, "{}", "[]", "{"])
def test_what_is_no_record_is_refused(tmp_path, content):
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProtocolError, match=r"odd\.json"):
        gather([str(path)], tmp_path, None)


def test_training_runs_are_ranked_by_validation_and_told_apart_by_their_people(
    examples, quick, tmp_path
):
    short = replace(quick, epochs=1)
    fit = ("s0", "s1", "s2")
    for name, held, seed in (("a", ("s4",), 1), ("b", ("s4",), 2), ("c", ("s5",), 1)):
        train.train(examples, fit, held, tmp_path / name, replace(short, seed=seed))
    runs = [str(tmp_path / name) for name in "abc"]
    found = compare(gather(runs[:2], tmp_path, None), DRAWS)
    assert {row.name for row in found.rows} == {"a", "b"}
    assert "prove nothing" in found.notes[0]
    with pytest.raises(ProtocolError, match="2 different test sets"):
        compare(gather(runs, tmp_path, None))


def test_the_table_and_the_drawing_are_written(results, tmp_path):
    found = compare(gather([str(results)], results, "reference"), DRAWS)
    table, drawing = write(found, tmp_path / "new" / "folder")
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["name"] for row in rows] == [row.name for row in found.rows]
    assert math.isclose(float(rows[0]["estimate"]), found.rows[0].estimate)
    before = drawing.read_bytes()
    assert before[1:4] == b"PNG"
    write(found, tmp_path / "new" / "folder")
    assert drawing.read_bytes() == before


def test_the_command_prints_a_table_or_json(results, capsys):
    words = ["compare", str(results), "--part", "reference"]
    app(words, standalone_mode=False)
    shown = capsys.readouterr().out
    for word in ("linear-seed0", "always-n", "j_kappa", "7 sets of weights"):
        assert word in " ".join(shown.split()), word
    app([*words, "--json"], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert said["rows"][0]["place"] == 1
    assert said["fingerprint"] == read_records(results)[0]["data"]["fingerprint"]
    assert not np.isnan([row["estimate"] for row in said["rows"]]).any()
