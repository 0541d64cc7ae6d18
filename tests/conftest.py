"""What all tests share: where the real recordings are, and cuts of a recording into pieces."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real recordings; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("ARSIS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real recordings here: set ARSIS_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def mitdb(data: Path) -> Path:
    """Folder of the MIT-BIH Arrhythmia Database."""
    if not (data / "mitdb" / "100.dat").is_file():
        pytest.skip(f"the MIT-BIH Arrhythmia Database is not in {data}")
    return data / "mitdb"
