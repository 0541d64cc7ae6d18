"""A recording of a body's rhythm goes in, an honest answer with its uncertainty comes out.

Public verbs: `read`, `prepare`, `load`, `predict`, `stream`, `train`, `evaluate`.

Examples
--------
>>> import arsis
>>> recording = arsis.simulate(seed=1, duration_s=30.0)
>>> recording.duration_s
30.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from arsis.formats import read
    from arsis.infer.bundle import load
    from arsis.infer.predict import predict, stream
    from arsis.infer.windows import windows as prepare
    from arsis.learn.course import train
    from arsis.learn.evaluate import evaluate
    from arsis.tasks.beats.simulate import simulate

# Where each public name lives: imported when it is first used, so that `import arsis` is quick.
_HOMES = {
    "read": ("arsis.formats", "read"),
    "prepare": ("arsis.infer.windows", "windows"),
    "load": ("arsis.infer.bundle", "load"),
    "predict": ("arsis.infer.predict", "predict"),
    "stream": ("arsis.infer.predict", "stream"),
    "train": ("arsis.learn.course", "train"),
    "evaluate": ("arsis.learn.evaluate", "evaluate"),
    "simulate": ("arsis.tasks.beats.simulate", "simulate"),
}

__all__ = ["evaluate", "load", "predict", "prepare", "read", "simulate", "stream", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'arsis' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
