"""A task whose answer is a state at each step, from recordings to scored nets of folds."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from arsis.core.clock import Band
from arsis.core.errors import ProtocolError, SettingError
from arsis.core.examples import Examples
from arsis.core.recording import Mark, Recording, from_array
from arsis.core.task import Classes, Corpus, Need, Split, States, Task
from arsis.core.windows import Answers, Windows
from arsis.infer.bundle import Calibration, load
from arsis.learn import figures, scoring, train
from arsis.learn.augment import Scene
from arsis.learn.augment_steps import STEP_AUGMENTATIONS, vary_steps
from arsis.learn.calibrate import calibrate, ensemble
from arsis.learn.course import train as course
from arsis.learn.crossvalidate import OutOfFold
from arsis.learn.evaluate import Books, Terms, evaluate
from arsis.learn.folded import open_folded
from arsis.learn.judged import judged_steps, rows_of
from arsis.learn.ledger import read_ledger
from arsis.learn.losses import mean_loss
from arsis.learn.prepare import build, labelled
from arsis.learn.run_folder import open_run
from arsis.learn.sample import draw_classes, drawn_shares, draws
from arsis.learn.scoring.part import Part
from arsis.learn.settings import Augmentation, Settings
from arsis.nets import Shape
from arsis.scores.bootstrap import Resampling
from arsis.tasks import TASKS

RATE_HZ, FRAMES, STEPS, HOP = 50.0, 40, 20, 10
STEP_HZ = RATE_HZ * STEPS / FRAMES
NAMES = ("low", "high", "none")
SUBJECTS = ("a", "b", "c", "d", "e", "f")


@dataclass
class Prepare:
    """Windows of 0.8 s, one every 0.2 s."""

    given: bool
    kept: np.ndarray | None = None
    first: int = 0

    def push(self, block, /, last=False):  # noqa: ARG002
        values = block.x if self.kept is None else np.concatenate([self.kept, block.x], axis=1)
        count = max(0, (values.shape[1] - FRAMES) // HOP + 1)
        starts = HOP * np.arange(count)
        x = np.stack([values[:, s : s + FRAMES] for s in starts]) if count else values[None][:0]
        if not count:
            x = np.empty((0, len(values), FRAMES), np.float32)
        start_s = (self.first + starts) / RATE_HZ
        self.kept, self.first = values[:, HOP * count :], self.first + HOP * count
        return Windows(
            x=x.astype(np.float32), start_s=start_s, event_s=start_s + 0.4,
            quality=np.ones(count, np.float32), mask=np.ones((count, 1), bool),
            context=np.ones((count, 1), np.float32),
            until_s=self.first / RATE_HZ, judged_us=200_000 * count, aside={},
        )  # fmt: skip


def label(recording, windows):
    centre_s = windows.start_s[:, None] + (np.arange(STEPS) + 0.5) / STEP_HZ
    y = np.full(centre_s.shape, -1.0, np.float32)
    for mark in recording.marks:
        inside = (centre_s >= mark.time_s) & (centre_s < mark.time_s + mark.duration_s)
        y[inside] = NAMES.index(mark.label)
    return {"tone": y}


@dataclass
class Decode:
    """One answer a window: the state of its middle."""

    decision: object

    def push(self, piece, /, last=False):  # noqa: ARG002
        windows, output = piece
        p = output["tone"][:, :, STEPS // 2]
        best = p.argmax(1)
        return Answers(
            time_s=windows.event_s, duration_s=np.zeros(len(windows)),
            label=tuple(NAMES[b] for b in best), probability=p.max(1, initial=0.0),
            probabilities=p, value=np.full((len(windows), 2), np.nan, np.float32),
            reason=("",) * len(windows), until_s=windows.until_s, judged_us=windows.judged_us,
            aside={},
        )  # fmt: skip


@dataclass
class Summarise:
    high: int = 0

    def push(self, answers, /, last=False):  # noqa: ARG002
        self.high += answers.label.count("high")
        return {"high": self.high}


def tones(seed: int, subject: str, none: bool = False) -> Recording:
    """Stretches of half a second, up or down; the first second nobody annotated."""
    rng = np.random.default_rng(seed)
    states = np.full(16, 2) if none else rng.integers(0, 2, 16)
    level = np.repeat(np.array([-1.0, 1.0, 0.0])[states], 25)
    x = level + rng.normal(0, 0.5, len(level))
    marks = tuple(
        Mark(0.5 * place, NAMES[state], 0.5) for place, state in enumerate(states) if place >= 2
    )
    made = from_array(x[None], RATE_HZ, names=("tone",), unit="FS", name=f"{subject}-{seed}")
    return Recording(made.name, made.channels, lambda: marks, subject=subject)


def open_subject(folder: Path, subject: str) -> tuple[Recording, ...]:
    del folder
    seed = 10 * SUBJECTS.index(subject)
    return tones(seed, subject), tones(seed + 1, subject)


def silent(recordings) -> list[list[Recording]]:
    assert {each.subject for each in recordings} == set(SUBJECTS)
    return [[tones(seed, f"simulated {seed}", none=True) for seed in range(100, 103)]]


CORPUS = Corpus(
    "tones", "none", "nobody",
    Split("toy folds", "made up", SUBJECTS, (), folds=(("a", "b", "c"), ("d", "e", "f"))),
    open_subject, silent,
)  # fmt: skip
SETTINGS = {
    "net": "phases", "epochs": 2, "batch": 16, "rate": 5e-3, "every": 2, "prior": 0.0,
    "judged_steps": [5, 15], "windows_per_epoch": 160, "made_share": 0.2, "held_share": 0.3,
    "augmentations": [{"name": "stretch", "strength": 0.05}],
}  # fmt: skip
TONES = Task(
    name="tones", version=1, need=Need("FS", 1, 10.0, 1000.0),
    targets={"tone": States(NAMES, STEPS, STEP_HZ)}, rate_hz=RATE_HZ, band=Band(20.0, 0.04),
    shape=(1, FRAMES), features=("quality",), delays_s={"clock": 0.04},
    title="Whether a tone is high or low.", limits=(), settings=SETTINGS, seeds=((0,), (1,)),
    unclear_quality=0.1, prepare=Prepare, decode=Decode, summarise=Summarise,
    events=lambda _: (), label=label, corpora={"tones": CORPUS},
    example=lambda seed: tones(seed, f"example {seed}"),
)  # fmt: skip


def share_right(look) -> dict:
    """Score the middles of windows, subject by subject."""
    rows = {}
    for recording, subject, (answers, _) in zip(
        look.recordings, look.subjects, look.answers, strict=True
    ):
        truth = [
            next((m.label for m in recording.marks if m.time_s <= t < m.time_s + m.duration_s), "")
            for t in answers.time_s
        ]
        pairs = [pair for pair in zip(truth, answers.label, strict=True) if pair[0]]
        rows.setdefault(subject, []).append(np.mean([a == b for a, b in pairs]))
    share = float(np.mean([np.mean(values) for values in rows.values()]))
    return {"headline": {"right": {"estimate": share, "low": None, "high": None}},
            "subjects": sorted(rows)}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The whole course of the toy, once; its tables hold only as long as these tests run."""
    out = tmp_path_factory.mktemp("tones") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "tones", TONES)
        patch.setitem(scoring.PARTS, "tones", {"right": Part(share_right, folds=True, seeds=True)})
        course("tones", Path("nowhere"), out)
        yield out


