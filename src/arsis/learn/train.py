"""Train a net on examples: a run folder comes out, whole, checked, and able to go on."""

from __future__ import annotations

import logging
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch import Trainer

from arsis.core.errors import OutputError, SettingError
from arsis.learn.augment import AUGMENTATIONS
from arsis.learn.augment_steps import STEP_AUGMENTATIONS
from arsis.learn.curves import draw_curves
from arsis.learn.figures import judge, refuse_constant
from arsis.learn.lesson import Lesson, TrainingError
from arsis.learn.losses import BALANCES, LOSSES
from arsis.learn.progress import TrainingBar
from arsis.learn.run_folder import (
    CURVES,
    DATA,
    ENVIRONMENT,
    LAST,
    SCORES,
    SETTINGS,
    TREES,
    WEIGHTS,
    Run,
    beside,
    environment,
    json_form,
    open_run,
    read_json,
    write_json,
    write_weights,
)
from arsis.learn.settings import Precision
from arsis.learn.split import check
from arsis.learn.trees import grow
from arsis.nets import ENCODERS, NETS, STATE_NETS, Shape, build

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arsis.core.examples import Examples
    from arsis.learn.settings import Settings
    from arsis.nets import Beside, Whole


def train(
    examples: Examples,
    fit: Sequence[str],
    held: Sequence[str],
    folder: Path,
    settings: Settings,
    *,
    resume: bool = False,
) -> Run:
    """Train a net on the subjects `fit`, keeping the weights that do best on the subjects `held`.

    Without `held` it trains for all its rounds and keeps the last weights.

    Parameters
    ----------
    folder
        Of the run; it must be new unless `resume`.
    resume
        Go on where a killed run stopped (or begin, or return what is already finished).

    Raises
    ------
    ProtocolError
        If the parts share a patient or a window, or the net answers the same to everything.
    SettingError
        If a setting names something unknown, or the folder holds another run.
    OutputError
        If the folder is not new.
    TrainingError
        If the loss is no longer a number, or the saved weights do not score as recorded.
    """
    _refuse_unknown(settings, examples)
    data = _describe(examples, fit, held)
    folder = Path(folder)
    _open_folder(folder, settings, data, resume)
    if (folder / SCORES).exists():
        return open_run(folder)
    lesson = _lesson(examples, data, folder, settings)
    teach(lesson, settings, folder)
    return _finish(lesson, folder)


def shape_of(examples: Examples) -> Shape:
    """Return what a net for these examples must fit."""
    channels, time = examples.x.shape[1:]
    origin = examples.origin
    return Shape(channels, time, origin.features, origin.targets, examples.steps)


def has_bf16() -> bool:
    """Say whether the processor multiplies bfloat16 by itself; elsewhere it is slower than fp32."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return any(flag in text for flag in ("avx512_bf16", "amx_bf16"))


def _lesson(examples: Examples, data: dict[str, Any], folder: Path, settings: Settings) -> Lesson:
    torch.set_num_threads(settings.threads)
    # Gradients that fade into denormal numbers would make every step many times slower.
    torch.set_flush_denormal(True)
    torch.manual_seed(settings.seed)
    net = build(settings.net, shape_of(examples), settings.dropout)
    rows = examples.rows(data["parts"]["fit"], made=True)
    held = data["parts"].get("validation")
    held_rows = examples.rows(held) if held else np.empty(0, np.int64)
    measured = rows[examples.made[rows] == 0]
    net.fit(torch.from_numpy(np.asarray(examples.context[measured])))
    return Lesson(net, examples, (rows, held_rows), settings, folder)


def teach(lesson: Lesson, settings: Settings, folder: Path) -> None:
    """Run Lightning's loop from the beginning or from the last round saved in the folder."""
    last = folder / LAST
    if last.exists():
        saved = torch.load(last, weights_only=True)
        lesson.on_load_checkpoint(saved)
        if lesson.finished:
            return
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    bf16 = settings.precision is Precision.BF16 and has_bf16()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = Trainer(
            accelerator="cpu",
            devices=1,
            max_epochs=settings.epochs,
            precision="bf16-mixed" if bf16 else "32-true",
            reload_dataloaders_every_n_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
            callbacks=[TrainingBar(lesson.steps * settings.epochs)],
        )
        path = str(last) if last.exists() else None
        trainer.fit(lesson, ckpt_path=path, weights_only=True if path else None)


