"""The repository keeps its own rules: no traces of a machine, no odds and ends, nothing unsaid."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import arsis

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Written in halves, so that this file is not itself what it looks for.
FORBIDDEN = {
    "a folder of somebody's machine": [
        rf"(?<![\w./~-])/{first}{second}/"
        for first, second in (("wo", "rk"), ("tm", "p"), ("ro", "ot"), ("ho", "me"), ("Us", "ers"))
    ],
    "a host of packages": [
        re.escape(first + second)
        for first, second in (
            ("py", "pi.org"), ("python", "hosted"), ("download.py", "torch"), ("npm", "js."),
            ("deb.", "debian"), ("anaconda", ".org"),
        )
    ],
    "something left open": [
        rf"\b{first}{second}\b" for first, second in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"))
    ],
}  # fmt: skip
ODDS_AND_ENDS = {
    "utils", "util", "helpers", "helper", "common", "base", "manager", "handler", "misc", "config",
}  # fmt: skip


def tracked() -> list[Path]:
    """Return the files under version control, or that would be at the next `git add`."""
    git = shutil.which("git")
    if git is None or not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout: no list of the files under version control")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile("|".join(FORBIDDEN[what]).encode())
    held = [
        f"{path.relative_to(REPOSITORY)}: {match[0].decode()}"
        for path in tracked()
        if b"\0" not in (content := path.read_bytes()) and (match := pattern.search(content))
    ]
    assert not held


def test_the_patterns_find_what_they_look_for() -> None:
    path, host, word = ("|".join(patterns) for patterns in FORBIDDEN.values())
    assert re.search(path, '"/' + "tm" + 'p/a"')
    assert not re.search(path, "home" + "work/a and ../ho" + "me/b")
    assert re.search(host, "files.python" + "hosted.org")
    assert re.search(word, "# TO" + "DO: later")


def test_no_recording_and_nothing_large_is_in_the_repository() -> None:
    large = [p for p in tracked() if p.stat().st_size > 1_500_000 and "pretrained" not in p.parts]
    assert not large
    assert not [p for p in tracked() if p.suffix in {".dat", ".hea", ".atr", ".edf"}]


def test_no_module_gathers_odds_and_ends() -> None:
    files = [*SOURCES, *(REPOSITORY / "tests").rglob("*.py")]
    names = {part for path in files for part in path.relative_to(REPOSITORY).with_suffix("").parts}
    assert not {name.removeprefix("test_") for name in names} & ODDS_AND_ENDS


def test_what_is_public_says_what_it_is() -> None:
    found = []
    for path in SOURCES:
        module = ast.parse(path.read_text(encoding="utf-8"))
        nothing = [] if not module.body or ast.get_docstring(module) else ["the module"]
        found += [f"{path.relative_to(REPOSITORY)}: {what}" for what in nothing + silent(module)]
    assert not found


def silent(scope: ast.Module | ast.ClassDef) -> list[str]:
    """Return the public functions and classes of a scope that have no docstring."""
    found = []
    for node in scope.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            found.append(f"{node.name}, line {node.lineno}")
        if isinstance(node, ast.ClassDef):
            found += silent(node)
    return found


def pins() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    stated = [line for line in lines if line and not line.startswith("#")]
    assert stated == [line for line in stated if re.fullmatch(r"[\w.-]+==\d[\w.]*", line)]
    return {canonicalize_name(name): version for name, version in (s.split("==") for s in stated)}


def test_every_dependency_is_pinned_to_a_version_it_allows() -> None:
    extras = PROJECT["optional-dependencies"].values()
    pinned = pins()
    for text in {*PROJECT["dependencies"], *(each for extra in extras for each in extra)}:
        wanted = Requirement(text)
        if wanted.name != "arsis":
            assert pinned[canonicalize_name(wanted.name)] in wanted.specifier, text


def test_the_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert arsis.__version__ == PROJECT["version"] == citation["version"]
    assert f"## [{arsis.__version__}] - " in changelog


def test_the_citation_can_be_read() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == PROJECT["license"]
    for each in citation["references"]:
        assert {"type", "title", "authors"} <= set(each)


def test_ci_runs_the_readmes_own_command() -> None:
    script = REPOSITORY / ".ci" / "run"
    subprocess.run(["bash", "-n", script], check=True)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-1] == "make test"


def test_hooks_need_nothing_from_elsewhere() -> None:
    path = REPOSITORY / ".pre-commit-config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {repository["repo"] for repository in settings["repos"]} == {"local"}
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    subprocess.run(command, check=True, env=os.environ)
