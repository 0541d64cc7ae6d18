"""One check against each way in which systems like this have deceived themselves.

Each is named after its number in the list of such failures that the project keeps. Others stand
beside the code they watch: C5, C7 and C17 with training, C8 with noise, C23 with the clock.
"""

from __future__ import annotations

import ast
import json
import shutil
from dataclasses import fields, replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from arsis.core.errors import ArsisError, BundleError, ProtocolError
from arsis.core.examples import Examples, Origin
from arsis.core.examples_write import Writer
from arsis.core.recording import Mark, Recording
from arsis.core.windows import Windows
from arsis.infer.bundle import load
from arsis.infer.predict import predict, stream
from arsis.infer.windows import windows
from arsis.learn import tables
from arsis.learn.contender import label_all
from arsis.learn.headline import collapse_alarm
from arsis.learn.ledger import open_test, read_ledger
from arsis.learn.record import read_records
from arsis.learn.scoring.beats.baselines import RHYTHM, BaselineSettings, fit, fit_baselines
from arsis.learn.split import check, folds
from arsis.scores.classes import Confusion, class_scores, count_confusion, j_kappa
from arsis.signal.hrv import HrvMeasures
from arsis.tasks import TASKS
from arsis.tasks.beats.simulate import simulate

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "arsis"
RESULTS = REPOSITORY / "results"
BEATS = TASKS["beats"]


def joined(recording: Recording, given: bool) -> Windows:
    return Windows.join(list(windows(BEATS, recording, given)))


def remarked(recording: Recording, marks: tuple[Mark, ...]) -> Recording:
    return Recording(recording.name, recording.channels, lambda: marks, recording.subject)


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(SOURCE.rglob("*.py"))
    ]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return simulate(11, 60.0, 250.0)


@pytest.fixture(scope="module")
def train(cohort):
    subjects = cohort.corpus.split.train
    return label_all(BEATS, subjects, cohort.corpus.recordings(cohort.folder, subjects))


def write_examples(folder: Path, beats, names: tuple[str, ...], subjects: tuple[str, ...]):
    origin = Origin("beats", BEATS.version, "made up", BEATS.features, {"beat": names})
    with Writer(folder, origin) as writer:
        for subject, each in zip(subjects, beats, strict=True):
            writer.append(each.recording.name + subject, subject, each.windows,
                          {"beat": each.truth.astype(np.float32)})  # fmt: skip
    return Examples.open(folder)


# C1: the target among the inputs


def test_guard_c01_labels_do_not_reach_predictions(cohort, recording):
    trained = load(cohort.bundles[0])
    labels = [mark.label for mark in recording.marks]
    shuffled = np.random.default_rng(0).permutation(labels)
    assert (shuffled != labels).any()
    pairs = zip(recording.marks, shuffled, strict=True)
    permuted = remarked(recording, tuple(replace(mark, label=str(new)) for mark, new in pairs))
    known = predict(trained, recording).answers
    for other in (permuted, remarked(recording, ()), remarked(recording, (Mark(3.0, "V"),))):
        answers = predict(trained, other).answers
        np.testing.assert_array_equal(answers.time_s, known.time_s)
        np.testing.assert_array_equal(answers.probabilities, known.probabilities)
    # Where annotated beats are given, their instants count and their classes do not.
    one, two = joined(recording, given=True), joined(permuted, given=True)
    np.testing.assert_array_equal(one.x, two.x)
    np.testing.assert_array_equal(one.context, two.context)


def test_guard_c01_no_feature_is_named_after_a_label():
    for task in TASKS.values():
        for feature in task.features:
            parts = set(feature.lower().split("_"))
            assert not parts & {"label", "symbol", "truth", "class", "annotation", "target"}


def test_guard_c01_what_makes_features_does_not_know_the_classes():
    for name in ("prepare", "rhythm", "morphology"):
        tree = ast.parse((SOURCE / "tasks" / "beats" / f"{name}.py").read_text(encoding="utf-8"))
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not imported & {"arsis.tasks.beats.classes", "arsis.tasks.beats.corpus"}


# C2: the test part used for selection


def test_guard_c02_nothing_but_the_ledger_touches_a_test_part():
    touched = {
        path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "test"
    }
    assert touched == {"learn/ledger.py"}