def _finish(lesson: Lesson, folder: Path) -> Run:
    """Read the weights back, make sure that they are the best ones, and write the scores."""
    rows, best = lesson.watched_rows(), lesson.best
    run = Run(folder, lesson.settings, lesson.net.shape, read_json(folder / DATA), {})
    alone = run.net_alone()
    verdict = judge(alone, lesson.examples, rows, lesson.expected, lesson.settings.judged_steps)
    recorded = (best["loss"], best["macro_f1"])
    if not np.allclose((verdict.loss, verdict.macro_f1), recorded, rtol=1e-6, atol=0):
        raise TrainingError(
            folder / WEIGHTS,
            f"weights that score {verdict.loss:.6f}",
            f"those of round {best['round']:.0f}, which scored {best['loss']:.6f}",
            "Train again; if it happens twice, this is a mistake of arsis.",
        )
    net: Whole | Beside = alone
    if lesson.settings.trees.rounds:
        grown = beside(alone, lesson.settings.trees)
        grow(grown, lesson)
        write_weights(folder / TREES, grown.trees)
        net = run.net()
        verdict = judge(net, lesson.examples, rows, lesson.expected)
    refuse_constant(net, lesson.examples, rows)
    held = "validation" if len(lesson.held_rows) else "training"
    draw_curves(folder / CURVES, lesson.history, best["round"], held)
    scores = {
        "part": held,
        "round": int(best["round"]),
        "rounds": len(lesson.history),
        "loss": verdict.loss,
        "macro_f1": verdict.macro_f1,
        "targets": verdict.scores,
    }
    write_json(folder / SCORES, scores)
    return replace(run, scores=scores)


def _describe(examples: Examples, fit: Sequence[str], held: Sequence[str]) -> dict[str, Any]:
    """Check the parts and return what data.json says."""
    parts = {"fit": tuple(fit)} | ({"validation": tuple(held)} if held else {})
    report = check(examples, parts)
    origin, shape = examples.origin, shape_of(examples)
    rows = examples.rows(fit, made=True)
    made = rows[examples.made[rows] > 0]
    shown = {name: set(np.unique(y[made]).tolist()) for name, y in examples.y.items()}
    return {
        "task": origin.task,
        "task_version": origin.version,
        "corpus": origin.corpus,
        "fingerprint": examples.fingerprint,
        "channels": shape.channels,
        "time": shape.time,
        "features": list(shape.features),
        "targets": {name: list(classes) for name, classes in shape.classes.items()},
        "steps": dict(shape.steps),
        "parts": {part: list(subjects) for part, subjects in parts.items()},
        "windows": report.counts,
        "made": len(made),
        "never_seen": {
            name: [c for c in absent if origin.targets[name].index(c) not in shown[name]]
            for name, absent in report.absent.items()
        },
    }


def _open_folder(folder: Path, settings: Settings, data: dict[str, Any], resume: bool) -> None:
    """Make the folder of a run, or see to it that it is the one to go on with."""
    begun = (folder / SETTINGS).exists()
    if folder.exists() and any(folder.iterdir()) and not (resume and begun):
        if begun or not resume:
            raise OutputError(
                folder, "a folder that is in use", "a new one", "Name another folder, or --resume."
            )
        # Killed before it had written anything to go on with.
        shutil.rmtree(folder)
    if begun:
        same = {SETTINGS: settings.to_dict(), DATA: data}
        for name, wanted in same.items():
            if read_json(folder / name) != json_form(wanted):
                raise SettingError(
                    folder / name, "another run than the one asked for",
                    "the same settings, data and patients", "Name another folder.",
                )  # fmt: skip
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / ENVIRONMENT, environment(settings.threads))
    write_json(folder / DATA, data)
    write_json(folder / SETTINGS, settings.to_dict())


def _refuse_unknown(settings: Settings, examples: Examples) -> None:
    """Refuse what is in no table, or cannot be asked of such examples, before it is computed."""
    varieties = [*(STEP_AUGMENTATIONS if examples.steps else AUGMENTATIONS)]
    augmentations = {each.name for each in settings.augmentations} - set(varieties)
    nets = [*STATE_NETS] if examples.steps else [*ENCODERS, *NETS]
    wrong: dict[str, tuple[set[str], Iterable[str]]] = {
        "net": ({settings.net} - set(nets), nets),
        "loss": ({settings.loss} - set(LOSSES), LOSSES),
        "balance": ({settings.balance} - set(BALANCES), BALANCES),
        "augmentations": (augmentations, varieties),
    }
    if examples.steps and settings.shares:
        raise SettingError(
            "shares", f"{settings.shares} for windows whose steps have labels",
            "none: such a window has no one class", "Use balance, or made_share.",
        )  # fmt: skip
    if settings.trees.rounds and (examples.steps or not examples.origin.features):
        raise SettingError(
            "trees", "trees for windows without features, or whose steps have labels",
            "none: they see features alone, and answer once a window", "Leave them out.",
        )  # fmt: skip
    for where, (unknown, table) in wrong.items():
        if unknown:
            raise SettingError(
                where, ", ".join(sorted(unknown)), f"names out of {', '.join(table)}", "See --help."
            )
