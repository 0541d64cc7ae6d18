"""What the documents say is so: their commands run, their links lead somewhere, the tree is true.

Convention: a `console` block holds lines that begin with `$ `, a `python` block runs as it stands.
Both are run in a scratch folder where simulated recordings stand under the names that documents
use: the record `208`, the table `ecg.csv`, single heartbeats in `rows.csv`, the intervals `rr.txt`,
`path/to/mitdb` for the MIT-BIH Arrhythmia Database, `path/to/svdb` for a folder of one's own and
`path/to/circor` for CirCor.
Training is made short by settings that the documents do not show (`SHORTER`).
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

import arsis
from arsis.core.recording import Mark, Recording
from arsis.formats.wfdb.write import write_record
from arsis.tasks import TASKS
from arsis.tasks.beats import classes, patterns, summarise
from arsis.tasks.beats.kaggle.trace import index
from arsis.tasks.beats.simulate import Patient, simulate
from arsis.tasks.sounds.phases import STATES
from arsis.tasks.sounds.simulate import simulate as hear

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
SHORTER = {"train": ["--seeds", "0", "--set", "epochs=1", "--set", "windows_per_epoch=512"]}
LANGUAGES = {"console", "python", "text"}
_FENCE = re.compile(r"^```(?P<language>\S*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")


@dataclass(frozen=True)
class Step:
    """A command or a piece of Python that a document shows."""

    language: str
    text: str


def steps(document: Path) -> list[Step]:
    found = []
    for fence in _FENCE.finditer(document.read_text(encoding="utf-8")):
        lines = fence["body"].splitlines()
        if fence["language"] == "console":
            found += [Step("console", line[2:]) for line in lines if line.startswith("$ ")]
        elif fence["language"] == "python":
            found.append(Step("python", fence["body"]))
    return found


def run(arguments: list[str], folder: Path) -> None:
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(arguments)}\n{done.stdout}\n{done.stderr}"


def run_arsis(words: list[str], folder: Path) -> None:
    run([sys.executable, "-m", "arsis", *words[1:], *SHORTER.get(words[1], [])], folder)


def plan_make(words: list[str], folder: Path) -> None:
    """Have make read its targets without doing them: `make test` is what runs this test."""
    run([*words, "--dry-run", "--always-make"], REPOSITORY)


def check_install(words: list[str], folder: Path) -> None:
    """An install is not repeated here; what it names has to exist."""
    assert words[1:6] == ["-m", "pip", "install", "-c", "constraints.txt"]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    target = re.fullmatch(r"\.(?:\[(?P<extra>\w+)\])?", words[-1])
    assert target
    assert target["extra"] is None or target["extra"] in project["optional-dependencies"]


PROGRAMS: dict[str, Callable[[list[str], Path], None]] = {
    "arsis": run_arsis,
    "make": plan_make,
    "python3": check_install,
}


def simulated(name: str, seed: int, duration_s: float) -> Recording:
    """Return a simulated recording in which every third wide beat is annotated as a fusion."""
    patient = Patient(share_s=0.15, share_v=0.2)
    made = simulate(seed, duration_s, patient=patient)
    fusions = [mark for mark in made.marks if mark.label == "V"][::3]
    marks = tuple(Mark(m.time_s, "F" if m in fusions else m.label) for m in made.marks)
    return Recording(name, made.channels, lambda: marks, subject=name)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    write_record(folder, "208", simulated("208", 208, 30.0))
    channels = arsis.simulate(seed=7, duration_s=20.0, rate_hz=250.0).channels
    values = np.stack([1000 * channel.read() for channel in channels], axis=1)
    np.savetxt(folder / "ecg.csv", values, "%.1f", ",", header="II,V1", comments="")
    (folder / "rr.txt").write_text("\n".join(f"{800 + 7 * (k % 9)}" for k in range(500)))
    database = folder / "path" / "to" / "mitdb"
    database.mkdir(parents=True)
    split = TASKS["beats"].corpora["mitdb"].split
    for subject in (*split.train, *split.test, "102", "104", "107", "217"):
        write_record(database, subject, simulated(subject, int(subject), 40.0))
    for name in ("800", "801", "802"):
        write_record(folder / "path" / "to" / "svdb", name, simulated(name, int(name), 40.0))
    np.savetxt(folder / "rows.csv", index(database, ["100", "101"]).x[::9], "%.8f", ",")
    hearts = folder / "path" / "to" / "circor"
    hearts.mkdir()
    for number, subject in enumerate(TASKS["sounds"].corpora["circor2022-1khz"].split.train):
        write_patient(hearts, subject, number)
    return folder


def write_patient(folder: Path, subject: str, seed: int) -> None:
    """Write a simulated person as CirCor keeps them: one sound, its phases, what is known."""
    heart = hear(seed, 6.0, 1000.0)
    soundfile.write(folder / f"{subject}_AV.flac", heart.channels[0].read(), 1000)
    rows = [
        f"{mark.time_s:.4f}\t{mark.time_s + mark.duration_s:.4f}\t{STATES.index(mark.label) + 1}\n"
        for mark in heart.marks
    ]
    (folder / f"{subject}_AV.tsv").write_text("".join(rows))
    known = "#Age: Child\n#Murmur: Absent\n#Outcome: Normal\n#Additional ID: nan\n"
    text = f"{subject} 1 4000\nAV {subject}_AV.hea {subject}_AV.wav {subject}_AV.tsv\n{known}"
    (folder / f"{subject}.txt").write_text(text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_guard_c19_every_command_and_example_runs(document: Path, scratch: Path) -> None:
    for step in steps(document):
        if step.language == "python":
            run([sys.executable, "-c", step.text], scratch)
        else:
            words = shlex.split(step.text)
            assert words[0] in PROGRAMS, f"no test knows how to run {step.text}"
            PROGRAMS[words[0]](words, scratch)


def test_the_documents_show_commands() -> None:
    shown = [step.text for document in DOCUMENTS for step in steps(document)]
    for command in ("make demo", "make test", "arsis analyse", "arsis train", "import arsis"):
        assert any(text.startswith(command) for text in shown), command


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_block_names_its_language(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert {fence["language"] for fence in _FENCE.finditer(text)} <= LANGUAGES
    assert text.count("```") == 2 * len(_FENCE.findall(text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in _LINK.finditer(document.read_text(encoding="utf-8")):
        target = (document.parent / link["path"]) if link["path"] else document
        assert target.exists(), f"{document.name} links to {link['path']}"
        if link["anchor"]:
            assert link["anchor"] in anchors(target), f"{document.name}: #{link['anchor']}"


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_named_in_a_sentence_exist(document: Path) -> None:
    from arsis.serve.cli import app

    text = document.read_text(encoding="utf-8")
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`arsis ([a-z]+)", text)) <= names
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets


def test_the_tree_in_the_readme_is_the_folder() -> None:
    listed = tree((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    absent = [path for path in sorted(listed) if not (REPOSITORY / path).exists()]
    assert not absent
    ignored = {"__pycache__", "build", "demo", "dist", "runs"}
    found = {path.name for path in REPOSITORY.iterdir() if path.name[0] != "."}
    assert not found - listed - ignored - {"src", "README.md"}
    floors = {path.name for path in (REPOSITORY / "src" / "arsis").iterdir() if path.is_dir()}
    assert not {f"src/arsis/{floor}" for floor in floors - ignored} - listed


def tree(text: str) -> set[str]:
    """Return the paths of the drawn tree, without the root."""
    body = next(f["body"] for f in _FENCE.finditer(text) if "├──" in f["body"])
    paths, stack = set(), []
    for line in body.splitlines()[1:]:
        drawn = re.match(r"(?P<indent>(?:│   |    )*)[├└]── (?P<name>\S+)", line)
        assert drawn, f"a line of the tree that cannot be read: {line}"
        stack = [*stack[: len(drawn["indent"]) // 4], drawn["name"].rstrip("/")]
        paths.add("/".join(stack))
    return paths


def test_tables_are_those_of_the_run_records() -> None:
    from arsis.learn.tables import TABLES, check

    assert check(DOCUMENTS, REPOSITORY / "results") == [], "run `make tables`"
    text = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert set(re.findall(r"<!-- table:([a-z0-9-]+) -->", text)) == set(TABLES)


def test_the_page_about_beats_says_what_the_code_does() -> None:
    page = (REPOSITORY / "docs" / "beats.md").read_text(encoding="utf-8")
    task = TASKS["beats"]
    for part, delay_s in {**task.delays_s, "together": sum(task.delays_s.values())}.items():
        assert f"| {part} | {delay_s:.2f} |" in page
    for name in classes.CLASSES:
        assert f"| {name} | {classes.MEANING[name]} |" in page
    assert f"{task.need.lowest_hz:g} to {task.need.highest_hz:g} samples per second" in page
    assert f"RR intervals of {patterns.PAUSE_S:g} s or more" in page
    summary = summarise.SummariseBeats().push(no_answers(), last=True)
    parts = ("hrv", "intervals", "atrial_fibrillation")
    for field in {*summary, *(name for part in parts for name in summary[part])} - {"rests_on"}:
        assert field in page or field.endswith("_count"), field


def no_answers() -> arsis.core.windows.Answers:
    from arsis.core.windows import Answers

    nothing = np.empty(0)
    return Answers(
        nothing, nothing, (), np.empty(0, np.float32), np.empty((0, 4), np.float32),
        np.empty((0, 2), np.float32), (), 0.0, 0, {"rr_s": nothing},
    )  # fmt: skip
