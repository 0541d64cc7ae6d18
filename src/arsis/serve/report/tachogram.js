"use strict";
// RR intervals over time, drawn by uPlot; NN intervals and excluded ones differ in colour and shape.

const NN = 1, EXCLUDED = 2;

function tachogram(place, data, view, goTo) {
  const { beats } = data, time = [], nn = [], excluded = [];
  for (let i = 1; i < beats.count; i++) {
    const kind = beats.interval[i];
    const rrMs = Math.round((beats.timeS[i] - beats.timeS[i - 1]) * 1000);
    time.push(beats.timeS[i]);
    nn.push(kind === NN ? rrMs : null);
    excluded.push(kind === EXCLUDED ? rrMs : null);
  }
  if (!time.length) {
    place.textContent = "Fewer than two beats: no intervals.";
    return { redraw() {}, rebuild() {} };
  }
  let plot = null;

  function crosses(u, series, from, to) {
    const pen = u.ctx, size = 3 * uPlot.pxRatio;
    pen.save();
    pen.beginPath();
    pen.strokeStyle = colours().value("k-X");
    pen.globalAlpha = 0.7;
    pen.lineWidth = 1.1 * uPlot.pxRatio;
    for (let i = from; i <= to; i++) {
      if (excluded[i] === null) continue;
      const x = u.valToPos(time[i], "x", true), y = u.valToPos(excluded[i], "y", true);
      pen.moveTo(x - size, y - size); pen.lineTo(x + size, y + size);
      pen.moveTo(x - size, y + size); pen.lineTo(x + size, y - size);
    }
    pen.stroke();
    pen.restore();
    return false;
  }

  function shade(u) {
    const shades = colours(), pen = u.ctx;
    const from = u.valToPos(view.startS, "x", true), to = u.valToPos(view.startS + view.spanS, "x", true);
    const left = Math.max(u.bbox.left, from), right = Math.min(u.bbox.left + u.bbox.width, Math.max(to, from + 2));
    if (right <= left) return;
    pen.save();
    pen.globalAlpha = 0.16;
    pen.fillStyle = shades.accent;
    pen.fillRect(left, u.bbox.top, right - left, u.bbox.height);
    pen.restore();
  }

  function build() {
    plot?.destroy();
    const shades = colours();
    const axis = { stroke: shades.soft, grid: { stroke: shades.line, width: 1 }, ticks: { show: false },
      font: "11px system-ui, sans-serif" };
    const seen = (u, value) => (value === null || value === undefined ? "–" : value + " ms");
    plot = new uPlot({
      width: place.clientWidth,
      height: 240,
      scales: { x: { time: false }, y: { range: (u, least, most) => uPlot.rangeNum(least ?? 0, most ?? 1000, 0.1, true) } },
      axes: [
        { ...axis, space: 80, incrs: TICKS_S, values: (u, splits) => splits.map((s) => clock(s, splits[1] - splits[0] < 1 ? 1 : 0)) },
        { ...axis, size: 56, values: (u, splits) => splits.map((s) => s + " ms") },
      ],
      series: [
        { label: "time", value: (u, value) => (value === null || value === undefined ? "–" : clock(value, 1)) },
        { label: "excluded", stroke: shades.value("k-X"), value: seen, paths: () => null, points: { show: crosses } },
        { label: "NN", stroke: shades.value("k-NN"), width: 1.2, spanGaps: false, value: seen,
          points: { show: true, space: 0, size: 3.5, fill: shades.value("k-NN") } },
      ],
      cursor: { points: { size: 7 } },
      hooks: { drawClear: [shade] },
    }, [time, excluded, nn], place);
    let downAt = 0;
    plot.over.addEventListener("mousedown", (event) => { downAt = event.clientX; });
    plot.over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - downAt) < 3 && plot.cursor.idx !== null) goTo(time[plot.cursor.idx]);
    });
  }
  build();
  return { rebuild: build, redraw: () => plot.redraw(false, false) };
}
