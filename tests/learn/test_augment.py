from __future__ import annotations

import pytest
import torch

from arsis.learn.augment import AUGMENTATIONS, Scene, vary
from arsis.learn.settings import Augmentation

STRENGTH = {"scale": 0.2, "flip": 0.5, "noise": 0.05, "wander": 0.1, "warp": 0.05, "jitter": 0.1,
            "drop": 0.3, "swap": 0.5}  # fmt: skip


@pytest.fixture
def windows(toy):
    def windows(one_lead=False):
        made, _ = toy.windows(7, count=2000, one_lead=one_lead)
        return torch.from_numpy(made.x), torch.from_numpy(made.context)

    return windows


@pytest.fixture
def scene(toy):
    def scene(seed=0):
        spread = torch.ones(len(toy.shape.features))
        return Scene(toy.shape, spread, torch.Generator().manual_seed(seed))

    return scene


def changed(x, context, new_x, new_context):
    return (new_x != x).any(2).any(1) | (new_context != context).any(1)


def test_every_augmentation_is_tried_here():
    assert set(STRENGTH) == set(AUGMENTATIONS)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_guard_c07_shape_and_order_stay_and_inputs_are_not_touched(name, windows, scene):
    x, context = windows()
    before = x.clone(), context.clone()
    new_x, new_context = AUGMENTATIONS[name](x, context, STRENGTH[name], scene())
    assert new_x.shape == x.shape
    assert new_context.shape == context.shape
    assert new_x.dtype == new_context.dtype == torch.float32
    assert torch.equal(x, before[0])
    assert torch.equal(context, before[1])
    assert torch.isfinite(new_x).all()
    assert torch.equal(new_context[:, 2], context[:, 2]), "a flag is not a number to move"


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_guard_c07_the_asked_share_of_windows_is_changed(name, windows, scene):
    x, context = windows()
    wanted = Augmentation(name, STRENGTH[name], share=0.4)
    share = changed(x, context, *vary(x, context, [wanted], scene())).float().mean()
    # Where the strength is itself a chance, and flips are drawn for each of two leads.
    chance = {"flip": 0.75, "drop": 0.3, "swap": 0.5}.get(name, 1.0)
    assert float(share) == pytest.approx(0.4 * chance, abs=0.04)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_labels_stay_with_their_windows(name, scene, toy):
    # The waveform is wide for V and early for S, whatever is done to it.
    made, labels = toy.windows(8, count=500)
    x, context = torch.from_numpy(made.x), torch.from_numpy(made.context)
    new_x, new_context = vary(x, context, [Augmentation(name, STRENGTH[name])], scene())
    y = labels["beat"]
    area = new_x.abs().mean(2).amax(1)
    assert area[y == 2].median() > area[y == 0].median()
    assert new_context[y == 1, 0].mean() < new_context[y == 0, 0].mean() - 2


def test_a_dropped_lead_looks_like_one_that_was_never_there(windows, scene):
    x, context = windows()
    new_x, new_context = AUGMENTATIONS["drop"](x, context, 1.0, scene())
    first, second = new_context[:, 7] == 0, new_context[:, 8] == 0
    assert (first ^ second).all()
    assert 0.4 < float(first.float().mean()) < 0.6
    assert (new_x[first, 0] == 0).all()
    assert (new_x[second, 1] == 0).all()
    assert (new_context[first][:, 3:5] == 0).all()
    assert (new_context[second][:, 5:7] == 0).all()
    assert torch.equal(new_context[first][:, 5:7], context[first][:, 5:7])


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_lead_that_measured_nothing_stays_empty(name, windows, scene):
    x, context = windows(one_lead=True)
    wanted = [Augmentation(name, STRENGTH[name])]
    new_x, new_context = vary(x, context, wanted, scene())
    known = new_context[:, 7:]
    assert (known.sum(1) == 1).all(), "the only lead is never taken away"
    assert (new_x * (1 - known).unsqueeze(2) == 0).all()
    assert (new_context[:, 3:5] * (1 - known[:, :1]) == 0).all()
    assert (new_context[:, 5:7] * (1 - known[:, 1:]) == 0).all()


def test_swapping_twice_gives_the_window_back(windows, scene):
    x, context = windows()
    once = AUGMENTATIONS["swap"](x, context, 1.0, scene())
    assert torch.equal(once[0][:, 0], x[:, 1])
    assert torch.equal(once[1][:, 3:5], context[:, 5:7])
    twice = AUGMENTATIONS["swap"](*once, 1.0, scene())
    assert torch.equal(twice[0], x)
    assert torch.equal(twice[1], context)


def test_the_same_chance_gives_the_same_windows(windows, scene):
    x, context = windows()
    wanted = [Augmentation(name, STRENGTH[name], 0.5) for name in AUGMENTATIONS]
    ours, again = (vary(x, context, wanted, scene(5)) for _ in range(2))
    other = vary(x, context, wanted, scene(6))
    assert torch.equal(ours[0], again[0])
    assert not torch.equal(ours[0], other[0])


@pytest.mark.parametrize("name", ["noise", "wander"])
def test_templates_are_not_measured_anew(windows, toy, name):
    x, context = windows()
    chance = torch.Generator().manual_seed(0)
    still = Scene(toy.shape, torch.ones(len(toy.shape.features)), chance, still=(1,))
    new_x, _ = AUGMENTATIONS[name](x, context, 0.1, still)
    assert torch.equal(new_x[:, 1], x[:, 1])
    assert not torch.equal(new_x[:, 0], x[:, 0])
