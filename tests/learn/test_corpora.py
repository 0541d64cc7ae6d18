"""Training on unions of corpora, and scoring on folders: nobody twice, nobody of a test part."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from arsis import formats
from arsis.core.errors import CorpusError, ProtocolError, SettingError
from arsis.core.examples import Examples
from arsis.core.sameness import prints
from arsis.core.task import Corpus, Split
from arsis.infer.bundle import load
from arsis.learn.course import Plan
from arsis.learn.course import train as course
from arsis.learn.evaluate import Books, Terms, evaluate
from arsis.learn.ledger import read_ledger
from arsis.learn.met import known_prints, strangers, without_known
from arsis.learn.union import training_corpus
from arsis.scores.bootstrap import Resampling
from arsis.tasks import TASKS, folder_of

BEATS = TASKS["beats"]
TRAIN, TEST = ("101", "106", "108"), ("100", "103")
LIMIT = "Trained on three people."
SETTINGS = {"net": "small", "epochs": 1, "windows_per_epoch": 128, "batch": 64}
PLAN = Plan(settings=SETTINGS, seeds=((0,),))
FEW = Resampling(0, 30)


def open_published(folder, subject):
    if not (folder / f"{subject}.hea").exists():
        raise CorpusError(folder, f"no {subject}", "it", "Fetch it.")
    return (replace(formats.read(folder / f"{subject}.hea"), subject=subject),)


PUBLISHED = Corpus(
    "published hearts", "a licence", "somebody",
    Split("toy-protocol", "made up", TRAIN, TEST, folds=(("101",), ("106", "108"))),
    open_published, limits=(LIMIT,),
)  # fmt: skip


@pytest.fixture(scope="module")
def places(people, tmp_path_factory):
    """Published data, and two folders of a user's own."""
    root = tmp_path_factory.mktemp("places")
    people(root / "published", {n: (int(n), 250.0, 2) for n in (*TRAIN, *TEST)})
    people(root / "own", {"800": (1, 128.0, 2), "801": (2, 250.0, 1), "802": (3, 257.0, 12)})
    people(root / "more", {"x1": (11, 1000.0, 1), "x2": (12, 360.0, 2)})
    return SimpleNamespace(root=root, data=root / "published", own=root / "own",
                           more=root / "more")  # fmt: skip


@pytest.fixture(scope="module")
def task(places):
    """The task of beats, with the small published corpus instead of the real one."""
    known = {s: prints(open_published(places.data, s)[0]) for s in (*TRAIN, *TEST)}
    with pytest.MonkeyPatch.context() as patch:
        toy = replace(BEATS, corpora={"toy": replace(PUBLISHED, prints=known)})
        patch.setitem(TASKS, "beats", toy)
        yield toy


@pytest.fixture(scope="module")
def union(task, places):
    """Trained on published data and on a folder."""
    out = places.root / "runs" / "union"
    folders = [folder_of(task, places.own)]
    course("beats", places.data, out, PLAN, folders)
    return out


@pytest.fixture(scope="module")
def alone(task, places):
    """Trained on a folder alone."""
    out = places.root / "runs" / "alone"
    course("beats", None, out, PLAN, [folder_of(task, places.own)])
    return out


def test_published_data_alone_are_what_they_were(task, places):
    assert training_corpus(task, None, places.data, ()) is task.corpora["toy"]
    for name, data in ((None, None), ("toy", None)):
        with pytest.raises(SettingError, match="--data"):
            training_corpus(task, name, data, ())
    with pytest.raises(SettingError, match="the folder of toy"):
        training_corpus(task, "toy", None, [folder_of(task, places.own)])


