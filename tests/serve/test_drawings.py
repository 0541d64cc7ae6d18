"""Drawings without a script, what a probability means, and colours that all can tell apart."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.infer.bundle import card_of
from arsis.serve.beats.marks import EXCLUDED, NN, NO_INTERVAL, Marks
from arsis.serve.beats.poincare import Pairs, pairs_of, poincare_plot
from arsis.serve.beats.spectrum import HIGH_PX, MOST_POINTS, WIDE_PX, spectrum_plot
from arsis.serve.report.calibration import calibration, found
from arsis.serve.report.drawing import Axis, cells

BANDS = {"lf": (0.04, 0.15), "hf": (0.15, 0.4)}

# How people without one kind of cone see linear RGB (Machado et al., IEEE Trans. Vis. Comput.
# Graph. 15, 2009, severity 1).
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                   [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b*, whose distances are about what an eye sees."""
    x = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio."""
    low, high = sorted(float(TO_XYZ[1] @ linear(each)) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_tell_the_classes_apart(theme):
    style = (resources.files("arsis.serve.report") / "page.css").read_text()
    light, dark = style.split("@media (prefers-color-scheme: dark)", 1)
    named = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    if theme == "dark":
        named |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark.split("* {")[0]))
    for group in (["k-N", "k-S", "k-V", "k-F"], ["k-NN", "k-X"]):
        assert all(contrast(named[each], named["panel"]) >= 4.5 for each in group)
        for seen in SIGHT.values():
            shades = [lab(np.array(seen) @ linear(named[each])) for each in group]
            apart = min(np.linalg.norm(a - b) for a, b in itertools.combinations(shades, 2))
            assert apart > 20  # 2.3 is just noticeable


def marks(time_s, kinds) -> Marks:
    none = np.zeros(len(time_s), np.uint8)
    return Marks(np.array(time_s), none, none, np.zeros((len(time_s), 4), np.uint8),
                 np.array(kinds, np.uint8), ("",))  # fmt: skip


def test_pairs_of_intervals_end_at_gaps_and_excluded_beats():
    kinds = [NO_INTERVAL, NN, NN, EXCLUDED, NN, NO_INTERVAL, NN]
    pairs = pairs_of(marks([0.0, 1.0, 2.1, 2.6, 3.8, 9.0, 9.7], kinds))
    np.testing.assert_allclose(pairs.kept_ms, [[1000, 1100]])
    np.testing.assert_allclose(pairs.out_ms, [[1100, 500], [500, 1200]])


def test_a_pair_stands_where_its_intervals_say():
    pairs = Pairs(np.array([[600.0, 800.0], [800.0, 600.0]]), np.empty((0, 2)))
    drawn = poincare_plot(pairs, 700.0, 141.4, 0.0)
    axis = Axis("", 550.0, 850.0, 300)
    runs = re.findall(r"M(\d+) (\d+)h2", drawn)
    assert {(int(x), int(y)) for x, y in runs} == {(50, 49), (250, 249)}
    assert axis.place(np.array([600.0, 800.0])).tolist() == [50.0, 250.0]  # the same ends
    assert 'rx="0.0" ry="141.4"' in drawn


def test_pairs_outside_are_counted():
    kept = np.array([[700.0, 720.0], [720.0, 700.0], [700.0, 9000.0]])
    drawn = poincare_plot(Pairs(kept, np.empty((0, 2))), 700.0, 10.0, 20.0)
    assert "1 pairs lie outside" in drawn
    few = poincare_plot(Pairs(kept[:0], kept), math.nan, math.nan, math.nan)
    assert "fewer than two pairs" in few


def test_the_worst_cloud_stays_small():
    every = np.random.default_rng(1).uniform(300, 1500, (100_000, 2))
    assert len(poincare_plot(Pairs(every, every + 7), 900.0, 100.0, 200.0)) < 120_000


@given(st.sets(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1))
def test_every_cell_is_drawn_once(chosen):
    column, row = np.array(sorted(chosen)).T
    drawn = set()
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)", cells(column, row, 2)):
        for at in range(int(x), int(x) + int(wide), 2):
            cell = (at // 2, (int(y) - 1) // 2)
            assert cell not in drawn
            drawn.add(cell)
    assert drawn == chosen


def test_a_spectrum_keeps_its_peak_and_says_what_it_cuts_off():
    hz = np.linspace(0, 0.5, 5001)
    density = np.where(hz < 0.04, 9000.0, 10.0)
    density[2500] = 500.0
    drawn = spectrum_plot(hz, density, BANDS, "of a <kind>", {"lf": 12.0, "hf": 34.0})
    path = re.search(r'class="curve" d="M([^"]*)"', drawn)[1]
    points = np.array([[float(v) for v in each.split()] for each in path.split("L")])
    assert len(points) <= MOST_POINTS
    slow = points[:, 0] > 0.04 / 0.5 * WIDE_PX
    top = points[slow][points[slow, 1].argmin()]
    assert top[0] == pytest.approx(WIDE_PX / 2, abs=0.1)
    assert top[1] == pytest.approx(HIGH_PX * (1 - 1 / 1.1), abs=0.1)
    assert "Below 0.04 Hz it rises to 9\u202f000 ms²/Hz, which is cut off" in drawn
    assert "of a &lt;kind&gt;" in drawn
    assert "LF 12 ms², HF 34 ms²" in drawn
    assert "power density (ms²/Hz)" in drawn


def test_what_a_probability_means_comes_from_the_card():
    card = card_of("beats")
    table, error = found(card.scores, "reliability"), found(card.scores, "ece")
    said = calibration(card, "beat")
    assert f"{100 * error:.1f} percentage points apart" in said
    assert f"ECE is {100 * table['error']:.1f} percentage points" in said
    at = next(i for i, high in enumerate(table["high"]) if high >= 0.9)
    assert f"{100 * table['accuracy'][at]:.0f} % were right" in said
    assert said.count("<circle") == sum(count > 0 for count in table["count"])


@pytest.mark.parametrize(
    "scores",
    [{}, {"reliability": 3}, {"a": {"reliability": {"error": 0.1, "count": [1], "low": ["x"]}}},
     {"reliability": {"error": "<img>"}}, {"ece": "0.1"}],
)  # fmt: skip
def test_a_card_without_figures_says_so(scores):
    said = calibration(replace(card_of("beats"), scores=scores), "beat")
    assert "The card states no calibration error" in said
    assert "<img" not in said
