"""The page of heart sounds: to be heard and seen, never too large, nothing hostile let through."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from arsis.core.recording import Channel, Mark, Recording, from_array
from arsis.core.task import Decision
from arsis.core.windows import Answers
from arsis.infer.bundle import Calibration, Card
from arsis.infer.predict import Prediction
from arsis.serve.report.page import LARGEST
from arsis.serve.sounds.heard import HEARD_HZ, LONGEST_S, heard_of
from arsis.serve.sounds.marks import fitted, marks_of
from arsis.serve.sounds.presenter import columns, marks, sight
from arsis.serve.sounds.report import report
from arsis.serve.sounds.spectrogram import HOP, LEVELS, STEP_HZ, levels
from arsis.serve.sounds.words import ADVICE
from arsis.tasks.sounds import abstain
from arsis.tasks.sounds.abstain import NOISY, VERDICTS
from arsis.tasks.sounds.phases import STATES
from arsis.tasks.sounds.simulate import simulate
from arsis.tasks.sounds.summarise import SummariseSounds

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028<!--"
BAD = float(VERDICTS.index(NOISY))
CARD = Card(
    name="sounds", title="Heart sounds", task="sounds", task_version=1,
    targets={"phase": list(STATES)}, channels=[4, 300], features=["known"], rate_hz=1000.0,
    calibration={"phase": Calibration((1.0,) * 5, (0.0,) * 5)},
    decision={"phase": Decision(0.6, 0.3)}, limits=["Never tried on adults."],
)  # fmt: skip


def true_sounds(recording: Recording, card: Card = CARD) -> Prediction:
    """Return what a judge without fault would say, in poor signal now and then."""
    found = [mark for mark in recording.marks if mark.label in {"S1", "S2"}]
    reason = tuple(NOISY if i % 29 in {3, 4} else "" for i in range(len(found)))
    seconds = [
        (0.9, 0.0, 10.0) if i % 20 else (0.2, BAD, 0.0) for i in range(seconds_of(recording))
    ]
    return said_of(recording, found, reason, np.array(seconds), card)


def nothing_found(recording: Recording, why: str) -> Prediction:
    seconds = np.tile([0.1, VERDICTS.index(why), 0.0], (seconds_of(recording), 1))
    return said_of(recording, [], (), seconds, CARD)


def seconds_of(recording: Recording) -> int:
    return math.ceil(recording.duration_s)


def said_of(recording, found, reason, seconds, card) -> Prediction:
    count = len(found)
    time_s = np.array([mark.time_s for mark in found])
    duration_s = np.array([mark.duration_s for mark in found])
    first = np.array([mark.label == "S1" for mark in found], bool)
    value = np.full((count, 2), np.nan, np.float32)
    value[np.flatnonzero(first)[1:], 0] = np.diff(time_s[first])
    value[:, 1] = np.where(np.isnan(value[:, 0]), np.nan, 0.004)
    before_s = np.append(np.nan, time_s[1:] - (time_s + duration_s)[:-1])[:count]
    mass = np.full((count, 2), [5.0, 0.1])
    answers = Answers(
        time_s, duration_s, tuple(mark.label for mark in found),
        np.linspace(0.5, 1.0, count, dtype=np.float32), np.zeros((count, 5), np.float32), value,
        reason, recording.duration_s, int(recording.duration_s * 1e6),
        {
            "instant_s": time_s, "interval_s": value[:, 0].astype(float), "before_s": before_s,
            "whole": (~np.isnan(value[:, 0])).astype(float), "mass": mass, "seconds": seconds,
        },
    )  # fmt: skip
    return Prediction(recording, answers, SummariseSounds().push(answers, last=True), card)


def noise(duration_s: float, rate_hz: float = 4000.0) -> Recording:
    x = np.random.default_rng(1).normal(0, 0.05, (1, round(duration_s * rate_hz)))
    return from_array(x.astype(np.float32), rate_hz, names=("sound",), unit="FS", name="noise")


def long_recording(duration_s: float, rate_hz: float = 4000.0) -> Recording:
    """Return a recording whose samples come about when they are read: a minute, over and over."""
    made = simulate(1, 60.0, rate_hz)
    minute = made.channels[0].read()

    def source(start: int, stop: int) -> np.ndarray:
        return minute[np.arange(start, stop) % len(minute)]

    def all_marks():
        # Not as the samples have it: what repeats every minute would pack far too well.
        begin_s = np.cumsum(np.random.default_rng(2).normal(0.8, 0.05, int(duration_s / 0.7)))
        return tuple(
            Mark(time_s + after_s, label, 0.1)
            for time_s in begin_s[begin_s < duration_s - 1].tolist()
            for label, after_s in (("S1", 0.0), ("S2", 0.3))
        )

    channel = Channel("sound", "FS", rate_hz, round(duration_s * rate_hz), source)
    return Recording("long", (channel,), all_marks)


def embedded(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)


def sounds_of(data: dict) -> dict[str, np.ndarray]:
    """Return the columns of the marks, decoded as the page does."""
    raw = unpacked(data["sounds"]).reshape(17, data["count"]).astype(np.int64)
    wide = [sum(raw[4 * k + i] << (8 * i) for i in range(4)) * data["step_s"] for k in range(3)]
    names = ("spread_s", "label", "reason", "probability", "flags")
    return {
        "time_s": np.cumsum(wide[0]), "duration_s": wide[1], "interval_s": wide[2],
        **dict(zip(names, raw[12:], strict=True)),
    }  # fmt: skip


def heard_in(page: str) -> tuple[np.ndarray, int]:
    packed = re.search(r'src="data:audio/wav;base64,([^"]*)"', page)[1]
    x, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(packed)))
    return x, rate_hz


@pytest.fixture(scope="module")
def short() -> Prediction:
    return true_sounds(simulate(5, 40.0))


@pytest.fixture(scope="module")
def page(short) -> str:
    return report(short, "heart.wav")


def test_nothing_is_loaded_but_the_sound_within(page, loads):
    parsed = loads(page)
    assert parsed.found == ["audio src"]
    assert "default-src 'none'; media-src data:" in parsed.policy
    assert page.count("<script") == 2


def test_the_sound_is_there_to_be_heard_at_the_right_time(short, page):
    x, rate_hz = heard_in(page)
    own = short.recording.channels[0]
    assert rate_hz == HEARD_HZ
    assert len(x) == round(own.duration_s * HEARD_HZ)
    # At the own rate of 2000 Hz, without what lies below 20 Hz, it is the same sound but louder.
    spectrum = np.fft.rfft(own.read())
    spectrum[: round(20 * own.duration_s)] = 0
    plain = np.fft.irfft(spectrum, own.length)
    again = x[::2]
    assert np.corrcoef(plain, again)[0, 1] > 0.995
    assert np.abs(x).max() > 0.7


@pytest.mark.parametrize("rate_hz", [800.0, 1000.0, 4000.0, 8000.0, 44_100.0, 48_000.0])
def test_a_click_stays_where_it_is_whatever_the_rate(rate_hz):
    at_s = np.arange(round(45 * rate_hz)) / rate_hz
    clicks_s = (0.5, 20.0, 33.3)
    x = sum(np.exp(-0.5 * ((at_s - each) / 0.004) ** 2) for each in clicks_s)
    recording = from_array(x[None].astype(np.float32), rate_hz, names=("sound",), unit="FS")
    heard = heard_of(recording.channels[0], [1.0] * 45)
    for each in clicks_s:
        near = np.arange(round((each - 0.1) * HEARD_HZ), round((each + 0.1) * HEARD_HZ))
        centre = np.average(near, weights=heard.x[near] ** 2)
        assert abs(centre / HEARD_HZ - each) <= 1 / HEARD_HZ


def test_a_gap_is_silent_and_silence_stays_silent():
    x = np.full((1, 8000), np.nan, np.float32)
    heard = heard_of(from_array(x, 1000.0, names=("sound",), unit="FS").channels[0], [None] * 8)
    assert len(heard.x) == 8 * HEARD_HZ
    assert not heard.x.any()


def test_a_tone_stands_in_its_row_of_the_spectrogram():
    at_s = np.arange(2 * HEARD_HZ) / HEARD_HZ
    x = np.where(at_s < 1, np.sin(2 * np.pi * 250 * at_s), 0).astype(np.float32)
    drawn = levels(x)
    assert drawn.shape == (80, 2 * HEARD_HZ // HOP)
    row = np.arange(80)[:, None] * STEP_HZ
    strongest = drawn[:, 5:95] == LEVELS - 1
    np.testing.assert_allclose((row * strongest).sum(0) / strongest.sum(0), 250)
    assert not drawn[:, 105:].any()
    assert not levels(np.zeros(HEARD_HZ, np.float32)).any()


def test_every_sound_is_embedded_with_all_that_was_said_of_it(short, page):
    data = embedded(page)
    told, answers = sounds_of(data), short.answers
    np.testing.assert_allclose(told["time_s"], answers.time_s, atol=1e-4)
    np.testing.assert_allclose(told["duration_s"], answers.duration_s, atol=1e-4)
    np.testing.assert_allclose(told["interval_s"], np.nan_to_num(answers.value[:, 0]), atol=1e-4)
    assert [data["labels"][i] for i in told["label"]] == list(answers.label)
    assert [data["reasons"][i] for i in told["reason"]] == list(answers.reason)
    assert (told["flags"] >> 1 == [0] + [1] * (len(answers) - 1)).all()
    assert (told["flags"] & 1).sum() == short.summary["hrv"]["interval_count"]


def test_of_a_long_recording_the_clearest_stretch_is_heard():
    recording = long_recording(600.0)
    prediction = true_sounds(recording)
    told = prediction.summary["quality"]
    told = {**told, "per_second": [0.3] * 250 + [0.9] * 130 + [0.3] * 220}
    prediction = replace(prediction, summary={**prediction.summary, "quality": told})
    page = report(prediction, "long.wav")
    assert embedded(page)["heard"]["start_s"] == 250
    assert len(heard_in(page)[0]) == LONGEST_S * HEARD_HZ
    assert "Only 4:10 to 6:10 of 10:00 is here" in page


@pytest.mark.parametrize("hours", [1.0, 24.0])
def test_a_page_is_never_too_large(hours):
    prediction = true_sounds(long_recording(hours * 3600, 1000.0))
    page = report(prediction, "long.wav")
    assert len(page.encode()) <= LARGEST
    data = embedded(page)
    told, (begin, end) = sounds_of(data), (data["heard"]["start_s"], data["heard"]["start_s"] + 120)
    within = [t for t in prediction.answers.time_s.tolist() if begin <= t < end]
    drawn = told["time_s"][(told["time_s"] >= begin - 1e-3) & (told["time_s"] < end)]
    np.testing.assert_allclose(drawn, within, atol=1e-3)
    assert ("have no mark here" in page) == (data["count"] < len(prediction.answers))


def test_where_marks_do_not_fit_the_stretch_that_is_drawn_keeps_all_of_its_own():
    prediction = true_sounds(long_recording(3600.0))
    every = marks_of(prediction.answers)
    kept, text = fitted(every, (600.0, 720.0), len(every.packed()) // 4)
    assert len(text) <= len(every.packed()) // 4
    inside = (every.time_s >= 600) & (every.time_s < 720)
    assert set(every.time_s[inside]) <= set(kept.time_s)
    outside = kept.time_s[(kept.time_s < 600) | (kept.time_s >= 720)]
    assert outside.min() < 60
    assert outside.max() > 3500


def test_hostile_words_stay_words(loads):
    recording = replace(simulate(2, 10.0), name=HOSTILE, notes=(HOSTILE,) * 50, subject=HOSTILE)
    channels = tuple(replace(channel, name=HOSTILE) for channel in recording.channels)
    card = replace(CARD, name=HOSTILE, title=HOSTILE, trained_on=HOSTILE, limits=[HOSTILE] * 9)
    page = report(true_sounds(replace(recording, channels=channels), card), HOSTILE)
    assert loads(page).found == ["audio src"]
    assert page.count("<script") == 2
    assert "<img" not in page


def test_a_refusal_is_said_first_with_what_to_do():
    page = report(nothing_found(noise(8.0), NOISY), "noise.wav")
    assert page.index("No heart rate is given: too noisy.") < page.index(
        '<section aria-label="Key figures"'
    )
    assert "Record again in a quiet place" in page
    assert "No heart sound was found." in page
    assert "nan" not in re.sub(r"<script.*?</script>|<style.*?</style>|base64,[^\"]*", "", page,
                               flags=re.DOTALL)  # fmt: skip


def test_table_annotations_and_terminal_say_the_same(short):
    told, answers = columns(short), short.answers
    rows = [dict(zip(told.head, row, strict=True)) for row in told.rows]
    assert [row["label"] for row in rows] == list(answers.label)
    second = next(i for i, row in enumerate(rows) if row["label"] == "S1" and row["interval_s"])
    assert float(rows[second]["interval_s"]) == pytest.approx(float(answers.value[second, 0]), 1e-4)
    assert rows[second + 1]["interval_s"] == ""
    noted = marks(short)
    assert {(mark.label, mark.note.split()[0]) for mark in noted} == {("*", "S1"), ("D", "S2")}
    assert [mark.time_s for mark in noted] == answers.time_s.tolist()
    words = printed(short)
    assert f"heart rate {short.summary['heart_rate_bpm']:.1f} bpm" in words
    assert "uncertainty of an interval: ± 4.0 ms" in words


def test_the_terminal_says_why_there_is_no_heart_rate():
    words = printed(nothing_found(noise(2.0), ""))
    assert "No heart rate is given: too short. Record at least" in words
    assert "bpm" not in words


def test_every_reason_comes_with_advice():
    given = {
        value for name, value in vars(abstain).items() if name.isupper() and name != "DOUBTFUL"
    }
    assert {each for each in given if isinstance(each, str)} == set(ADVICE)


def printed(prediction: Prediction) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=120).print(sight(prediction))
    return out.getvalue()


ACTS = """
async () => {
  const root = document.documentElement;
  const strip = document.getElementById("strip"), box = strip.getBoundingClientRect();
  const audio = document.getElementById("audio");
  for (const button of document.querySelectorAll("button")) button.click();
  strip.focus();
  const keys = ["ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown", "+", "-"];
  const press = (key) => strip.dispatchEvent(new KeyboardEvent("keydown", { key }));
  for (const key of [...keys, "n", "p", "0"]) press(key);
  strip.dispatchEvent(new WheelEvent("wheel", { deltaY: -200, cancelable: true }));
  for (let x = 0; x < box.width; x += 11) {
    const at = { clientX: box.left + x, clientY: box.top + 50 };
    strip.dispatchEvent(new PointerEvent("pointermove", at));
    const tip = document.getElementById("tip");
    if (!tip.hidden) root.dataset.tip = tip.textContent;
  }
  press("0");
  const middle = { clientX: box.left + box.width / 2, clientY: box.top + 80, pointerId: 1 };
  strip.setPointerCapture = () => {};
  strip.dispatchEvent(new PointerEvent("pointerdown", middle));
  strip.dispatchEvent(new PointerEvent("pointerup", middle));
  root.dataset.place = audio.currentTime.toFixed(2);
  dispatchEvent(new Event("beforeprint"));
  dispatchEvent(new Event("afterprint"));
  await new Promise((ready) => requestAnimationFrame(ready));
  root.dataset.acted = "true";
}
"""


def test_a_browser_draws_it_and_can_play_it(short, page, opened):
    said = opened(page, until="playable")
    assert "error" not in said
    assert said["drawn"] == "true"
    assert int(said["sounds"]) == len(short.answers)
    assert int(said["samples"]) == 40 * HEARD_HZ
    assert int(said["columns"]) == 40 * HEARD_HZ // HOP
    assert int(said["intervals"]) == short.summary["hrv"]["interval_count"]
    assert float(said["playable"]) == pytest.approx(40.0)


@pytest.mark.parametrize("duration_s", [40.0, 3600.0])
def test_every_button_and_key_works_in_a_browser(duration_s, opened):
    page = report(true_sounds(long_recording(duration_s)), "x")
    said = opened(page, ACTS, until="playable")
    assert "error" not in said
    assert said["acted"] == "true"
    assert "probability" in said["tip"]
    assert float(said["place"]) == pytest.approx(float(said["playable"]) / 2, rel=0.02)


def test_a_page_without_sounds_is_drawn_too(opened):
    said = opened(report(nothing_found(noise(0.5), NOISY), "x"))
    assert "error" not in said
    assert said["drawn"] == "true"
