"""Measure how the report of a day of ECG zooms: `python scripts/zoom.py [RECORDING] [--hours 24]`.

The recording (without one, half an hour is simulated) is repeated until it is as long as asked, as
a WFDB record in a folder that is thrown away, and analysed. Its report is opened in the machine's
Chromium through Playwright; the wheel, then the keys, zoom from all of it to five seconds and back.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import arsis
from arsis.formats.wfdb.write import write_record
from arsis.serve.presenters import presenter_of

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

NAME = "day"
LAST_S = 5.0
WATCH = """() => {
  window.frames_ms = { drawing: [], frame: [] };
  const next = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => next((now) => {
    const began = performance.now();
    draw(now);
    window.frames_ms.drawing.push(performance.now() - began);
  });
  window.frame = () => new Promise(next);
}"""
"""Keeps how long the page's own drawing takes in every frame."""
ACT = """async ([kind, steps, closer]) => {
  const strip = document.getElementById("strip"), box = strip.getBoundingClientRect();
  const at = { clientX: box.left + 0.4 * box.width, clientY: box.top + 90, cancelable: true };
  let before = await window.frame();
  for (let k = 0; k < steps; k++) {
    if (kind === "wheel") strip.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: closer ? -80 : 80 }));
    else strip.dispatchEvent(new KeyboardEvent("keydown", { key: closer ? "+" : "-" }));
    const now = await window.frame();
    window.frames_ms.frame.push(now - before);
    before = now;
  }
}"""  # noqa: E501
"""A step of zoom in every frame, and the time from each frame to the next."""


def repeated(recording: Path, folder: Path, hours: float) -> Path:
    """Write a recording over and over as one WFDB record; return its place, without an ending."""
    piece = arsis.read(recording)
    write_record(folder, NAME, piece)
    times = max(1, round(hours * 3600 / piece.duration_s))
    data, header = folder / f"{NAME}.dat", folder / f"{NAME}.hea"
    samples = data.read_bytes()
    with data.open("ab") as out:
        for _ in range(times - 1):
            out.write(samples)
    first, *lines = header.read_text(encoding="ascii").splitlines()
    fields = first.split()
    fields[3] = str(int(fields[3]) * times)
    longer = [_repeated_checksum(line, times) for line in lines]
    header.write_text("\n".join([" ".join(fields), *longer]) + "\n", encoding="ascii")
    return folder / NAME


def _repeated_checksum(line: str, times: int) -> str:
    """Return a signal's line with the 16-bit sum of all its samples, that many times."""
    fields = line.split(" ")
    if line.startswith("#") or len(fields) < 7:
        return line
    fields[6] = str((int(fields[6]) * times + 32768) % 65536 - 32768)
    return " ".join(fields)


def zoomed(sheet: Page, duration_s: float) -> dict[str, Any]:
    """Zoom an open report by wheel and by keys; return the times of its frames in ms.

    `frame` is from each frame to the next, `drawing` what the page itself did in it; other work of
    the machine adds to both. `cpu_ms` is the time of the processor that the page's thread took a
    frame, drawing, layout and painting together, whatever else ran.
    """
    session = sheet.context.new_cdp_session(sheet)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    sheet.evaluate(WATCH)
    sheet.focus("#strip")
    found = {}
    for kind, factor in (("wheel", 1.2214), ("keys", 1.5)):
        sheet.keyboard.press("0")
        sheet.evaluate("window.frame().then(window.frame)")
        sheet.evaluate("window.frames_ms.drawing.length = window.frames_ms.frame.length = 0")
        steps, span_s = 0, duration_s
        while span_s > LAST_S:
            steps, span_s = steps + 1, span_s / factor
        before_s = _busy_s(session)
        for closer in (True, False):
            sheet.evaluate(ACT, [kind, steps, closer])
        cpu_ms = 1000 * (_busy_s(session) - before_s) / (2 * steps)
        told = sheet.evaluate("window.frames_ms")
        found[kind] = {name: _told(values) for name, values in told.items()}
        found[kind]["cpu_ms"] = round(cpu_ms, 1)
    return found


def _busy_s(session: CDPSession) -> float:
    """Return how long the page's thread has been busy."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def _told(values_ms: list[float]) -> dict[str, float]:
    ordered = sorted(values_ms)
    return {
        "count": len(ordered),
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "most_ms": round(ordered[-1], 1),
    }


def _written(recording: Path, folder: Path) -> tuple[Path, float]:
    """Analyse a recording; return its report and how long the recording is in seconds."""
    prediction = arsis.predict(arsis.load("beats"), arsis.read(recording))
    report = folder / "report.html"
    page = presenter_of(prediction).report(prediction, recording.name)
    report.write_text(page, encoding="utf-8")
    return report, prediction.recording.duration_s


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (what is tested needs no browser)

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path, nargs="?")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--report", type=Path, help="open this report of so many hours instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        folder = Path(place)
        if options.recording is None and options.report is None:
            options.recording = write_record(folder, "half", arsis.simulate(1, 1800.0))
        report, duration_s = options.report, 3600 * options.hours
        if report is None:
            long = repeated(options.recording, folder, options.hours)
            report, duration_s = _written(long, folder)
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        sheet = browser.new_page(viewport={"width": 1400, "height": 900})
        sheet.goto(report.resolve().as_uri())
        sheet.wait_for_selector("html[data-drawn]", state="attached")
        print(json.dumps({"hours": duration_s / 3600, "bytes": report.stat().st_size,
                          **zoomed(sheet, duration_s)}, indent=1))  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
