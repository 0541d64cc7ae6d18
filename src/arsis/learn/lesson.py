"""One training run as Lightning sees it: a step, a round, and what is remembered between them."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch import LightningModule

from arsis.core.errors import ArsisError
from arsis.learn.augment import Scene, vary
from arsis.learn.augment_steps import vary_steps
from arsis.learn.balance import balance
from arsis.learn.figures import BETTER, batch, judge
from arsis.learn.history import history_text
from arsis.learn.losses import mean_loss
from arsis.learn.run_folder import HISTORY, LAST, WEIGHTS, write_bytes, write_weights
from arsis.learn.sample import draw_classes, draws, epoch_order
from arsis.learn.settings import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from arsis.core.arrays import F64, I64
    from arsis.core.examples import Examples
    from arsis.learn.settings import Settings
    from arsis.nets import Whole

LEAST_RATE = 1e-3
"""Share of the highest learning rate below which a plateau's halving ends."""


class TrainingError(ArsisError):
    """Training went wrong: its numbers are no longer numbers, or its files do not agree."""


@dataclass(frozen=True)
class Round:
    """The batches of one round; Lightning would take a mere list for several data sets."""

    batches: list[I64]

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[I64]:
        return iter(self.batches)


class Lesson(LightningModule):  # type: ignore[misc]  # lightning comes without types here
    """Teach a net with the windows `fit` and keep the weights that do best on `held`.

    Everything random in a round follows from the seed and the round's number, so that a run that
    was killed and resumed at a round's beginning goes on bit for bit as if nothing had happened.
    """

    def __init__(
        self,
        net: Whole,
        examples: Examples,
        parts: tuple[I64, I64],
        settings: Settings,
        folder: Path,
    ) -> None:
        super().__init__()
        self.net, self.examples, self.settings, self.folder = net, examples, settings, folder
        self.fit_rows, self.held_rows = parts
        self.averaged = copy.deepcopy(net).eval().requires_grad_(False) if settings.ema else None
        self.history: list[dict[str, float]] = []
        self.factor = 1.0
        self._target = next(iter(examples.origin.targets))
        y = {name: values[self.fit_rows] for name, values in examples.y.items()}
        subject, self._made = examples.subject[self.fit_rows], examples.made[self.fit_rows]
        self._drawn_by = draw_classes(y[self._target])
        self._chance = draws(self._drawn_by, subject, self._made, settings)
        self._weights: dict[str, Tensor] = {}
        self.expected: dict[str, F64] = {}
        for name, classes in examples.origin.targets.items():
            self._balance(name, y[name], len(classes))
        self._losses: list[float] = []

    def _balance(self, target: str, y: I64, classes: int) -> None:
        """Set the loss's class weights and the correction of the answers for one target."""
        chance = self._chance if self.settings.windows_per_epoch else None
        found = balance(y, self._made, chance, classes, self.settings)
        for net in filter(None, (self.net, self.averaged)):
            net.correct(target, torch.from_numpy(found.correction).float())
        self._weights[target], self.expected[target] = found.weight, found.expected

    @property
    def answering(self) -> Whole:
        """The net whose answers count: the averaged one where there is one."""
        return self.net if self.averaged is None else self.averaged

    @property
    def best(self) -> dict[str, float]:
        """The round whose weights are kept; without validation patients, the last one."""
        if not len(self.held_rows):
            return self.history[-1]
        return next(row for row in reversed(self.history) if row["best"])

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train."""
        rounds = len(self.history)
        if not rounds or rounds >= self.settings.epochs:
            return rounds >= self.settings.epochs
        return bool(len(self.held_rows)) and rounds - self.best["round"] >= self.settings.patience

    @property
    def steps(self) -> int:
        """Steps of one round; what does not fill a batch is left for another round."""
        count = self.settings.windows_per_epoch or int((self._chance > 0).sum())
        return max(1, count // self.settings.batch)

    def train_dataloader(self) -> Round:
        """Return the batches of the next round as numbers of windows."""
        return self._round(len(self.history))

    def further(self, rounds: int) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
        """Yield context (row, feature) and labels of rounds behind the last one, batch by batch.

        They are drawn and varied as the net's own, but by other chance.
        """
        for number in range(self.settings.epochs, self.settings.epochs + rounds):
            self._scene = self._scene_of(number)
            for rows in self._round(number):
                _, context, y = self._varied(rows)
                yield context, y

    def _round(self, number: int) -> Round:
        seed, count = (self.settings.seed, number), self.settings.windows_per_epoch
        order = self.fit_rows[epoch_order(self._drawn_by, self._chance, count, seed)]
        size = self.settings.batch
        return Round([order[i * size : (i + 1) * size] for i in range(self.steps)])

    def _scene_of(self, number: int) -> Scene:
        """Start all chance of a round, and return what its augmentations know."""
        seeds = np.random.SeedSequence((self.settings.seed, number)).generate_state(2)
        torch.manual_seed(int(seeds[0]))
        chance = torch.Generator().manual_seed(int(seeds[1]))
        return Scene(self.net.shape, self.net.spread, chance, self.settings.still)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return AdamW (Loshchilov and Hutter 2019)."""
        weights = self.net.parameters()
        return torch.optim.AdamW(
            weights, lr=self.settings.rate, weight_decay=self.settings.weight_decay, fused=True
        )

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: a straight rise, then a cosine or halvings."""
        total = self.steps * self.settings.epochs
        rise = max(1, round(self.settings.warm_up * total))
        if step < rise:
            return self.settings.rate * (step + 1) / rise
        if self.settings.schedule is Schedule.PLATEAU:
            return self.settings.rate * self.factor
        done = (step - rise) / max(1, total - rise)
        return self.settings.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def on_train_epoch_start(self) -> None:
        """Start the round's chance."""
        self._scene, self._losses = self._scene_of(len(self.history)), []
        self.net.train()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:  # noqa: ARG002
        """Set the learning rate of the step."""
        for group in self.optimizers().param_groups:
            group["lr"] = self.rate(self.global_step)

    def training_step(self, rows: I64, _index: int) -> Tensor:
        """Return the loss of a batch of windows: (row,) -> ()."""
        x, context, y = self._varied(rows)
        answers = self.net(x, context)
        losses = [
            mean_loss(
                self.settings.loss, answers[name].float(), y[name], weight, self.settings.smoothing
            )
            for name, weight in self._weights.items()
        ]
        loss = torch.stack(losses).sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"round {len(self.history) + 1}, step {self.global_step}",
                f"a loss of {value}",
                "a number",
                "Lower --rate, or look for windows that are not numbers.",
            )
        self._losses.append(value)
        return loss

    def _varied(self, rows: I64) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return windows as training sees them: x, context and labels by target."""
        x, context = batch(self.examples, rows)
        y = {name: torch.from_numpy(values[rows]) for name, values in self.examples.y.items()}
        wanted = self.settings.augmentations
        if self.examples.steps:
            x, y = vary_steps(x, y, wanted, self._scene)
        else:
            x, context = vary(x, context, wanted, self._scene)
        return x, context, y

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:  # noqa: ARG002
        """Hold the gradient within its norm; Lightning itself refuses to with a fused AdamW."""
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip)

    def on_train_batch_end(self, *_: Any) -> None:
        """Take the step's weights into the average."""
        if self.averaged is None:
            return
        # The first steps are averaged over a shorter past, or the start would weigh too much.
        keep = min(self.settings.ema, self.global_step / (self.global_step + 9))
        with torch.no_grad():
            ours, theirs = self.averaged.state_dict(), self.net.state_dict()
            floats = [name for name, value in ours.items() if value.is_floating_point()]
            torch._foreach_lerp_([ours[n] for n in floats], [theirs[n] for n in floats], 1 - keep)
            for name in ours.keys() - set(floats):
                ours[name].copy_(theirs[name])

    def on_train_epoch_end(self) -> None:
        """Score the round, keep what is best, and save all that is needed to go on from here."""
        row = self._score()
        self.history.append(row)
        if row["best"] or not len(self.held_rows):
            write_weights(self.folder / WEIGHTS, self.answering)
        if self.settings.schedule is Schedule.PLATEAU and row["round"] - self.best["round"] >= 2:
            self.factor = max(LEAST_RATE, self.factor / 2)
        write_bytes(self.folder / HISTORY, history_text(self.history).encode())
        draft = self.folder / f".{LAST}"
        self.trainer.save_checkpoint(draft)
        draft.replace(self.folder / LAST)
        self.trainer.should_stop = self.finished

    def watched_rows(self) -> I64:
        """Return the windows that rounds are scored on: validation, or every 8th of training.

        What nobody measured is never among them.
        """
        return self.held_rows if len(self.held_rows) else self.fit_rows[self._made == 0][::8]

    def _score(self) -> dict[str, float]:
        steps = self.settings.judged_steps
        verdict = judge(self.answering, self.examples, self.watched_rows(), self.expected, steps)
        sign, watch = BETTER[self.settings.watch], self.settings.watch
        figures = {"loss": verdict.loss, "macro_f1": verdict.macro_f1}
        before = [row[watch.value.replace("-", "_")] for row in self.history]
        better = not before or sign * verdict.figure(watch) > max(sign * value for value in before)
        return {
            "round": len(self.history) + 1,
            "rate": self.rate(max(0, self.global_step - 1)),
            "train_loss": float(np.mean(self._losses)),
            **figures,
            "best": float(better),
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what Lightning does not know of."""
        checkpoint["lesson"] = {"history": self.history, "factor": self.factor}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it up again."""
        self.history = checkpoint["lesson"]["history"]
        self.factor = checkpoint["lesson"]["factor"]
