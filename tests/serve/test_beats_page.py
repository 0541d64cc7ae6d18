"""The report as a reader meets it: in a real browser, by pointer, by keys, on paper."""

from __future__ import annotations

import importlib.util
import io
import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import arsis
from arsis.core.recording import Recording
from arsis.core.windows import Answers
from arsis.formats.wfdb.write import write_record
from arsis.serve.beats.report import report
from arsis.serve.report.page import LARGEST
from arsis.tasks.beats.decode import POOR_SIGNAL
from arsis.tasks.beats.simulate import simulate
from arsis.tasks.beats.summarise import SummariseBeats

if TYPE_CHECKING:
    from types import ModuleType

    from arsis.infer.predict import Prediction

V = (200, 50, 12)  # --k-V on a light page
EPISODE = {
    "kind": "atrial fibrillation", "start_s": 20.0, "duration_s": 60.0, "beats": 80,
    "rate_bpm": 90.0, "probability": 0.9, "unclear": False, "reason": "",
}  # fmt: skip
WIDTHS = {
    "median_beats": 5, "beats_in_each": 20, "qrs_ms": 106.1, "qrs_spread_ms": 14.4,
    "qrs_count": 5, "qrs_reasons": {}, "qt_ms": None, "qt_spread_ms": None, "qt_count": 0,
    "qt_reasons": {"low T wave": 4}, "qtc_bazett_ms": None, "qtc_fridericia_ms": None,
    "qtc_framingham_ms": None, "qtc_hodges_ms": None,
}  # fmt: skip
START = datetime(2024, 2, 28, 23, 59, 0)  # noqa: DTZ001  (a recorder's clock has no zone)


@pytest.fixture(scope="module")
def judged() -> Prediction:
    """Two simulated minutes, judged by the shipped model."""
    recording = replace(simulate(1, 120.0), start=START)
    return arsis.predict(arsis.load("beats"), recording)


@pytest.fixture(scope="module")
def page(judged) -> str:
    return report(judged, "simulated")


def with_answers(prediction: Prediction, recording: Recording, answers: Answers) -> Prediction:
    summary = SummariseBeats().push(answers, last=True)
    return replace(prediction, recording=recording, answers=answers, summary=summary)


@pytest.fixture(scope="module")
def zoom(request) -> ModuleType:
    """The script that measures how a report zooms."""
    place = request.config.rootpath / "scripts" / "zoom.py"
    spec = importlib.util.spec_from_file_location("zoom", place)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def day(judged) -> Prediction:
    """A day of the same beats over and over, all of them N but for one V."""
    minutes = 720
    times, count = np.arange(minutes), len(judged.answers)
    own = judged.recording.duration_s

    def longer(channel):
        samples = channel.read()
        return replace(
            channel,
            length=channel.length * minutes,
            source=lambda start, stop: samples[np.arange(start, stop) % len(samples)],
        )

    recording = Recording("day", tuple(map(longer, judged.recording.channels)))
    label, only = ["N"] * (count * minutes), count * 300 + 40
    label[only] = "V"
    certain = np.tile(np.float32([0.97, 0.01, 0.01, 0.01]), (count * minutes, 1))
    certain[only] = (0.01, 0.01, 0.97, 0.01)
    answers = Answers(
        (judged.answers.time_s + times[:, None] * own).ravel(), np.zeros(count * minutes),
        tuple(label), certain.max(1), certain, np.full((count * minutes, 2), np.nan, np.float32),
        ("",) * (count * minutes), recording.duration_s, int(recording.duration_s * 1e6),
        {"rr_s": np.tile(judged.answers.aside["rr_s"], minutes)},
    )  # fmt: skip
    return with_answers(judged, recording, answers)


@pytest.fixture(scope="module")
def day_page(day) -> str:
    return report(day, "day")


