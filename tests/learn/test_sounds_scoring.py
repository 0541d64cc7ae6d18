"""Heart sounds are scored on made-up hearts whose every beat is known."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from arsis.core.clock import Band
from arsis.core.recording import Channel, Mark, Recording
from arsis.core.task import Decision, Need
from arsis.learn.contender import Contender
from arsis.learn.ledger import OpenedTest, Opening
from arsis.learn.record import FIELDS, over_seeds
from arsis.learn.scoring.look import Look, Scoring
from arsis.learn.scoring.part import headline_estimates
from arsis.learn.scoring.sounds import drawings, tables
from arsis.learn.scoring.sounds.annotated import annotated, cut
from arsis.learn.scoring.sounds.baselines import autocorrelation, peak_picking
from arsis.learn.scoring.sounds.ecg import ecg_truth
from arsis.learn.scoring.sounds.heard import heard, say
from arsis.learn.scoring.sounds.heart_rate import ALONE, FROM_WHOLE, score_heart_rate
from arsis.learn.scoring.sounds.intervals import score_intervals
from arsis.learn.scoring.sounds.rivals import (
    LEARNT,
    SoundFitting,
    rivals_elsewhere,
    rivals_of_folds,
    rivals_of_segments,
)
from arsis.learn.scoring.sounds.segments import score_segments
from arsis.scores.bootstrap import Resampling
from arsis.tasks.beats.simulate import simulate

FEW = Resampling(seed=0, replicates=20)
SYSTOLE_S, LENGTH_S = 0.3, 0.12
TASK = SimpleNamespace(
    name="sounds", version=1, need=Need("FS", 1, 800.0, 200_000.0, ("sound", "PCG")),
    rate_hz=1000.0, band=Band(400.0, 0.006),
)  # fmt: skip
PERSON = """{name} 1 1000
AV {name}_AV.hea {name}_AV.wav {name}_AV.tsv
#Age: {age}
#Murmur: {murmur}
#Additional ID: nan
"""


def channel(name, unit, x, rate_hz=1000.0):
    return Channel(name, unit, rate_hz, len(x), lambda a, b: x[a:b].astype(np.float32))


def beats_of(seed, bpm, duration_s):
    rng = np.random.default_rng(seed)
    intervals_s = rng.normal(60 / bpm, 0.02, int(duration_s * bpm / 60) + 2)
    at = 0.2 + np.cumsum(intervals_s)
    return at[at < duration_s - 0.5]


def sound_of(s1_s, duration_s, seed=0):
    """S1 is a longer and deeper sound than S2."""
    time_s = np.arange(round(duration_s * 1000)) / 1000
    x = np.random.default_rng(seed).normal(0, 0.002, len(time_s))
    for begin_s, hz in ((s1_s, 45.0), (s1_s + SYSTOLE_S, 65.0)):
        for at in begin_s:
            since = time_s - at
            inside = (since > 0) & (since < LENGTH_S)
            x += np.where(inside, 0.4 * np.sin(2 * np.pi * hz * since), 0) * np.sin(
                np.pi * np.clip(since / LENGTH_S, 0, 1)
            )
    return x


def marks_of(s1_s):
    marks = []
    for at, behind in pairwise(s1_s):
        edges = (at, at + LENGTH_S, at + SYSTOLE_S, at + SYSTOLE_S + LENGTH_S, behind)
        names = ("S1", "systole", "S2", "diastole")
        marks += [Mark(a, n, b - a) for n, a, b in zip(names, edges[:-1], edges[1:], strict=True)]
    return tuple(marks)


def heart(name, seed, bpm=75.0, duration_s=14.0):
    s1_s = beats_of(seed, bpm, duration_s)
    x = sound_of(s1_s, duration_s, seed)
    return Recording(
        f"{name}_AV", (channel("sound", "FS", x),), lambda: marks_of(s1_s), subject=name
    )


PEOPLE = tuple(heart(str(100 + i), i, bpm) for i, bpm in enumerate((66, 78, 90, 102)))
FOLDS = (("100", "101"), ("102", "103"))


def truthful(recording, found=None):
    """Answer what the marks of the whole recording say, also where only a piece is heard."""
    name = recording.name.split(" from ")[0]
    whole = next(each for each in (found or PEOPLE) if each.name == name)
    begin_s = float(recording.name.split(" from ")[1][:-2]) if " from " in recording.name else 0.0
    known = annotated(whole)
    s1_s = known.onset_s["S1"] - begin_s
    inside = (s1_s >= 0) & (s1_s < recording.duration_s)
    s1_s = s1_s[inside]
    middles = {name: known.middle_s[name] - begin_s for name in ("S1", "S2")}
    answers, summary = say({"S1": s1_s, "S2": middles["S2"]}, np.diff(s1_s, prepend=np.nan),
                           {"heart_rate_bpm": 60.0})  # fmt: skip
    answers = type(answers)(**{**vars_of(answers), "duration_s": np.where(
        np.array(answers.label) == "S1", LENGTH_S, 0.0)})  # fmt: skip
    return answers, summary


def vars_of(answers):
    return {name: getattr(answers, name) for name in type(answers).__dataclass_fields__}


@pytest.fixture
def place(tmp_path):
    for number, (each, murmur) in enumerate(zip(PEOPLE, ("Absent", "Present") * 2, strict=True)):
        text = PERSON.format(name=each.subject, age="Child" if number else "nan", murmur=murmur)
        (tmp_path / f"{each.subject}.txt").write_text(text)
    return tmp_path


def scoring_of(place, recordings=PEOPLE, fitting=None):
    split = SimpleNamespace(name="toy folds", source="made up", folds=FOLDS, shared=())
    corpus = SimpleNamespace(
        name="toy", split=split,
        recordings=lambda _folder, subjects: tuple(r for r in recordings if r.subject in subjects),
    )  # fmt: skip
    return Scoring(TASK, corpus, place, place / "ledger.jsonl", "pytest", FEW, fitting)


def look_of(place, says, recordings=PEOPLE, kind="model", name="toy", seed=0):
    contender = Contender(name, kind, TASK, Decision(0, 0), f"{seed:064x}", seed, says=says)
    opening = Opening("toy folds", "f" * 64, name, f"{seed:064x}", "pytest")
    opened = OpenedTest(tuple(r.subject for r in recordings), recordings, opening, 1)
    return Look(scoring_of(place, recordings), contender, opened)


def test_the_form_of_annotations():
    known = annotated(PEOPLE[0])
    assert len(known.run_s) == 1
    np.testing.assert_allclose(known.middle_s["S1"] - known.onset_s["S1"], LENGTH_S / 2)
    assert known.windows.bpm == pytest.approx(np.full(len(known.windows.bpm), 66), abs=2)


def test_a_cut_is_the_same_sound_and_knows_no_marks():
    whole, piece = PEOPLE[0], cut(PEOPLE[0], 3.0, 5.0)
    np.testing.assert_array_equal(piece.channels[0].read(), whole.channels[0].read(3.0, 8.0))
    np.testing.assert_array_equal(
        piece.channels[0].read(1.0, 2.0), whole.channels[0].read(4.0, 5.0)
    )
    assert (piece.marks, piece.subject, piece.duration_s) == ((), whole.subject, 5.0)
    assert cut(whole, 12.0, 5.0).duration_s == 2.0


def test_the_truth_has_no_error(place):
    look = look_of(place, truthful)
    rates, sounds = score_heart_rate(look), score_segments(look)
    for way in (FROM_WHOLE, ALONE):
        assert rates["headline"][f"mae_bpm, {way}"]["estimate"] == pytest.approx(0, abs=1e-5)
        assert rates["ways"][way]["unheard"] == 0
    for name, row in sounds["headline"].items():
        assert row["estimate"] == pytest.approx(1.0), name
    assert rates["subjects"] == sounds["subjects"] == 4
    assert rates["windows"] == sum(len(annotated(each).windows.bpm) for each in PEOPLE)
    assert rates["groups"]["murmur: Present"]["subjects"] == 2
    assert rates["groups"]["age: not stated"]["subjects"] == 1
    assert sounds["groups"]["age: Child"]["recordings"] == 3


def test_silence_is_answered_by_the_mean_of_others_and_counted(place):
    look = look_of(place, lambda _recording: say({}, np.empty(0), {"heart_rate_bpm": None}))
    rates = score_heart_rate(look)
    assert rates["ways"][FROM_WHOLE]["unheard"] == rates["windows"]
    # The first fold is answered 96 and is 66 and 78; the second 72 where it is 90 and 102.
    assert rates["headline"]["mae_bpm, 5 s alone"]["estimate"] == pytest.approx(24, abs=1.5)
    assert score_segments(look)["headline"]["pooled f1_both, 60 ms"]["estimate"] == 0.0


@pytest.mark.parametrize("method", [autocorrelation, peak_picking])
def test_classical_methods_hear_a_clean_heart(place, method):
    rates = score_heart_rate(look_of(place, partial(method, TASK)))
    for way in (FROM_WHOLE, ALONE):
        assert rates["headline"][f"mae_bpm, {way}"]["estimate"] < 1.0


def test_peaks_tell_first_from_second_sounds_of_a_slow_heart(place):
    found = score_segments(look_of(place, partial(peak_picking, TASK), PEOPLE[:1]))
    assert found["headline"]["pooled f1_both, 60 ms"]["estimate"] > 0.95


@pytest.mark.parametrize("method", [autocorrelation, peak_picking])
def test_classical_methods_are_silent_on_silence(method):
    silence = Recording("0_AV", (channel("sound", "FS", np.zeros(8000)),), subject="0")
    answers, summary = method(TASK, silence)
    assert len(answers) == 0
    assert summary["heart_rate_bpm"] is None


def with_ecg(seed, delay_s=0.06, duration_s=32.0, rate_hz=500.0):
    ecg = simulate(seed, duration_s, rate_hz=rate_hz)
    beat_s = np.array([mark.time_s for mark in ecg.marks])
    x = sound_of(beat_s + delay_s, duration_s, seed)
    lead = ecg.channels[0]
    channels = (channel("PCG", "FS", x),
                Channel("ECG", lead.unit, lead.rate_hz, lead.length, lead.source))  # fmt: skip
    return Recording(f"a{seed:04d}", channels, subject=f"a{seed:04d}"), beat_s


def test_two_detectors_agree_on_a_clean_ecg_and_not_on_noise():
    recording, beat_s = with_ecg(11)
    truth = ecg_truth(recording)
    assert truth.agreed
    inner = beat_s[(beat_s > 1) & (beat_s < 31)]
    off = np.abs(truth.beat_s[:, None] - inner).min(axis=0)
    assert np.median(off) < 0.01
    noise = np.random.default_rng(0).normal(0, 0.3, 16_000)
    quiet = Recording("a0", (channel("PCG", "FS", noise), channel("ECG", "mV", noise, 500.0)))
    assert not ecg_truth(quiet).agreed


def onsets(recording, made, jitter_s=0.0):
    beat_s = next(beat_s for each, beat_s in made if each.name == recording.name)
    off = np.random.default_rng(1).normal(0, jitter_s, len(beat_s)) if jitter_s else 0.0
    s1_s = beat_s + 0.06 + off
    rr_s = np.diff(s1_s, prepend=np.nan)
    return say({"S1": s1_s}, rr_s, {
        "heart_rate_bpm": 60 / float(np.nanmean(rr_s)),
        "hrv": {"sdnn_ms": 1000 * float(np.nanstd(rr_s, ddof=1)), "rmssd_ms": 10.0},
    })  # fmt: skip


@pytest.fixture(scope="module")
def simultaneous():
    made = [with_ecg(seed) for seed in (11, 12)]
    noise = np.random.default_rng(0).normal(0, 0.3, 16_000)
    poor = Recording(
        "a0", (channel("PCG", "FS", noise), channel("ECG", "mV", noise, 500.0)), subject="a0"
    )
    return [*made, (poor, np.arange(1.0, 30.0))]


def test_exact_onsets_have_exact_intervals_and_poor_ecgs_are_refused(place, simultaneous):
    recordings = tuple(recording for recording, _ in simultaneous)
    scores = score_intervals(look_of(place, partial(onsets, made=simultaneous), recordings))
    assert (scores["truth"]["agreed"], list(scores["truth"]["refused"])) == (2, ["a0"])
    assert scores["share_answered"] == scores["share_answered_with_truth"] == 1.0
    figures = headline_estimates(scores)
    assert figures["sensitivity"] > 0.98
    assert figures["ibi_sd_ms"] < 5  # what placing the R peaks of a sampled ECG costs
    assert figures["sdnn_ms_mae"] < 5
    assert figures["heart_rate_bpm_mae"] < 1
    assert scores["parts"]["labels on a grid of 20 ms"]["ibi_sd_ms"] == pytest.approx(8.2, abs=1)
    assert scores["parts"]["sound at 1 kHz"]["ibi_sd_ms"] < 0.6


def test_jitter_of_the_onsets_shows(place, simultaneous):
    recordings = tuple(recording for recording, _ in simultaneous)
    says = partial(onsets, made=simultaneous, jitter_s=0.010)
    figures = headline_estimates(score_intervals(look_of(place, says, recordings)))
    assert figures["ibi_sd_ms"] == pytest.approx(14.1, abs=3)


def test_whoever_answers_less_than_80_percent_has_no_row_of_the_surest(place, simultaneous):
    recordings = tuple(recording for recording, _ in simultaneous)

    def shy(recording):
        answers, summary = onsets(recording, simultaneous)
        return answers, {
            **summary,
            "heart_rate_bpm": None,
        } if recording.name == "a0012" else summary

    scores = score_intervals(look_of(place, shy, recordings))
    assert scores["answered_with_truth"] == 1
    assert scores["best_80"] is None


def test_baselines_learn_from_other_folds_and_are_kept(place, tmp_path):
    fitting = SoundFitting(tmp_path / "kept", (0, 1), steps=2)
    scoring = scoring_of(place, fitting=fitting)
    first = rivals_of_folds(scoring)
    names = ["training-mean", "autocorrelation", "peak-picking", "two-heads-0", "two-heads-1"]
    assert [each.name for each in first] == names
    mean = heard(first[0].answer(PEOPLE[0]))
    assert mean.rate_bpm == pytest.approx(96, abs=1.5)
    stranger = heard(first[0].answer(heart("999", 9)))
    assert stranger.rate_bpm == pytest.approx(84, abs=1.5)
    again = rivals_elsewhere(scoring)
    assert [each.weights for each in again] == [each.weights for each in first]
    assert len({each.weights for each in first}) == len(first)
    heads = heard(first[3].answer(PEOPLE[0]))
    assert heads.rate_bpm > 0
    assert heads.hrv("sdnn_ms") > 0
    assert heads.rates_bpm(np.array([0.0, 3.0])).shape == (2,)


def test_whoever_has_not_learnt_says_what_to_do(place, tmp_path):
    from arsis.core.errors import ProtocolError

    with pytest.raises(ProtocolError, match="folds first"):
        rivals_elsewhere(scoring_of(place, fitting=SoundFitting(tmp_path / LEARNT)))


SCREENED = {
    "headline": {"weighted_accuracy, patients": {"estimate": 0.75, "low": 0.7, "high": 0.8}},
    "rules": {"always Present": {"weighted_accuracy, patients": {"estimate": 0.5}}},
}
"""What test_sounds_murmurs makes of hearts with murmurs, in its shortest form."""


@pytest.fixture
def results(place, simultaneous, tmp_path):
    """Records of two models and of some baselines, as `arsis evaluate` writes them."""
    out = tmp_path / "results"
    out.mkdir()
    recordings = tuple(recording for recording, _ in simultaneous)
    hearers = {
        "toy-0": (truthful, partial(onsets, made=simultaneous)),
        "toy-1": (truthful, partial(onsets, made=simultaneous, jitter_s=0.01)),
        "peak-picking": (partial(peak_picking, TASK),) * 2,
        "two-heads-0": (partial(autocorrelation, TASK),) * 2,
        "two-heads-1": (partial(autocorrelation, TASK),) * 2,
    }
    models = {"heart-rate": [], "segments": [], "murmurs": [], "intervals": []}
    for seed, (name, says) in enumerate(hearers.items()):
        kind = "model" if name.startswith("toy") else "baseline"
        parts = {
            "heart-rate": (score_heart_rate, says[0], PEOPLE),
            "segments": (score_segments, says[0], PEOPLE),
            "intervals": (score_intervals, says[1], recordings),
        } | ({"murmurs": (lambda _look: SCREENED, says[0], PEOPLE)} if kind == "model" else {})
        for part, (score, how, of) in parts.items():
            look = look_of(place, how, of, kind, name, seed)
            record = dict.fromkeys(FIELDS) | {
                "part": part, "name": name, "kind": kind, "protocol": "toy folds", "seed": seed,
                "weights": f"{seed:064x}", "source": "", "scores": score(look), "made": {},
                "interval": {"over": "subjects", "seed": 0, "replicates": 20, "level": 0.95},
                "data": {"corpus": "toy", "fingerprint": part, "subjects": 4, "openings": 5},
            }  # fmt: skip
            (out / f"{name}-{part}.json").write_text(json.dumps(record))
            if kind == "model":
                models[part].append(record)
    for part, records in models.items():
        (out / f"seeds-{part}.json").write_text(json.dumps(over_seeds(records)))
    return out


def test_every_table_is_made_of_records_alone(results, tmp_path):
    for name, table in tables.TABLES.items():
        text = table(results)
        assert text.startswith("| "), name
        widths = {line.count("|") for line in text.split("\n\n")[0].splitlines()}
        assert len(widths) == 1, name
        assert table(tmp_path) == "*Not measured yet.*", name
    rates = tables.heart_rate_table(results)
    for row in ("peaks of loudness", "two-head net on spectrograms, 2 seeds", "toy-1",
                "mean ± sd of the seeds", "95 % interval"):  # fmt: skip
        assert row in rates, row
    screened = tables.murmurs_table(results)
    assert "| always Present | patients | 50.0 | - |" in screened
    assert "| toy-1 | patients | 75.0 [70.0, 80.0] | - |" in screened
    assert "a0 (" in tables.truth_table(results)
    assert "| toy-1 | surest 80 % | 2 of 2 | 3 of 3 |" in tables.intervals_table(results)


def test_models_are_drawn_as_bland_and_altman_did(results, tmp_path):
    for part, draw, count in (("heart-rate", drawings.draw_rates, 2),
                              ("intervals", drawings.draw_variability, 2)):  # fmt: skip
        record = json.loads((results / f"toy-0-{part}.json").read_text())
        drawn = draw(tmp_path, f"toy-{part}", record)
        assert len(drawn) == count
        assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)


def test_sounds_are_compared_with_the_one_baseline_that_names_them(place):
    assert [each.name for each in rivals_of_segments(scoring_of(place))] == ["peak-picking"]
