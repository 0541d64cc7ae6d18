"""Simulated heart sounds: the marks are true, the sounds are where and what they should be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import SettingError
from arsis.signal.envelopes import homomorphic_envelope, homomorphic_reach
from arsis.signal.fir import band_pass, filter_even
from arsis.signal.melspectrum import Frames, power_spectrum
from arsis.tasks.sounds.beating import Rhythm
from arsis.tasks.sounds.durations import CIRCLE
from arsis.tasks.sounds.negatives import KINDS, clipped, negatives
from arsis.tasks.sounds.pulses import DURATION_S, pulses
from arsis.tasks.sounds.simulate import CUT, Person, anyone, example, simulate
from arsis.tasks.sounds.surroundings import Scene
from arsis.tasks.sounds.valves import Heart, Murmur

QUIET = Scene(snr_db=80.0, lung_db=-80.0, hum_db=-80.0)
RATES_HZ = (1000.0, 2000.0, 4000.0, 8000.0, 44100.0)


def samples(recording) -> np.ndarray:
    return recording.channels[0].read().astype(np.float64)


def check_marks(recording) -> None:
    """Prove that the marks fill the recording, in the order of the phases."""
    marks = recording.marks
    assert marks[0].time_s == 0.0
    assert marks[-1].time_s + marks[-1].duration_s == pytest.approx(recording.duration_s)
    for mark, after in pairwise(marks):
        assert mark.duration_s > 0.0
        assert mark.time_s + mark.duration_s == pytest.approx(after.time_s, abs=1e-9)
        assert CIRCLE[(CIRCLE.index(mark.label) + 1) % 4] == after.label
    assert all(not mark.note for mark in marks[1:-1])


def share_inside(recording, labels: tuple[str, ...]) -> float:
    """Return how much of a sound's energy lies in these phases."""
    energy = samples(recording) ** 2
    rate_hz = recording.channels[0].rate_hz
    at_s = np.arange(energy.size) / rate_hz
    inside = np.zeros(energy.size, bool)
    for mark in recording.marks:
        if mark.label in labels:
            inside |= (at_s >= mark.time_s) & (at_s <= mark.time_s + mark.duration_s)
    return float(energy[inside].sum() / energy.sum())


def intervals_s(recording) -> np.ndarray:
    return np.diff([m.time_s for m in recording.marks if m.label == "S1" and m.note != CUT])


# truth of the marks


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(RATES_HZ[:3]), st.floats(0.3, 12.0))
def test_guard_c20_marks_fill_the_recording(seed, rate_hz, duration_s):
    recording = simulate(seed, duration_s, rate_hz, anyone(seed))
    check_marks(recording)
    assert recording.channels[0].length == round(duration_s * rate_hz)
    assert np.isfinite(samples(recording)).all()
    assert np.abs(samples(recording)).max() <= 1.0


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_all_energy_of_a_quiet_heart_is_in_its_sounds(rate_hz):
    recording = simulate(1, 6.0, rate_hz, Person(scene=QUIET))
    assert share_inside(recording, ("S1", "S2")) > 0.999


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_guard_c20_sound_begins_and_ends_with_its_mark(seed):
    recording = simulate(seed, 8.0, 2000.0, replace(anyone(seed), scene=QUIET, heart=Heart()))
    energy = samples(recording) ** 2
    for mark in recording.marks[1:-1]:
        if mark.label in ("S1", "S2"):
            start, stop = (
                round(2000 * t) for t in (mark.time_s, mark.time_s + min(0.04, mark.duration_s))
            )
            before = energy[max(0, start - 40) : start - 1].mean()
            assert energy[start:stop].mean() > 30 * before


def test_envelope_peaks_fall_into_the_marks():
    recording = simulate(5, 20.0, 1000.0, Person(scene=Scene(snr_db=25.0)))
    x = filter_even(samples(recording).astype(np.float32)[None], band_pass(25, 400, 1000.0))
    envelope = homomorphic_envelope(x, 1000.0)[0]
    shift = 50 + homomorphic_reach(1000.0)
    level = {label: [] for label in CIRCLE}
    for mark in recording.marks:
        start = round(mark.time_s * 1000) - shift
        stop = round((mark.time_s + mark.duration_s) * 1000) - shift
        if 0 <= start < stop <= envelope.size:
            level[mark.label].append(envelope[start:stop].max())
            if mark.label in ("S1", "S2"):
                peak = int(envelope[start - 30 : stop + 30].argmax()) - 30
                assert 0 <= peak < stop - start
    loud = min(np.median(level["S1"]), np.median(level["S2"]))
    middles = [
        envelope[round((m.time_s + m.duration_s / 2) * 1000) - shift]
        for m in recording.marks[4:-4] if m.label in ("systole", "diastole")
    ]  # fmt: skip
    assert loud > 5 * np.median(middles)


