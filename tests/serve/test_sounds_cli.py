"""Heart sounds on the command line, mistakes included, with a net of one line."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile
import wfdb

from arsis.core.task import Decision
from arsis.infer.bundle import Calibration, Card, shipped, task_fields
from arsis.tasks import TASKS
from arsis.tasks.sounds.negatives import KINDS, negatives
from arsis.tasks.sounds.simulate import simulate

SCHEMA = Path(__file__).parents[2] / "src" / "arsis" / "serve" / "schema" / "result.schema.json"
RATE_HZ = 2000
with_the_model = pytest.mark.skipif("sounds" not in shipped(), reason="no model of sounds yet")


def arsis(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arsis", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def answer(*words: str | Path) -> dict:
    done = arsis("analyse", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def mistake(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a user's mistake was said in one line, with status 2 and no traceback."""
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert done.stdout == ""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose net says: what is louder than usual is a sound, S1 or S2 by its deep pitch."""
    from onnx import TensorProto, helper, numpy_helper

    task = TASKS["sounds"]
    bands, frames = task.shape[0] - 1, task.shape[1]
    weights = np.zeros((5, task.shape[0], 1), np.float32)
    weights[:4, :bands, 0] = np.array([[1], [-1], [1], [-1]]) * 6 / bands
    weights[0, : bands // 4, 0] += 1.0
    weights[2, -bands // 4 : -1, 0] += 1.0
    bias = np.array([0, 0, 0, 0, -9], np.float32)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [32, *task.shape])
    context = helper.make_tensor_value_info("context", TensorProto.FLOAT, [32, 1])
    phase = helper.make_tensor_value_info("phase", TensorProto.FLOAT, [32, 5, frames // 2])
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["each"]),
        helper.make_node("AveragePool", ["each"], ["phase"], kernel_shape=[2], strides=[2]),
    ]
    held = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")]
    graph = helper.make_graph(nodes, "toy", [x, context], [phase], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    net = model.SerializeToString()
    card = Card(
        name="toy", title="A line.", **task_fields(task), limits=list(task.limits),
        calibration={"phase": Calibration((1.0,) * 5, (0.0,) * 5)},
        decision={"phase": Decision(0.2, 0.1)}, net_sha256=hashlib.sha256(net).hexdigest(),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("toy")
    (folder / "net.onnx").write_bytes(net)
    (folder / "card.json").write_text(json.dumps(card.as_dict()))
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "heart.wav"
    done = arsis("simulate", "sounds", path, "--duration", "30", "--seed", "4")
    assert done.returncode == 0, done.stderr
    assert path.name in done.stderr
    return path


def wav(folder: Path, x: np.ndarray) -> Path:
    """Write (time,) or (time, channel) as a WAV file."""
    soundfile.write(folder / "odd.wav", x, RATE_HZ, subtype="PCM_16")
    return folder / "odd.wav"


def test_a_simulated_sound_comes_with_its_true_phases(sound: Path) -> None:
    found = json.loads(arsis("read", sound, "--json").stdout)
    assert found["duration_s"] == pytest.approx(30)
    assert found["channels"][0]["unit"] == "FS"
    rows = np.loadtxt(sound.with_suffix(".tsv"))
    assert rows[0, 0] == 0
    assert rows[-1, 1] == pytest.approx(30)
    np.testing.assert_allclose(rows[1:, 0], rows[:-1, 1], atol=2e-6)
    assert (np.diff(rows[:, 2]) % 4 == 1).all()


def test_a_simulated_sound_is_a_wav_file(tmp_path: Path) -> None:
    mistake(arsis("simulate", "sounds", tmp_path / "heart.mp3"), ".wav")


def test_all_files_of_an_answer_agree_and_fit_the_schema(
    sound: Path, toy: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = arsis("analyse", sound, "--model", toy, "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "heart.arsis", "report.html", "result.json", "sounds.csv",
    ]  # fmt: skip
    document = json.loads((out / "result.json").read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    answers = document["answers"]
    rows = list(csv.DictReader((out / "sounds.csv").read_text().splitlines()))
    marks = wfdb.rdann(str(out / "heart"), "arsis")
    assert len(answers) > 40
    assert [a["label"] for a in answers] == [row["label"] for row in rows]
    assert [a["label"] for a in answers] == [note.split()[0] for note in marks.aux_note]
    np.testing.assert_allclose([a["time_s"] for a in answers], marks.sample / RATE_HZ, atol=6e-4)
    assert all(a["duration_s"] > 0 for a in answers)
    told = {a["time_s"]: a["interval_s"] for a in answers if "interval_s" in a}
    assert told == {float(r["time_s"]): float(r["interval_s"]) for r in rows if r["interval_s"]}
    assert {a["label"] for a in answers if "interval_s" in a} == {"S1"}
    assert "abstained" in document["summary"]


def test_two_seconds_are_too_short_and_not_an_error(toy: Path, tmp_path: Path) -> None:
    x = simulate(1, 2.0, RATE_HZ).channels[0].read()
    found = answer(wav(tmp_path, x), "--model", toy)
    assert found["summary"]["heart_rate_bpm"] is None
    assert found["summary"]["abstained"] == "too short"


def test_a_dead_channel_is_passed_over(toy: Path, tmp_path: Path) -> None:
    x = simulate(1, 12.0, RATE_HZ).channels[0].read()
    both = wav(tmp_path, np.stack([np.zeros_like(x), x], axis=1))
    found = answer(both, "--model", toy)["recording"]
    assert [channel["name"] for channel in found["channels"]] == ["right"]
    assert "left never moves" in found["notes"][0]


def test_an_empty_a_broken_and_a_silent_file(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    mistake(arsis("analyse", tmp_path / "empty.wav"), "empty.wav")
    mistake(arsis("analyse", wav(tmp_path, np.empty(0))), "odd.wav", "sample")
    (tmp_path / "broken.wav").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    mistake(arsis("analyse", tmp_path / "broken.wav"), "broken.wav")
    found = answer(wav(tmp_path, np.zeros(20 * RATE_HZ)), "--model", toy)
    assert all(each["unclear"] for each in found["answers"])
    assert found["summary"]["abstained"] == "silence"


def test_options_that_do_not_fit_a_sound(sound: Path) -> None:
    mistake(arsis("analyse", sound, "--model", "beats"), "a heart sound", "--model sounds")
    mistake(arsis("analyse", sound, "--unit", "mV"), "--unit", "sound in FS")
    mistake(arsis("analyse", sound, "--channels", "V9"), "V9", "sound")
    mistake(arsis("analyse", sound, "--rate", "250"), "250")


@with_the_model
def test_a_sound_is_answered_by_the_shipped_model(sound: Path) -> None:
    found = answer(sound)
    assert found["model"]["task"] == "sounds"
    assert found["summary"]["heart_rate_bpm"] == pytest.approx(72, abs=12)


@with_the_model
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_heart_gets_no_heart_rate(kind: str, tmp_path: Path) -> None:
    x = negatives(kind, 1, 20.0).channels[0].read()
    found = answer(wav(tmp_path, x))["summary"]
    assert found["heart_rate_bpm"] is None
    assert found["abstained"]
