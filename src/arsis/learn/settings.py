"""The settings of a training run; the text below each field is its --help."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from arsis.core.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Schedule(StrEnum):
    """How the learning rate falls after its warm-up."""

    COSINE = "cosine"
    PLATEAU = "plateau"


class Precision(StrEnum):
    """The numbers that training multiplies."""

    FP32 = "fp32"
    BF16 = "bf16"


class Watch(StrEnum):
    """The validation figure that decides which weights are kept."""

    LOSS = "loss"
    MACRO_F1 = "macro-f1"


@dataclass(frozen=True)
class Augmentation:
    """One way of varying windows while training: its name, how strongly, and how many of them."""

    name: str
    """A name in the table of augmentations."""
    strength: float
    """How strongly; the unit is said where the augmentation is defined."""
    share: float = 1.0
    """Share of the windows that are varied."""


def _refuse(rules: Mapping[str, bool], settings: Settings | Trees, of: str = "") -> None:
    """Raise SettingError for the first value that is out of its range."""
    for name, fine in rules.items():
        if not fine:
            found = f"{getattr(settings, name)}"
            raise SettingError(f"{of}{name}", found, "a value in its range", "See --help.")


@dataclass(frozen=True)
class Trees:
    """Boosted trees that judge the features of a window beside the net."""

    rounds: int = 0
    """Trees for each class; 0: the net answers alone."""
    share: float = 0.5
    """How much they count beside the net: 0 not at all, 1 alone."""
    draws: int = 8
    """They learn from as many windows as so many rounds of the net's training."""
    leaves: int = 15
    """Leaves of a tree, at most."""
    depth: int = 6
    """Steps from its root to a leaf, at most."""
    fewest: int = 20
    """Windows in a leaf, at least."""
    rate: float = 0.08
    """How far each tree is followed."""
    features: float = 0.5
    """Share of the features that are looked at for a split."""
    ridge: float = 1.0
    """Pull of the leaves towards zero."""

    def __post_init__(self) -> None:
        rules = {
            "rounds": self.rounds >= 0,
            "share": 0 <= self.share <= 1,
            "draws": self.draws >= 1,
            "leaves": self.leaves >= 2,
            "depth": self.depth >= 1,
            "fewest": self.fewest >= 1,
            "rate": self.rate > 0,
            "features": 0 < self.features <= 1,
            "ridge": self.ridge >= 0,
        }
        _refuse(rules, self, "trees.")


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a net is trained, besides the data."""

    net: str = "small"
    """Name of the net."""
    dropout: float = 0.2
    """Share of the inner values that are left out at random while training."""
    epochs: int = 10
    """Rounds of training, at most."""
    every: int = 1
    """Of the windows of a recording, every how manieth is learnt from: where they overlap."""
    judged_steps: tuple[int, ...] = ()
    """First step of a window that is scored, and the one behind the last; none: all."""
    windows_per_epoch: int = 0
    """Windows drawn for a round; 0: every window once."""
    made_share: float = 0.0
    """Share of the draws that nobody measured (simulated, reshaped, with other events), every group
    of them alike; where windows are drawn."""
    shares: tuple[float, ...] = ()
    """Share of the draws for each class; none: as often as the class occurs."""
    patient_power: float = 1.0
    """How a patient with n windows of a class counts: n to this power (1: n; 0: all alike)."""
    batch: int = 256
    """Windows per step."""
    rate: float = 2e-3
    """Highest learning rate."""
    weight_decay: float = 1e-2
    """Pull of the weights towards zero (AdamW)."""
    warm_up: float = 0.1
    """Share of the steps in which the learning rate rises from zero."""
    schedule: Schedule = Schedule.COSINE
    """How the learning rate falls after that."""
    clip: float = 2.0
    """Largest norm of the gradient."""
    precision: Precision = Precision.FP32
    """Numbers to multiply; bf16 only where the processor has instructions for it."""
    loss: str = "cross-entropy"
    """Name of the loss."""
    balance: str = "none"
    """How classes are weighted in the loss."""
    smoothing: float = 0.0
    """Share of every label that is spread over all classes."""
    prior: float = 1.0
    """How far answers are put back to the shares in which classes occur: 0 not, 1 wholly."""
    augmentations: tuple[Augmentation, ...] = ()
    """How windows are varied."""
    still: tuple[int, ...] = ()
    """Channels that hold templates: noise and a swaying baseline leave them alone."""
    ema: float = 0.0
    """Share of the averaged weights that a step keeps; 0: no averaging."""
    watch: Watch = Watch.LOSS
    """The validation figure that decides which weights are kept."""
    held_share: float = 0.0
    """Share of a fold's training patients that decide when to stop; 0: all rounds are trained."""
    patience: int = 5
    """Rounds without a better figure after which training ends."""
    trees: Trees = Trees()
    """Boosted trees beside the net: {"rounds": 80, ...}."""
    seed: int = 0
    """Start of all chance."""
    threads: int = 1
    """Threads for arithmetic."""

    def __post_init__(self) -> None:
        rules = {
            "epochs": self.epochs >= 1,
            "batch": self.batch >= 2,
            "rate": self.rate > 0,
            "dropout": 0 <= self.dropout < 1,
            "warm_up": 0 <= self.warm_up < 1,
            "clip": self.clip > 0,
            "smoothing": 0 <= self.smoothing < 1,
            "prior": 0 <= self.prior <= 1,
            "ema": 0 <= self.ema < 1,
            "patience": self.patience >= 1,
            "threads": self.threads >= 1,
            "windows_per_epoch": self.windows_per_epoch >= 0,
            "every": self.every >= 1,
            "judged_steps": len(self.judged_steps) in {0, 2},
            "made_share": 0 <= self.made_share < 1,
            "held_share": 0 <= self.held_share < 1,
        }
        _refuse(rules, self)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read settings that `to_dict` wrote.

        Raises
        ------
        SettingError
            If a name or a value is unknown.
        """
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise SettingError(
                "settings", f"{', '.join(sorted(unknown))}", "known settings", "See --help."
            )
        return cls(
            **{name: _read(name, value, getattr(cls, name)) for name, value in values.items()}
        )


def _read(name: str, value: Any, usual: Any) -> Any:
    """Return a plain value as the kind of value that the setting usually has."""
    try:
        if name == "augmentations":
            return tuple(Augmentation(**each) for each in value)
        if isinstance(usual, Trees):
            return _read_trees(value)
        if isinstance(usual, StrEnum):
            return type(usual)(value)
        if isinstance(usual, tuple) and isinstance(value, list | tuple):
            return tuple(value)
        if isinstance(usual, float) and isinstance(value, int | float):
            return float(value)
        if type(value) is type(usual):
            return value
    except (TypeError, ValueError) as error:
        raise SettingError(name, str(error), "a value of its kind", "See --help.") from error
    raise SettingError(name, repr(value), f"a value such as {usual!r}", "See --help.")


def _read_trees(value: Any) -> Trees:
    """Return trees from a mapping of their settings."""
    known = {field.name: getattr(Trees(), field.name) for field in fields(Trees)}
    odd = sorted(set(value) - set(known)) if isinstance(value, dict) else [repr(value)]
    if odd:
        raise SettingError(
            "trees", ", ".join(odd), f"some of {', '.join(known)}", 'Write it as {"rounds": 80}.'
        )
    return Trees(**{name: _read(f"trees.{name}", v, known[name]) for name, v in value.items()})


def parse(given: Sequence[str]) -> dict[str, Any]:
    """Read settings as they stand on a command line: NAME=VALUE, values as in JSON or bare words.

    Raises
    ------
    SettingError
        If an equals sign is missing, or a name or value is unknown.

    Examples
    --------
    >>> parse(["epochs=20", "schedule=plateau", "shares=[0.5,0.5]"])
    {'epochs': 20, 'schedule': 'plateau', 'shares': [0.5, 0.5]}
    """
    values: dict[str, Any] = {}
    for each in given:
        name, sign, text = each.partition("=")
        if not sign:
            raise SettingError("--set", each, "NAME=VALUE", "Write it as in --set epochs=20.")
        try:
            values[name.strip()] = json.loads(text)
        except ValueError:
            values[name.strip()] = text.strip()
    Settings.from_dict(values)
    return values
