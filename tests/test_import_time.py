"""`import arsis`, `arsis --help` and an answer are light, by what they import."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import arsis
from arsis.formats.wfdb.write import write_record

if TYPE_CHECKING:
    from pathlib import Path

TORCH = {"torch", "lightning"}
HEAVY = TORCH | {"scipy.signal", "pandas", "matplotlib", "onnxruntime", "wfdb", "sklearn"}
REPORT = "import json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
COMMAND = f"""
import sys
sys.argv = ["arsis", *sys.argv[1:]]
from arsis.serve.cli import main
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
{REPORT}
"""


def imported(code: str, *arguments: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after running this code."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_the_check_sees_a_heavy_import() -> None:
    assert imported(f"import scipy.signal; {REPORT}") & HEAVY == {"scipy.signal"}


@pytest.mark.parametrize("code", ["import arsis", "import arsis.core.task, arsis.serve.cli"])
def test_importing_arsis_is_light(code: str) -> None:
    assert not imported(f"{code}; {REPORT}") & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["analyse", "--help"], ["train", "--help"]])
def test_help_is_light(arguments: list[str]) -> None:
    assert not imported(COMMAND, *arguments) & HEAVY


def test_reading_and_the_tasks_are_light() -> None:
    assert not imported(f"import arsis.tasks, arsis.formats; {REPORT}") & HEAVY


def test_an_answer_needs_no_torch(tmp_path: Path) -> None:
    write_record(tmp_path, "ecg", arsis.simulate(seed=1, duration_s=15.0))
    modules = imported(COMMAND, "analyse", str(tmp_path / "ecg"), "--out", str(tmp_path / "answer"))
    assert "onnxruntime" in modules
    assert not modules & TORCH


def test_every_public_name_is_there() -> None:
    missing = [name for name in arsis.__all__ if not callable(getattr(arsis, name))]
    assert not missing
    with pytest.raises(AttributeError, match="no attribute 'analyze'"):
        _ = arsis.analyze