@pytest.fixture
def examples(trained) -> Examples:
    return Examples.open(trained / "examples")


def test_examples_hold_every_second_window_with_a_known_step(examples):
    whole = label(tones(0, "a"), prepared(tones(0, "a")))["tone"]
    wanted = whole[::2][(whole[::2] >= 0).any(1)]
    rows = np.flatnonzero(examples.recording == examples.recordings.index("a-0"))
    np.testing.assert_array_equal(examples.y["tone"][rows], wanted)
    assert examples.steps == {"tone": STEPS}
    assert (examples.y["tone"] == -1).any()


def prepared(recording):
    from arsis.infer.windows import windows

    return Windows.join(list(windows(TONES, recording)))


def test_thinning_does_not_depend_on_the_pieces(monkeypatch):
    def all_times(piece_s):
        monkeypatch.setattr("arsis.infer.windows.PIECE_S", piece_s)
        from arsis.infer.windows import windows

        monkeypatch.setattr(
            "arsis.learn.prepare.windows",
            lambda task, recording, given: windows(task, recording, given, piece_s),
        )
        return np.concatenate([w.event_s for w, _ in labelled(TONES, tones(0, "a"), 3)])

    np.testing.assert_array_equal(all_times(0.7), all_times(100.0))


def test_what_nobody_measured_is_learnt_from_and_never_scored(examples, trained):
    made = examples.made > 0
    assert set(examples.y["tone"][made].ravel()) == {-1, 2}
    assert made.sum() > 10
    for number, fold in enumerate(CORPUS.split.folds):
        rest = [s for s in SUBJECTS if s not in fold]
        assert set(np.flatnonzero(made)) <= set(examples.rows(rest, made=True))
        assert not made[examples.rows(SUBJECTS)].any()
        data = json.loads((trained / f"folds/seed-0/fold-{number}/data.json").read_text())
        assert data["made"] == made.sum()
        assert data["never_seen"] == {"tone": []}
        assert set(data["parts"]["validation"]) | set(data["parts"]["fit"]) == set(rest)
        assert data["windows"]["fit"]["tone"]["none"] == 0
    found = OutOfFold.load(trained / "folds" / "oof.npz")
    np.testing.assert_array_equal(found.row, np.flatnonzero(~made))


