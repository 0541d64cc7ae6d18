"""The published sets of heart sounds, read from made-up folders in exactly their layouts."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest
import soundfile

from arsis.core.errors import CorpusError
from arsis.tasks.sounds.cinc2016 import cinc2016, cinc2016_labels
from arsis.tasks.sounds.circor import circor
from arsis.tasks.sounds.circor_folds import FOLDS
from arsis.tasks.sounds.corpus import CORPORA
from arsis.tasks.sounds.pascal import pascal, pascal_subjects
from arsis.tasks.sounds.patients import patients, subjects
from arsis.tasks.sounds.phase_table import MOST_NOTES, phase_rows, read_phases
from arsis.tasks.sounds.text_file import LARGEST_BYTES, text_of

TSV = "0\t0.5\t0\n0.5\t0.6\t1\n0.6\t0.8\t2\n0.8\t0.9\t3\n0.9\t1.3\t4\n1.3\t3\t0\n"


@pytest.fixture
def real_data(data):
    """Return a function that names the folder of a real set, or skips the test."""

    def named(name):
        if not (data / name).is_dir():
            pytest.skip(f"{name} is not in {data}")
        return data / name

    return named


def _sound(path, rate_hz, seconds=3.0):
    x = 0.1 * np.sin(np.arange(round(seconds * rate_hz)) / 9)
    soundfile.write(path, x, rate_hz, subtype="PCM_16")


def _patient(folder, number, places, flac, *, linked="nan", age="Child", tsv=TSV):
    rate_hz = 1000 if flac else 4000
    lines = [f"{number} {len(places)} 4000"]
    for place in places:
        stem = f"{number}_{place}"
        lines.append(f"{place.split('_')[0]} {stem}.hea {stem}.wav {stem}.tsv")
        _sound(folder / f"{stem}.{'flac' if flac else 'wav'}", rate_hz)
        if not flac:
            header = f"{stem} 1 4000 12000\n{stem}.wav 16+44 1 16 0 0 0 0 {place}\n"
            (folder / f"{stem}.hea").write_text(header)
        (folder / f"{stem}.tsv").write_text(tsv)
    lines += [
        f"#Age: {age}", "#Sex: Female", "#Height: 92.0", "#Weight: nan",
        "#Pregnancy status: False", "#Murmur: Present", "#Murmur locations: AV+MV",
        "#Most audible location: MV", "#Systolic murmur timing: Holosystolic",
        "#Outcome: Abnormal", "#Campaign: CC2015", f"#Additional ID: {linked}",
    ]  # fmt: skip
    (folder / f"{number}.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture(params=["published", "1 kHz"])
def folder(request, tmp_path):
    """Five patients: 7 and 30 are one person, as are 12 and 50 through 900, who is not here."""
    flac = request.param == "1 kHz"
    place = tmp_path if flac else tmp_path / "training_data"
    place.mkdir(exist_ok=True)
    _patient(place, 7, ["AV", "MV_1", "MV_2"], flac, linked="30")
    _patient(place, 30, ["PV"], flac, age="nan")
    _patient(place, 12, ["TV"], flac, linked="900")
    _patient(place, 50, ["TV"], flac, linked="900.0")
    _patient(place, 100, ["AV"], flac)
    return tmp_path


def test_a_person_is_all_patients_that_links_join(folder):
    assert subjects(folder) == {"7": ("7", "30"), "12": ("12", "50"), "100": ("100",)}


def test_every_recording_of_a_person(folder):
    recordings = circor(folder, "7")
    assert [r.name for r in recordings] == ["30_PV", "7_AV", "7_MV_1", "7_MV_2"]
    assert {r.subject for r in recordings} == {"7"}
    for recording in recordings:
        assert [(c.name, c.unit) for c in recording.channels] == [("sound", "FS")]
        assert recording.duration_s == 3.0
        assert len(recording.channels[0].read()) == 3.0 * recording.channels[0].rate_hz


def test_any_number_of_a_person_leads_to_all_recordings(folder):
    assert [r.name for r in circor(folder, "50")] == ["12_TV", "50_TV"]


def test_phases_are_marks_and_the_rest_is_unknown(folder):
    recording = circor(folder, "100")[0]
    found = [(m.label, m.time_s, round(m.duration_s, 6)) for m in recording.marks]
    assert found == [
        ("S1", 0.5, 0.1), ("systole", 0.6, 0.2), ("S2", 0.8, 0.1), ("diastole", 0.9, 0.4),
    ]  # fmt: skip
    (note,) = recording.notes
    assert note == "0.8 s of 3.0 s are annotated; what is heard in the rest is unknown."


def test_what_is_known_of_a_patient(folder):
    patient = patients(folder)["7"]
    assert patient.recordings == (("AV", "7_AV"), ("MV", "7_MV_1"), ("MV", "7_MV_2"))
    assert (patient.age, patient.sex, patient.murmur) == ("Child", "Female", "Present")
    assert (patient.murmur_places, patient.loudest_at) == (("AV", "MV"), "MV")
    assert (patient.outcome, patient.campaign, patient.linked) == ("Abnormal", "CC2015", "30")
    assert (patient.pregnant, patient.height_cm) == (False, 92.0)
    assert np.isnan(patient.weight_kg)
    assert patients(folder)["30"].age == ""


def test_a_patient_who_is_not_there(folder):
    with pytest.raises(CorpusError, match="no patient 8"):
        circor(folder, "8")


def test_a_folder_without_patients(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError, match="CirCor DigiScope"):
            subjects(folder)


def test_a_missing_file(folder):
    for path in folder.rglob("100_AV.tsv"):
        path.unlink()
    with pytest.raises(CorpusError, match=r"100_AV\.tsv: no such file"):
        circor(folder, "100")


@pytest.mark.parametrize(
    "text", ["", "100 2 4000\nAV 100_AV.hea 100_AV.wav 100_AV.tsv\n", "x y z\n"]
)
def test_a_damaged_patient(folder, text):
    for path in folder.rglob("100.txt"):
        path.write_text(text)
    with pytest.raises(CorpusError, match=r"100\.txt"):
        patients(folder)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0\t0\t28", "Line 7 of a.tsv (0 0 28)"),
        ("1.5\t1.4\t1", "(1.5 1.4 1)"),
        ("1.4\t1.4\t1", "(1.4 1.4 1)"),
        ("1.4\t1.5\t5", "(1.4 1.5 5)"),
        ("1.4\t1.5", "(1.4 1.5)"),
        ("1.4\tnan\t1", "(1.4 nan 1)"),
        ("2.9\t3.5\t1", "(2.9 3.5 1)"),
        ("3.1\t3.2\t1", "(3.1 3.2 1)"),
        ("-0.1\t0.2\t1", "(-0.1 0.2 1)"),
        ("0.7\t0.75\t1", "(0.7 0.75 1)"),
        ("no row at all", "(no row at all)"),
    ],
)
def test_a_stray_row_gives_no_mark_but_a_note(tmp_path, row, said):
    path = tmp_path / "a.tsv"
    path.write_text(TSV.replace("1.3\t3\t0\n", "1.3\t1.35\t0\n") + row + "\n")
    marks, notes = read_phases(path, 3.0)
    assert [mark.label for mark in marks] == ["S1", "systole", "S2", "diastole"]
    assert said in notes[0]


def test_rows_that_overlap_within_the_grid_of_the_labels_are_fine(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("0\t0.1\t1\n0.0993\t0.3\t2\n0.3\t1.004\t3\n")
    marks, notes = read_phases(path, 1.0)
    assert [mark.label for mark in marks] == ["S1", "systole", "S2"]
    assert notes == ()
    assert marks[-1].time_s + marks[-1].duration_s == 1.0


def test_phases_written_are_phases_read(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text(TSV)
    marks, _ = read_phases(path, 3.0)
    path.write_text(phase_rows(marks))
    again, _ = read_phases(path, 3.0)
    assert [m.label for m in again] == [m.label for m in marks]
    np.testing.assert_allclose([m.time_s for m in again], [m.time_s for m in marks], atol=1e-6)


def test_a_table_of_rubbish_is_told_in_a_few_notes(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text(TSV + "rubbish\n" * 1000)
    marks, notes = read_phases(path, 3.0)
    assert len(marks) == 4
    assert len(notes) == MOST_NOTES + 2
    assert f"{1000 - MOST_NOTES} more lines" in notes[MOST_NOTES]


@pytest.mark.parametrize("data", [b"x" * (LARGEST_BYTES + 1), b"\xff\xfe\x00"])
def test_what_is_no_small_text_is_refused(tmp_path, data):
    path = tmp_path / "a.tsv"
    path.write_bytes(data)
    with pytest.raises(CorpusError, match="a table"):
        text_of(path, "a table")


def test_a_patient_names_no_file_elsewhere(tmp_path):
    path = tmp_path / "7.txt"
    path.write_text("7 1 4000\nAV ../../7_AV.hea 7_AV.wav 7_AV.tsv\n#Age: Child\n")
    with pytest.raises(CorpusError, match="then a line for each"):
        patients(tmp_path)


def _challenge(folder):
    """Make two records of the challenge of 2016, of which one has no label."""
    for name in ("a0001", "a0007"):
        _sound(folder / f"{name}.wav", 2000)
        np.arange(6000, dtype="<i2").tofile(folder / f"{name}.dat")
        (folder / f"{name}.hea").write_text(
            f"{name} 2 2000 6000\n{name}.wav 16+44 1 16 0 0 0 0 PCG\n"
            f"{name}.dat 16 1000 16 0 0 0 0 ECG\n# Abnormal\n"
        )
    (folder / "REFERENCE.csv").write_text("a0001,1\na0002,-1\n")


def test_the_challenge_of_2016(tmp_path):
    _challenge(tmp_path)
    assert cinc2016_labels(tmp_path) == {"a0001": "abnormal", "a0002": "normal"}
    (recording,) = cinc2016(tmp_path, "a0001")
    assert [(c.name, c.unit) for c in recording.channels] == [("PCG", "FS"), ("ECG", "mV")]
    assert [(m.label, m.time_s, m.duration_s) for m in recording.marks] == [("abnormal", 0.0, 3.0)]
    assert recording.subject == "a0001"


def test_the_challenge_as_it_is_published(tmp_path):
    (tmp_path / "training-a").mkdir()
    _challenge(tmp_path / "training-a")
    assert cinc2016(tmp_path, "a0001")[0].marks


def test_a_record_without_a_label_says_so(tmp_path):
    _challenge(tmp_path)
    (recording,) = cinc2016(tmp_path, "a0007")
    assert recording.marks == ()
    assert recording.notes == ("REFERENCE.csv has no label of a0007.",)


def test_a_challenge_that_is_not_whole(tmp_path):
    _challenge(tmp_path)
    with pytest.raises(CorpusError, match="no record a0003"):
        cinc2016(tmp_path, "a0003")
    (tmp_path / "REFERENCE.csv").write_text("a0001,2\n")
    with pytest.raises(CorpusError, match="'a0001,2'"):
        cinc2016(tmp_path, "a0001")
    (tmp_path / "REFERENCE.csv").unlink()
    with pytest.raises(CorpusError, match=r"REFERENCE\.csv: No such file"):
        cinc2016(tmp_path, "a0001")


@pytest.fixture
def phones(tmp_path):
    """The PASCAL challenge as it is spread: two folders of WAV files, and tables beside them."""
    for name, rate_hz in (
        ("set_a/normal__201101070538", 44_100),
        ("set_a/artifact__201105040918", 44_100),
        ("set_a/Aunlabelledtest__201012172012", 44_100),
        ("set_b/murmur_noisymurmur_135_1306332456645_A", 4000),
        ("set_b/extrastole__135_1306764300147_C2", 4000),
        ("set_b/Bunlabelledtest__101_1305030823364_D", 4000),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        _sound(tmp_path / f"{name}.wav", rate_hz)
    (tmp_path / "set_a_timing.csv").write_text(
        "fname,cycle,sound,location\n"
        "set_a/normal__201101070538.wav,1,S1,10021\n"
        "set_a/normal__201101070538.wav,1,S2,20759\n"
        "set_a/normal__201101070538.wav,2,S1,999999\n"
    )
    return tmp_path


def test_the_subjects_of_the_phones(phones):
    assert {subject: len(files) for subject, files in pascal_subjects(phones).items()} == {
        "a201101070538": 1, "a201105040918": 1, "a201012172012": 1, "b135": 2, "b101": 1,
    }  # fmt: skip


def test_labels_from_names_and_positions_from_the_table(phones):
    (recording,) = pascal(phones, "a201101070538")
    found = [(m.label, m.time_s, m.duration_s) for m in recording.marks]
    assert found == [
        ("normal", 0.0, 3.0), ("S1", 10021 / 44_100, 0.0), ("S2", 20759 / 44_100, 0.0),
    ]  # fmt: skip
    assert recording.notes == ("1 positions of set_a_timing.csv are beyond the sound; left out.",)
    labels = [[m.label for m in r.marks] for r in pascal(phones, "b135")]
    assert sorted(labels) == [["extrastole"], ["murmur"]]
    assert pascal(phones, "b101")[0].marks == pascal(phones, "a201012172012")[0].marks == ()


def test_phones_that_are_not_whole(phones):
    with pytest.raises(CorpusError, match="no subject b999"):
        pascal(phones, "b999")
    with pytest.raises(CorpusError, match="no recording"):
        pascal_subjects(phones / "set_a")
    (phones / "set_a_timing.csv").write_text("fname,cycle,sound,location\nx.wav,1,S3,5\n")
    with pytest.raises(CorpusError, match=r"line 2: 'x\.wav,1,S3,5'"):
        pascal(phones, "b135")
    (phones / "set_a_timing.csv").write_text("file;sound\n")
    with pytest.raises(CorpusError, match="another heading"):
        pascal(phones, "b135")


def test_the_folds_are_dealt_by_number_alone():
    everyone = sorted(subject for fold in FOLDS for subject in fold)
    order = sorted(everyone, key=lambda s: hashlib.sha256(f"circor {s}".encode()).hexdigest())
    assert tuple(tuple(sorted(order[k::5], key=int)) for k in range(5)) == FOLDS
    assert len(set(everyone)) == len(everyone) == 217


def test_splits_leave_nobody_in_two_parts():
    for corpus in CORPORA.values():
        split = corpus.split
        assert not set(split.train) & set(split.test)
        folded = [subject for fold in split.folds for subject in fold]
        assert sorted(folded) == sorted(split.train) or not split.folds
        assert corpus.cite


@pytest.mark.slow
def test_the_folds_are_the_persons_of_the_real_set(real_data):
    folder = real_data("circor2022-1khz")
    assert set(subjects(folder)) == {subject for fold in FOLDS for subject in fold}
    shared = [members for members in subjects(folder).values() if len(members) > 1]
    assert shared == [("49558", "69060"), ("49838", "69155"), ("50326", "68582")]


@pytest.mark.slow
def test_the_real_set_reads_whole(real_data):
    corpus = CORPORA["circor2022-1khz"]
    recordings = corpus.recordings(real_data("circor2022-1khz"), corpus.split.train)
    assert len(recordings) == 730
    counts = Counter(mark.label for recording in recordings for mark in recording.marks)
    assert counts == {"S1": 14762, "systole": 14577, "S2": 14610, "diastole": 14730}
    stray = [note for r in recordings for note in r.notes if "is no stretch" in note]
    assert len(stray) == 7


@pytest.mark.slow
def test_both_layouts_say_the_same(real_data):
    whole = {r.name: r for r in circor(real_data("circor2022-1khz"), "49998")}
    for recording in circor(real_data("circor2022"), "49998"):
        assert recording.marks == whole[recording.name].marks
        assert abs(recording.duration_s - whole[recording.name].duration_s) < 0.001


@pytest.mark.slow
def test_the_real_challenge_has_sound_and_ecg(real_data):
    corpus = CORPORA["cinc2016"]
    folder = real_data("cinc2016")
    recordings = corpus.recordings(folder, corpus.split.test)
    assert [tuple(c.name for c in r.channels) for r in recordings] == [("PCG", "ECG")] * 110
    labels = [recording.marks[0].label for recording in recordings]
    assert (labels.count("abnormal"), labels.count("normal")) == (81, 29)
