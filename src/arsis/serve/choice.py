"""Which model answers: the one asked for, or the one made for what the recording holds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from arsis.core.errors import BundleError, ChannelError
from arsis.infer.bundle import load, shipped
from arsis.serve.presenters import PRESENTERS
from arsis.tasks import TASKS

if TYPE_CHECKING:
    from arsis.core.recording import Recording
    from arsis.core.task import Need, Task
    from arsis.infer.bundle import Trained


class Judges:
    """The models of one call of the command, each of them loaded once.

    Parameters
    ----------
    asked
        The model that was asked for; None: by what each recording holds.

    Raises
    ------
    BundleError
        If there is no model of this name: said before any file is read.
    """

    def __init__(self, asked: str | None) -> None:
        self._asked = asked
        self._trained_of = cache(load)
        if asked is not None:
            self._trained_of(asked)

    def of(self, recording: Recording) -> tuple[Trained, Recording]:
        """Return the model for a recording, and the recording with a note of any choice made."""
        if self._asked is None:
            name, recording = fitting(recording)
            return self._trained_of(name), recording
        trained = self._trained_of(self._asked)
        check(recording, trained.task)
        return trained, recording


def fitting(recording: Recording) -> tuple[str, Recording]:
    """Return the shipped model for what a recording holds, and the recording.

    Where it holds something for several tasks, the first of the table is taken (an ECG gives beats
    more exactly than sound does), and the recording comes back with a note that says so.

    Raises
    ------
    ChannelError
        If no task can use any of its channels.
    BundleError
        If the model for it is not part of this version.
    """
    held = _held(recording)
    if not held:
        raise _of_no_use(recording)
    # What has a rate that its task cannot use is taken only if there is nothing else, and so is
    # what answers offline.
    able = [name for name in held if _able(recording, TASKS[name].need)] or held
    name, *others = sorted(able, key=lambda name: TASKS[name].offline)
    others = [other for other in others if not TASKS[other].offline]
    if name not in shipped():
        raise BundleError(
            recording.name,
            f"{PRESENTERS[name].judges}, for which this version of arsis ships no model",
            f"a recording for one of {', '.join(shipped())}, or a bundle of your own",
            f"Train one (`arsis train {name} --help`) and name its folder with --model.",
        )
    if not others:
        return name, recording
    rest = " and ".join(PRESENTERS[other].judges for other in others)
    note = (
        f"The file holds {PRESENTERS[name].judges} and {rest}: the model {name} was taken. "
        f"Name --model {others[0]} for {PRESENTERS[others[0]].judges}."
    )
    return name, replace(recording, notes=(*recording.notes, note))


def check(recording: Recording, task: Task) -> None:
    """Refuse a recording that is none for the model asked for, but is one for another.

    Raises
    ------
    ChannelError
        If another task can use its channels and this one cannot.
    """
    held = _held(recording)
    if held and task.name not in held:
        raise ChannelError(
            recording.name,
            f"{' and '.join(PRESENTERS[name].judges for name in held)} ({_channels(recording)})",
            f"{PRESENTERS[task.name].judges}, which the model asked for judges",
            f"Leave out --model, or name --model {held[0]}.",
        )


def _held(recording: Recording) -> list[str]:
    """Return the tasks for which a recording has a channel, by its unit."""
    units = [channel.unit for channel in recording.channels]
    return [name for name, task in TASKS.items() if any(task.need.takes(unit) for unit in units)]


def _able(recording: Recording, need: Need) -> bool:
    """Say whether a recording has a channel of the unit and the rate that a task needs."""
    return any(
        need.takes(channel.unit) and need.lowest_hz <= channel.rate_hz <= need.highest_hz
        for channel in recording.channels
    )


def _of_no_use(recording: Recording) -> ChannelError:
    kinds = " or ".join(
        f"{PRESENTERS[name].judges} (in {task.need.unit})"
        for name, task in TASKS.items()
        if not task.offline
    )
    advice = "Name the true unit with --unit; `arsis read FILE` shows what the file holds."
    return ChannelError(recording.name, _channels(recording), kinds, advice)


def _channels(recording: Recording) -> str:
    named = [f"{c.name} in {c.unit or 'no unit'}" for c in recording.channels]
    return ", ".join(named) or "no channel"
