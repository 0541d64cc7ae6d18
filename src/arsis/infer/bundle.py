"""A trained model as a folder: the net as ONNX, and a card that says what it is and is worth."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import BundleError
from arsis.core.task import Classes, Decision, States
from arsis.tasks import TASKS

if TYPE_CHECKING:
    from arsis.core.arrays import F32
    from arsis.core.task import Target, Task
    from arsis.core.windows import Output, Windows

NET, CARD = "net.onnx", "card.json"
BATCH = 32
"""Windows the net always sees at once: another number would change the last bits of an answer."""
LARGEST_CARD = 4_000_000


@dataclass(frozen=True)
class Calibration:
    """How logits become probabilities: softmax of scale * logits + bias, fitted out-of-fold.

    With one scale and no bias this is temperature scaling (Guo et al., On Calibration of Modern
    Neural Networks, 2017).
    """

    scale: tuple[float, ...]
    bias: tuple[float, ...]

    def apply(self, logits: F32) -> F32:
        """Return probabilities of the same shape: (window, class) or (window, class, step)."""
        across = (-1, *(1,) * (logits.ndim - 2))
        scale = np.array(self.scale, np.float32).reshape(across)
        moved = logits * scale + np.array(self.bias, np.float32).reshape(across)
        raised = np.exp(moved - moved.max(axis=1, keepdims=True))
        probabilities: F32 = raised / raised.sum(axis=1, keepdims=True)
        return probabilities


@dataclass(frozen=True)
class Card:
    """What a bundle is: everything that is needed to use it rightly and to judge it.

    Attributes
    ----------
    name, title
        Of the bundle, and one sentence a newcomer understands.
    task, task_version, targets, channels, features, rate_hz
        What it was made for; a bundle refuses to load where the task has changed.
    calibration, decision
        By target; how logits become probabilities and answers.
    net_sha256
        Of the net's file: a damaged or exchanged net is refused.
    trained_on, protocol, licence, cite
        The data, by name, how they were split, and what their owners ask for.
    data_fingerprint, settings, seed, commit
        What is needed to train it again.
    scores
        Figures on the test part of the protocol, with their intervals and baselines.
    made, limits
        Day of training, and limits of use in sentences.
    met
        By subject, what its training recordings are known by (`arsis.core.sameness`): whoever is
        among them is never scored as if they were new. Empty: of an older bundle.
    """

    name: str
    title: str
    task: str
    task_version: int
    targets: dict[str, list[str]]
    channels: list[int]
    features: list[str]
    rate_hz: float
    calibration: dict[str, Calibration]
    decision: dict[str, Decision]
    net_sha256: str = ""
    trained_on: str = ""
    protocol: str = ""
    licence: str = ""
    cite: str = ""
    data_fingerprint: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    commit: str = ""
    scores: dict[str, Any] = field(default_factory=dict)
    made: str = ""
    limits: list[str] = field(default_factory=list)
    met: dict[str, list[str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain values for JSON."""
        return asdict(self)


def card_from(plain: dict[str, Any], where: Path) -> Card:
    """Make a card of what JSON held.

    Raises
    ------
    BundleError
        If a field is missing, unknown or of another kind.
    """
    known = {f.name for f in fields(Card)}
    try:
        values = {name: plain[name] for name in plain if name in known}
        values["calibration"] = {
            target: Calibration(tuple(map(float, c["scale"])), tuple(map(float, c["bias"])))
            for target, c in plain["calibration"].items()
        }
        values["decision"] = {
            target: Decision(float(d["unclear_below"]), float(d["unclear_quality"]))
            for target, d in plain["decision"].items()
        }
        values["met"] = {who: [*map(str, each)] for who, each in plain.get("met", {}).items()}
        return Card(**values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            where,
            f"a card that cannot be understood ({error})",
            "a card written by arsis",
            "Export the model again.",
        ) from error


def _shape_of(target: Target) -> tuple[int, ...]:
    """Return what a net says of one window: (class,) or (class, step)."""
    match target:
        case Classes(names):
            return (len(names),)
        case States(names, steps):
            return (len(names), steps)


def task_fields(task: Task) -> dict[str, Any]:
    """Return what a card says of a task; equality means that bundle and task fit."""
    return {
        "task": task.name,
        "task_version": task.version,
        "targets": {name: list(target.names) for name, target in task.targets.items()},
        "channels": list(task.shape),
        "features": list(task.features),
        "rate_hz": task.rate_hz,
    }


