"""The folder of a training run: what is in it, and how it is written so that it is never half."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from arsis.core.errors import BundleError
from arsis.formats.place import placing
from arsis.learn.settings import Settings, Trees
from arsis.nets import Beside, Shape, Size, Whole, build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

SETTINGS, ENVIRONMENT, DATA = "settings.json", "environment.json", "data.json"
HISTORY, SCORES, CURVES = "history.csv", "scores.json", "curves.png"
WEIGHTS, TREES, LAST = "weights.safetensors", "trees.safetensors", "last.ckpt"


@dataclass(frozen=True)
class Run:
    """A finished training run.

    Attributes
    ----------
    folder
        Where it stands.
    settings, shape
        How the net was trained, and what it takes and gives.
    data
        Fingerprint, task and subjects of each part, as `data.json` holds them.
    scores
        Validation figures of the weights that were kept, as `scores.json` holds them.
    """

    folder: Path
    settings: Settings
    shape: Shape
    data: Mapping[str, Any]
    scores: Mapping[str, Any]

    def net(self) -> Whole | Beside:
        """Return the trained net, ready to answer, with the trees beside it where it has some.

        Raises
        ------
        BundleError
            If its weights are missing or are those of another net.
        """
        whole = self.net_alone()
        if not self.settings.trees.rounds:
            return whole
        net = beside(whole, self.settings.trees)
        read_weights(self.folder / TREES, net.trees)
        return net.eval()

    def net_alone(self) -> Whole:
        """Return the trained net without trees; raises as `net` does."""
        net = build(self.settings.net, self.shape)
        read_weights(self.folder / WEIGHTS, net)
        return net.eval()


def beside(net: Whole, trees: Trees) -> Beside:
    """Return a net with trees beside it that are still to be read or grown."""
    return Beside(net, Size(trees.rounds, 2 * trees.leaves - 1, trees.depth), trees.share)


def open_run(folder: Path) -> Run:
    """Open the folder of a finished run.

    Raises
    ------
    BundleError
        If a file is missing or damaged: the run did not finish.
    """
    try:
        settings, data, scores = (read_json(folder / name) for name in (SETTINGS, DATA, SCORES))
    except (OSError, ValueError) as error:
        raise BundleError(
            folder,
            f"no finished training run ({error})",
            f"{SETTINGS}, {DATA}, {SCORES} and {WEIGHTS}",
            "Train again, with --resume to go on where it stopped.",
        ) from error
    shape = Shape(
        data["channels"],
        data["time"],
        tuple(data["features"]),
        {name: tuple(classes) for name, classes in data["targets"].items()},
        data["steps"],
    )
    return Run(folder, Settings.from_dict(settings), shape, data, scores)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is either wholly there or not at all."""
    with placing(path) as draft:
        draft.write_bytes(content)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write plain values as JSON, wholly or not at all."""
    write_bytes(path, (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def json_form(values: Mapping[str, Any]) -> Any:
    """Return plain values as they are read back: tuples become lists, names of a type text."""
    return json.loads(json.dumps(values))


def write_weights(path: Path, net: nn.Module) -> None:
    """Save every weight and buffer of a net, wholly or not at all."""
    state = {name: value.detach().contiguous() for name, value in net.state_dict().items()}
    write_bytes(path, save_tensors(state))


def read_weights(path: Path, net: nn.Module) -> None:
    """Load what `write_weights` saved.

    Raises
    ------
    BundleError
        If the file is missing, damaged or belongs to another net.
    """
    try:
        net.load_state_dict(load_tensors(path.read_bytes()))
    except Exception as error:  # safetensors raises a type of its own, torch a RuntimeError
        raise BundleError(
            path, f"no weights of this net ({error})", "the weights it learnt", "Train again."
        ) from error


def environment(threads: int) -> dict[str, Any]:
    """Return what a run depends on besides settings and data: versions, commit, processor."""
    packages = (
        "arsis", "numpy", "torch", "lightning", "scikit-learn", "onnx", "onnxruntime",
        "safetensors",
    )  # fmt: skip
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "packages": {name: _version(name) for name in packages},
        "commit": _commit(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _commit() -> str:
    """Return the commit of the code that runs, with + where it was changed since; "" if unknown."""
    here = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],  # noqa: S607
            cwd=here, capture_output=True, text=True, check=False, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()
