"""What is scored: a saved bundle or a baseline, on annotated beats or on a recording as it is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.core.task import ABSENT
from arsis.core.windows import Answers, Output, Windows
from arsis.infer.bundle import Trained, load
from arsis.infer.predict import predict
from arsis.infer.windows import windows
from arsis.learn.prepare import only

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from arsis.core.arrays import F32, I64
    from arsis.core.recording import Recording
    from arsis.core.task import Decision, Summary, Task


@dataclass(frozen=True)
class Labelled:
    """The annotated beats of one recording with their true classes.

    Attributes
    ----------
    subject, recording
        Whose, and the recording itself.
    windows
        Made by the task's own `prepare` at the annotated instants.
    truth
        (window,) class numbers; -1 = not scored (Q).
    """

    subject: str
    recording: Recording
    windows: Windows
    truth: I64


def no_judge(windows: Windows) -> Output:
    """Refuse to judge windows: what answers whole recordings has no opinion on them."""
    raise ProtocolError(
        "windows", f"{len(windows)} of them for one that answers whole recordings",
        "a contender that judges windows", "Score it in parts about whole recordings.",
    )  # fmt: skip


@dataclass(frozen=True)
class Contender:
    """Whatever gives probabilities for windows, or answers to recordings.

    Attributes
    ----------
    name, kind
        What to call it, and "model", "baseline" or "detector".
    task, decision
        The task it answers, and how its probabilities become answers.
    weights, seed
        sha256 of everything that decides its answers, and the start of its chance.
    judge
        (window, class) calibrated probabilities by target.
    says
        What it answers to a recording, where that is more than its `judge` and the task's folds.
    trained
        The bundle, where it is one.
    protocol
        By which its nets were trained.
    folds
        Subjects of each fold, where each is answered by a net that never met it.
    """

    name: str
    kind: str
    task: Task
    decision: Decision
    weights: str
    seed: int
    judge: Callable[[Windows], Output] = no_judge
    says: Callable[[Recording], tuple[Answers, Summary]] | None = None
    trained: Trained | None = None
    protocol: str = ""
    folds: tuple[tuple[str, ...], ...] = ()

    def decide(self, beats: Windows) -> Answers:
        """Return the answers to windows."""
        return self.task.decode(self.decision).push((beats, self.judge(beats)), last=True)

    def answer(self, recording: Recording) -> tuple[Answers, Summary]:
        """Answer a recording as a user would have it answered; a bundle through `predict`."""
        if self.says is not None:
            return self.says(recording)
        answers = self.decide(Windows.join(list(windows(self.task, recording))))
        return answers, self.task.summarise().push(answers, last=True)

    def numbers(self, answers: Answers) -> I64:
        """Return the class number of each answer: (answer,)."""
        place = {name: number for number, name in enumerate(classes_of(self.task))}
        return np.array([place[label] for label in answers.label], np.int64)


def classes_of(task: Task) -> tuple[str, ...]:
    """Return the names of the classes that a task tells apart."""
    return next(iter(task.targets.values())).names


def open_bundle(bundle: str | Path) -> Contender:
    """Load a saved bundle for scoring; nothing but the files themselves is ever scored."""
    trained = load(bundle)
    card, decision = trained.card, next(iter(trained.card.decision.values()))
    return Contender(
        card.name, "model", trained.task, decision, weights_of(trained), card.seed, trained.judge,
        lambda recording: predicted(trained, recording), trained, card.protocol,
    )  # fmt: skip


def predicted(trained: Trained, recording: Recording) -> tuple[Answers, Summary]:
    """Return what a bundle answers to a recording, as a user would be answered."""
    prediction = predict(trained, recording)
    return prediction.answers, prediction.summary


def weights_of(trained: Trained) -> str:
    """Return the sha256 of all that decides a bundle's answers: net, calibration and decision.

    A threshold moved after a look at the test part makes another contender.
    """
    card = trained.card
    decides = {
        "net": card.net_sha256,
        "calibration": {name: asdict(each) for name, each in card.calibration.items()},
        "decision": {name: asdict(each) for name, each in card.decision.items()},
        "task": [card.task, card.task_version],
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def label_all(
    task: Task, subjects: Sequence[str], recordings: Sequence[Recording]
) -> list[Labelled]:
    """Prepare recordings at their annotated instants and put the true classes beside them."""
    target = next(iter(task.targets))
    labelled = []
    for subject, recording in zip(subjects, recordings, strict=True):
        joined = Windows.join(list(windows(task, recording, given=True)))
        truth = task.label(recording, joined)[target].astype(np.int64)
        here = truth != ABSENT
        labelled.append(Labelled(subject, recording, only(joined, here), truth[here]))
    return labelled


def names_of(subjects: Sequence[str], recordings: Sequence[Recording]) -> dict[str, str]:
    """Return name -> subject of each recording: by subject, or by its own where one has several."""
    if len(set(subjects)) == len(subjects):
        return dict(zip(subjects, subjects, strict=True))
    return {each.name: subject for each, subject in zip(recordings, subjects, strict=True)}


def stack(beats: Sequence[Labelled]) -> tuple[F32, F32, I64]:
    """Return x (window, channel, time), context (window, feature) and truth of scored windows."""
    known = [each.truth >= 0 for each in beats]
    pairs = list(zip(beats, known, strict=True))
    return (
        np.concatenate([each.windows.x[keep] for each, keep in pairs]),
        np.concatenate([each.windows.context[keep] for each, keep in pairs]),
        np.concatenate([each.truth[keep] for each, keep in pairs]),
    )