def points(picture: bytes) -> np.ndarray:
    """Return a screenshot as (row, column, colour)."""
    return np.array(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def like(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(image - colour).max(axis=2) < 24


def point_at(sheet, time_s: float) -> str:
    """Move the pointer to an instant of the strip and return what is told there."""
    begin, end = (float(m) * 60 + float(s) for m, s in re.findall(
        r"(\d+):([\d.]+)", sheet.inner_text("#where").split("(")[0]))  # fmt: skip
    box = sheet.locator("#strip").bounding_box()
    x = box["x"] + (time_s - begin) / (end - begin) * box["width"]
    sheet.mouse.move(x, box["y"] + 20)
    return sheet.inner_text("#tip")


def test_it_is_drawn_and_beats_have_their_colours(judged, page, shown):
    sheet = shown(page)
    image = points(sheet.locator("#strip").screenshot())
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 30
    assert like(image[:40], V).sum() > 150  # a letter in its circle
    assert like(image[40:360], (22, 32, 44)).sum() > 2000  # the trace
    every = points(sheet.screenshot())
    assert 0.02 < (every.std(axis=2) > 8).mean() < 0.9
    assert (judged.summary["ectopic_burden"]["V"]["beats"]) > 0


def test_the_pointer_is_told_all_that_was_said_of_a_beat(judged, page, shown):
    sheet, answers = shown(page), judged.answers
    first = answers.label.index("V")
    told = point_at(sheet, answers.time_s[first])
    assert told.startswith("V \N{EN DASH} ventricular ectopic")
    rr_ms = float(re.search(r"RR (\d+) ms, not NN", told)[1])
    assert rr_ms == pytest.approx(1000 * np.diff(answers.time_s)[first - 1], abs=1.01)
    rows = re.findall(r"^([NSVF])\s+([<>]?) ?(0\.\d\d)$", told, re.MULTILINE)
    assert [row[0] for row in rows] == list("NSVF")
    for (_, bound, said), p in zip(rows, answers.probabilities[first].tolist(), strict=True):
        assert float(said) == pytest.approx(p, abs=0.0126)
        assert bound == ("" if 0.0075 < p < 0.9925 else "<" if p < 0.5 else ">")
    assert re.search(r"2024-02-2\d \d\d:\d\d:\d\d", told)
    sheet.mouse.move(0, 0)
    assert sheet.locator("#tip").is_hidden()


def test_time_of_day_goes_on_past_midnight(page, shown):
    sheet = shown(page)
    sheet.focus("#strip")
    sheet.keyboard.press("End")
    sheet.keyboard.press("Shift+ArrowRight")
    assert "2024-02-29 00:00" in sheet.inner_text("#tip")


def test_an_unclear_beat_says_why(judged, shown):
    answers = judged.answers
    reason = list(answers.reason)
    at = answers.label.index("V")
    reason[at] = POOR_SIGNAL
    prediction = with_answers(judged, judged.recording, replace(answers, reason=tuple(reason)))
    sheet = shown(report(prediction, "x"))
    sheet.focus("#strip")
    sheet.keyboard.press("0")
    sheet.select_option("#wanted", "?")
    sheet.click("#previous")
    assert sheet.locator("#tip").is_visible()
    assert f"unclear: {POOR_SIGNAL}" in sheet.inner_text("#tip")


def test_every_beat_can_be_reached_by_keys(judged, page, shown):
    sheet = shown(page)
    for _ in range(20):
        sheet.keyboard.press("Tab")
        if sheet.evaluate("document.activeElement.id") == "strip":
            break
    seen = [sheet.inner_text("#tip")]
    assert "probability" in seen[0]
    for _ in range(5):
        sheet.keyboard.press("Shift+ArrowRight")
        seen.append(sheet.inner_text("#tip"))
    assert len(set(seen)) == 6
    found = []
    for _ in range(3):
        sheet.keyboard.press("n")
        found.append(sheet.inner_text("#tip")[0])
    assert set(found) <= {"S", "V", "F"}
    sheet.keyboard.press("Escape")
    assert sheet.locator("#tip").is_hidden()


def test_one_ectopic_beat_of_a_day_is_seen_at_every_zoom(day, day_page, shown):
    sheet = shown(day_page)
    assert len(day_page.encode()) <= LARGEST
    assert sheet.evaluate("Number(document.documentElement.dataset.beats)") == len(day.answers)
    sheet.focus("#strip")
    sheet.select_option("#wanted", "V")
    sheet.click("#next")
    sheet.mouse.move(0, 0)
    at_s = float(day.answers.time_s[day.answers.label.index("V")])
    box = sheet.locator("#strip").bounding_box()
    for _ in range(40):
        told = sheet.inner_text("#where")
        begin, end = (
            sum(60**k * float(part) for k, part in enumerate(reversed(each.split(":"))))
            for each in re.findall(r"[\d:.]+", told)[:2]
        )
        x = (at_s - begin) / (end - begin) * box["width"]
        image = points(sheet.locator("#strip").screenshot())
        near = like(image[:40, max(0, int(x) - 12) : int(x) + 13], V)
        assert near.any(), told
        if end - begin > 86_000:
            break
        sheet.click("#wider")
        sheet.click("#wider")
        sheet.evaluate("new Promise((ready) => requestAnimationFrame(ready))")
    assert end - begin > 86_000
    bar = points(sheet.locator("#overview").screenshot())
    assert like(bar, V).any()
    assert "band: least to greatest" in day_page
    assert "Elsewhere only its least and greatest value" in sheet.inner_text(".ecg")


def test_a_day_zooms_without_a_stall(day_page, shown, zoom):
    times = zoom.zoomed(shown(day_page), 86_400.0)
    for kind in ("wheel", "keys"):
        assert times[kind]["drawing"]["count"] > 40
        assert times[kind]["drawing"]["median_ms"] < 50
        # Machines that run tests are busy, and a single frame may wait for its turn.
        assert times[kind]["cpu_ms"] < 50


def test_a_repeated_record_is_read_as_one(tmp_path, zoom):
    write_record(tmp_path, "own", simulate(1, 30.0))
    long = arsis.read(zoom.repeated(tmp_path / "own", tmp_path, 0.05))
    assert long.duration_s == 180.0
    assert long.notes == ()
    x = long.channels[0].read()
    np.testing.assert_array_equal(x[: len(x) // 6], x[-len(x) // 6 :])


def test_on_paper_all_is_there_and_nothing_is_cut_off(page, shown):
    sheet = shown(page)
    pdf = sheet.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
    assert re.search(rb"/MediaBox\s*\[\s*0 0 59[45][\d.]* 84[12]", pdf)  # A4 in points
    sheet.set_viewport_size({"width": 688, "height": 900})
    sheet.emulate_media(media="print")
    sheet.evaluate("dispatchEvent(new Event('beforeprint'))")
    for hint in (".tools", "#keys", ".u-legend", "#tip"):
        assert sheet.locator(hint).first.is_hidden()
    wide = sheet.evaluate("""() => [...document.querySelectorAll("body *")].filter((each) =>
      each.getBoundingClientRect().right > document.body.getBoundingClientRect().right + 1
      && !each.closest(".u-wrap, .hidden, svg")).map((each) => each.outerHTML.slice(0, 80))""")
    assert wide == []
    shape = sheet.evaluate("""() => ["strip", "overview"].map((id) => {
      const canvas = document.getElementById(id), box = canvas.getBoundingClientRect();
      return [canvas.width / canvas.height, box.width / box.height, canvas.width / box.width];
    })""")
    for drawn, laid_out, sharp in shape:
        assert laid_out == pytest.approx(drawn, rel=0.02)
        assert sharp > 2.5
    assert "25 mm/s" in page
    sheet.evaluate("dispatchEvent(new Event('afterprint'))")
    sheet.emulate_media(media="screen")
    assert sheet.locator("details[open]").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1400, "dark")])
def test_it_fits_a_phone_and_a_dark_room(width, scheme, page, shown):
    size = {"width": width, "height": 900}
    sheet = shown(page, viewport=size, color_scheme=scheme)
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    background = points(sheet.screenshot())[:, :4].mean()
    assert background < 60 if scheme == "dark" else background > 200


def test_what_is_drawn_has_a_name_for_those_who_cannot_see_it(page, shown):
    sheet = shown(page)
    unnamed = sheet.evaluate("""() => [...document.querySelectorAll("canvas[id], svg, [role=img]")]
      .filter((each) => !each.getAttribute("aria-label")).length""")
    assert unnamed == 0
    assert sheet.locator("figure.drawing svg").count() == 2  # Poincaré plot and reliability
    assert "Poincaré plot of" in sheet.locator("figure.drawing svg").first.get_attribute(
        "aria-label"
    )


def test_episodes_stand_in_a_table_and_over_the_bar(judged, shown):
    burden = {
        "burden_percent": 50.0, "least_percent": 40.0, "greatest_percent": 60.0,
        "judged_s": 120.0, "reason": "", "shortest_episode_s": 30.0,
    }  # fmt: skip
    silent = {name: value for name, value in judged.summary.items() if name != "episodes"}
    summary = silent | {
        "episodes": [EPISODE, EPISODE | {"kind": "pause"}],
        "atrial_fibrillation": burden,
        "rhythms_not_answered": ["atrial flutter"],
        "intervals": WIDTHS,
    }
    plain = shown(report(replace(judged, summary=silent), "x"))
    assert plain.locator("section[aria-labelledby=rhythm-title]").count() == 0
    sheet = shown(report(replace(judged, summary=summary), "x"))
    told = sheet.locator("section[aria-labelledby=rhythm-title]").inner_text()
    assert "Atrial fibrillation in 50.0 % of 2:00 judged, at least 40.0 %, at most 60.0 %" in told
    assert told.count("atrial fibrillation") == 1
    assert "pause" not in told
    assert re.search(r"QRS\s+106 ms ± 14 ms\s+5", told)
    assert re.search(r"QTc, Hodges\s+\N{EN DASH}\s+0\s+4 low T wave", told)
    higher = [each.locator("#overview").bounding_box()["height"] for each in (sheet, plain)]
    assert higher[0] == higher[1] + 16
    bar = points(sheet.locator("#overview").screenshot())
    assert np.ptp(bar[6, :100].astype(int), axis=0).max() < 12  # before the episode
    assert bar[2, 300].tolist() != bar[2, 50].tolist()
