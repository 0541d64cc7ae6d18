from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.learn.augment import Scene
from arsis.learn.augment_steps import drown, pace
from arsis.nets import Shape

SHAPE = Shape(5, 80, ("quality",), {"phase": ("a", "b")}, {"phase": 40})
LABELS = {"phase": torch.zeros(6, 40, dtype=torch.long)}


def scene(seed: int = 0) -> Scene:
    return Scene(SHAPE, torch.ones(1), torch.Generator().manual_seed(seed), (4,))


def loudness(seed: int = 0) -> torch.Tensor:
    """Four bands about their means, and which frames were measured; ten were not in each."""
    x = 2 * torch.randn(6, 5, 80, generator=torch.Generator().manual_seed(seed))
    x[:, :4, 30:40] = 0
    x[:, :4] -= (x[:, :4].sum(2, keepdim=True) / 70) * (x[:, :4] != 0)
    x[:, 4] = 1
    x[:, 4, 30:40] = 0
    return x


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), strength=st.floats(-4.0, 4.0, allow_subnormal=False))
def test_bands_stay_about_their_means_and_gaps_stay_gaps(seed: int, strength: float) -> None:
    x = loudness(seed)
    noisy, labels = drown(x, LABELS, strength, scene(seed))
    assert labels is LABELS
    assert (noisy[:, :4, 30:40] == 0).all()
    torch.testing.assert_close(noisy[:, 4], x[:, 4])
    torch.testing.assert_close(noisy[:, :4].sum(2), torch.zeros(6, 4), atol=2e-3, rtol=0)


def test_noise_fills_the_valleys_and_spares_the_hills() -> None:
    x = loudness()
    noisy, _ = drown(x, LABELS, -3.0, scene())
    moved = (noisy - x)[:, :4]
    valleys, hills = moved[x[:, :4] < -3], moved[x[:, :4] > 2]
    # Against the hills, which all move by what the mean has risen.
    assert float(valleys.mean() - hills.mean()) > 0.4
    assert float(hills.std()) < 0.25


def test_more_noise_leaves_less_of_the_sound() -> None:
    x = loudness()
    kept = []
    for strength in (-4.0, 0.0, 6.0):
        noisy, _ = drown(x, LABELS, strength, scene())
        both = torch.stack([noisy[:, :4].flatten(), x[:, :4].flatten()])
        kept.append(float(torch.corrcoef(both)[0, 1]))
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == pytest.approx(1.0, abs=0.02)
    assert kept[2] < 0.8


def test_states_keep_their_cells_and_get_their_own_lengths() -> None:
    # Two states take turns, six steps each; the first channel shows which one it is.
    steps = (torch.arange(40) // 6 % 2).expand(6, 40)
    x = torch.zeros(6, 5, 80)
    x[:, 0] = steps.repeat_interleave(2, 1) - 0.5
    x[:, 4] = 1
    moved, labels = pace(x, {"phase": steps.clone()}, 0.5, scene(3))
    known = labels["phase"] >= 0
    assert known.any(1).all()
    assert (~known).any()
    # Both frames of a step agree with its label, but for the frames about a change.
    shown = moved[:, 0].reshape(6, 40, 2).mean(2)
    centre = (shown.amax(1, keepdim=True) + shown.amin(1, keepdim=True)) / 2
    agree = ((shown > centre) == (labels["phase"] == 1))[known]
    assert float(agree.float().mean()) > 0.9
    lengths = torch.stack([(labels["phase"] == state).sum(1) for state in (0, 1)], 1).float()
    assert float((lengths[:, 0] / lengths[:, 1]).log().std()) > 0.2
    # Where nothing was measured, the channel that says so is 0 and so is all else.
    unknown = (~known).repeat_interleave(2, 1)
    inner = unknown & unknown.roll(1, 1) & unknown.roll(-1, 1)
    assert (moved.transpose(1, 2)[inner] == 0).all()
    assert (moved[:, 4].round() == moved[:, 4]).float().mean() > 0.9


def test_an_even_pace_moves_nothing() -> None:
    x = loudness()
    steps = torch.arange(40).remainder(3).sub(1).expand(6, 40)
    moved, labels = pace(x, {"phase": steps.clone()}, 0.0, scene())
    torch.testing.assert_close(moved, x, atol=1e-3, rtol=0)
    assert torch.equal(labels["phase"], steps)
