"""Ways of varying windows of features whose every step has a label, while a net learns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from arsis.learn.augment import Scene
    from arsis.learn.settings import Augmentation

Labels = dict[str, "Tensor"]
"""By target: (batch, step) numbers of states, -1 = unknown."""


def noise(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Add white noise, to every channel between none and twice `strength` (standard deviation)."""
    level = 2 * strength * scene.uniform(len(x), x.shape[1], 1)
    return x + scene.live(level * scene.normal(*x.shape)), y


def scale(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Make all that is heard larger or smaller by a factor of about exp(+-strength)."""
    factor = torch.exp(strength * scene.normal(len(x), 1, 1))
    return x + scene.live(x * (factor - 1)), y


def shift(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Raise or lower each channel by about `strength`, as another microphone does to its bands."""
    return x + scene.live(strength * scene.normal(len(x), x.shape[1], 1)), y


def tilt(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Raise the first channels and lower the last ones, or the reverse, by up to `strength`."""
    slope = torch.linspace(-1, 1, x.shape[1]).reshape(1, -1, 1)
    lean = 2 * scene.uniform(len(x), 1, 1) - 1
    return x + scene.live(strength * lean * slope), y


def drown(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Add noise to channels that are natural logarithms of power beside their mean.

    Its power lies between exp(-5) and exp(`strength`) of each channel's mean, differs between
    channels as colours of noise do, and swells and fades. Cells that are exactly 0 are taken for
    not measured. The mean is taken off again.
    """
    grain = _smooth(scene.normal(*x.shape), 5) + _smooth(scene.normal(len(x), 1, x.shape[2]), 40)
    colour = (0.3 * scene.normal(len(x), x.shape[1], 1)).cumsum(1)
    level = -5.0 + (strength + 5.0) * scene.uniform(len(x), 1, 1)
    both = torch.logaddexp(x, level + colour - colour.mean(1, keepdim=True) + grain) * (x != 0)
    return _centred(x + scene.live(both - x), scene), y


def mask(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Empty one stretch of time of up to `strength` of the window (Park et al., SpecAugment, 2019).

    Its labels stay: what is on both sides tells what was in between.
    """
    length = strength * scene.uniform(len(x), 1)
    start = scene.uniform(len(x), 1) * (1 - length)
    at = torch.linspace(0, 1, x.shape[2])
    inside = (at >= start) & (at < start + length)
    return x - scene.live(x * inside.unsqueeze(1)), y


def forget(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Empty each channel with a chance of `strength`."""
    lost = scene.uniform(len(x), x.shape[1], 1) < strength
    return x - scene.live(x * lost), y


def stretch(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Stretch or squeeze time about the middle by a factor of about exp(+-strength).

    Labels move along; a step that comes from outside the window becomes unknown.
    """
    factor = torch.exp(strength * scene.normal(len(x), 1))
    moved = _between(x, _places(x.shape[2], factor))
    return moved, {name: _moved(labels, factor) for name, labels in y.items()}


def pace(x: Tensor, y: Labels, strength: float, scene: Scene) -> tuple[Tensor, Labels]:
    """Let each state last longer or shorter by a factor of its own, of about exp(+-strength).

    A rhythm changes so: some of its states give way more than others. What would come from
    outside the window is not measured: 0 in every channel, and unknown. For channels beside
    their mean, which is taken off again.
    """
    target, labels = next(iter(y.items()))
    states, cells = len(scene.shape.classes[target]), x.shape[2] / labels.shape[1]
    factor = torch.exp(strength * scene.normal(len(x), states))
    # Unknown steps last as long as the states do on average.
    factor = torch.cat([factor, factor.mean(1, keepdim=True)], 1)
    length = factor.gather(1, labels.remainder(states + 1))
    begin = scene.uniform(len(x), 1) * (length.sum(1, keepdim=True) - labels.shape[1])
    at = _sources(length, begin + (torch.arange(x.shape[2]) + 0.5) / cells) * cells - 0.5
    inside = (at >= -0.5) & (at <= x.shape[2] - 0.5)
    moved = _between(x, at) * inside.unsqueeze(1)
    steps = _sources(length, begin + torch.arange(labels.shape[1]) + 0.5).floor().long()
    outside = (steps < 0) | (steps >= labels.shape[1])
    steps = steps.clamp(0, labels.shape[1] - 1)
    found = {name: each.gather(1, steps).masked_fill(outside, -1) for name, each in y.items()}
    return _centred(moved, scene), found


def _sources(length: Tensor, at: Tensor) -> Tensor:
    """Return where places come from, in steps, where step i now lasts `length[i]`.

    (batch, step), (batch, place) -> (batch, place); below 0 or above the steps where outside.
    """
    ends = functional.pad(length.cumsum(1), (1, 0))
    step = (torch.searchsorted(ends, at.contiguous()) - 1).clamp(0, length.shape[1] - 1)
    return step + (at - ends.gather(1, step)) / length.gather(1, step)


def _between(x: Tensor, at: Tensor) -> Tensor:
    """Return what stands at places between cells: (batch, channel, cell), (batch, place)."""
    last = x.shape[2] - 1
    held = at.clamp(0, last)
    left = held.floor().clamp(max=last - 1)
    part = (held - left).unsqueeze(1)
    index = left.long().unsqueeze(1).expand(-1, x.shape[1], -1)
    return x.gather(2, index) * (1 - part) + x.gather(2, index + 1) * part


def _centred(x: Tensor, scene: Scene) -> Tensor:
    """Take off each channel's mean over the cells that are not 0; still channels stay."""
    measured = x != 0
    mean = x.sum(2, keepdim=True) / measured.sum(2, keepdim=True).clamp(min=1)
    return x - scene.live(mean * measured)


def _smooth(x: Tensor, width: int) -> Tensor:
    """Return running means over `width` cells, of about the spread of the cells: the same size."""
    padded = functional.pad(x, (width // 2, (width - 1) // 2), mode="replicate")
    means: Tensor = functional.avg_pool1d(padded, width, 1)
    return means * math.sqrt(width)


def _places(count: int, factor: Tensor) -> Tensor:
    """Return from where each of `count` cells comes: (batch, count), in cells."""
    middle = (count - 1) / 2
    return (torch.arange(count) - middle) * factor + middle


def _moved(labels: Tensor, factor: Tensor) -> Tensor:
    at = _places(labels.shape[1], factor).round().long()
    outside = (at < 0) | (at >= labels.shape[1])
    return labels.gather(1, at.clamp(0, labels.shape[1] - 1)).masked_fill(outside, -1)


STEP_AUGMENTATIONS: Mapping[
    str, Callable[[Tensor, Labels, float, Scene], tuple[Tensor, Labels]]
] = {
    "noise": noise,
    "scale": scale,
    "shift": shift,
    "tilt": tilt,
    "drown": drown,
    "mask": mask,
    "forget": forget,
    "pace": pace,
    "stretch": stretch,
}
"""Name -> f(x, y, strength, scene): (batch, channel, time), labels by target -> the same.

Each is pure: it returns new arrays and keeps the order of windows.
"""


def vary_steps(
    x: Tensor, y: Labels, wanted: Sequence[Augmentation], scene: Scene
) -> tuple[Tensor, Labels]:
    """Apply augmentations one after the other, each to its share of the windows."""
    for each in wanted:
        new_x, new_y = STEP_AUGMENTATIONS[each.name](x, y, each.strength, scene)
        chosen = scene.uniform(len(x)) < each.share
        x = torch.where(chosen[:, None, None], new_x, x)
        y = {name: torch.where(chosen[:, None], new_y[name], y[name]) for name in y}
    return x, y