def test_splices_of_a_subject_go_with_that_subject(tmp_path):
    recordings = [tones(0, "a"), tones(1, "b")]
    splice = replace(tones(2, "a"), name="splice of a")
    examples = build(TONES, recordings, tmp_path / "e", "x", [(splice, tones(3, "simulated 3"))])
    names = {
        subject: {examples.recordings[n] for n in examples.recording[examples.rows(subject, True)]}
        for subject in ("a", "b")
    }
    assert names["a"] == {"a-0", "splice of a", "simulated 3-3"}
    assert names["b"] == {"b-1", "simulated 3-3"}


def test_out_of_fold_answers_hold_the_judged_steps(trained, examples):
    found = OutOfFold.load(trained / "folds" / "oof.npz")
    assert found.logits["tone"].shape == (2, len(found.row), 3, 10)
    assert np.isfinite(found.logits["tone"]).all()
    run = open_run(trained / "folds" / "seed-1" / "fold-1")
    rows = found.row[found.fold == 1]
    said = figures.logits(run.net(), examples, rows, (5, 15))["tone"]
    np.testing.assert_array_equal(said, found.logits["tone"][1][found.fold == 1])
    whole = figures.logits(run.net(), examples, rows)["tone"]
    np.testing.assert_array_equal(whole[:, :, 5:15], said)


def test_the_bundle_answers_as_the_nets_and_has_learnt(trained):
    bundle = load(trained / "tones")
    windows = prepared(tones(1, "a"))
    p = bundle.judge(windows)["tone"]
    assert p.shape == (len(windows), 3, STEPS)
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)
    truth = label(tones(1, "a"), windows)["tone"]
    known = truth >= 0
    assert (p.argmax(1) == truth)[known].mean() > 0.9
    assert (load(trained / "tones").judge(prepared(tones(7, "x", none=True)))["tone"]
            .argmax(1) == 2).mean() > 0.8  # fmt: skip


