"""What a task is: a frozen value that names its channels, targets and functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import ChannelError
from arsis.core.units import convertible, factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from arsis.core.clock import Band
    from arsis.core.errors import ArsisError
    from arsis.core.fold import Block, Fold
    from arsis.core.recording import Channel, Mark, Recording
    from arsis.core.windows import Answers, Output, Windows

PROBE_S = 30.0
"""So much of a channel is looked at before others are taken in its place."""

FOLDER = "folder:"
"""The protocol of a folder of somebody's own is called by this and the folder's name."""

ABSENT = -2
"""The label of a window that is no example: it is left out, and neither learnt from nor scored."""

Summary = dict[str, Any]
"""What a recording amounts to: plain numbers with units, ready for JSON."""


@dataclass(frozen=True)
class Classes:
    """A target that is one of several names."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class States:
    """A target that is one of several names at each step of a window.

    Attributes
    ----------
    names
        Of the states.
    steps, rate_hz
        Steps of a window, and how many there are in a second.
    """

    names: tuple[str, ...]
    steps: int
    rate_hz: float


Target = Classes | States


@dataclass(frozen=True)
class Need:
    """Which channels a task can work with.

    Attributes
    ----------
    unit
        Into which their values are converted.
    at_most
        How many of them are used; at least one is needed.
    lowest_hz, highest_hz
        The rates at which the task was made to work.
    prefer
        Names to take first, best first, when a recording has more channels than are used; a name
        of several words, such as "ECG II", counts by its first or its last one.
    also
        Further units, whose values are taken as they are.
    others
        First words of the names of channels that measure something else in the same unit.
    """

    unit: str
    at_most: int
    lowest_hz: float
    highest_hz: float
    prefer: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def takes(self, unit: str) -> bool:
        """Say whether a channel in this unit can be used."""
        return unit in self.also or convertible(unit, self.unit)

    def fit(self, channel: Channel) -> Channel:
        """Return a channel in the unit that the task works with; raises UnitError if it cannot."""
        return channel if channel.unit in self.also else channel.to_unit(self.unit)


@dataclass(frozen=True)
class Decision:
    """When an answer is unclear; chosen on out-of-fold predictions, kept on the card.

    Attributes
    ----------
    unclear_below
        An answer whose calibrated probability is lower is unclear.
    unclear_quality
        An answer from signal of lower quality is unclear.
    """

    unclear_below: float
    unclear_quality: float


@dataclass(frozen=True)
class Split:
    """Which subjects a protocol trains on and which it is scored on.

    Attributes
    ----------
    name, source
        Of the protocol, and where it was published.
    train, test
        Subjects.
    left_out
        Subjects in neither part (paced hearts), whose R peaks are scored all the same.
    apart
        Subjects of the test part whose figures are also shown with each of them left out.
    shared
        Pairs (train, test) of subjects known to be one person: a named exception.
    folds
        The patient-wise cross-validation of the training part.
    held
        Instead of folds: the subjects of the training part on whom is chosen and calibrated,
        where there are enough of them. No net ever learns from them.
    learners
        Persons trained on, where subjects are not persons; 0 = each subject is one.
    """

    name: str
    source: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    shared: tuple[tuple[str, str], ...] = ()
    folds: tuple[tuple[str, ...], ...] = ()
    held: tuple[str, ...] = ()
    learners: int = 0


def nothing_made(_recordings: Sequence[Recording]) -> Sequence[Iterable[Recording]]:
    """Return no recording: what a corpus makes for training where it makes nothing."""
    return ()


def nothing_given(_recording: Recording) -> bool:
    """Say that events are to be found: most recordings come without any."""
    return False


@dataclass(frozen=True)
class Corpus:
    """A published set of recordings: where its subjects stand in a folder, how it is split.

    Attributes
    ----------
    name, licence, cite
        As its publishers ask.
    split
        Its protocol.
    open
        `open(folder, subject)`: every recording of a subject, samples still unread.
    made
        `made(recordings)`: recordings for training that nobody measured so, in groups that are
        learnt from alike, given those of the training part. One of a measured subject (reshaped,
        with other events) is learnt from where that subject is,
        one of a subject of its own (simulated) always; nothing is ever scored, held out or
        calibrated on them.
    limits
        What a model that learnt from them cannot be expected to do, in sentences.
    prints
        By subject, what `arsis.core.sameness` gives for its channels: known under any name.
    skipped, notes
        Of a folder of somebody's own: recordings that cannot be used, each with the reason, and
        what else its owner should know, in sentences.
    """

    name: str
    licence: str
    cite: str
    split: Split
    open: Callable[[Path, str], tuple[Recording, ...]]
    made: Callable[[Sequence[Recording]], Sequence[Iterable[Recording]]] = nothing_made
    limits: tuple[str, ...] = ()
    prints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: tuple[ArsisError, ...] = ()
    notes: tuple[str, ...] = ()

    def recordings(self, folder: Path, subjects: Iterable[str]) -> tuple[Recording, ...]:
        """Return every recording of these subjects, one subject after the other."""
        return tuple(each for subject in subjects for each in self.open(folder, subject))