def test_a_recording_may_begin_in_any_phase():
    first = {simulate(seed, 1.0, 1000.0).marks[0].label for seed in range(40)}
    assert first == set(CIRCLE)


def test_the_same_seed_gives_the_same_sound_and_another_does_not():
    one, again, other = example(3), example(3), example(4)
    np.testing.assert_array_equal(samples(one), samples(again))
    assert one.marks == again.marks
    assert not np.array_equal(samples(one), samples(other))
    assert one.duration_s == 90.0
    assert (one.channels[0].unit, one.channels[0].rate_hz) == ("FS", 2000.0)


def test_the_beats_do_not_depend_on_the_rate():
    marks = {rate_hz: simulate(2, 5.0, rate_hz).marks for rate_hz in (1000.0, 44100.0)}
    for one, two in zip(*marks.values(), strict=True):
        assert (one.label, one.time_s) == (two.label, two.time_s)


# rhythm


@pytest.mark.parametrize("rate_bpm", [50.0, 72.0, 120.0, 180.0])
def test_guard_c20_mean_rate_is_as_asked(rate_bpm):
    recording = simulate(0, 60.0, 1000.0, Person(Rhythm(rate_bpm=rate_bpm)))
    assert 60.0 / intervals_s(recording).mean() == pytest.approx(rate_bpm, rel=0.02)


def test_systole_shortens_less_than_diastole():
    lengths = {}
    for rate_bpm in (60.0, 180.0):
        marks = simulate(0, 30.0, 1000.0, Person(Rhythm(rate_bpm=rate_bpm))).marks[1:-1]
        s1_s = [m.time_s for m in marks if m.label == "S1"]
        s2_s = [m.time_s for m in marks if m.label == "S2"]
        s2_s = [t for t in s2_s if t > s1_s[0]][: len(s1_s) - 1]
        systole_s = np.array(s2_s) - s1_s[: len(s2_s)]
        lengths[rate_bpm] = systole_s.mean(), np.diff(s1_s).mean() - systole_s.mean()
    assert lengths[60.0][0] == pytest.approx(0.36, abs=0.02)
    assert lengths[60.0][1] > 1.5 * lengths[60.0][0]
    # At the fast rates of small children systole is the longer part.
    assert 1.0 < lengths[180.0][0] / lengths[180.0][1] < 1.6


def test_the_rr_interval_follows_the_breath():
    rhythm = Rhythm(breath_hz=0.25, breath_share=0.06, slow_share=0.0, jitter_share=0.0)
    recording = simulate(0, 120.0, 1000.0, Person(rhythm))
    at_s = np.array([m.time_s for m in recording.marks if m.label == "S1" and m.note != CUT])
    grid_s = np.arange(2.0, 118.0, 0.25)
    rr_s = np.interp(grid_s, at_s[1:], np.diff(at_s))
    power = np.abs(np.fft.rfft(rr_s - rr_s.mean())) ** 2
    assert np.fft.rfftfreq(grid_s.size, 0.25)[power.argmax()] == pytest.approx(0.25, abs=0.02)
    assert np.ptp(rr_s) == pytest.approx(0.12 * 60 / 72, rel=0.15)


def test_early_beats_are_followed_by_a_pause():
    rhythm = Rhythm(early_share=0.1, breath_share=0.0, slow_share=0.0, jitter_share=0.0)
    ratio = intervals_s(simulate(7, 60.0, 1000.0, Person(rhythm))) / (60 / 72)
    early = np.flatnonzero(ratio < 0.8)
    assert early.size >= 3
    np.testing.assert_allclose(ratio[early[early + 1 < ratio.size] + 1], 1.3, atol=0.01)


# what it sounds like


def spectra(recording) -> dict[str, np.ndarray]:
    """Return the mean power by pitch in each phase (frequency,), on frames within it."""
    frames = Frames(rate_hz=recording.channels[0].rate_hz)
    power = power_spectrum(samples(recording).astype(np.float32)[None], frames)[0]
    middle_s = (frames.reach + frames.hop * np.arange(power.shape[1])) / frames.rate_hz
    found = {}
    for label in CIRCLE:
        inside = np.zeros(middle_s.size, bool)
        for mark in recording.marks:
            if mark.label == label:
                edge_s = 0.025 if label in ("systole", "diastole") else 0.0
                inside |= (middle_s >= mark.time_s + edge_s) & (
                    middle_s <= mark.time_s + mark.duration_s - edge_s
                )
        found[label] = power[:, inside].mean(axis=1)
    return found


