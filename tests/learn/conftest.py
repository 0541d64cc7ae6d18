"""Small made-up examples that a net can learn in a second."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from arsis.core.examples import Examples, Origin
from arsis.core.examples_write import Writer
from arsis.core.windows import Windows
from arsis.learn.settings import Settings
from arsis.nets import Shape

FEATURES = ("early", "noise", "next_known", "lead1_a", "lead1_b", "lead2_a", "lead2_b",
            "lead1_known", "lead2_known")  # fmt: skip
NAMES = ("N", "S", "V")


def make_windows(subject: int, count: int = 60, one_lead: bool = False):
    """Two leads of one plane; V is a wide wave, S comes early; one in 20 is not scored."""
    rng = np.random.default_rng(subject)
    y = rng.choice(3, count, p=[0.6, 0.2, 0.2])
    y[:3] = [0, 1, 2]
    time = np.linspace(-1, 1, 40)
    width = np.where(y == 2, 0.5, 0.1)[:, None]
    wave = np.exp(-((time / width) ** 2))
    x = np.stack([wave, -wave], 1) + rng.normal(0, 0.1, (count, 2, 40))
    context = rng.normal(0, 1, (count, len(FEATURES)))
    context[:, 0] = 0.5 * rng.normal(0, 1, count) - 3.0 * (y == 1) + 5.0
    context[:, 2] = rng.random(count) < 0.5
    context[:, 7:] = 1
    if one_lead:
        x[:, 1], context[:, 5:7], context[:, 8] = 0, 0, 0
    y[rng.random(count) < 0.05] = -1
    windows = Windows(
        x=x.astype(np.float32), start_s=np.arange(count) * 1.0, event_s=np.arange(count) + 0.5,
        quality=np.ones(count, np.float32), mask=context[:, 7:] > 0,
        context=context.astype(np.float32), until_s=float(count), judged_us=count * 10**6, aside={},
    )  # fmt: skip
    return windows, {"beat": y.astype(np.float32)}


@pytest.fixture(scope="session")
def toy() -> SimpleNamespace:
    """What tests need to make windows of their own."""
    origin = Origin("toy", 1, "made up", FEATURES, {"beat": NAMES})
    shape = Shape(2, 40, FEATURES, {"beat": NAMES})
    return SimpleNamespace(windows=make_windows, origin=origin, shape=shape)


@pytest.fixture(scope="session")
def examples(tmp_path_factory, toy) -> Examples:
    folder = tmp_path_factory.mktemp("examples") / "toy"
    with Writer(folder, toy.origin) as writer:
        for subject in range(6):
            writer.append(f"r{subject}", f"s{subject}", *make_windows(subject))
    return Examples.open(folder)


@pytest.fixture(scope="session")
def quick() -> Settings:
    return Settings(net="plain", epochs=4, batch=32, rate=5e-3, ema=0.9, seed=3)
