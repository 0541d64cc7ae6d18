"""The two-head spectrogram net as a baseline: taught on the training folds, a plain loop.

One net for every fold and seed, and one on everybody for sets that none of them met.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from arsis.learn.scoring.sounds.annotated import annotated, waveform
from arsis.learn.scoring.sounds.heard import CURVE, say
from arsis.nets.two_heads import TwoHeads
from arsis.scores.rates import SLIDE_S, WINDOW_S
from arsis.signal.segment_spectrum import segment_spectrum
from arsis.tasks.sounds.phases import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F32, F64, I64
    from arsis.core.recording import Recording
    from arsis.core.task import Summary, Task
    from arsis.core.windows import Answers

FLOOR = 1e-14
"""Power of 16-bit silence: keeps the logarithm finite."""
BATCH, STEPS = 64, 384
RATE = 2e-3
WEIGHT_DECAY = 1e-3
SEEDS = (0, 1, 2)
SCALE = (10.0, 20.0)
"""An error of so many bpm, or ms of SDNN, weighs as much as one of the other head."""
SETTINGS = {"batch": BATCH, "rate": RATE, "weight_decay": WEIGHT_DECAY, "scale": SCALE}
"""All that decides what is learnt, beside seed and steps."""


@dataclass(frozen=True)
class Lessons:
    """Windows that tell the heart rate.

    Attributes
    ----------
    loud
        (window, 129, 38) logarithm of power.
    target
        (window, 2) heart rate in bpm and SDNN in ms, NaN = not known.
    subject
        (window,)
    """

    loud: F32
    target: F32
    subject: Sequence[str]


def log_spectra(x: F32, start_s: F64) -> F32:
    """Return the logarithm of power of the 5 s from each start on: (time,) -> (window, 129, 38).

    A window that the sound does not fill is silent behind its end.
    """
    length = round(WINDOW_S * RATE_HZ)
    first = np.rint(start_s * RATE_HZ).astype(np.int64)
    filled = np.pad(np.nan_to_num(x), (0, max(0, int(first.max(initial=0)) + length - len(x))))
    windows = np.stack([filled[at : at + length] for at in first.tolist()])
    loud: F32 = np.log(segment_spectrum(windows, RATE_HZ) + np.float32(FLOOR))
    return loud


def lessons(task: Task, recordings: Sequence[Recording]) -> Lessons:
    """Prepare every window of 5 s in which annotated S1 tell the heart rate."""
    loud, target, subject = [], [], []
    for recording in recordings:
        windows = annotated(recording).windows
        if len(windows.start_s):
            loud.append(log_spectra(waveform(task, recording), windows.start_s))
            target.append(np.stack([windows.bpm, windows.sdnn_ms], axis=1).astype(np.float32))
            subject += [recording.subject or recording.name] * len(windows.start_s)
    return Lessons(np.concatenate(loud), np.concatenate(target), subject)


def teach(given: Lessons, rows: I64, seed: int, steps: int = STEPS) -> TwoHeads:
    """Teach a net with some of the windows, people weighed alike; the same seed, the same net."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = TwoHeads()
    target = torch.from_numpy(given.target)
    net.fit(torch.from_numpy(given.loud[rows[::4]]), target[rows])
    adam = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    falling = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=steps)
    _, place, count = np.unique(
        np.array(given.subject)[rows], return_inverse=True, return_counts=True
    )
    chance = 1.0 / count[place]
    net.train()
    for _ in range(steps):
        drawn = rows[rng.choice(len(rows), BATCH, p=chance / chance.sum())]
        loss = _loss(net(torch.from_numpy(given.loud[drawn])), target[drawn])
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        adam.step()
        falling.step()
    return net.eval()


def _loss(answer: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean error of both heads on one scale; what is not known counts nothing."""
    known = ~torch.isnan(target)
    off = (answer - torch.where(known, target, answer.detach())) / torch.tensor(SCALE)
    return torch.nn.functional.smooth_l1_loss(off, torch.zeros_like(off))


@dataclass(frozen=True)
class Listening:
    """Answers recordings by the net that never met their subject.

    Attributes
    ----------
    task
        Whose grid the sound is brought to.
    nets
        By number of the fold that each never met; -1: taught by everybody.
    fold_of
        Fold by subject.
    """

    task: Task
    nets: Mapping[int, TwoHeads]
    fold_of: Mapping[str, int]

    def __call__(self, recording: Recording) -> tuple[Answers, Summary]:
        """Give heart rate and SDNN as the mean over the windows of 5 s."""
        net = self.nets[self.fold_of.get(recording.subject or "", -1)]
        x = waveform(self.task, recording)
        count = max(1, int((len(x) / RATE_HZ - WINDOW_S) // SLIDE_S) + 1)
        loud = log_spectra(x, SLIDE_S * np.arange(count, dtype=np.float64))
        with torch.inference_mode():
            said = net(torch.from_numpy(loud)).numpy().astype(np.float64)
        rate_bpm, sdnn_ms = said.mean(axis=0).tolist()
        return say({}, np.empty(0), {
            "heart_rate_bpm": rate_bpm, "hrv": {"sdnn_ms": sdnn_ms}, CURVE: said[:, 0].tolist(),
        })  # fmt: skip


def weights_of(nets: Mapping[int, TwoHeads]) -> str:
    """Return the sha256 of all weights of a seed's nets."""
    found = hashlib.sha256()
    for fold in sorted(nets):
        for name, values in nets[fold].state_dict().items():
            found.update(name.encode() + values.numpy().tobytes())
    return found.hexdigest()
