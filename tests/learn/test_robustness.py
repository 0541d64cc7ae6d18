from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import ProtocolError, SettingError
from arsis.core.recording import from_array
from arsis.learn import evaluate
from arsis.learn.contender import label_all, open_bundle
from arsis.learn.disturbed import Disturbance, Disturbed, check, disturb
from arsis.learn.scoring import PARTS
from arsis.learn.scoring.beats import robustness
from arsis.learn.tables import TABLES
from arsis.scores.bootstrap import Resampling
from arsis.signal.disturb import DISTURBANCES, OF_SNR, achieved_snr_db
from arsis.tasks import TASKS
from arsis.tasks.beats.simulate import simulate

DRAWS = Resampling(0, 20)
GRID = {
    "noise": Disturbance("white noise", 0.0),
    "slower": Disturbance("rate", 128.0),
}


@pytest.fixture(scope="module")
def recording():
    return simulate(3, 40.0, 250.0)


def samples(recording):
    return np.stack([channel.read() for channel in recording.channels])


@pytest.mark.parametrize("name", robustness.CONDITIONS)
def test_guard_c08_every_condition_of_the_grid_really_disturbs(recording, name):
    disturbance = robustness.CONDITIONS[name]
    done = disturb(recording, disturbance)
    assert done.changed > 0.2
    assert done.recording.marks == recording.marks
    assert done.recording.duration_s == pytest.approx(recording.duration_s, abs=0.01)
    if disturbance.kind == "rate":
        assert {c.rate_hz for c in done.recording.channels} == {disturbance.strength}
    else:
        assert (samples(done.recording) != samples(recording)).mean() == done.changed
    again = disturb(recording, disturbance)
    np.testing.assert_array_equal(samples(again.recording), samples(done.recording))


@pytest.mark.parametrize("kind", OF_SNR)
@given(
    snr_db=st.floats(-20, 40, allow_subnormal=False),
    seed=st.integers(0, 100),
    height=st.floats(0.01, 20),
)
def test_guard_c08_the_snr_that_comes_out_is_the_one_asked_for(kind, snr_db, seed, height):
    rng = np.random.default_rng(seed)
    clean = (height * rng.normal(size=(2, 2000)).cumsum(1)).astype(np.float32)
    clean[0, 100:300] = np.nan
    noisy = DISTURBANCES[kind](clean, 250.0, snr_db, rng)
    # Measured here once more, from the two signals alone.
    for one, other in zip(clean, noisy, strict=True):
        known = ~np.isnan(one)
        added = other[known].astype(float) - one[known]
        assert 10 * np.log10(one[known].var(dtype=float) / added.var()) == pytest.approx(
            snr_db, abs=0.05
        )
    np.testing.assert_allclose(achieved_snr_db(clean, noisy), snr_db, atol=0.05)
    np.testing.assert_array_equal(np.isnan(noisy), np.isnan(clean))


def test_noise_of_a_lead_that_is_flat_or_empty_is_none(recording):
    x = samples(recording)
    x[0] = 1.0
    noisy = DISTURBANCES["white noise"](x, 250.0, 6.0, np.random.default_rng(0))
    np.testing.assert_array_equal(noisy[0], x[0])
    assert np.isnan(achieved_snr_db(x, noisy)[0])
    x[1] = np.nan
    assert np.isnan(
        DISTURBANCES["baseline wander"](x, 250.0, 6.0, np.random.default_rng(0))[1]
    ).all()


def test_guard_c08_a_disturbance_that_does_nothing_is_refused(recording):
    with pytest.raises(ProtocolError, match="the very samples that went in"):
        disturb(recording, Disturbance("gain", 1.0))
    with pytest.raises(ProtocolError, match="the very samples that went in"):
        disturb(recording, Disturbance("rate", 250.0))
    flat = from_array(np.zeros((2, 500), np.float32), 250.0, names=("I", "II"), unit="mV")
    with pytest.raises(ProtocolError, match="white noise of 6 to change some"):
        disturb(flat, Disturbance("white noise", 6.0))


