"""Folders of one's own on the command line: what is said, what is written, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from arsis.serve import cli


def arsis(*words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "arsis", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=cwd, timeout=600,
    )  # fmt: skip


def test_a_broken_record_is_listed_and_the_rest_is_scored(people, tmp_path):
    mine = people(tmp_path / "mine", {"a": (81, 128.0, 1), "b": (82, 250.0, 2)})
    whole = arsis("evaluate", "beats", "--corpus", mine, "--parts", "reference", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    (mine / "b.dat").write_bytes(b"\0")
    done = arsis("evaluate", "beats", "--corpus", mine, "--parts", "reference", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "b.dat" in done.stderr.splitlines()[0]
    assert "1 records or people were left out; the rest is done" in done.stderr
    record = json.loads((tmp_path / "results/mine/beats-reference.json").read_text())
    assert list(record["scores"]["records"]) == ["a"]
    lines = (tmp_path / "results/ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["always-n", "beats"] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evaluate", "beats"), "it or --corpus"),
        (("evaluate", "beats", "--corpus", "nowhere"), "no folder"),
        (("train", "beats"), "the folder of published data, or --corpus"),
        (("train", "beats", "--corpus", "mitdb"), "the folder of mitdb"),
        (("train", "sounds", "--corpus", "mine"), "a task that reads folders: beats"),
        (("train", "beats", "--corpus", ".", "--annotations", "."), "--annotations"),
        (("train", "beats", "--corpus", "."), "no WFDB record"),
    ],
)
def test_mistakes_are_said_in_a_line(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["arsis", *words])
    assert cli._run() == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert said in told


def test_a_training_on_a_folder_ends_with_what_was_left_out(people, tmp_path):
    mine = people(tmp_path / "mine", {name: (90 + n, 250.0, 1) for n, name in enumerate("abc")})
    (mine / "c.atr").write_bytes(b"\0\0")
    done = arsis(
        "train", "beats", "--corpus", mine, "--out", "run", "--seeds", "0", "--set", "epochs=1",
        "--set", "windows_per_epoch=64", "--set", "net=small", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "c.atr" in done.stderr
    assert "next: arsis evaluate run/beats --corpus FOLDER-OF-OTHERS" in done.stderr
    card = json.loads((tmp_path / "run/beats/card.json").read_text())
    assert card["trained_on"] == "folder mine, 2 persons"
    again = arsis("evaluate", "run/beats", "--corpus", mine, cwd=tmp_path)
    assert again.returncode == 2
    assert "a is mine/a, on whom beats was trained" in again.stderr
