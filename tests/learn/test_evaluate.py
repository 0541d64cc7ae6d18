"""Scoring saved bundles on a simulated cohort, and its parts on answers known by hand."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from arsis.core.errors import ProtocolError, SettingError
from arsis.core.recording import Mark, Recording
from arsis.core.windows import Answers
from arsis.learn.contender import label_all, open_bundle, weights_of
from arsis.learn.evaluate import Books, Terms, _families, evaluate
from arsis.learn.headline import across_seeds, collapse_alarm, figures, headline
from arsis.learn.ledger import read_ledger
from arsis.learn.scoring.beats.end_to_end import meet
from arsis.learn.scoring.beats.fibrillation import DETECTOR as FIBRILLATION
from arsis.learn.scoring.beats.peaks import DETECTOR, flutter, rpeaks
from arsis.learn.scoring.beats.variability import compare, odd_intervals
from arsis.scores.bootstrap import Resampling
from arsis.scores.classes import Confusion, class_scores, j_kappa
from arsis.signal.hrv import hrv_time_domain
from arsis.tasks import TASKS
from arsis.tasks.beats.simulate import Patient, simulate

BEATS = TASKS["beats"]
FEW = Resampling(0, 50)
MODELS = ("linear-seed0", "linear-seed1")
BASELINES = ("always-n", "rhythm-logistic", "gradient-boosting")


def test_every_contender_has_a_record_of_every_part(scored):
    expected = {f"{name}-{part}" for name in (*BASELINES, *MODELS)
                for part in ("reference", "end-to-end", "hrv")}  # fmt: skip
    expected |= {
        f"{DETECTOR}-rpeaks",
        f"{FIBRILLATION}-rhythm",
        "seeds-reference",
        "seeds-end-to-end",
    }
    assert set(scored.written) == expected


def test_records_say_what_was_scored_on_whom(scored, cohort):
    record = scored.record("linear-seed1-reference")
    assert (record["part"], record["kind"], record["seed"]) == ("reference", "model", 1)
    assert record["protocol"] == "toy"
    assert record["data"]["subjects"] == 4
    assert record["data"]["same_person"] == [["t4", "t5"]]
    assert record["weights"] == open_bundle(cohort.bundles[1]).weights
    assert set(record["made"]) == {"arsis", "commit", "date"}
    assert record["interval"]["replicates"] == 50


def test_all_records_are_of_one_test_set(scored):
    records = [json.loads(path.read_text()) for path in scored.written.values()]
    assert len({record["data"]["fingerprint"] for record in records}) == 1


def test_the_ledger_has_one_line_for_each_set_of_weights(scored):
    lines = read_ledger(scored.ledger)
    assert [line.what for line in lines] == [DETECTOR, FIBRILLATION, *BASELINES, *MODELS]
    reference = scored.record("linear-seed0-reference")["scores"]["headline"]
    noted = lines[-2].headline["reference"]
    assert noted == {name: row["estimate"] for name, row in reference.items()}


def test_the_headline_follows_from_the_confusion_matrix(scored):
    scores = scored.record("rhythm-logistic-reference")["scores"]
    matrix = scores["confusion"]
    confusion = Confusion(tuple(matrix["names"]), np.array(matrix["counts"]))
    rows = scores["headline"]
    assert rows["j_kappa"]["estimate"] == pytest.approx(j_kappa(confusion))
    assert rows["macro_f1"]["estimate"] == pytest.approx(class_scores(confusion).macro_f1)
    assert rows["accuracy"]["low"] <= rows["accuracy"]["estimate"] <= rows["accuracy"]["high"]
    total = sum(np.array(r["confusion"]["counts"]) for r in scores["records"].values())
    np.testing.assert_array_equal(total, confusion.counts)


def test_a_subject_apart_is_really_left_out(scored):
    scores = scored.record("gradient-boosting-reference")["scores"]
    assert set(scores["apart"]) == {"t5"}
    kept = sum(np.array(row["confusion"]["counts"])
               for subject, row in scores["records"].items() if subject != "t5")  # fmt: skip
    wanted = figures(Confusion(tuple(scores["confusion"]["names"]), kept))
    assert scores["apart"]["t5"]["f1_S"]["estimate"] == pytest.approx(wanted["f1_S"])
    assert scores["apart"]["t5"]["f1_S"] != scores["headline"]["f1_S"]


def test_a_net_that_knows_rhythm_and_shape_beats_the_trivial_baseline(scored):
    best = scored.record("linear-seed0-reference")["scores"]
    least = scored.record("always-n-reference")["scores"]
    assert best["headline"]["j_kappa"]["estimate"] > 0.9
    assert least["headline"]["j_kappa"]["estimate"] == 0
    assert least["alarm"] == "every answer is N"
    assert best["alarm"] == ""


def test_seeds_are_averaged(scored):
    both = [scored.record(f"{name}-reference")["scores"]["headline"] for name in MODELS]
    row = scored.record("seeds-reference")["scores"]["seeds"]["f1_S"]
    values = [each["f1_S"]["estimate"] for each in both]
    assert row["values"] == values
    assert row["mean"] == pytest.approx(np.mean(values))
    assert row["sd"] == pytest.approx(np.std(values, ddof=1))


def test_seeds_of_the_same_weights_are_refused(scored):
    record = scored.record("linear-seed0-reference")
    with pytest.raises(ProtocolError, match="same weights twice"):
        across_seeds([record, record])


def test_what_is_never_found_and_never_there_is_no_number(scored):
    row = scored.record("linear-seed0-reference")["scores"]["headline"]["f1_F"]
    assert row["estimate"] is None
    assert row["undefined"] == 50


def test_end_to_end_on_clean_signal_is_the_reference(scored):
    for name in MODELS:
        here = scored.record(f"{name}-end-to-end")["scores"]
        there = scored.record(f"{name}-reference")["scores"]
        assert len(here["confusion"]["names"]) == 5
        assert here["headline"]["f1_V"]["estimate"] == pytest.approx(
            there["headline"]["f1_V"]["estimate"], abs=0.03
        )
        assert 0.9 < here["share_answered"] <= 1
        assert here["clear"]["confusion"]["counts"][0][0] <= here["confusion"]["counts"][0][0]


def answers_at(time_s, labels, reasons=None):
    count = len(time_s)
    probabilities = np.full((count, 4), 0.25, np.float32)
    return Answers(
        np.array(time_s, float), np.zeros(count), tuple(labels), probabilities[:, 0], probabilities,
        np.full((count, 2), np.nan, np.float32), tuple(reasons or [""] * count), 10.0, 10_000_000,
        {"rr_s": np.zeros(count)},
    )  # fmt: skip


def beats_at(time_s, truth, marks=()):
    recording = Recording("hand", (), lambda: marks)
    windows = SimpleNamespace(event_s=np.array(time_s, float))
    return SimpleNamespace(
        subject="hand", recording=recording, windows=windows, truth=np.array(truth, np.int64)
    )


def test_missed_and_false_beats_are_errors_of_a_fifth_class():
    beats = beats_at([1.0, 2.0, 3.0, 4.0], [0, 2, 1, -1])
    answers = answers_at([1.149, 2.151, 4.0, 9.0], ["N", "V", "S", "N"], ["", "", "", "doubtful"])
    met = meet(beats, answers, np.array([0, 2, 1, 0]), 4)
    rows = sorted(zip(met.truth.tolist(), met.answer.tolist(), met.unclear.tolist(), strict=True))
    # N found; V missed and its answer false (151 ms off); S missed; Q gone with its answer.
    assert rows == [(0, 0, False), (1, 4, False), (2, 4, False), (4, 0, True), (4, 2, False)]


def test_flutter_counts_neither_way():
    marks = (Mark(2.5, "["), Mark(5.0, "]"))
    beats = beats_at([1.0, 3.0], [0, 2], marks)
    met = meet(beats, answers_at([1.0, 4.0], "NV"), np.array([0, 2]), 4)
    assert met.truth.tolist() == [0]
    assert flutter(beats.recording).tolist() == [[2.5, 5.0]]


def test_flutter_that_never_ends_lasts_to_the_end_of_the_recording():
    recording = simulate(1, 20.0, 250.0)
    fluttering = Recording("f", recording.channels, lambda: (Mark(4.0, "["),))
    assert flutter(fluttering).tolist() == [[4.0, 20.0]]


def test_macro_f1_leaves_out_no_beat_but_not_its_errors():
    names = ("N", "V", "O")
    confusion = Confusion(names, np.array([[8, 0, 2], [0, 4, 0], [1, 0, 0]]))
    row = figures(confusion)
    assert row["accuracy"] == pytest.approx(12 / 15)
    assert row["macro_f1"] == pytest.approx((16 / 19 + 1) / 2)
    assert "f1_O" not in row


def test_intervals_are_over_subjects():
    good, bad = (
        Confusion(("N", "S"), np.array(c)) for c in ([[50, 0], [0, 50]], [[25, 25], [25, 25]])
    )
    row = headline([good, bad], Resampling(0, 400))["accuracy"]
    assert (row["low"], row["estimate"], row["high"]) == (0.5, 0.75, 1.0)


def test_the_alarm_rings_for_a_constant_and_for_chance():
    names = ("N", "S")
    assert collapse_alarm(Confusion(names, np.array([[9, 0], [1, 0]]))) == "every answer is N"
    assert "chance" in collapse_alarm(Confusion(names, np.array([[4, 4], [4, 4]])))
    assert collapse_alarm(Confusion(names, np.array([[4, 1], [1, 4]]))) == ""


def test_r_peaks_of_simulated_hearts_are_found_by_all_detectors(scored):
    scores = scored.record(f"{DETECTOR}-rpeaks")["scores"]
    assert set(scores["detectors"]) == {"arsis", "sleepecg, first lead", "sleepecg, MLII"}
    assert {name: len(each) for name, each in scores["groups"].items()} == {
        "all": 8, "test": 4, "train": 4,
    }  # fmt: skip
    for rows in scores["detectors"].values():
        assert rows["150 ms"]["all"]["sensitivity"] > 0.98
        assert rows["50 ms"]["all"]["pair_count"] <= rows["150 ms"]["all"]["pair_count"]
    assert scores["detectors"]["arsis"]["50 ms"]["all"]["robust_spread_s"] < 0.004


def test_a_rival_is_not_scored_where_its_lead_is_missing():
    recording = simulate(3, 30.0, 250.0)
    other = recording.select(("V1",))
    scores = rpeaks(BEATS, {"a": recording, "b": other}, {"all": ("a", "b")}, FEW)
    rows = scores["detectors"]["sleepecg, MLII"]["150 ms"]
    assert set(rows["records"]) == {"a"}
    assert rows["all"]["records"] == 1
    assert scores["detectors"]["arsis"]["150 ms"]["all"]["records"] == 2


def test_hrv_of_perfect_answers_has_no_error_and_raw_intervals_do():
    recording = simulate(4, 90.0, 250.0, Patient(70.0, 0.05, 0.08))
    (beats,) = label_all(BEATS, ("x",), (recording,))
    normal = beats.truth == 0
    truth = hrv_time_domain(beats.windows.event_s, normal)
    answers = answers_at(beats.windows.event_s, ["N"] * len(normal))
    row = compare(beats, normal, answers, {"hrv": {"rmssd_ms": truth.rmssd_ms}})
    assert row["pairs"] == truth.interval_count
    assert row["error"]["ours"] == 0
    assert row["error"]["our peaks, true classes"] == 0
    assert row["error"]["raw"] > 1
    assert row["error"]["simple filter"] < row["error"]["raw"]


def test_the_simple_filter_drops_what_is_far_off_its_neighbours():
    rr_s = np.full(40, 0.8)
    rr_s[20], rr_s[21] = 0.5, 1.1
    peak_s = np.concatenate([[0.0], np.cumsum(rr_s)])
    assert np.flatnonzero(odd_intervals(peak_s)).tolist() == [21, 22]
    assert not odd_intervals(peak_s[:5]).any()


def test_hrv_needs_enough_pairs(scored):
    scores = scored.record("linear-seed0-hrv")["scores"]
    assert scores["records_scored"] == sum(r["pairs"] >= 300 for r in scores["records"].values())
    assert all(math.isfinite(row["error"]["ours"]) for row in scores["records"].values())


def test_weights_change_with_the_decision_and_not_with_the_name(cohort, tmp_path):
    card = json.loads((cohort.bundles[0] / "card.json").read_text())
    known = open_bundle(cohort.bundles[0]).weights

    def changed(name, values):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "net.onnx").write_bytes((cohort.bundles[0] / "net.onnx").read_bytes())
        (folder / "card.json").write_text(json.dumps(card | values))
        return weights_of(open_bundle(folder).trained)

    decision = {"beat": card["decision"]["beat"] | {"unclear_below": 0.9}}
    assert changed("renamed", {"name": "other", "scores": {"accuracy": 1}}) == known
    assert changed("decided", {"decision": decision}) != known


def test_an_unknown_part_and_an_unknown_protocol_are_refused(cohort, tmp_path):
    with pytest.raises(SettingError, match="everything"):
        evaluate(cohort.bundles, cohort.folder, ("everything",), Books(tmp_path, tmp_path / "l"))
    with pytest.raises(ProtocolError, match="'toy' on its card"):
        evaluate(cohort.bundles, cohort.folder, ("reference",), Books(tmp_path, tmp_path / "l"))
    assert not list(tmp_path.iterdir())


def test_a_bundle_named_twice_is_refused(cohort, tmp_path):
    twice = (cohort.bundles[0], cohort.bundles[0])
    with pytest.raises(ProtocolError, match="different bundles"):
        evaluate(
            twice,
            cohort.folder,
            ("reference",),
            Books(tmp_path, tmp_path / "l"),
            Terms(cohort.corpus),
        )


def test_seeds_of_different_nets_are_never_averaged():
    def names(*given):
        families = _families([{"name": name} for name in given])
        return {family: [r["name"] for r in rows] for family, rows in families.items()}

    assert names("cnn", "cnn-0", "cnn-2") == {"cnn": ["cnn", "cnn-0", "cnn-2"]}
    assert names("residual", "lstm") == {"residual": ["residual"], "lstm": ["lstm"]}
    assert names("a-0", "a-1", "b-0") == {"a": ["a-0", "a-1"], "b": ["b-0"]}
    beats = ["beats-187", "beats-187-0", "beats-187-2"]
    assert names(*beats) == {"beats-187": beats}
    assert names("a-seed0", "a-seed1") == {"a": ["a-seed0", "a-seed1"]}