def test_a_state_that_only_made_windows_have_does_not_lower_the_macro_f1(trained):
    summary = json.loads((trained / "cross-validation.json").read_text())
    for candidate in summary["candidates"]:
        found = candidate["figures"]["tone"]
        assert found["macro_f1"] == pytest.approx((found["f1_low"] + found["f1_high"]) / 2)
        assert found["macro_f1"] > 0.85


def test_the_final_nets_train_as_long_as_those_of_the_folds(trained):
    best = [
        json.loads((trained / f"folds/seed-0/fold-{n}/scores.json").read_text())["round"]
        for n in range(2)
    ]
    final = open_run(trained / "final" / "seed-0")
    assert final.settings.epochs == round(np.median(best))
    assert set(final.data["parts"]) == {"fit"}


def test_nets_of_folds_are_calibrated_without_their_own_subjects(trained, examples):
    found = OutOfFold.load(trained / "folds" / "oof.npz")
    truth = judged_steps(examples.y["tone"][found.row], (5, 15))
    for name in bundles_of(trained):
        folder = trained / "folded" / name
        for number in range(2):
            card = load(folder / f"fold-{number}").card
            others = found.fold != number
            logits = ensemble(found.logits["tone"][[card.seed]])
            wanted = calibrate(logits[others], truth[others])
            assert card.calibration["tone"].scale == pytest.approx(wanted.scale)
    assert len(bundles_of(trained)) == 2


def test_folds_are_scored_by_the_nets_that_never_met_their_subjects(trained, tmp_path):
    folders = sorted((trained / "folded").iterdir())
    written = evaluate(
        folders,
        Path("nowhere"),
        None,
        Books(tmp_path / "results", tmp_path / "ledger.jsonl"),
        Terms(resampling=Resampling(0, 20)),
    )
    names = {folder.name for folder in folders}
    assert set(written) == {f"{name}-right" for name in names} | {"seeds-right"}
    record = json.loads(written["tones-right"].read_text())
    assert record["scores"]["subjects"] == list(SUBJECTS)
    assert record["data"]["subjects"] == 6
    assert record["scores"]["headline"]["right"]["estimate"] > 0.9
    assert len(read_ledger(tmp_path / "ledger.jsonl")) == 2
    contender = open_folded(trained / "folded" / "tones")
    for number, fold in enumerate(CORPUS.split.folds):
        run = open_run(trained / f"folds/seed-{contender.seed}/fold-{number}")
        everyone = {s for part in run.data["parts"].values() for s in part}
        assert not everyone & set(fold)
        from arsis.infer.predict import predict

        net = load(trained / "folded" / "tones" / f"fold-{number}")
        (recording, _) = open_subject(Path(), fold[0])
        answers, _ = contender.answer(recording)
        own = predict(net, recording).answers
        np.testing.assert_array_equal(answers.probabilities, own.probabilities)
    with pytest.raises(ProtocolError, match="subject of one of the folds"):
        contender.answer(tones(0, "stranger"))
    with pytest.raises(ProtocolError, match="answers whole recordings"):
        contender.judge(prepared(tones(0, "a")))


def test_a_bundle_is_not_scored_in_parts_of_folds(trained, tmp_path):
    with pytest.raises(SettingError, match="commands of their own"):
        evaluate([trained / "tones"], Path("x"), ("right",), Books(tmp_path, tmp_path / "l"))


def bundles_of(trained):
    return {path.name for path in (trained / "folded").iterdir()}


def test_a_finished_course_teaches_nothing_anew(trained, monkeypatch):
    monkeypatch.setattr(train, "teach", None)
    monkeypatch.setattr("arsis.learn.course.export", lambda *_: None)
    monkeypatch.setattr("arsis.learn.course.export_folds", lambda *_: None)
    monkeypatch.setattr("arsis.learn.prepare.Writer", None)
    assert set(course("tones", Path("nowhere"), trained)) == bundles_of(trained)