def test_s2_is_higher_than_s1():
    pitches_hz = Frames().pitches_hz()
    higher = 0
    for seed in range(12):
        found = spectra(simulate(seed, 10.0, 1000.0, Person(scene=QUIET)))
        s1_hz, s2_hz = (float((found[k] * pitches_hz).sum() / found[k].sum()) for k in ("S1", "S2"))
        assert 30 < s1_hz < 100
        assert 45 < s2_hz < 150
        higher += s2_hz > s1_hz
    assert higher >= 10


@pytest.mark.parametrize(
    ("murmur", "louder", "quieter"),
    [
        (Murmur("systole", "plateau", 0.3), "systole", "diastole"),
        (Murmur("diastole", "falling", 0.3), "diastole", "systole"),
    ],
)
def test_a_murmur_is_heard_in_its_phase(murmur, louder, quieter):
    heart = Heart(murmurs=(murmur,))
    found = spectra(simulate(1, 20.0, 1000.0, Person(heart=heart, scene=QUIET)))
    band = (Frames().pitches_hz() >= 100) & (Frames().pitches_hz() <= 340)
    assert found[louder][band].sum() > 100 * found[quieter][band].sum()
    assert found[louder][band].sum() > 5 * found[louder][~band].sum()


@pytest.mark.parametrize("course", ["diamond", "falling", "rising"])
def test_a_murmurs_course(course):
    heart = Heart(s2=0.0, murmurs=(Murmur("diastole", course, 1.0),))
    recording = simulate(1, 60.0, 1000.0, Person(Rhythm(rate_bpm=60.0), heart, QUIET))
    thirds = np.zeros(3)
    x = samples(recording) ** 2
    for mark in recording.marks[1:-1]:
        if mark.label == "diastole":
            start, stop = round(1000 * mark.time_s), round(1000 * (mark.time_s + mark.duration_s))
            thirds += [part.mean() for part in np.array_split(x[start:stop], 3)]
    assert int(thirds.argmax()) == {"falling": 0, "diamond": 1, "rising": 2}[course]


def test_third_and_fourth_sounds_lie_in_diastole():
    slow = Rhythm(rate_bpm=60.0)
    heard = {
        name: share_inside(simulate(1, 20.0, 1000.0, Person(slow, heart, QUIET)), ("diastole",))
        for name, heart in (("none", Heart()), ("s3", Heart(s3=0.5)), ("s4", Heart(s4=0.5)))
    }
    assert heard["none"] < 5e-4
    assert heard["s3"] > 0.005
    assert heard["s4"] > 0.005


@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_noise_is_as_loud_as_asked(snr_db):
    scene = replace(QUIET, snr_db=snr_db)
    noisy, clean = (
        samples(simulate(4, 30.0, 4000.0, Person(scene=each))) for each in (scene, QUIET)
    )
    # Both are scaled to the same peak: the share of the clean one in the noisy one undoes that.
    clean *= (noisy @ clean) / (clean @ clean)
    found_db = 10 * np.log10(np.mean(clean**2) / np.mean((noisy - clean) ** 2))
    assert found_db == pytest.approx(snr_db, abs=0.5)


@pytest.mark.parametrize(
    "scene",
    [
        replace(QUIET, lung_db=0.0),
        replace(QUIET, friction_per_min=30.0),
        replace(QUIET, knocks_per_min=60.0),
        replace(QUIET, hum_db=0.0),
    ],
)
def test_every_disturbance_is_heard(scene):
    outside = share_inside(simulate(1, 20.0, 4000.0, Person(scene=scene)), ("systole", "diastole"))
    assert outside > 0.05


def test_people_differ():
    rates = [anyone(seed).rhythm.rate_bpm for seed in range(60)]
    assert min(rates) < 60
    assert max(rates) > 150
    assert 0.2 < np.mean([bool(anyone(seed).heart.murmurs) for seed in range(200)]) < 0.5


# no heart


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0, 44100.0])
@pytest.mark.parametrize("kind", KINDS)
def test_negatives_say_that_there_is_no_heart(kind, rate_hz):
    recording = negatives(kind, 1, 4.0, rate_hz)
    (mark,) = recording.marks
    assert (mark.time_s, mark.label, mark.duration_s) == (0.0, "none", recording.duration_s)
    x = samples(recording)
    assert np.isfinite(x).all()
    assert np.abs(x).max() <= 1.0
    assert (kind == "silence") == (not x.any())
    assert recording.channels[0].unit == "FS"
    np.testing.assert_array_equal(x, samples(negatives(kind, 1, 4.0, rate_hz)))
    if kind != "silence":
        assert not np.array_equal(x, samples(negatives(kind, 2, 4.0, rate_hz)))


def test_an_unknown_kind_is_refused():
    with pytest.raises(SettingError, match="speech"):
        negatives("whistling", 0)