def test_everybody_of_a_union_is_dealt_to_folds_and_nobody_of_the_test_part(union):
    found = json.loads((union / "cross-validation.json").read_text())
    dealt = sorted(subject for fold in found["folds"] for subject in fold)
    assert dealt == ["101", "106", "108", "own/800", "own/801", "own/802"]
    examples = Examples.open(union / "examples")
    assert set(examples.subjects) == set(dealt)
    assert set(TRAIN) | {"own/800", "own/801", "own/802"} <= set(examples.recordings)
    made = {examples.recordings[n] for n in examples.recording[examples.made > 0]}
    assert {name.split("-")[0] for name in made} == {"own/800", "own/801", "own/802"}


def test_published_recordings_are_prepared_as_without_the_folder(task, union, places, tmp_path):
    from arsis.learn.prepare import build

    corpus = task.corpora["toy"]
    whole, part = Examples.open(union / "examples"), tmp_path / "examples"
    own = build(task, corpus.recordings(places.data, TRAIN), part, corpus.name)
    rows = whole.rows(TRAIN)
    assert whole.x[rows].tobytes() == own.x[own.rows(TRAIN)].tobytes()
    assert whole.context[rows].tobytes() == own.context[own.rows(TRAIN)].tobytes()


def test_the_card_says_what_it_was_trained_on(union, alone):
    card = load(union / "beats").card
    assert card.trained_on == "published hearts + folder own, 6 persons"
    assert card.protocol == "toy-protocol + folder:own"
    assert card.licence == "a licence; folder own: licence unknown"
    assert (
        "Trained on recordings of 6 persons: 3 of published hearts, 3 of folder own." in card.limits
    )
    assert LIMIT not in card.limits
    assert [*card.met] == [*TRAIN, "own/800", "own/801", "own/802"]
    assert card.data_fingerprint == Examples.open(union / "examples").fingerprint
    other = load(alone / "beats").card
    assert (other.trained_on, other.protocol) == ("folder own, 3 persons", "folder:own")
    assert card.data_fingerprint != other.data_fingerprint


def test_a_union_is_scored_on_the_test_part_of_its_protocol(union, places, tmp_path):
    written = evaluate(
        [union / "beats"],
        places.data,
        ("reference",),
        Books(tmp_path / "out", tmp_path / "ledger"),
        Terms(resampling=FEW),
    )
    record = json.loads(written["beats-reference"].read_text())
    assert record["protocol"] == "toy-protocol"
    assert set(record["scores"]["records"]) == set(TEST)
    assert "left_out" not in record["data"]
    assert "gradient-boosting-reference" in written


def test_a_folder_alone_is_scored_on_other_folders_alone(alone, places, tmp_path):
    with pytest.raises(ProtocolError, match="'folder:own' on its card"):
        evaluate([alone / "beats"], places.data, ("reference",), Books(tmp_path, tmp_path / "l"))
    with pytest.raises(ProtocolError, match="800 is own/800, on whom beats was trained"):
        strangers([alone / "beats"], places.own, "atr", None)
    corpus, learnt = strangers([alone / "beats"], places.more, "atr", None)
    assert corpus.split.test == ("x1", "x2")
    assert learnt is None


def test_whoever_is_known_is_left_out_and_never_scored(task, alone, places, people, tmp_path):
    mixed = people(tmp_path / "mixed", {"new": (50, 250.0, 2)})
    for source in (places.own / "801", places.data / "103"):
        for ending in ("hea", "dat", "atr"):
            shutil.copy(source.with_suffix(f".{ending}"), mixed / f"{source.name}.{ending}")
    bundles = [alone / "beats"]
    corpus, _ = strangers(bundles, mixed, "atr", None)
    assert corpus.split.test == ("new",)
    reasons = sorted(str(error) for error in corpus.skipped)
    assert "103 is 103, of the test part of toy-protocol: score it by that protocol" in reasons[0]
    assert "801 is own/801, on whom beats was trained" in reasons[1]
    with pytest.raises(ProtocolError, match="103 is 103"):
        evaluate(
            bundles,
            mixed,
            ("reference",),
            Books(tmp_path / "o", tmp_path / "l"),
            Terms(folder_of(task, mixed)),
        )
    assert not (tmp_path / "l").exists()


