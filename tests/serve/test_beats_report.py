"""The report: never too large, no beat hidden, nothing loaded, nothing hostile let through."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import time
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.recording import Channel, Recording, from_array
from arsis.core.task import Decision
from arsis.core.windows import Answers
from arsis.infer.bundle import Calibration, Card
from arsis.infer.predict import Prediction
from arsis.serve.beats.marks import EXCLUDED, NN, NO_INTERVAL, fitted, marks_of
from arsis.serve.beats.order import ranks
from arsis.serve.beats.report import report
from arsis.serve.beats.strip import on_grid, page_rates
from arsis.serve.report.page import LARGEST
from arsis.tasks.beats.classes import AAMI, CLASSES
from arsis.tasks.beats.decode import DOUBTFUL, POOR_SIGNAL
from arsis.tasks.beats.simulate import simulate
from arsis.tasks.beats.summarise import SummariseBeats

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028<!--"
CARD = Card(
    name="beats", title="Classes of heartbeats", task="beats", task_version=1,
    targets={"beat": list(CLASSES)}, channels=[6, 137], features=[], rate_hz=250.0,
    calibration={"beat": Calibration((1.0,) * 4, (0.0,) * 4)},
    decision={"beat": Decision(0.6, 0.2)},
)  # fmt: skip


def predicted(
    recording: Recording,
    time_s: np.ndarray,
    label: np.ndarray,
    reason: list[str],
    card: Card = CARD,
) -> Prediction:
    """Return a prediction that says these things of these beats."""
    count = len(time_s)
    probability = np.linspace(0.3, 1.0, count, dtype=np.float32)
    probabilities = np.repeat((1 - probability[:, None]) / 3, 4, axis=1)
    probabilities[np.arange(count), label] = probability
    answers = Answers(
        time_s, np.zeros(count), tuple(CLASSES[i] for i in label),
        probability, probabilities,
        np.full((count, 2), np.nan, np.float32), tuple(reason), recording.duration_s,
        int(recording.duration_s * 1e6), {"rr_s": np.diff(time_s, prepend=np.nan)},
    )  # fmt: skip
    return Prediction(recording, answers, SummariseBeats().push(answers, last=True), card)


def true_beats(recording: Recording) -> Prediction:
    """Return what a judge without fault would say, doubtful every 29th time."""
    time_s = np.array([mark.time_s for mark in recording.marks])
    label = np.array([CLASSES.index(AAMI[mark.label]) for mark in recording.marks])
    reason = [(DOUBTFUL, POOR_SIGNAL)[i % 2] if i % 29 == 3 else "" for i in range(len(label))]
    return predicted(recording, time_s, label, reason)


def long_recording(duration_s: float, rate_hz: float, noise_mv: float, leads: int = 2) -> Recording:
    """Return a recording whose samples come about when they are read: a minute, over and over."""
    rng = np.random.default_rng(1)
    x = simulate(1, 60.0, rate_hz).channels[0].read()
    minute = (x + rng.normal(0, noise_mv, len(x))).astype(np.float32)

    def source(start: int, stop: int) -> np.ndarray:
        return minute[np.arange(start, stop) % len(minute)]

    channel = Channel("MLII", "mV", rate_hz, round(duration_s * rate_hz), source)
    return Recording("long", tuple(replace(channel, name=f"lead {i}") for i in range(leads)))


def random_beats(recording: Recording, bpm: float, notable: float, seed: int = 0) -> Prediction:
    """Return beats at random instants, a share of them ectopic or unclear."""
    rng = np.random.default_rng(seed)
    count = int(recording.duration_s * bpm / 60)
    time_s = np.sort(rng.uniform(0, recording.duration_s, count)) + np.arange(count) * 1e-5
    odd = rng.random(count) < notable
    label = np.where(odd, rng.integers(0, 4, count), 0)
    reason = np.where(odd & (rng.random(count) < 0.5), POOR_SIGNAL, "")
    return predicted(recording, time_s, label, reason.tolist())


def embedded(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8) if text else np.empty(0)


def beats_of(data: dict) -> tuple[np.ndarray, ...]:
    columns = unpacked(data["beats"]).reshape(7 + len(data["classes"]), data["count"])
    step_ms = sum(columns[i].astype(np.int64) << (8 * i) for i in range(4))
    return np.cumsum(step_ms) / 1000, *columns[4:7], columns[7:].T


def samples_of(data: dict) -> np.ndarray:
    """Return (cell, lead, time) in mV, decoded one by one as the page does."""
    raw, strip = unpacked(data["strip"]["samples"]).tobytes(), data["strip"]
    per_cell, out, at, value = len(data["leads"]) * strip["rate_hz"], [], 0, 0
    while at < len(raw):
        value = 0 if len(out) % per_cell == 0 else value
        step = struct.unpack_from("<b", raw, at)[0]
        if step == -128:
            value, at = struct.unpack_from("<h", raw, at + 1)[0], at + 3
        else:
            value, at = value + step, at + 1
        out.append(value)
    mv = np.array(out, float) * strip["step_mv"]
    mv[np.array(out) == -32768] = np.nan
    return mv.reshape(-1, len(data["leads"]), strip["rate_hz"])


@pytest.fixture(scope="module")
def short() -> Prediction:
    return true_beats(simulate(5, 300.0))


@pytest.fixture(scope="module")
def page(short) -> str:
    return report(short, "simulated.dat")


def test_nothing_is_loaded_and_only_its_own_scripts_may_run(page, loads):
    parsed = loads(page)
    assert parsed.found == []
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(parsed.tags)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    assert len(script) == 1
    for content, directive in ((style, "style-src"), (script[0], "script-src")):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in parsed.policy
    assert "default-src 'none'" in parsed.policy
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|importScripts|import\(", script[0])


def test_every_beat_is_embedded_with_all_that_was_said_of_it(short, page):
    data = embedded(page)
    time_s, label, reason, interval, probabilities = beats_of(data)
    answers = short.answers
    np.testing.assert_allclose(time_s, answers.time_s, atol=0.0006)
    assert [data["classes"][i] for i in label] == list(answers.label)
    assert [data["reasons"][i] for i in reason] == list(answers.reason)
    np.testing.assert_allclose(
        probabilities / data["probability_steps"], answers.probabilities, atol=0.0026
    )
    assert (interval == NN).sum() == short.summary["hrv"]["interval_count"]
    assert (interval == EXCLUDED).sum() == short.summary["hrv"]["excluded_interval_count"]
    assert interval[0] == NO_INTERVAL


def test_a_short_recording_is_drawn_as_measured(short, page):
    data = embedded(page)
    x = samples_of(data)
    assert data["strip"]["rate_hz"] == 360
    for lead, channel in enumerate(short.recording.channels):
        np.testing.assert_allclose(x[:, lead].ravel(), channel.read(), atol=0.0026)
    assert "whole." in page


def test_gaps_stay_gaps_and_large_steps_stay_exact():
    x = np.zeros((1, 2500), np.float32)
    x[0, 300:700] = np.nan
    x[0, 1000:1100] = 90.0
    x[0, 1100] = -75.0
    recording = from_array(x, 250.0, names=("II",), unit="mV")
    data = embedded(report(predicted(recording, np.empty(0), np.empty(0, int), []), "x"))
    np.testing.assert_allclose(samples_of(data).ravel(), x[0], atol=0.0026)


def test_hostile_words_stay_words(loads):
    recording = replace(simulate(2, 30.0), name=HOSTILE, notes=(HOSTILE,) * 50, subject=HOSTILE)
    channels = tuple(replace(channel, name=HOSTILE) for channel in recording.channels)
    card = replace(
        CARD, name=HOSTILE, title=HOSTILE, trained_on=HOSTILE, made=HOSTILE,
        limits=[HOSTILE * 1000], scores={HOSTILE: {HOSTILE: HOSTILE}},
    )  # fmt: skip
    prediction = replace(true_beats(replace(recording, channels=channels)), card=card)
    page = report(prediction, HOSTILE)
    clean = report(true_beats(simulate(2, 30.0)), "clean")
    assert loads(page).found == []
    assert "img" not in loads(page).tags
    assert page.count("<script") == clean.count("<script")
    assert "<img" not in page
    assert embedded(page)["leads"][0] == HOSTILE[:24]


def test_the_card_and_the_reader_are_quoted():
    card = replace(
        CARD, limits=["Never tried on children."], made="2026-01-05",
        scores={"beat": {"V": {"sensitivity": 0.912345}}}, protocol="ds1-ds2",
    )  # fmt: skip
    recording = replace(simulate(2, 30.0), notes=("A checksum did not fit.",))
    page = report(replace(true_beats(recording), card=card), "a.dat")
    for words in (*card.limits, card.made, card.protocol, "0.9123", *recording.notes):
        assert words in page
    assert "Not a medical device" in page


@pytest.mark.parametrize("reason", ["", POOR_SIGNAL])
def test_no_beats_and_one_beat_make_a_page(reason):
    recording = simulate(2, 5.0)
    none = report(predicted(recording, np.empty(0), np.empty(0, int), []), "x")
    one = report(predicted(recording, np.array([2.0]), np.array([2]), [reason]), "x")
    assert embedded(none)["count"] == 0
    assert embedded(one)["count"] == 1
    assert "nan" not in re.sub(r"<script.*?</script>|<style.*?</style>", "", none, flags=re.DOTALL)


@settings(max_examples=6, deadline=None)
@given(
    hours=st.sampled_from([0.7, 2.0, 5.0, 24.0]),
    rate_hz=st.sampled_from([128.0, 250.0, 257.5, 360.0]),
    noise_mv=st.sampled_from([0.0, 0.02, 2.0]),
    bpm=st.sampled_from([50.0, 90.0]),
    notable=st.sampled_from([0.0, 0.01, 0.3, 1.0]),
)
def test_a_page_is_never_too_large_and_holds_every_beat(hours, rate_hz, noise_mv, bpm, notable):
    prediction = random_beats(long_recording(hours * 3600, rate_hz, noise_mv), bpm, notable)
    page = report(prediction, "long.dat")
    data = embedded(page)
    assert len(page.encode()) <= LARGEST
    np.testing.assert_allclose(beats_of(data)[0], prediction.answers.time_s, atol=0.0006)
    drawn = np.unpackbits(unpacked(data["strip"]["drawn"]), bitorder="little").sum()
    if drawn < data["strip"]["seconds"]:
        assert "Elsewhere only its least and greatest value" in page
        assert len(page.encode()) > 0.8 * LARGEST


def test_a_day_keeps_the_waveform_of_the_rare_beats():
    recording = long_recording(86_400.0, 250.0, 0.02)
    time_s = np.arange(0.5, 86_399.0, 0.8)
    label = np.zeros(len(time_s), int)
    label[::4] = 1
    rare = np.linspace(50, len(time_s) - 50, 12).astype(int)
    label[rare] = 3
    data = embedded(report(predicted(recording, time_s, label, [""] * len(time_s)), "x"))
    drawn = np.unpackbits(unpacked(data["strip"]["drawn"]), bitorder="little").astype(bool)
    assert drawn[time_s[rare].astype(int)].all()
    hours = drawn[:86_400].reshape(24, 3600).sum(axis=1)
    assert hours.min() > 0.8 * hours.max() > 0


def test_where_marks_do_not_fit_normal_beats_go_first_and_the_page_says_so(monkeypatch):
    # An eighth of the room makes of a day what weeks would be.
    monkeypatch.setattr("arsis.serve.beats.report.LARGEST", LARGEST // 8)
    prediction = random_beats(long_recording(86_400.0, 128.0, 0.02, leads=1), 100.0, 0.02)
    page = report(prediction, "weeks.dat")
    marks = marks_of(prediction.answers, CLASSES)
    _, label, reason, *_ = beats_of(embedded(page))
    assert len(page.encode()) <= LARGEST // 8
    assert 0 < len(label) < len(marks.time_s)
    assert "beats have no mark here" in page
    assert ((label > 0) | (reason > 0)).sum() == marks.notable.sum()


def test_an_interval_with_a_lost_beat_is_none():
    prediction = true_beats(simulate(4, 60.0))
    marks = marks_of(prediction.answers, CLASSES)
    kept, _ = fitted(marks, len(marks.packed()) * 2 // 3)
    assert 0 < len(kept.time_s) < len(marks.time_s)
    step_s = np.diff(kept.time_s)[kept.interval[1:] != NO_INTERVAL]
    assert set(np.round(step_s, 6)) <= set(np.round(np.diff(marks.time_s), 6))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.integers(1, 200))
def test_any_length_of_the_order_is_fair(kinds, length):
    kind = np.array(kinds)
    order = np.argsort(ranks(kind, kind > 0), kind="stable")
    taken = np.zeros(len(kind), bool)
    taken[order[:length]] = True
    if (kind > 0).any() and not taken[kind > 0].all():
        assert not taken[kind == 0].any()
    shares = [(taken[kind == k].sum(), (kind == k).sum()) for k in set(kinds) - {0}]
    most = max((count for count, _ in shares), default=0)
    assert all(count >= min(total, most - 1) for count, total in shares)


def test_rates_of_the_page():
    assert page_rates(1000.0) == [250, 200, 125]
    assert page_rates(128.0) == [128]
    assert page_rates(100.0) == [100]


def test_channels_of_other_rates_stand_at_the_right_time():
    time_s = np.arange(0, 20, 1 / 257.5)
    recording = from_array(
        np.sin(2 * np.pi * time_s)[None].astype(np.float32), 257.5, names=("II",), unit="mV"
    )
    x = on_grid(recording.channels[0], 3, 7, 125)
    np.testing.assert_allclose(x, np.sin(2 * np.pi * (3 + np.arange(500) / 125)), atol=0.06)


def test_half_an_hour_takes_a_third_of_a_second():
    prediction = random_beats(long_recording(1800.0, 360.0, 0.02), 80.0, 0.1)
    report(prediction, "x")
    started = time.process_time()
    report(prediction, "x")
    assert time.process_time() - started < 0.3


ACTS = """
async () => {
  const root = document.documentElement, strip = document.getElementById("strip");
  const tip = document.getElementById("tip"), box = strip.getBoundingClientRect();
  for (const button of document.querySelectorAll("button")) button.click();
  for (const option of document.getElementById("wanted").options) {
    document.getElementById("wanted").value = option.value;
    document.getElementById("next").click();
    document.getElementById("previous").click();
  }
  strip.focus();
  for (const key of ["ArrowLeft", "ArrowRight", "Home", "End", "+", "-", "n", "p", "5", "0"]) {
    strip.dispatchEvent(new KeyboardEvent("keydown", { key }));
    strip.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true }));
  }
  strip.dispatchEvent(new WheelEvent("wheel", { deltaY: -200, cancelable: true }));
  document.querySelector("[data-time]")?.click();
  for (let x = 0; x < box.width; x += 23) {
    const at = { clientX: box.left + x, clientY: box.top + 50 };
    strip.dispatchEvent(new PointerEvent("pointermove", at));
    if (!tip.hidden) root.dataset.tip = tip.textContent;
  }
  dispatchEvent(new Event("beforeprint"));
  dispatchEvent(new Event("afterprint"));
  await new Promise((ready) => requestAnimationFrame(ready));
  root.dataset.acted = "true";
}
"""


def test_a_browser_draws_it_without_an_error(short, page, opened):
    said = opened(page)
    assert "error" not in said
    assert said["drawn"] == "true"
    assert int(said["beats"]) == len(short.answers)
    assert int(said["seconds"]) == 300
    assert int(said["samples"]) == 300 * 360 * 2
    assert int(said["intervals"]) == short.summary["hrv"]["interval_count"]


@pytest.mark.parametrize("hours", [0.08, 24.0])
def test_every_button_and_key_works_in_a_browser(hours, opened):
    prediction = random_beats(long_recording(hours * 3600, 250.0, 0.02), 70.0, 0.2)
    page = report(prediction, "x")
    said = opened(page, ACTS)
    assert "error" not in said
    assert said["acted"] == "true"
    assert "probability" in said["tip"]


def test_a_page_without_beats_is_drawn_too(opened):
    recording = simulate(2, 5.0)
    said = opened(report(predicted(recording, np.empty(0), np.empty(0, int), []), "x"))
    assert "error" not in said
    assert said["drawn"] == "true"