@dataclass(frozen=True)
class Task:
    """One job from recording to answer.

    Attributes
    ----------
    name, version
        Of the task; the whole number grows whenever `prepare` or a target changes, and a
        trained model of another version refuses to load.
    need
        The channels it takes.
    targets
        What is asked, by name.
    rate_hz, band
        The grid and the low-pass that leads to it.
    shape
        (channel, time) of a window, and `features` the names of its context.
    delays_s
        What makes up the time between an instant and its answer; at most 1.2 s together, unless
        the task is `offline`.
    title, limits
        What it does, and what it cannot do, in sentences a newcomer understands.
    settings, seeds
        How nets are trained for it, by the names of learn's settings, as chosen by
        cross-validation; the nets of each group of seeds answer as one.
    unclear_quality
        An answer from signal of lower quality is unclear.
    prepare
        `prepare(given)`: the fold from grid to windows; True: events come as marks.
    decode
        `decode(decision)`: the fold from windows and probabilities to answers.
    summarise
        The fold from answers to what they amount to.
    events
        Which marks of a recording are the events that training gives to `prepare`.
    label
        Training only, per target: (window,) numbers of classes, or (window, step) numbers of
        states; -1 = not scored, ABSENT = no example at all.
    corpora
        Published data it can be trained on and scored with.
    example
        `example(seed)`: a simulated recording with its true marks.
    value
        What `Answers.value` holds, with its unit; "" = nothing.
    folder
        `folder(path, need, annotations)`: somebody's own annotated recordings as a corpus;
        `annotations` is the ending of the annotation files. None: the task reads no such folders.
    offline
        Whether it needs more of what follows than 1.2 s. It then answers a recording only where it
        is asked for by name, or nothing else can, and its answers are called offline.
    given
        Whether what a recording's own marks say is to be judged, and nothing to be looked for.
    """

    name: str
    version: int
    need: Need
    targets: Mapping[str, Target]
    rate_hz: float
    band: Band
    shape: tuple[int, int]
    features: tuple[str, ...]
    delays_s: Mapping[str, float]
    title: str
    limits: tuple[str, ...]
    settings: Mapping[str, Any]
    seeds: tuple[tuple[int, ...], ...]
    unclear_quality: float
    prepare: Callable[[bool], Fold[Block, Windows]]
    decode: Callable[[Decision], Fold[tuple[Windows, Output], Answers]]
    summarise: Callable[[], Fold[Answers, Summary]]
    events: Callable[[Recording], tuple[Mark, ...]]
    label: Callable[[Recording, Windows], Output]
    corpora: Mapping[str, Corpus]
    example: Callable[[int], Recording]
    value: str = ""
    offline: bool = False
    given: Callable[[Recording], bool] = nothing_given
    folder: Callable[[Path, Need, str], Corpus] | None = None


def choose(recording: Recording, need: Need) -> Recording:
    """Return the recording with the channels that a task takes, in its unit.

    Raises
    ------
    ChannelError
        If no channel measures what is needed, or its rate is out of range.
    UnitError
        If the only candidates state no unit.
    """
    others = [[word] for word in need.others]
    fitting = [
        channel
        for channel in recording.channels
        if need.takes(channel.unit) and channel.name.split()[:1] not in others
    ]
    if not fitting:
        _refuse(recording, need)
    ranked = sorted(fitting, key=lambda channel: _rank(channel, need))
    spared = len(ranked) > need.at_most
    dead = [channel for channel in ranked if spared and not _moves(channel)]
    ranked = sorted(ranked, key=lambda channel: channel in dead)[: need.at_most]
    kept = [channel for channel in recording.channels if channel in ranked]
    for channel in kept:
        if not need.lowest_hz <= channel.rate_hz <= need.highest_hz:
            raise ChannelError(
                recording.name,
                f"channel {channel.name} has {channel.rate_hz:g} samples per second",
                f"{need.lowest_hz:g} to {need.highest_hz:g} Hz",
                "Use the recording at its original rate, or another device setting.",
            )
    chosen = recording.select(tuple(channel.name for channel in kept))
    channels = tuple(need.fit(channel) for channel in chosen.channels)
    return type(recording)(
        recording.name,
        channels,
        lambda: recording.marks,
        recording.subject,
        recording.start,
        recording.notes + tuple(_passed_over(channel) for channel in dead if channel not in kept),
    )


def _moves(channel: Channel) -> bool:
    """Say whether a channel measures anything within its first half minute."""
    values = channel.read(0.0, PROBE_S)
    known = values[~np.isnan(values)]
    return bool(len(known) and np.ptp(known) > 0)


def _passed_over(channel: Channel) -> str:
    return f"Channel {channel.name} never moves in its first {PROBE_S:g} s and was passed over."


def _rank(channel: Channel, need: Need) -> int:
    words = channel.name.split()
    names = {channel.name, *words[:1], *words[-1:]}
    ranks = (rank for rank, name in enumerate(need.prefer) if name in names)
    return next(ranks, len(need.prefer))


def _refuse(recording: Recording, need: Need) -> None:
    for channel in recording.channels:
        if not channel.unit:
            factor(channel.unit, need.unit, f"{recording.name}, channel {channel.name}")
    held = ", ".join(f"{c.name} in {c.unit}" for c in recording.channels) or "no channel"
    other = f" and whose name begins with none of {', '.join(need.others)}" if need.others else ""
    raise ChannelError(
        recording.name,
        held,
        f"at least one channel whose unit converts to {need.unit}{other}",
        "Choose another file; `arsis read FILE` shows what this one holds.",
    )
