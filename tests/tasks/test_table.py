from __future__ import annotations

import pytest

from arsis.core.errors import SettingError
from arsis.tasks import TASKS, find_corpus, find_task


def test_tasks_and_corpora_are_found_by_name() -> None:
    assert find_task("beats") is TASKS["beats"]
    assert find_corpus(TASKS["beats"]) is find_corpus(TASKS["beats"], "mitdb")


def test_an_unknown_name_is_said_with_those_there_are() -> None:
    with pytest.raises(SettingError, match=r"'beat'.*beats"):
        find_task("beat")
    with pytest.raises(SettingError, match=r"'ptb'.*mitdb"):
        find_corpus(TASKS["beats"], "ptb")
