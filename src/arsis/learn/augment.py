"""Ways of varying windows while a net learns, so that it relies on nothing that may vary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Generator, Tensor

    from arsis.learn.settings import Augmentation
    from arsis.nets import Shape


@dataclass(frozen=True)
class Scene:
    """What an augmentation may know besides the windows.

    Attributes
    ----------
    shape
        Where leads stand among channels and features.
    spread
        (feature,) standard deviation of the context in training.
    chance
        The source of everything random.
    still
        Channels that hold templates, to which no noise comes anew.
    """

    shape: Shape
    spread: Tensor
    chance: Generator
    still: tuple[int, ...] = ()

    def normal(self, *size: int) -> Tensor:
        """Return normal numbers of this size."""
        return torch.randn(*size, generator=self.chance)

    def uniform(self, *size: int) -> Tensor:
        """Return numbers between 0 and 1 of this size."""
        return torch.rand(*size, generator=self.chance)

    def per_lead(self, values: Tensor) -> Tensor:
        """Repeat (batch, lead) values for the channels of each lead: (batch, channel, 1)."""
        each = self.shape.channels // values.shape[1]
        return values.repeat_interleave(each, 1).unsqueeze(2)

    def live(self, added: Tensor) -> Tensor:
        """Return what may be added, nothing to still channels: (batch, channel, time)."""
        added[:, list(self.still)] = 0
        return added

    @property
    def lead_count(self) -> int:
        """How many leads there are; every channel counts as one where features name none."""
        return len(self.shape.leads) or self.shape.channels


def scale(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Make each lead larger or smaller by a factor of about exp(+-strength)."""
    factor = torch.exp(strength * scene.normal(len(x), scene.lead_count))
    return x * scene.per_lead(factor), context


def flip(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Turn each lead upside down, as a swapped electrode does, with a chance of `strength`."""
    sign = torch.where(scene.uniform(len(x), scene.lead_count) < strength, -1.0, 1.0)
    return x * scene.per_lead(sign), context


def noise(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Add white noise, to every window between none and twice `strength` (standard deviation)."""
    level = 2 * strength * scene.uniform(len(x), x.shape[1], 1)
    return x + scene.live(level * scene.normal(*x.shape)), context


def wander(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Let the baseline sway: up to one slow wave a window, of about `strength`."""
    at = torch.linspace(0, 1, x.shape[2])
    size = (len(x), scene.lead_count, 1)
    turns, start = 0.1 + 0.9 * scene.uniform(*size), scene.uniform(*size)
    sway = torch.sin(2 * math.pi * (turns * at + start)) * scene.normal(*size) * strength
    each = x.shape[1] // scene.lead_count
    return x + scene.live(sway.repeat_interleave(each, 1)), context


def warp(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Stretch or squeeze time about the middle by a factor of about exp(+-strength)."""
    last = x.shape[2] - 1
    factor = torch.exp(strength * scene.normal(len(x), 1))
    at = ((torch.arange(last + 1) - last / 2) * factor + last / 2).clamp(0, last)
    left = at.floor().clamp(max=last - 1)
    part = (at - left).unsqueeze(1)
    index = left.long().unsqueeze(1).expand(-1, x.shape[1], -1)
    return x.gather(2, index) * (1 - part) + x.gather(2, index + 1) * part, context


def jitter(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Move each feature that is not a flag by about `strength` standard deviations."""
    moved = context + strength * scene.spread * scene.normal(*context.shape)
    flags = list(scene.shape.flags)
    moved[:, flags] = context[:, flags]
    return x, _forget_unknown(moved, context, scene.shape)


def drop(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Take one lead away, as if it had not been measured, with a chance of `strength`.

    The last lead of a window is never taken.
    """
    leads = scene.shape.leads
    hit = scene.uniform(len(x)) < strength
    which = torch.randint(0, max(1, len(leads)), (len(x),), generator=scene.chance)
    known = torch.stack([context[:, lead.known] for lead in leads], 1) if len(leads) > 1 else None
    if known is None:
        return x, context
    hit &= known.sum(1) > 1
    x, context = x.clone(), context.clone()
    for number, lead in enumerate(leads):
        rows = (hit & (which == number)).nonzero().squeeze(1)
        x[rows, lead.channels[0] : lead.channels[1]] = 0
        context[rows[:, None], torch.tensor([*lead.own, lead.known])] = 0
    return x, context


def swap(x: Tensor, context: Tensor, strength: float, scene: Scene) -> tuple[Tensor, Tensor]:
    """Give the leads another order, with their features, with a chance of `strength`."""
    leads = scene.shape.leads
    if len(leads) < 2:
        return x, context
    turned = (*leads[1:], leads[0])
    channels = [c for lead in turned for c in range(*lead.channels)]
    features = list(range(context.shape[1]))
    for to, source in zip(leads, turned, strict=True):
        for a, b in zip((*to.own, to.known), (*source.own, source.known), strict=True):
            features[a] = b
    hit = scene.uniform(len(x)) < strength
    return (
        torch.where(hit[:, None, None], x[:, channels], x),
        torch.where(hit[:, None], context[:, features], context),
    )


AUGMENTATIONS: Mapping[str, Callable[[Tensor, Tensor, float, Scene], tuple[Tensor, Tensor]]] = {
    "scale": scale,
    "flip": flip,
    "noise": noise,
    "wander": wander,
    "warp": warp,
    "jitter": jitter,
    "drop": drop,
    "swap": swap,
}
"""Name -> f(x, context, strength, scene): (batch, channel, time), (batch, feature) -> the same.

Each is pure: it returns new arrays and keeps the order of windows, so labels stay with them.
"""


def vary(
    x: Tensor, context: Tensor, wanted: Sequence[Augmentation], scene: Scene
) -> tuple[Tensor, Tensor]:
    """Apply augmentations one after the other, each to its share of the windows.

    A lead that measured nothing stays empty, whatever is done to it.
    """
    for each in wanted:
        new_x, new_context = AUGMENTATIONS[each.name](x, context, each.strength, scene)
        if each.share < 1:
            chosen = scene.uniform(len(x)) < each.share
            new_x = torch.where(chosen[:, None, None], new_x, x)
            new_context = torch.where(chosen[:, None], new_context, context)
        x, context = _silence_unknown(new_x, new_context, scene.shape), new_context
    return x, context


def _silence_unknown(x: Tensor, context: Tensor, shape: Shape) -> Tensor:
    """Set the channels of leads that measured nothing to 0, as `prepare` does."""
    if not shape.leads:
        return x
    known = torch.stack([context[:, lead.known] for lead in shape.leads], 1)
    return x * known.repeat_interleave(shape.channels // len(shape.leads), 1).unsqueeze(2)


def _forget_unknown(context: Tensor, before: Tensor, shape: Shape) -> Tensor:
    """Keep the features of leads that measured nothing as they were."""
    for lead in shape.leads:
        own = list(lead.own)
        known = before[:, lead.known].unsqueeze(1) > 0
        context[:, own] = torch.where(known, context[:, own], before[:, own])
    return context
