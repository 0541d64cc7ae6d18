"""More checks against self-deception, on beats: made data, frozen weights, labels, rates, claims.

Named after their numbers in the list of such failures, as in `test_guards.py`. C8 stands beside the
robustness of beats, C13 also beside `compare`, C19 beside the documents.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from arsis.core.errors import ProtocolError
from arsis.core.windows import Windows
from arsis.infer.bundle import load
from arsis.infer.predict import predict
from arsis.infer.windows import windows
from arsis.learn.adaptation import SIDES, check_adaptation
from arsis.learn.compare import compare
from arsis.learn.contender import label_all, stack
from arsis.learn.gather import gather
from arsis.learn.prepare import build as build_examples
from arsis.learn.record import read_records, write_record
from arsis.learn.sample import draw_classes, draws, epoch_order
from arsis.learn.settings import Settings
from arsis.learn.train import shape_of
from arsis.nets import build as build_net
from arsis.scores.bootstrap import Resampling
from arsis.tasks import TASKS
from arsis.tasks.beats.morphology import FEATURES as SHAPES
from arsis.tasks.beats.reshape import reshaped
from arsis.tasks.beats.simulate import Patient, simulate

REPOSITORY = Path(__file__).resolve().parent.parent
BEATS = TASKS["beats"]
QUIET = Patient(share_s=0.15, share_v=0.15, noise_mv=0.0, wander_mv=0.0)


# C16: made data that is never used, or that teaches something else


@pytest.fixture(scope="module")
def hearts():
    return [simulate(seed, 240.0, 250.0, Patient(62 + 6 * seed, 0.2, 0.1)) for seed in range(3)]


@pytest.fixture(scope="module")
def made(hearts):
    return [each for heart in hearts for each in list(reshaped(heart))[:1]]


def test_guard_c16_made_beats_are_among_the_rows_that_are_really_fed(hearts, made, tmp_path):
    settings = Settings.from_dict(BEATS.settings)
    assert settings.made_share > 0
    examples = build_examples(BEATS, hearts, tmp_path / "beats", made=[made])
    rows = examples.rows(examples.subjects, made=True)
    drawn_by, made_rows = draw_classes(examples.y["beat"][rows]), examples.made[rows]
    chance = draws(drawn_by, examples.subject[rows], made_rows, settings)
    fed = epoch_order(drawn_by, chance, settings.windows_per_epoch, (0, 0))
    assert (made_rows[fed] > 0).mean() == pytest.approx(settings.made_share, abs=0.02)
    held = examples.rows(examples.subjects)
    assert not examples.made[held].any()


def test_guard_c16_who_learns_from_made_beats_judges_measured_ones(hearts, made):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def learnt(recordings):
        names = tuple(str(number) for number in range(len(recordings)))
        _, context, truth = stack(label_all(BEATS, names, recordings))
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(context, truth)

    stranger = simulate(9, 90.0, 250.0, Patient(75, 0.2, 0.1))
    _, context, truth = stack(label_all(BEATS, ("stranger",), [stranger]))
    score = {name: learnt(each).score(context, truth) for name, each in
             (("made", made), ("measured", hearts))}  # fmt: skip
    trivial = np.bincount(truth).max() / len(truth)
    assert score["made"] > trivial + 0.5 * (score["measured"] - trivial), score


def test_guard_c16_a_made_beat_is_not_told_from_a_measured_one(hearts, made):
    shapes = [name for name, feature in enumerate(BEATS.features)
              if feature.removeprefix("lead1_") in SHAPES]  # fmt: skip
    assert len(shapes) == len(SHAPES)
    sides = []
    for recordings in (hearts, made):
        names = tuple(str(number) for number in range(len(recordings)))
        _, context, truth = stack(label_all(BEATS, names, recordings))
        sides.append(context[truth == 0][:, shapes])
    count = min(map(len, sides))
    rng = np.random.default_rng(0)
    x = np.concatenate([side[rng.permutation(len(side))[:count]] for side in sides])
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    which = np.repeat([0, 1], count)
    apart = ((x[:, None] - x[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    told = (which[apart.argmin(1)] == which).mean()
    # Two-sample test by the nearest neighbour: 0.5 = alike, 1 = each knows its own.
    assert told < 0.75


# C17: parts of a net that never learn


def test_guard_c17_one_step_moves_every_weight_of_the_beats_net(hearts, tmp_path):
    examples = build_examples(BEATS, hearts, tmp_path / "beats")
    torch.manual_seed(0)
    net = build_net(BEATS.settings["net"], shape_of(examples), 0.0).train()
    net.fit(torch.from_numpy(np.array(examples.context)))
    before = {name: value.detach().clone() for name, value in net.named_parameters()}
    x, context = (torch.from_numpy(np.array(each[:64])) for each in (examples.x, examples.context))
    truth = torch.from_numpy(examples.y["beat"][:64]).clamp(min=0)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(net(x, context)["beat"], truth).backward()
    optimizer.step()
    assert [n for n, value in net.named_parameters() if torch.equal(value, before[n])] == []


# C20: labels that are biased or rounded


@pytest.mark.parametrize("seed", range(3))
def test_guard_c20_marks_of_simulated_beats_stand_where_the_waves_stand(seed):
    rate_hz = 2000.0
    heart = simulate(seed, 60.0, rate_hz, QUIET)
    x = heart.channels[0].read()
    away_s = []
    for mark in heart.marks:
        begin = round((mark.time_s - 0.06) * rate_hz)
        peak = begin + int(x[begin : begin + round(0.12 * rate_hz)].argmax())
        away_s.append(peak / rate_hz - mark.time_s)
    # The summit of an R wave is moved by its neighbours by at most 4 ms, and the same in all.
    by_class = {kind: [away for away, mark in zip(away_s, heart.marks, strict=True)
                       if mark.label == kind] for kind in "NAV"}  # fmt: skip
    for kind, found in by_class.items():
        assert len(found) > 2, kind
        assert np.abs(found).max() < 0.004
        assert np.ptp(found) < 1.5 / rate_hz
    # Instants are not rounded to the grid on which the signal is drawn.
    parts = [mark.time_s * 250.0 % 1 for mark in heart.marks]
    assert np.histogram(parts, 4, (0, 1))[0].min() > 0.1 * len(parts)


def test_guard_c20_classes_of_simulated_beats_are_what_they_say():
    heart = simulate(4, 300.0, 500.0, QUIET)
    x, times = heart.channels[0].read(), [mark.time_s for mark in heart.marks]
    rr_s = np.diff(times)
    usual = np.median(rr_s)
    width, early = {}, {}
    for number, mark in enumerate(heart.marks[1:-1], 1):
        begin = round((mark.time_s - 0.15) * 500)
        beat = np.abs(x[begin : begin + 150])
        width.setdefault(mark.label, []).append((beat > beat.max() / 4).sum() / 500)
        early.setdefault(mark.label, []).append(rr_s[number - 1] / usual)
    assert min(width["V"]) > 1.2 * max(width["N"])
    assert np.median(early["A"]) < 0.8
    assert np.median(early["V"]) < 0.75
    assert np.median(early["N"]) == pytest.approx(1.0, abs=0.03)
    # Ectopic beats come neither first nor after a pause: a little less often than was asked.
    for kind, asked in (("A", QUIET.share_s), ("V", QUIET.share_v)):
        assert asked * 0.6 < len(width[kind]) / len(times) <= asked * 1.2


def test_guard_c20_the_mean_rate_of_simulated_beats_is_the_one_asked_for():
    steady = Patient(72.0, 0.0, 0.0, 0.0, 0.0)
    times = [mark.time_s for mark in simulate(1, 600.0, 250.0, steady).marks]
    assert 60.0 / np.mean(np.diff(times)) == pytest.approx(72.0, rel=0.005)


# C23: time counted in steps


def test_guard_c23_beats_are_the_same_at_any_rate():
    one, two = (
        Windows.join(list(windows(BEATS, simulate(5, 60.0, hz, QUIET), given=True)))
        for hz in (250.0, 1000.0)
    )
    np.testing.assert_allclose(one.event_s, two.event_s, atol=1e-9)
    apart = np.abs(one.context - two.context)
    rhythm = [n for n, name in enumerate(BEATS.features) if not name.startswith("lead")]
    assert apart[:, rhythm].max() < 1e-5
    assert np.quantile(apart, 0.95) < 0.1
    assert np.quantile(np.abs(one.x - two.x), 0.95) < 0.05


def test_guard_c23_answers_are_the_same_at_any_rate():
    trained = load("beats")
    one, two = (predict(trained, simulate(6, 60.0, hz, QUIET)) for hz in (250.0, 1000.0))
    assert one.answers.label == two.answers.label
    np.testing.assert_allclose(one.answers.time_s, two.answers.time_s, atol=0.004)
    for name in ("heart_rate_bpm", "judged_s"):
        assert one.summary[name] == pytest.approx(two.summary[name], rel=0.01)


# C24: adaptation without the base's score


@pytest.fixture
def claim(scored):
    """Return a record of a net that was adapted, with all it has to show."""
    record = json.loads(json.dumps(scored.record("linear-seed0-reference")))
    value = record["scores"]["headline"]["j_kappa"]["estimate"]
    sides = {"zero-shot": value - 0.2, "fine-tuned": value, "from-scratch": value - 0.1}
    record |= {"name": "adapted", "weights": "a" * 64, "adapted_from": "b" * 64}
    record["scores"]["adaptation"] = {side: {"j_kappa": each} for side, each in sides.items()}
    return record


def test_guard_c24_adaptation_is_shown_with_base_and_scratch_beside_it(claim, scored, tmp_path):
    results = Path(shutil.copytree(scored.out, tmp_path / "results"))
    path = write_record(results / "adapted-reference.json", claim)
    assert claim in read_records(results)
    found = compare(gather([str(path)], results, None), Resampling(0, 20))
    row = next(row for row in found.rows if row.name == "adapted")
    for side in SIDES:
        assert re.search(rf"{side} -?[01]\.\d{{3}}", row.beside), row.beside


@pytest.mark.parametrize("missing", SIDES)
def test_guard_c24_a_claim_without_one_of_the_three_is_refused(claim, tmp_path, missing):
    del claim["scores"]["adaptation"][missing]
    with pytest.raises(ProtocolError, match="a claim of adaptation"):
        write_record(tmp_path / "adapted.json", claim)
    assert not (tmp_path / "adapted.json").exists()
    (tmp_path / "adapted.json").write_text(json.dumps(claim))
    with pytest.raises(ProtocolError, match=", ".join(SIDES)):
        read_records(tmp_path)


def test_guard_c24_other_figures_or_no_base_are_refused(claim):
    check_adaptation(claim)
    with pytest.raises(ProtocolError, match="no base"):
        check_adaptation(claim | {"adapted_from": ""})
    with pytest.raises(ProtocolError, match="with none of the three"):
        check_adaptation(claim | {"scores": {"headline": {}}})
    claim["scores"]["adaptation"]["zero-shot"] = {"accuracy": 0.9}
    with pytest.raises(ProtocolError, match="the same figures"):
        check_adaptation(claim)


def test_guard_c24_no_committed_record_claims_what_it_does_not_show():
    records = read_records(REPOSITORY / "results")
    assert len(records) > 30
    for record in records:
        check_adaptation(record)
        words = f"{record['name']} {record['kind']}"
        assert "adapt" not in words or record["adapted_from"]


def test_every_guard_of_the_list_has_a_check():
    named = {
        int(number)
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        for number in re.findall(r"^def test_guard_c(\d\d)_", path.read_text(), re.MULTILINE)
    }
    assert named == set(range(1, 25))
