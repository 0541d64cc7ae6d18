"""A progress bar for people; nothing where nobody looks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from lightning.pytorch import Callback
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeVar

    from lightning.pytorch import LightningModule, Trainer

    Item = TypeVar("Item")


def bar() -> Progress:
    """Return a progress bar on the error stream that is silent where that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, disable=not sys.stderr.isatty(), transient=True)


def shown(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield items and show how many of them are done."""
    with bar() as progress:
        task = progress.add_task(what, total=len(items))
        for item in items:
            yield item
            progress.advance(task)


class TrainingBar(Callback):  # type: ignore[misc]  # lightning comes without types here
    """Show the steps of training and the figures of the last round."""

    def __init__(self, steps: int) -> None:
        self.progress, self.steps = bar(), steps

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Show the bar."""
        self.progress.start()
        self.task = self.progress.add_task("training", total=self.steps)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Move it, seldom enough to cost nothing."""
        if trainer.global_step % 10 == 0:
            self.progress.update(self.task, completed=trainer.global_step)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Show the figures of the round before."""
        history: Iterable[dict[str, float]] = getattr(pl_module, "history", ())
        for row in list(history)[-1:]:
            text = f"round {row['round']:.0f}  loss {row['loss']:.3f}  F1 {row['macro_f1']:.3f}"
            self.progress.update(self.task, description=text)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Take it away, however training ended."""
        self.progress.stop()