KILLED = """
import json, os, signal, sys
from pathlib import Path
from arsis.core.examples import Examples
from arsis.learn import train
from arsis.learn.lesson import Lesson
from arsis.learn.settings import Settings

step = Lesson.training_step

def deadly(self, rows, index):
    if self.global_step == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, rows, index)

Lesson.training_step = deadly
settings = Settings.from_dict(json.loads(sys.argv[3]))
examples = Examples.open(Path(sys.argv[1]))
train.train(examples, ("a", "b", "c"), ("d", "e"), Path(sys.argv[2]), settings)
"""


def test_a_killed_run_goes_on_bit_for_bit(examples, tmp_path):
    varied = tuple(Augmentation(name, 0.1, 0.5) for name in STEP_AUGMENTATIONS)
    settings = Settings.from_dict(
        SETTINGS | {"epochs": 3, "windows_per_epoch": 80, "patient_power": 0.5, "dropout": 0.2}
    )
    settings = replace(settings, augmentations=varied, balance="inverse-sqrt", ema=0.9)
    fit, held = ("a", "b", "c"), ("d", "e")
    whole = train.train(examples, fit, held, tmp_path / "whole", settings)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, examples.folder, tmp_path / "killed",
         json.dumps(settings.to_dict())],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    resumed = train.train(examples, fit, held, tmp_path / "killed", settings, resume=True)
    for name in ("weights.safetensors", "history.csv", "scores.json"):
        assert (whole.folder / name).read_bytes() == (resumed.folder / name).read_bytes()


def test_figures_count_known_judged_steps_alone(examples):
    steps, rows = (5, 15), examples.rows(("a", "b"))

    class Oracle(torch.nn.Module):
        def forward(self, x, context):  # noqa: ARG002
            # Right at every judged step; at all others the reverse.
            y = torch.from_numpy(examples.y["tone"][rows])
            answer = torch.nn.functional.one_hot((2 - y).clamp(0, 2), 3).movedim(2, 1).float()
            right = torch.nn.functional.one_hot(y.clamp(min=0), 3).movedim(2, 1).float()
            answer[:, :, 5:15] = right[:, :, 5:15]
            return {"tone": 9 * answer}

    expected = {"tone": np.zeros(3)}
    verdict = figures.judge(Oracle(), examples, rows, expected, steps)
    assert verdict.macro_f1 == 1
    assert verdict.loss < 1e-3
    assert verdict.scores["tone"]["accuracy"] == 1


def test_settings_for_classes_are_refused_for_states(examples, tmp_path):
    fit = ("a", "b", "c")
    wrong = {
        "shares": {"shares": [0.4, 0.4, 0.2]},
        "augmentations": {"augmentations": [{"name": "warp", "strength": 0.1}]},
        "net": {"net": "small"},
    }
    for name, change in wrong.items():
        settings = Settings.from_dict(SETTINGS | change)
        with pytest.raises(SettingError, match=name):
            train.train(examples, fit, (), tmp_path / name, settings)
    for bad in ({"judged_steps": [3]}, {"made_share": 1.0}, {"every": 0}, {"held_share": -0.1}):
        with pytest.raises(SettingError, match="in its range"):
            Settings.from_dict(bad)


def test_a_step_counts_as_a_window_does():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(4, 3, 6, generator=generator)
    truth = torch.randint(-1, 3, (4, 6), generator=generator)
    weight = torch.tensor([0.5, 1.0, 2.0])
    flat = logits.permute(0, 2, 1).reshape(-1, 3)
    for name in ("cross-entropy", "focal"):
        torch.testing.assert_close(
            mean_loss(name, logits, truth, weight, 0.1),
            mean_loss(name, flat, truth.reshape(-1), weight, 0.1),
        )
    rows, known = rows_of(logits.numpy(), truth.numpy())
    np.testing.assert_array_equal(rows, flat.numpy())
    one = calibrate(logits.numpy(), truth.numpy())
    assert one == calibrate(rows, known)
    p = Calibration((2.0,) * 3, (0.0,) * 3).apply(logits.numpy())
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-5)


