"""Tables in documents are what the run records say, to the last digit."""

from __future__ import annotations

import json
import shutil

import pytest

from arsis.core.errors import OutputError, ProtocolError
from arsis.learn import tables
from arsis.learn.cells import NOTHING, interval, number, percent


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "README.md"
    blocks = "\n".join(
        f"<!-- table:{name} -->\nold\n<!-- /table -->\ntext" for name in tables.TABLES
    )
    path.write_text(f"# Title\n{blocks}\nend\n")
    return path


def test_writing_brings_tables_up_to_date_and_touches_nothing_else(document, scored):
    assert tables.check([document], scored.out) == [document]
    assert tables.write([document], scored.out) == [document]
    assert tables.check([document], scored.out) == []
    assert tables.write([document], scored.out) == []
    text = document.read_text()
    assert "old" not in text
    assert text.startswith("# Title\n<!-- table:overview -->\n| ")
    assert text.endswith("<!-- /table -->\ntext\nend\n")


def test_a_figure_changed_by_hand_is_found(document, scored):
    tables.write([document], scored.out)
    document.write_text(document.read_text().replace("87.6", "97.6").replace("87.8", "97.8"))
    assert tables.check([document], scored.out) == [document]


def test_a_new_record_makes_documents_drift(document, scored, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(scored.out, results)
    tables.write([document], results)
    path = results / "linear-seed0-reference.json"
    record = json.loads(path.read_text())
    record["scores"]["headline"]["f1_S"]["estimate"] = 0.123
    path.write_text(json.dumps(record))
    assert tables.check([document], results) == [document]


def test_every_table_of_classes_shows_baselines_protocol_subjects_seeds_and_interval(scored):
    for name in ("beats-reference", "beats-end-to-end", "beats-clear", "beats-apart"):
        text = tables.TABLES[name](scored.out)
        for said in ("always-n", "rhythm-logistic", "gradient-boosting", "Protocol toy",
                     "4 test subjects", "seeds 0, 1", "95 % interval", "opened for 7"):  # fmt: skip
            assert said in text, (name, said)


def test_a_row_is_the_record(scored):
    row = scored.record("always-n-reference")["scores"]["headline"]["accuracy"]
    wanted = f"| {percent(row['estimate'])} [{percent(row['low'])}, {percent(row['high'])}] |"
    line = next(
        t for t in tables.TABLES["beats-reference"](scored.out).splitlines() if "always" in t
    )
    assert wanted in line
    assert "every answer is N" in line


def test_without_records_a_table_says_so(document, tmp_path):
    tables.write([document], tmp_path / "nothing")
    assert document.read_text().count(NOTHING) == len(tables.TABLES)


def test_an_unknown_table_is_refused(tmp_path, scored):
    path = tmp_path / "x.md"
    path.write_text("<!-- table:wishes -->\n<!-- /table -->\n")
    with pytest.raises(OutputError, match="wishes"):
        tables.check([path], scored.out)


def test_a_damaged_record_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ProtocolError, match="not JSON"):
        tables.TABLES["beats-reference"](tmp_path)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"estimate": 0.98765, "low": 0.9, "high": 0.9951}, "98.8 [90.0, 99.5]"),
        ({"estimate": None, "low": None, "high": None}, "-"),
        ({"estimate": 0.5, "low": None, "high": None}, "50.0"),
        ({"mean": 0.5, "sd": 0.0123, "values": [0.5]}, "50.0 ± 1.2"),
        ({"mean": 0.5, "sd": None, "values": [0.5]}, "50.0"),
        (None, "-"),
    ],
)
def test_figures_are_written_one_way(row, text):
    assert interval(row, percent) == text
    assert number(0.77349) == "0.773"


@pytest.fixture
def speed():
    times = {"median": 0.1234, "least": 0.1, "most": 0.2, "runs": 5}
    packages = {"numpy": "2.4", "onnxruntime": "1.31", "torch": "2.13"}
    rival = {"name": "Snail 3", "gives": "R peaks", "times_arsis": 12.0, "peak_mb": 99.6}
    return {
        "machine": {
            "processor": "Abacus 9", "cores": 2, "system": "Linux", "python": "3.11",
            "packages": packages, "compared_packages": {"snail": "3.0"}, "memory_gb": 24.2,
        },
        "made": {"date": "2026-01-01", "load_before": 0.1},
        "measured": [{"what": "half an hour of two leads, warm", "unit": "s", **times}],
        "side_by_side": {"recording": "106", "rows": [rival | times]},
    }  # fmt: skip


def test_the_speed_tables_name_the_machine_and_the_versions(tmp_path, speed):
    (tmp_path / "speed.json").write_text(json.dumps(speed))
    text = tables.TABLES["speed"](tmp_path)
    assert "| half an hour of two leads, warm | 0.123 s | 0.1 | 0.2 | 5 |" in text
    beside = tables.TABLES["speed-side-by-side"](tmp_path)
    assert "| Snail 3 | R peaks | 0.123 | 0.1 | 12 | 100 | 5 |" in beside
    for said in ("Abacus 9", "24 GB", "onnxruntime 1.31", "2026-01-01"):
        assert said in text
        assert said in beside
    assert "snail 3.0" in beside
    assert "Other programs" not in text


def test_times_taken_while_others_worked_are_marked_so(tmp_path, speed):
    speed["made"]["load_before"] = 7.25
    (tmp_path / "speed.json").write_text(json.dumps(speed))
    assert "load 7.2" in tables.TABLES["speed"](tmp_path)
    assert "only ratios hold" in tables.TABLES["speed-side-by-side"](tmp_path)
