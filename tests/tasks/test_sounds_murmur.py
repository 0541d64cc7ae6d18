"""A murmur is heard between the sounds of made-up hearts, whatever the volume."""

from __future__ import annotations

import numpy as np
import pytest

from arsis.core.windows import Answers
from arsis.tasks.sounds.murmur import EDGES_HZ, FEATURES, murmur_features, whole_beats
from arsis.tasks.sounds.simulate import Person, simulate
from arsis.tasks.sounds.surroundings import Scene
from arsis.tasks.sounds.valves import Heart, Murmur

BANDS = len(EDGES_HZ) - 1
QUIET_ROOM = Scene(snr_db=30.0)


def answers_of(rows):
    """Rows of (onset, length, label), every one of them sure."""
    time_s, duration_s, label = zip(*rows, strict=True) if rows else ((), (), ())
    count = len(time_s)
    return Answers(
        np.array(time_s, float), np.array(duration_s, float), tuple(label),
        np.full(count, 0.9, np.float32), np.ones((count, 1), np.float32),
        np.full((count, 2), np.nan, np.float32), ("",) * count, 0.0, 0, {},
    )  # fmt: skip


def features_of(*murmurs, seed=3, volume=1.0, duration_s=10.0):
    heart = Heart(murmurs=murmurs)
    made = simulate(seed, duration_s, 1000.0, Person(heart=heart, scene=QUIET_ROOM))
    rows = [(m.time_s, m.duration_s, m.label) for m in made.marks if m.label in ("S1", "S2")]
    found = murmur_features(made.channels[0].read() * np.float32(volume), answers_of(rows))
    return dict(zip(FEATURES, found, strict=True))


def contrast(features):
    return np.array([features[name] for name in FEATURES[:BANDS]])


def test_every_feature_has_one_name():
    assert len(set(FEATURES)) == len(FEATURES) == 4 * BANDS + 2


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "band"), [(85.0, 115.0, 2), (130.0, 170.0, 3), (270.0, 380.0, 5)]
)
def test_a_systolic_murmur_stands_out_in_its_own_band(low_hz, high_hz, band):
    without = contrast(features_of())
    heard = contrast(features_of(Murmur("systole", "plateau", 0.2, low_hz, high_hz)))
    assert (heard - without)[band] > 1.5
    assert np.argmax(heard - without) == band


def test_a_diastolic_murmur_turns_the_contrast_around():
    heard = contrast(features_of(Murmur("diastole", "plateau", 0.2, 130.0, 350.0)))
    assert (heard - contrast(features_of()))[4] < -1.5


def test_the_louder_the_murmur_the_more_it_stands_out():
    found = [
        contrast(features_of(Murmur("systole", "diamond", loudness, 100.0, 350.0)))[4]
        for loudness in (0.03, 0.1, 0.3)
    ]
    assert found == sorted(found)
    assert found[2] - found[0] > 2


def test_the_volume_does_not_count():
    murmur = Murmur("systole", "diamond", 0.15, 90.0, 350.0)
    loud, faint = (features_of(murmur, volume=volume) for volume in (1.0, 0.1))
    for name in FEATURES:
        assert loud[name] == pytest.approx(faint[name], abs=0.02), name


def test_only_beats_heard_whole_are_looked_at():
    beat = [(0.0, 0.1, "S1"), (0.3, 0.1, "S2"), (0.8, 0.1, "S1"), (1.1, 0.1, "S2")]
    np.testing.assert_allclose(whole_beats(answers_of(beat)), [[0.1, 0.3, 0.4, 0.8]])
    missed = [(0.0, 0.1, "S1"), (0.8, 0.1, "S1"), (1.1, 0.1, "S2"), (3.5, 0.1, "S1")]
    assert whole_beats(answers_of(missed)).shape == (0, 4)  # no S2; then more than one beat
    squeezed = [(0.0, 0.2, "S1"), (0.25, 0.1, "S2"), (0.8, 0.1, "S1")]
    assert len(whole_beats(answers_of(squeezed))) == 0
    assert whole_beats(answers_of([])).shape == (0, 4)


def beats(count):
    return [(0.8 * k + at, 0.1, label) for k in range(count) for at, label in
            ((0.0, "S1"), (0.3, "S2"))] + [(0.8 * count, 0.1, "S1")]  # fmt: skip


def test_too_few_beats_say_nothing():
    x = np.random.default_rng(0).normal(0, 0.1, 5000).astype(np.float32)
    assert np.isnan(murmur_features(x, answers_of(beats(2)))).all()
    assert np.isfinite(murmur_features(x, answers_of(beats(3)))).all()
    assert np.isnan(murmur_features(x, answers_of([]))).all()


def test_beats_with_a_gap_are_left_out():
    x = np.random.default_rng(0).normal(0, 0.1, 5000).astype(np.float32)
    x[500:520] = np.nan
    assert np.isnan(murmur_features(x, answers_of(beats(3)))).all()
    assert np.isfinite(murmur_features(x, answers_of(beats(4)))).all()