def test_guard_c08_another_snr_than_asked_for_is_refused(recording):
    with pytest.raises(ProtocolError, match=r"signal-to-noise ratio of 11\.50 dB"):
        check(Disturbed(recording, 1.0, (6.0, 11.5)), Disturbance("white noise", 6.0))
    with pytest.raises(ProtocolError, match="nan"):
        check(Disturbed(recording, 1.0, (float("nan"), 6.0)), Disturbance("white noise", 6.0))


def test_another_rate_keeps_the_beats_where_they_were(recording):
    before, after = recording.channels[0], disturb(recording, Disturbance("rate", 1000.0))
    one, two = before.read(), after.recording.channels[0].read()
    at_s = np.arange(len(one)) / before.rate_hz
    back = np.interp(at_s, np.arange(len(two)) / 1000.0, two)
    assert np.abs(back - one)[50:-50].max() < 0.15 * np.ptp(one)
    assert np.corrcoef(back, one)[0, 1] > 0.99


def test_a_lead_is_off_for_the_share_of_time_asked_for(recording):
    done = disturb(recording, Disturbance("lead off", 0.5))
    first, other = samples(done.recording)
    assert (first == 0).mean() == pytest.approx(0.5, abs=0.01)
    np.testing.assert_array_equal(other, samples(recording)[1])


def test_guard_c08_the_clean_score_stands_beside_every_condition(cohort):
    task, subjects = TASKS["beats"], cohort.corpus.split.train[:2]
    contender = open_bundle(cohort.bundles[0])
    beats = label_all(task, subjects, cohort.corpus.recordings(cohort.folder, subjects))
    clean = [contender.answer(each.recording)[0] for each in beats]
    scores = robustness.robustness(contender, beats, clean, GRID, DRAWS)
    noise, slower = scores["conditions"]["noise"], scores["conditions"]["slower"]
    assert noise["snr_db"] == pytest.approx([0.0, 0.0], abs=0.1)
    assert noise["least_changed"] > 0.99
    assert slower["snr_db"] is None
    found = robustness.robustness_estimates(scores)
    assert list(found) == [robustness.CLEAN, *GRID]
    assert found["noise"] < found[robustness.CLEAN]


def test_the_part_is_scored_only_where_it_is_named(cohort, tmp_path, monkeypatch):
    assert PARTS["beats"]["robustness"].on_request
    monkeypatch.setattr(robustness, "CONDITIONS", {"noise": GRID["noise"]})
    corpus = replace(cohort.corpus, split=replace(cohort.corpus.split, test=("t5", "t6"), apart=()))
    written = evaluate.evaluate(
        cohort.bundles[:1], cohort.folder, ("robustness",),
        evaluate.Books(tmp_path / "out", tmp_path / "ledger.jsonl"),
        evaluate.Terms(corpus, resampling=DRAWS),
    )  # fmt: skip
    assert "linear-robustness" in written
    assert "always-n-robustness" in written
    record = json.loads(written["linear-robustness"].read_text())
    assert record["scores"]["headline"]["j_kappa"]["estimate"] is not None
    estimate = record["scores"]["conditions"]["noise"]["headline"]["j_kappa"]["estimate"]
    text = TABLES["beats-robustness"](tmp_path / "out")
    assert f"| noise | {estimate:.3f} [" in text
    assert "linear: j-kappa" in text
    assert "always-n: j-kappa" in text
    line = json.loads((tmp_path / "ledger.jsonl").read_text().splitlines()[-1])
    assert set(line["headline"]["robustness"]) == {robustness.CLEAN, "noise"}
    with pytest.raises(SettingError, match="robustness"):
        evaluate.evaluate(
            cohort.bundles[:1],
            cohort.folder,
            ("nonsense",),
            evaluate.Books(tmp_path / "out", tmp_path / "ledger.jsonl"),
            evaluate.Terms(corpus),
        )
