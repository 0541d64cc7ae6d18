"""What all tests share: where the real recordings are, and cuts of a recording into pieces."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Machines that run tests are slow and noisy: time is never what a property test is about.
settings.register_profile(
    "arsis", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("arsis")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real recordings; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("ARSIS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real recordings here: set ARSIS_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def mitdb(data: Path) -> Path:
    """Folder of the MIT-BIH Arrhythmia Database."""
    if not (data / "mitdb" / "100.dat").is_file():
        pytest.skip(f"the MIT-BIH Arrhythmia Database is not in {data}")
    return data / "mitdb"


@pytest.fixture(scope="session")
def people():
    """Write simulated people as WFDB records with annotated beats: name -> (seed, rate, leads)."""
    from arsis.core.recording import from_array
    from arsis.formats.wfdb.write import write_record
    from arsis.tasks.beats.simulate import Patient, simulate

    twelve = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

    def write(folder: Path, records: dict[str, tuple[int, float, int]], duration_s=40.0) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (seed, rate_hz, leads) in records.items():
            made = simulate(seed, duration_s, rate_hz, Patient(55 + 5 * (seed % 9), 0.15, 0.15))
            two = np.stack([channel.read() for channel in made.channels])
            share = np.linspace(0, 1, leads)[:, None]
            x = (1 - share) * two[0] + share * two[1]
            names = ("MLII", "V1")[:leads] if leads < 3 else twelve[:leads]
            given = from_array(x.astype(np.float32), rate_hz, names=names, unit="mV", name=name)
            marks = made.marks
            write_record(folder, name, replace(given, load_marks=lambda marks=marks: marks))
        return folder

    return write


@dataclass(frozen=True)
class Cohort:
    """A simulated cohort with a protocol, and bundles fitted to its training part."""

    corpus: object
    folder: Path
    bundles: tuple[Path, ...]
    opened: list[str]


@pytest.fixture(scope="session")
def cohort(tmp_path_factory) -> Cohort:
    """Eight simulated people, half of them for training; two bundles that tell beats apart."""
    from arsis.core.task import Corpus, Split
    from arsis.tasks.beats.simulate import Patient, simulate

    opened: list[str] = []

    def open_one(folder, subject):
        opened.append(subject)
        seed = int(subject[1:])
        return (simulate(seed, 100.0 + seed, 250.0, Patient(60 + 4 * seed, 0.08, 0.08)),)

    split = Split("toy", "made up", ("t1", "t2", "t3", "t4"), ("t5", "t6", "t7", "t8"),
                  apart=("t5",), shared=(("t4", "t5"),))  # fmt: skip
    corpus = Corpus("simulated hearts", "none", "nobody", split, open_one)
    folder = tmp_path_factory.mktemp("bundles")
    bundles = tuple(linear_bundle(corpus, folder / f"linear-{seed}", seed) for seed in (0, 1))
    return Cohort(corpus, folder, bundles, opened)


def linear_bundle(corpus, folder: Path, seed: int) -> Path:
    """A bundle whose net is one linear layer on the context, fitted on the training part."""
    from sklearn.linear_model import LogisticRegression

    from arsis.core.task import Decision
    from arsis.infer.bundle import Calibration, Card, task_fields
    from arsis.learn.contender import label_all, stack
    from arsis.tasks import TASKS

    task = TASKS["beats"]
    subjects = corpus.split.train
    labelled = label_all(task, subjects, corpus.recordings(folder, subjects))
    _, context, truth = stack(labelled)
    centre, spread = context.mean(0), context.std(0) + 1e-3
    rows = np.random.default_rng(seed).choice(len(truth), len(truth))
    model = LogisticRegression(max_iter=500).fit(((context - centre) / spread)[rows], truth[rows])
    weights = np.zeros((len(task.features), 4), np.float32)
    bias = np.full(4, -9, np.float32)
    weights[:, model.classes_] = (model.coef_ / spread).T
    bias[model.classes_] = model.intercept_ - (model.coef_ * centre / spread).sum(1)
    net = linear_net(task, weights, bias)
    card = Card(
        name="linear", title="A line.", **task_fields(task),
        calibration={"beat": Calibration((1.0,) * 4, (0.0,) * 4)},
        decision={"beat": Decision(0.6, 0.05)},
        net_sha256=hashlib.sha256(net).hexdigest(), protocol=corpus.split.name, seed=seed,
    )  # fmt: skip
    folder.mkdir(parents=True)
    (folder / "net.onnx").write_bytes(net)
    (folder / "card.json").write_text(json.dumps(card.as_dict()))
    return folder


def linear_net(task, weights, bias) -> bytes:
    """ONNX of context @ weights + bias; the window itself is taken and not looked at."""
    from onnx import TensorProto, helper, numpy_helper

    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [32, *task.shape])
    context = helper.make_tensor_value_info("context", TensorProto.FLOAT, [32, len(weights)])
    beat = helper.make_tensor_value_info("beat", TensorProto.FLOAT, [32, 4])
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["context", "w", "b"], ["beat"])], "linear", [x, context], [beat],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return bytes(model.SerializeToString())


@dataclass(frozen=True)
class Scored:
    """Where the toy's bundles were scored: records and drawings, and the ledger."""

    out: Path
    ledger: Path
    written: dict[str, Path]

    def record(self, name: str) -> dict:
        return json.loads(self.written[name].read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def scored(cohort, tmp_path_factory) -> Scored:
    """All parts of the evaluation, run once on the simulated cohort."""
    from arsis.learn.evaluate import Books, Terms, evaluate
    from arsis.learn.scoring.beats.baselines import BaselineSettings
    from arsis.scores.bootstrap import Resampling

    out = tmp_path_factory.mktemp("scored") / "results"
    ledger = out / "ledger.jsonl"
    written = evaluate(
        cohort.bundles,
        cohort.folder,
        None,
        Books(out, ledger),
        Terms(cohort.corpus, BaselineSettings(rounds=10), Resampling(0, 50)),
    )
    return Scored(out, ledger, written)
