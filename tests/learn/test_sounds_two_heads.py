"""The two-head net answers positive numbers, cannot die, and learns more than the mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from arsis.learn.scoring.sounds.two_heads import Lessons, log_spectra, teach, weights_of
from arsis.nets.two_heads import FREQUENCIES, SEGMENTS, TwoHeads


def made_up(count=160):
    """Windows in which a bar of sound comes back after the heart's period."""
    rng = np.random.default_rng(4)
    bpm = rng.uniform(50, 150, count)
    at = np.arange(SEGMENTS) * 0.128
    beat = np.cos(2 * np.pi * (at * bpm[:, None] / 60 + rng.random((count, 1))))
    loud = rng.normal(0, 0.3, (count, FREQUENCIES, SEGMENTS)) - 12
    loud[:, 5:40] += 2 * beat[:, None]
    target = np.stack([bpm, rng.uniform(5, 60, count)], axis=1)
    subject = [f"s{number % 8}" for number in range(count)]
    return Lessons(loud.astype(np.float32), target.astype(np.float32), subject)


@pytest.fixture(scope="module")
def given():
    return made_up()


def test_untrained_it_says_what_is_usual_and_never_less_than_nothing(given):
    net = TwoHeads()
    target = torch.from_numpy(given.target)
    net.fit(torch.from_numpy(given.loud), target)
    with torch.inference_mode():
        said = net.eval()(torch.from_numpy(given.loud[:8]))
    assert torch.allclose(said, target.mean(0).expand(8, 2), rtol=0.25)
    with torch.no_grad():
        net.heads.bias.fill_(-30.0)
    said = net(torch.from_numpy(given.loud[:8]))
    assert (said > 0).all()
    said.sum().backward()
    assert net.heads.bias.grad.abs().min() > 0, "a head that is far too low still learns"


def test_it_learns_the_period_and_the_same_seed_gives_the_same_net(given):
    rows = np.arange(120)
    net = teach(given, rows, seed=1, steps=30)
    with torch.inference_mode():
        said = net(torch.from_numpy(given.loud[120:])).numpy()[:, 0]
    truth = given.target[120:, 0]
    mean_error = np.abs(truth - given.target[:120, 0].mean()).mean()
    assert np.abs(said - truth).mean() < 0.8 * mean_error
    few = [weights_of({0: teach(given, rows, seed, steps=2)}) for seed in (5, 5, 6)]
    assert few[0] == few[1] != few[2]


def test_a_louder_recording_is_the_same_to_it(given):
    net = TwoHeads().eval()
    loud = torch.from_numpy(given.loud[:4])
    with torch.inference_mode():
        assert torch.allclose(net(loud), net(loud + 3.0), atol=1e-4)


def test_the_input_is_that_of_the_published_net():
    x = np.random.default_rng(0).normal(0, 0.1, 7000).astype(np.float32)
    loud = log_spectra(x, np.array([0.0, 1.0, 4.0]))
    assert loud.shape == (3, FREQUENCIES, SEGMENTS)
    assert np.isfinite(loud).all(), "silence behind the end has a finite logarithm"