def test_windows_without_a_known_step_are_never_drawn_and_made_ones_as_asked():
    y = np.full((9, 4), -1)
    y[:4, 0], y[6:, 1:] = 0, 1
    drawn_by = draw_classes(y)
    np.testing.assert_array_equal(drawn_by, [0, 0, 0, 0, -1, -1, 0, 0, 0])
    made = np.arange(9) >= 6
    subject = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    settings = Settings(windows_per_epoch=10, made_share=0.25, patient_power=0.0)
    chance = draws(drawn_by, subject, made, settings)
    np.testing.assert_allclose(chance[:6], [0.125, 0.125, 0.125, 0.375, 0, 0])
    np.testing.assert_allclose(chance[6:], 0.25 / 3)
    # Three of four steps of the made windows are known, one of four of the measured ones.
    np.testing.assert_allclose(drawn_shares(y, chance, 2), [0.5, 0.5])
    every = draws(drawn_by, subject, made, replace(settings, windows_per_epoch=0))
    assert every[6:].sum() == pytest.approx(3 / 7)


@pytest.fixture
def scene():
    def scene(seed=0, still=()):
        shape = Shape(3, FRAMES, ("quality",), {"tone": NAMES}, {"tone": STEPS})
        return Scene(shape, torch.ones(1), torch.Generator().manual_seed(seed), still)

    return scene


@pytest.mark.parametrize("name", STEP_AUGMENTATIONS)
def test_guard_c07_varied_windows_keep_their_shape_and_their_labels(name, scene):
    x = torch.randn(400, 3, FRAMES)
    y = {"tone": torch.randint(-1, 3, (400, STEPS))}
    before = x.clone(), y["tone"].clone()
    new_x, new_y = STEP_AUGMENTATIONS[name](x, y, 0.2, scene())
    assert torch.equal(x, before[0])
    assert torch.equal(y["tone"], before[1])
    assert new_x.shape == x.shape
    assert torch.isfinite(new_x).all()
    assert (new_x != x).any(2).any(1).float().mean() > 0.4
    if name not in {"stretch", "pace"}:
        assert torch.equal(new_y["tone"], y["tone"])
        still_x, _ = STEP_AUGMENTATIONS[name](x, y, 0.2, scene(still=(2,)))
        assert torch.equal(still_x[:, 2], x[:, 2])
    part_x, part_y = vary_steps(x, y, [Augmentation(name, 0.2, 0.3)], scene())
    changed = (part_x != x).any(2).any(1)
    assert changed.float().mean() < 0.4
    assert torch.equal(part_y["tone"][~changed], y["tone"][~changed])


def test_labels_move_with_the_time_they_belong_to(scene):
    steps = torch.arange(STEPS).expand(300, STEPS)
    # Each frame shows the number of the step that it lies in.
    x = (torch.arange(FRAMES) // (FRAMES // STEPS)).float().expand(300, 3, FRAMES)
    new_x, new_y = STEP_AUGMENTATIONS["stretch"](x, {"tone": steps}, 0.3, scene())
    shown = new_x[:, 0].reshape(300, STEPS, -1).mean(2)
    known = new_y["tone"] >= 0
    assert (shown - new_y["tone"])[known].abs().max() <= 1.0
    assert (~known).any()
    assert not known.all(1).all()


def test_a_target_of_classes_stays_as_it_was():
    assert isinstance(TASKS["beats"].targets["beat"], Classes)
    y = np.array([0, -1, 2])
    assert judged_steps(y, (1, 2)) is y
    assert draw_classes(y) is y
    assert math.isclose(drawn_shares(y, np.array([0.3, 0.0, 0.7]), 3)[2], 0.7)