class Trained:
    """A bundle ready to judge windows.

    Attributes
    ----------
    task, card
        What it answers and what it is.
    """

    def __init__(self, folder: Path) -> None:
        """Load a bundle folder.

        Raises
        ------
        BundleError
            If a file is missing or damaged, or the task has changed since the training.
        """
        self.card = _read_card(folder)
        self.task = _task_of(self.card, folder)
        net = _read_bytes(folder / NET)
        if hashlib.sha256(net).hexdigest() != self.card.net_sha256:
            raise BundleError(
                folder / NET,
                "another net than its card describes",
                f"sha256 {self.card.net_sha256}",
                "Copy the whole folder again.",
            )
        self._session = _session(net, folder / NET)
        _check_outputs(self._session, self.task, folder / NET)

    def judge(self, windows: Windows) -> Output:
        """Return calibrated probabilities by target, whatever the number of windows.

        (window, class), or (window, class, step) where the target is one of `States`.
        """
        logits = self.logits(windows.x, windows.context)
        return {name: self.card.calibration[name].apply(logits[name]) for name in logits}

    def logits(self, x: F32, context: F32) -> Output:
        """Return the net's raw output by target, of the shape of `judge`'s."""
        names = list(self.task.targets)
        parts = [
            self._batch(x[i : i + BATCH], context[i : i + BATCH]) for i in range(0, len(x), BATCH)
        ]
        empty = [_shape_of(target) for target in self.task.targets.values()]
        return {
            name: np.concatenate([part[at] for part in parts])
            if parts
            else np.empty((0, *empty[at]), np.float32)
            for at, name in enumerate(names)
        }

    def _batch(self, x: F32, context: F32) -> list[F32]:
        missing = BATCH - len(x)
        feed = {
            "x": np.concatenate([x, np.zeros((missing, *x.shape[1:]), np.float32)]),
            "context": np.concatenate([context, np.zeros((missing, context.shape[1]), np.float32)]),
        }
        return [output[: len(x)] for output in self._session.run(list(self.task.targets), feed)]


def load(name: str | Path) -> Trained:
    """Load a shipped model by its name, or any bundle by its folder.

    Raises
    ------
    BundleError
        If there is no such model, or it does not fit.
    """
    folder = Path(name)
    if folder.name == str(name) and str(name) in shipped():
        with resources.as_file(_pretrained() / str(name)) as place:
            return Trained(place)
    if not (folder / CARD).is_file():
        raise BundleError(
            name,
            "no model",
            f"a shipped one ({', '.join(shipped()) or 'none'}) or a folder with {CARD}",
            "Run `arsis models` to see what there is.",
        )
    return Trained(folder)


def shipped() -> list[str]:
    """Return the names of the models that come with the package."""
    return sorted(item.name for item in _pretrained().iterdir() if (item / CARD).is_file())


def card_of(name: str) -> Card:
    """Return the card of a shipped model."""
    with resources.as_file(_pretrained() / name) as place:
        return _read_card(place)


def _pretrained() -> Any:
    return resources.files("arsis") / "pretrained"


def _read_card(folder: Path) -> Card:
    raw = _read_bytes(folder / CARD)
    try:
        plain = json.loads(raw) if len(raw) <= LARGEST_CARD else None
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise BundleError(folder / CARD, "not JSON", "a card written by arsis", "Export it again.")
    return card_from(plain, folder / CARD)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(
            path,
            f"a file that cannot be read ({error.strerror})",
            f"a folder with {NET} and {CARD}",
            "Name the bundle's folder.",
        ) from error


def _task_of(card: Card, folder: Path) -> Task:
    task = TASKS.get(card.task)
    if task is None:
        raise BundleError(
            folder, f"a model for {card.task!r}", f"one of {', '.join(TASKS)}", "Update arsis."
        )
    for name, now in task_fields(task).items():
        then = getattr(card, name)
        if then != now:
            raise BundleError(
                folder,
                f"{name} {_short(then)}",
                f"{_short(now)}, as the task stands in this version",
                "Train the model again, or use the version of arsis it was made with.",
            )
    return task


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 60 else text[:57] + "..."


def _check_outputs(session: Any, task: Task, where: Path) -> None:
    """Refuse a net that answers other targets, or other numbers of classes or steps."""
    found = {each.name: tuple(each.shape[1:]) for each in session.get_outputs()}
    wanted = {name: _shape_of(target) for name, target in task.targets.items()}
    if found != wanted:
        raise BundleError(
            where,
            f"a net that answers {_short(found)} for each window",
            f"{_short(wanted)}, as the task asks",
            "Train the model again, or use the version of arsis it was made with.",
        )


def _session(net: bytes, where: Path) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(net, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BundleError(
            where, f"no net ONNX Runtime can load ({error})", "an ONNX file", "Export it again."
        ) from error