def test_guard_c02_only_scoring_opens_the_test_part():
    users = {
        path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "arsis.learn.ledger"
        and "open_test" in {alias.name for alias in node.names}
    }
    assert users == {"learn/evaluate.py"}


def test_guard_c02_fitting_stops_short_of_a_closed_test_part(cohort):
    def closed(folder, subject):
        assert subject not in cohort.corpus.split.test, f"{subject} was opened"
        return cohort.corpus.open(folder, subject)

    corpus = replace(cohort.corpus, open=closed)
    fit_baselines(BEATS, corpus, cohort.folder, BaselineSettings(rounds=1))
    with pytest.raises(AssertionError, match="t5 was opened"):
        open_test(corpus, cohort.folder, ("x", "0" * 64), "", cohort.folder / "never.jsonl")


def test_guard_c02_the_count_of_openings_is_stored_with_each_result(scored):
    counts = {}
    for record in read_records(scored.out):
        if record["kind"] != "seeds":
            counts.setdefault(record["weights"], record["data"]["openings"])
    assert sorted(counts.values()) == list(range(1, 8))


def test_guard_c02_every_committed_result_stands_in_the_ledger():
    lines = {(line.weights, line.fingerprint) for line in read_ledger(RESULTS / "ledger.jsonl")}
    for record in read_records(RESULTS):
        weights = record["weights"]
        for each in weights if isinstance(weights, list) else [weights]:
            assert (each, record["data"]["fingerprint"]) in lines, record["name"]


# C3, C4, C6: parts that overlap, share a person or lack a class


def test_guard_c03_a_window_in_two_parts_is_refused(train, tmp_path):
    twice = [train[0], train[1], train[0]]
    examples = write_examples(tmp_path / "e", twice, ("N", "S", "V"), ("a", "b", "again"))
    with pytest.raises(ProtocolError, match="bit for bit the same"):
        check(examples, {"fit": ("a", "b"), "test": ("again",)}, complete=())
    check(examples, {"fit": ("a",), "test": ("b",)}, complete=())


def test_guard_c04_nobody_is_on_both_sides(train, tmp_path):
    names = ("a", "b", "c", "d")
    examples = write_examples(tmp_path / "e", train, ("N", "S", "V"), names)
    with pytest.raises(ProtocolError, match="b in both"):
        check(examples, {"fit": ("a", "b"), "validation": ("b", "c")})
    groups = folds(examples, names, 3)
    assert sorted(subject for group in groups for subject in group) == list(names)
    for one, two in combinations(groups, 2):
        rows = set(examples.rows(one).tolist()) & set(examples.rows(two).tolist())
        assert not set(one) & set(two)
        assert not rows


def test_guard_c04_known_doubles_are_named(train, tmp_path):
    examples = write_examples(tmp_path / "e", train[:2], ("N", "S", "V"), ("a", "b"))
    report = check(examples, {"fit": ("a",), "test": ("b",)}, shared=(("a", "b"),), complete=())
    assert report.exceptions == (("a", "b"),)
    assert BEATS.corpora["mitdb"].split.shared == (("201", "202"),)


def test_guard_c06_a_part_without_a_class_is_refused_with_the_class_table(train, tmp_path):
    without_v = replace(train[1], truth=np.where(train[1].truth == 2, -1, train[1].truth))
    beats = [train[0], without_v]
    examples = write_examples(tmp_path / "e", beats, ("N", "S", "V"), ("a", "b"))
    table = r"(?s)no window of class V.*fit +beat +N +\d+ +S +\d+ +V +[1-9].*validation.* V +0\b"
    with pytest.raises(ProtocolError, match=table):
        check(examples, {"fit": ("a",), "validation": ("b",)})


# Guard C9, padding


def test_guard_c09_padding_of_a_batch_changes_nothing(cohort, recording):
    trained = load(cohort.bundles[0])
    beats = joined(recording, given=False)
    few, context = beats.x[:5], beats.context[:5]
    alone = trained.logits(few, context)["beat"]
    rng = np.random.default_rng(1)
    rubbish = 1e3 * rng.normal(size=(27, *few.shape[1:])).astype(np.float32)
    noise = 1e3 * rng.normal(size=(27, context.shape[1])).astype(np.float32)
    padded = trained.logits(np.concatenate([few, rubbish]), np.concatenate([context, noise]))
    np.testing.assert_array_equal(padded["beat"][:5], alone)
    assert trained.logits(few[:0], context[:0])["beat"].shape == (0, 4)


