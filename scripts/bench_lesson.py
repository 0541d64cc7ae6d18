"""How much longer arsis takes to train a net than a bare PyTorch loop over the same batches.

Both get the same examples (simulated hearts), batches, augmentations, learning rates and chance,
average the weights and score the held-out windows once a round; what is measured is what arsis
and Lightning put around that. The two must end with the same weights, bit for bit.
"""

from __future__ import annotations

import copy
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arsis.learn.augment import Scene, vary
from arsis.learn.figures import batch, judge
from arsis.learn.lesson import Lesson
from arsis.learn.losses import mean_loss
from arsis.learn.prepare import build as examples_of
from arsis.learn.settings import Settings
from arsis.learn.train import shape_of, teach
from arsis.nets import build
from arsis.tasks import TASKS
from arsis.tasks.beats.simulate import Patient, simulate

if TYPE_CHECKING:
    from arsis.core.examples import Examples
    from arsis.nets import Whole

PEOPLE, SECONDS, HELD = 10, 240.0, 2
ROUNDS, RUNS = 3, 4
"""Rounds of one training (of 20 steps each, as the beats are trained), and trainings timed."""


def main() -> None:
    """Print as JSON how many seconds of processor time each way took, run by run."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    with tempfile.TemporaryDirectory() as folder:
        examples = _examples(Path(folder) / "examples")
        settings = replace(Settings.from_dict(TASKS["beats"].settings), epochs=ROUNDS)
        taken = [_both(examples, settings, Path(folder) / str(run)) for run in range(RUNS + 1)]
    # The first run of each warms up what both use.
    ours, bare = zip(*taken[1:], strict=True)
    print(json.dumps({"steps": ROUNDS * _lesson_steps(settings), "ours": ours, "bare": bare}))


def _both(examples: Examples, settings: Settings, folder: Path) -> tuple[float, float]:
    """Train the same net in both ways and return the seconds of each."""
    folder.mkdir()
    one, two = (_lesson(examples, settings, folder) for _ in range(2))
    bare = Bare(two)
    start = time.process_time()
    bare.train()
    between = time.process_time()
    teach(one, settings, folder)
    stop = time.process_time()
    pairs = zip(one.answering.parameters(), bare.averaged.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs), "other weights came out"
    return stop - between, between - start


def _lesson(examples: Examples, settings: Settings, folder: Path) -> Lesson:
    torch.manual_seed(settings.seed)
    net = build(settings.net, shape_of(examples), settings.dropout)
    held, fit = examples.subjects[:HELD], examples.subjects[HELD:]
    rows = examples.rows(fit)
    net.fit(torch.from_numpy(np.asarray(examples.context[rows])))
    return Lesson(net, examples, (rows, examples.rows(held)), settings, folder)


def _lesson_steps(settings: Settings) -> int:
    return settings.windows_per_epoch // settings.batch


class Bare:
    """The loop that a person would write who trains this one net and nothing else."""

    def __init__(self, lesson: Lesson) -> None:
        self.plan, self.settings, self.examples = lesson, lesson.settings, lesson.examples
        self.net: Whole = lesson.net
        self.averaged: Whole = copy.deepcopy(lesson.net).eval().requires_grad_(False)
        self.step = 0

    def train(self) -> None:
        """Train for all rounds."""
        optimizer = self.plan.configure_optimizers()
        self.net.train()
        for number in range(self.settings.epochs):
            scene = self._chance(number)
            for rows in self.plan.train_dataloader():
                self._learn(optimizer, scene, rows)
            rows = self.plan.watched_rows()
            verdict = judge(self.averaged, self.examples, rows, self.plan.expected)
            self.plan.history.append({"loss": verdict.loss})

    def _chance(self, number: int) -> Scene:
        seeds = np.random.SeedSequence((self.settings.seed, number)).generate_state(2)
        torch.manual_seed(int(seeds[0]))
        chance = torch.Generator().manual_seed(int(seeds[1]))
        return Scene(self.net.shape, self.net.spread, chance, self.settings.still)

    def _learn(self, optimizer: torch.optim.Optimizer, scene: Scene, rows: Any) -> None:
        for group in optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step)
        x, context = batch(self.examples, rows)
        truth = torch.from_numpy(self.examples.y["beat"][rows])
        x, context = vary(x, context, self.settings.augmentations, scene)
        logits = self.net(x, context)["beat"]
        loss = mean_loss(self.settings.loss, logits, truth, torch.ones(logits.shape[1]), 0.0)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip)
        optimizer.step()
        self.step += 1
        keep = min(self.settings.ema, self.step / (self.step + 9))
        ours, theirs = self.averaged.state_dict(), self.net.state_dict()
        floats = [name for name, value in ours.items() if value.is_floating_point()]
        with torch.no_grad():
            torch._foreach_lerp_([ours[n] for n in floats], [theirs[n] for n in floats], 1 - keep)


def _examples(folder: Path) -> Examples:
    patients = [Patient(60 + 4 * number, 0.1, 0.1) for number in range(PEOPLE)]
    hearts = [
        replace(simulate(number, SECONDS, 250.0, patient), subject=f"h{number}")
        for number, patient in enumerate(patients)
    ]
    return examples_of(TASKS["beats"], hearts, folder)


if __name__ == "__main__":
    main()
