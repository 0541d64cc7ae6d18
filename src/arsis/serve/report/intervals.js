"use strict";
// Intervals between beats over time, drawn by uPlot; those that count and those left out differ in colour and shape.

// More points than this in a pixel are one blot.
const crowded = (u, from, to) => to - from > 4 * u.over.clientWidth;

// `rows`: `time` of each interval in s; `kept` and `out` in ms, null where it is not of that kind; the `names` of both;
// `seen(value, i)` in words; `size` of a point; `headroom`, a share; `behind(u)` draws what lies behind the points.
function intervalPlot(place, view, goTo, rows) {
  const { time, kept, out } = rows;
  let plot = null;

  function crosses(u, series, from, to) {
    const pen = u.ctx, size = 3 * uPlot.pxRatio;
    if (crowded(u, from, to)) { dots(u, from, to); return false; }
    pen.save();
    pen.beginPath();
    pen.strokeStyle = colours().value("k-X");
    pen.globalAlpha = 0.7;
    pen.lineWidth = 1.1 * uPlot.pxRatio;
    for (let i = from; i <= to; i++) {
      if (out[i] === null) continue;
      const x = u.valToPos(time[i], "x", true), y = u.valToPos(out[i], "y", true);
      pen.moveTo(x - size, y - size); pen.lineTo(x + size, y + size);
      pen.moveTo(x - size, y + size); pen.lineTo(x + size, y - size);
    }
    pen.stroke();
    pen.restore();
    return false;
  }

  // Thousands of crosses are one slow blot; dots, one for a pixel, show the same.
  function dots(u, from, to) {
    const pen = u.ctx, size = 2 * uPlot.pxRatio, drawn = new Set();
    pen.fillStyle = colours().value("k-X");
    for (let i = from; i <= to; i++) {
      if (out[i] === null) continue;
      const x = Math.round(u.valToPos(time[i], "x", true)), y = Math.round(u.valToPos(out[i], "y", true));
      if (drawn.has(x * 65536 + y)) continue;
      drawn.add(x * 65536 + y);
      pen.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }

  // What the strip shows, as an element over the plot: a day of intervals is slow to draw anew.
  const shade = document.createElement("div");
  shade.className = "shade";
  function redraw(u = plot) {
    const from = u.valToPos(view.startS, "x"), to = u.valToPos(view.startS + view.spanS, "x");
    const left = Math.max(0, from), right = Math.min(u.over.clientWidth, Math.max(to, from + 2));
    shade.hidden = right <= left;
    shade.style.left = left + "px";
    shade.style.width = Math.max(0, right - left) + "px";
  }

  function build() {
    plot?.destroy();
    const shades = colours(), room = rows.headroom;
    const axis = { stroke: shades.soft, grid: { stroke: shades.line, width: 1 }, ticks: { show: false },
      font: "11px system-ui, sans-serif" };
    const told = (words) => (u, value, series, i) => (value === null || value === undefined ? "–" : words(value, i));
    const points = { show: (u, series, from, to) => !crowded(u, from, to), space: 0, size: rows.size, fill: shades.value("k-NN") };
    plot = new uPlot({
      width: place.clientWidth,
      height: 240,
      scales: { x: { time: false }, y: { range: (u, least, most) => uPlot.rangeNum(least ?? 0, most ?? 1000, room, true) } },
      axes: [
        { ...axis, space: 80, incrs: TICKS_S, values: (u, splits) => splits.map((s) => clock(s, splits[1] - splits[0] < 1 ? 1 : 0)) },
        { ...axis, size: 56, values: (u, splits) => splits.map((s) => s + " ms") },
      ],
      series: [
        { label: "time", value: told((value) => clock(value, 1)) },
        { label: rows.names[0], stroke: shades.value("k-X"), value: told(rows.seen), paths: () => null, points: { show: crosses } },
        { label: rows.names[1], stroke: shades.value("k-NN"), width: 1.2, spanGaps: false, value: told(rows.seen), points },
      ],
      cursor: { points: { size: 7 } },
      hooks: { drawAxes: rows.behind ? [rows.behind] : [], draw: [redraw] },
    }, [time, out, kept], place);
    plot.over.append(shade);
    redraw();
    let downAt = 0;
    plot.over.addEventListener("mousedown", (event) => { downAt = event.clientX; });
    plot.over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - downAt) < 3 && plot.cursor.idx !== null) goTo(time[plot.cursor.idx]);
    });
  }
  build();
  return { rebuild: build, redraw };
}