def test_guard_c09_what_is_not_scored_changes_no_figure():
    truth, answer = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    padding = np.full(100, -1), np.arange(100) % 2
    padded = np.concatenate([truth, padding[0]]), np.concatenate([answer, padding[1]])
    one, two = (count_confusion(*pair, ("N", "S")) for pair in ((truth, answer), padded))
    np.testing.assert_array_equal(one.counts, two.counts)


# C10 to C13: baselines, names, constants, different test sets


@pytest.mark.parametrize("name", [name for name in tables.TABLES if name.startswith("beats-")])
def test_guard_c10_every_table_shows_a_baseline(scored, name):
    real = {"beats-choice", "beats-decoder", "beats-intervals", "beats-robustness"}
    text = tables.TABLES[name](RESULTS if name in real else scored.out)
    trivial = {
        "beats-rpeaks": "sleepecg",
        "beats-hrv": "raw",
        "beats-decoder": "second family, as the nets say",
        "beats-rhythm": "never AF",
        "beats-burden": "never AF",
        "beats-intervals": "NeuroKit2",
    }
    assert trivial.get(name, "always-n") in text


def test_guard_c11_figures_go_by_name_and_not_by_position():
    names, counts = ("N", "S", "V", "F"), np.random.default_rng(0).integers(1, 90, (4, 4))
    turned = Confusion(names[::-1], counts[::-1, ::-1])
    plain = Confusion(names, counts)
    assert class_scores(plain).classes["S"] == class_scores(turned).classes["S"]
    assert j_kappa(plain) == pytest.approx(j_kappa(turned))
    with pytest.raises(ProtocolError, match="a class Q"):
        plain.position("Q")


def test_guard_c11_measures_carry_their_unit():
    units = ("_ms", "_bpm", "_percent", "_count")
    assert all(field.name.endswith(units) for field in fields(HrvMeasures))


def test_guard_c12_a_constant_answer_raises_the_alarm(scored):
    assert scored.record("always-n-reference")["scores"]["alarm"] == "every answer is N"
    assert "every answer is N" in tables.TABLES["beats-reference"](scored.out)
    for counts in ([[5, 0], [5, 0]], [[0, 5], [0, 5]], [[1, 1], [1, 1]], [[0, 3], [3, 0]]):
        assert collapse_alarm(Confusion(("N", "S"), np.array(counts)))