def test_people_whom_an_older_card_does_not_list_are_known_by_its_protocol(task, union, places):
    card = replace(load(union / "beats").card, met={})
    corpus = folder_of(task, places.data)
    known = known_prints(task, corpus, [card])
    assert {who.split(",")[0] for who in known.values()} == {*TRAIN, *TEST}
    with pytest.raises(ProtocolError, match="101, on whom beats was trained"):
        without_known(corpus, {p: w for p, w in known.items() if "trained" in w} | known)


def copy(source, folder, name):
    """Copy a record under another name."""
    folder.mkdir(exist_ok=True)
    old = source.name
    text = source.with_suffix(".hea").read_text().replace(f"{old} ", f"{name} ", 1)
    (folder / f"{name}.hea").write_text(text.replace(f"{old}.dat", f"{name}.dat"))
    for ending in ("dat", "atr"):
        shutil.copy(source.with_suffix(f".{ending}"), folder / f"{name}.{ending}")


@pytest.mark.parametrize(("record", "part"), [("100", "test"), ("106", "training")])
def test_a_copy_of_a_published_record_is_refused_under_any_name(
    task, places, tmp_path, record, part
):
    copy(places.data / record, tmp_path / "mine", "harmless")
    folders = [folder_of(task, tmp_path / "mine")]
    message = f"harmless is {record} of the {part} part of toy-protocol"
    with pytest.raises(ProtocolError, match=message):
        training_corpus(task, None, places.data, folders)
    if part == "test":
        without = replace(task, corpora={"toy": replace(PUBLISHED, prints={})})
        with pytest.raises(ProtocolError, match=message):  # known by the samples in --data too
            training_corpus(without, None, places.data, folders)
        gone = tmp_path / "gone"
        shutil.copytree(places.data, gone, ignore=shutil.ignore_patterns("100.*"))
        with pytest.raises(ProtocolError, match=message):  # or by the table alone
            training_corpus(task, None, gone, folders)


def test_a_record_in_two_folders_is_refused_and_so_are_folders_of_one_name(task, places, tmp_path):
    copy(places.own / "801", tmp_path / "mine", "harmless")
    folders = [folder_of(task, each) for each in (places.own, tmp_path / "mine")]
    with pytest.raises(ProtocolError, match="harmless is 801 of folder own"):
        training_corpus(task, None, None, folders)
    with pytest.raises(SettingError, match="folders named folder:own, folder:own"):
        training_corpus(task, None, None, [folders[0], folders[0]])


def test_a_union_of_folders_opens_everybody_where_they_are(task, places):
    folders = [folder_of(task, each) for each in (places.own, places.more)]
    corpus = training_corpus(task, None, None, folders)
    assert corpus.split.name == "folder:own + folder:more"
    assert corpus.split.test == ()
    for subject in corpus.split.train:
        (recording,) = corpus.open(Path("nowhere"), subject)
        assert recording.subject == recording.name == subject
        assert recording.channels[0].rate_hz in (128.0, 250.0, 257.0, 360.0, 1000.0)


def test_one_person_cannot_be_cross_validated(task, people, tmp_path):
    people(tmp_path / "single", {"a": (1, 250.0, 1)})
    with pytest.raises(ProtocolError, match="1 folds of 1 subjects"):
        course("beats", None, tmp_path / "run", PLAN, [folder_of(task, tmp_path / "single")])