def test_noise_has_its_colour():
    frames = Frames(rate_hz=2000.0)
    slope = {}
    for kind in ("white noise", "pink noise"):
        x = samples(negatives(kind, 3, 60.0)).astype(np.float32)[None]
        power = power_spectrum(x, frames)[0].mean(axis=1)
        slope[kind] = np.polyfit(np.log(frames.pitches_hz()), np.log(power), 1)[0]
    assert slope["white noise"] == pytest.approx(0.0, abs=0.1)
    assert -2.1 < slope["pink noise"] < -0.6


def test_dither_is_the_last_digit():
    assert set(np.unique(samples(negatives("dither", 0)) * 2**15)) == {-1.0, 0.0, 1.0}


def swell_hz(x: np.ndarray, rate_hz: float, span_hz: tuple[float, float]) -> float:
    """Return how often a sound's loudness mostly swells in a second."""
    step = round(rate_hz / 50)
    loud = np.sqrt((x[: x.size // step * step] ** 2).reshape(-1, step).mean(axis=1))
    power = np.abs(np.fft.rfft((loud - loud.mean()) * np.hanning(loud.size))) ** 2
    often_hz = np.fft.rfftfreq(loud.size, 0.02)
    inside = (often_hz >= span_hz[0]) & (often_hz <= span_hz[1])
    return float(often_hz[inside][power[inside].argmax()])


def test_noise_swells_as_often_as_hearts_beat_and_otherwise():
    found = [
        swell_hz(samples(negatives("am noise", s, 30.0)), 2000.0, (0.2, 8.0)) for s in range(40)
    ]
    assert sum(0.8 < each < 3.0 for each in found) > 8
    assert min(found) < 0.8
    assert max(found) > 3.0


def test_speech_has_syllables_and_breaks():
    x = samples(negatives("speech", 2, 30.0, 8000.0))
    loud = np.sqrt((x.reshape(-1, 160) ** 2).mean(axis=1))
    assert 0.05 < (loud < 0.1 * loud.max()).mean() < 0.6
    assert 2.0 < swell_hz(x, 8000.0, (1.5, 12.0)) < 9.0
    power = np.abs(np.fft.rfft(x)) ** 2
    pitch_hz = np.fft.rfftfreq(x.size, 1 / 8000)
    assert power[(pitch_hz > 80) & (pitch_hz < 3500)].sum() > 0.9 * power.sum()


def test_music_has_the_beat_of_a_heart():
    for seed in range(5):
        x = samples(negatives("music", seed, 30.0))
        step = 40
        loud = (x.reshape(-1, step) ** 2).mean(axis=1)
        loud -= loud.mean()
        lags = np.arange(round(50 * 60 / 145), round(50 * 60 / 58))
        found = max(float(loud[:-k] @ loud[k:] / (loud @ loud)) for k in lags)
        assert found > 0.3


# clipping


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_clipped_share_is_as_asked(share):
    recording = example(0)
    found = clipped(recording, share)
    x = samples(found)
    assert np.abs(x).max() == 1.0
    assert (np.abs(x) == 1.0).mean() == pytest.approx(share, abs=1e-3)
    assert found.marks == recording.marks
    assert found.channels[0].rate_hz == 2000.0


def test_silence_cannot_be_clipped_and_all_of_a_sound_neither():
    assert not samples(clipped(negatives("silence", 0), 0.5)).any()
    with pytest.raises(SettingError, match="less than 1"):
        clipped(example(0), 1.0)


# the early network's pulses


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000))
def test_labels_of_the_pulses_are_those_of_its_pulses(seed):
    made = pulses(seed)
    at_s = np.array([mark.time_s for mark in made.recording.marks])
    assert at_s[0] == 0.0
    assert at_s[-1] < DURATION_S == made.recording.duration_s
    assert made.heart_rate_bpm == pytest.approx(60 / np.diff(at_s).mean())
    assert made.sdnn_s == pytest.approx(np.diff(at_s).std(ddof=1))
    assert 40 < made.heart_rate_bpm < 140


def test_pulses_are_heard_at_their_marks():
    for seed in range(10):
        made = pulses(seed)
        x = samples(made.recording)
        loud = [np.abs(x[round(1000 * m.time_s) :][:5]).max() for m in made.recording.marks]
        assert np.median(loud) > 4 * np.median(np.abs(x))


def test_the_published_rate_label_was_too_high():
    made = [pulses(seed) for seed in range(300)]
    published = [len(each.recording.marks) / DURATION_S * 60 for each in made]
    bias = np.mean([p - each.heart_rate_bpm for p, each in zip(published, made, strict=True)])
    assert 4.5 < bias < 7.0