def test_guard_c13_figures_of_different_test_sets_never_share_a_table(scored, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(scored.out, results)
    path = results / "always-n-reference.json"
    record = json.loads(path.read_text())
    record["data"]["fingerprint"] = "f" * 64
    path.write_text(json.dumps(record))
    with pytest.raises(ProtocolError, match="2 different test sets"):
        tables.TABLES["beats-reference"](results)


# C14, C15: scalers, and serving as trained


def test_guard_c14_a_scaler_is_part_of_the_artefact(train, cohort):
    one = train[0].windows
    contenders = [fit(BEATS, RHYTHM, train, BaselineSettings())]
    judges = [contenders[0].judge, load(cohort.bundles[0]).judge]
    for judge in judges:
        together = judge(one)["beat"]
        single = Windows(
            one.x[7:8], one.start_s[7:8], one.event_s[7:8], one.quality[7:8], one.mask[7:8],
            one.context[7:8], one.until_s, one.judged_us, {"rr_s": one.aside["rr_s"][7:8]},
        )  # fmt: skip
        np.testing.assert_allclose(judge(single)["beat"][0], together[7], rtol=1e-6, atol=1e-9)


def test_guard_c15_what_is_served_is_what_was_scored(cohort, recording):
    trained = load(cohort.bundles[0])
    beats = joined(recording, given=False)
    decision = trained.card.decision["beat"]
    offline = BEATS.decode(decision).push((beats, trained.judge(beats)), last=True)
    served = predict(trained, recording).answers
    np.testing.assert_array_equal(served.time_s, offline.time_s)
    assert served.label == offline.label
    np.testing.assert_allclose(served.probabilities, offline.probabilities, atol=1e-6)


def test_guard_c15_a_stream_answers_as_the_file_does(cohort, recording):
    trained = load(cohort.bundles[0])
    whole = predict(trained, recording)
    flow, end_s = stream(trained, whole.recording), whole.recording.duration_s
    pieces = whole.recording.pieces(0.7)
    parts = [flow.push(piece, last=piece.stop_s >= end_s) for piece in pieces]
    times = np.concatenate([part.time_s for part in parts])
    np.testing.assert_array_equal(times, whole.answers.time_s)
    assert sum((part.label for part in parts), ()) == whole.answers.label
    assert flow.summary == whole.summary


def test_guard_c15_given_and_found_beats_are_prepared_alike(recording):
    found, given = joined(recording, given=False), joined(recording, given=True)
    assert found.x.shape[1:] == given.x.shape[1:] == BEATS.shape
    near = np.abs(found.event_s[:, None] - given.event_s[None, :]).argmin(1)
    early = BEATS.features.index("log_rr_to_median10")
    difference = np.abs(found.context[:, early] - given.context[near, early])
    assert np.median(difference) < 0.02


# C18: documents that disagree with the code


def test_guard_c18_tables_in_documents_are_what_the_run_records_say():
    documents = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
    drifted = [path.name for path in tables.check(documents, RESULTS)]
    assert not drifted, "run `arsis tables` on these documents"


# C21: input that is not what it says, and loaders that run it

_FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
_FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib"}


def test_guard_c21_nothing_read_is_ever_run():
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in _FORBIDDEN_CALLS, path
            if isinstance(node, ast.Import):
                assert not {alias.name for alias in node.names} & _FORBIDDEN_MODULES, path
            if isinstance(node, ast.ImportFrom):
                assert node.module not in _FORBIDDEN_MODULES, path
            if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
                said = {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)}
                assert (node.arg == "allow_pickle") not in said, path


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"name": 3}', "{" * 500, '{"task": "beats"}'])
def test_guard_c21_a_damaged_card_is_an_error_with_a_name(cohort, tmp_path, card):
    shutil.copytree(cohort.bundles[0], tmp_path / "bundle")
    (tmp_path / "bundle" / "card.json").write_text(card)
    with pytest.raises(BundleError, match=r"card\.json"):
        load(tmp_path / "bundle")


def test_guard_c21_an_exchanged_net_is_refused(cohort, tmp_path):
    shutil.copytree(cohort.bundles[0], tmp_path / "bundle")
    shutil.copy(cohort.bundles[1] / "net.onnx", tmp_path / "bundle" / "net.onnx")
    with pytest.raises(BundleError, match="another net"):
        load(tmp_path / "bundle")


def test_guard_c21_errors_say_what_to_do(tmp_path):
    with pytest.raises(ArsisError) as caught:
        load(tmp_path / "nowhere")
    assert caught.value.where.endswith("nowhere")
    assert caught.value.expected
    assert caught.value.advice


# C22: one run, no seed


def test_guard_c22_the_same_seed_gives_the_same_figures(scored, cohort, tmp_path):
    from arsis.learn.evaluate import Books, Terms, evaluate
    from arsis.scores.bootstrap import Resampling

    again = evaluate(
        cohort.bundles[:1],
        cohort.folder,
        ("reference",),
        Books(tmp_path / "out", tmp_path / "ledger.jsonl"),
        Terms(cohort.corpus, BaselineSettings(rounds=10), Resampling(0, 50)),
    )
    for name in ("gradient-boosting-reference", "rhythm-logistic-reference"):
        record = json.loads(again[name].read_text())
        assert record["scores"] == scored.record(name)["scores"]
        assert record["weights"] == scored.record(name)["weights"]


def test_guard_c22_records_hold_seeds_intervals_and_the_spread_over_seeds(scored):
    for record in read_records(scored.out):
        assert "seed" in record
        if record["kind"] in ("model", "baseline"):
            assert {"seed", "replicates", "level"} <= set(record["interval"])
    both = scored.record("seeds-reference")
    assert both["seed"] == [0, 1]
    assert both["scores"]["seeds"]["accuracy"]["sd"] is not None


def test_guard_c22_committed_figures_rest_on_three_seeds_or_more():
    for record in read_records(RESULTS):
        if record["kind"] == "seeds":
            assert len(set(record["seed"])) >= 3, record["part"]