@pytest.fixture(scope="module")
def scored_folder(cohort, people, tmp_path_factory):
    """Two people, one of whom has two records, and a broken one: all parts, scored once."""
    root = tmp_path_factory.mktemp("scored-folder")
    folder = people(root / "three", {"a": (61, 250.0, 2), "b": (62, 128.0, 1),
                                     "c": (63, 1000.0, 2), "broken": (64, 250.0, 1)})  # fmt: skip
    (folder / "broken.dat").write_bytes(b"\0")
    table = "record,subject\na,first\nb,first\nc,second\nbroken,third\n"
    (folder / "subjects.csv").write_text(table)
    corpus = folder_of(BEATS, folder)
    written = evaluate(
        cohort.bundles[:1],
        folder,
        None,
        Books(root / "out", root / "ledger"),
        Terms(corpus, resampling=FEW),
    )
    return SimpleNamespace(
        written=written, ledger=root / "ledger",
        read=lambda name: json.loads(written[name].read_text(encoding="utf-8")),
    )  # fmt: skip


def test_without_published_data_the_baseline_is_the_one_that_learns_nothing(scored_folder):
    assert set(scored_folder.written) == {
        "r-peak-detector-rpeaks",
        "fibrillation-detector-rhythm",
        *(f"{name}-{part}" for name in ("always-n", "linear")
          for part in ("reference", "end-to-end", "hrv")),
    }  # fmt: skip
    least = scored_folder.read("always-n-reference")["scores"]
    assert least["alarm"] == "every answer is N"


def test_records_of_a_person_are_scored_apart_and_drawn_together(scored_folder):
    for part in ("reference", "end-to-end"):
        scores = scored_folder.read(f"linear-{part}")["scores"]
        assert set(scores["records"]) == {"a", "b", "c"}
        assert {"veb", "sveb"} <= set(scores["ec57"]["gross"])
    right = {}
    scores = scored_folder.read("always-n-reference")["scores"]
    for people in (("a", "b"), ("c",)):
        rows = [scores["records"][name]["confusion"]["counts"] for name in people]
        beats = sum(sum(map(sum, row)) for row in rows)
        right[people] = sum(row[0][0] for row in rows) / beats
    interval = scores["headline"]["accuracy"]
    # With two people drawn, a cohort is one of them twice, or both.
    assert interval["low"] == pytest.approx(min(right.values()))
    assert interval["high"] == pytest.approx(max(right.values()))
    peaks = scored_folder.read("r-peak-detector-rpeaks")["scores"]
    assert set(peaks["groups"]) == {"all", "test"}
    assert peaks["detectors"]["arsis"]["150 ms"]["test"]["records"] == 3
    assert set(scored_folder.read("linear-hrv")["scores"]["records"]) == {"a", "b", "c"}


def test_the_record_and_the_ledger_say_which_data(scored_folder):
    data = scored_folder.read("linear-reference")["data"]
    assert (data["corpus"], data["subjects"], data["recordings"]) == ("folder three", 2, 3)
    (reason,) = data["left_out"]
    assert "broken.dat" in reason
    lines = read_ledger(scored_folder.ledger)
    assert {line.protocol for line in lines} == {"folder:three"}
    assert {line.fingerprint for line in lines} == {data["fingerprint"]}


def test_trained_baselines_come_from_the_published_training_part(
    cohort, task, places, people, tmp_path
):
    from arsis.learn.scoring.beats.baselines import BaselineSettings

    folder = people(tmp_path / "two", {"p": (71, 250.0, 1), "q": (72, 250.0, 1)})
    corpus, learnt = strangers(cohort.bundles[:1], folder, "atr", places.data)
    assert learnt == (task.corpora["toy"], places.data)
    terms = Terms(corpus, BaselineSettings(rounds=5), FEW, learnt)
    books = Books(tmp_path / "o", tmp_path / "l")
    written = evaluate(cohort.bundles[:1], folder, ("reference",), books, terms)
    names = ("always-n", "rhythm-logistic", "gradient-boosting", "linear")
    assert set(written) == {f"{name}-reference" for name in names}
    copy(places.data / "101", folder, "known")
    corpus, _ = strangers(cohort.bundles[:1], folder, "atr", places.data)
    (error,) = corpus.skipped
    assert "known is 101, on whom the baselines were fitted" in str(error)
