"use strict";
// Intervals from S1 to S1 over time with their uncertainty, drawn by uPlot; those that count and those left out
// differ in colour and shape.

function tachogram(place, data, view, goTo) {
  const { sounds } = data, time = [], counted = [], other = [], spread = [];
  for (let i = 0; i < sounds.count; i++) {
    if (sounds.label[i]) continue;
    const ms = sounds.intervalS[i] > 0 ? Math.round(sounds.intervalS[i] * 1e4) / 10 : null;
    time.push(sounds.timeS[i]);
    counted.push(sounds.counted[i] ? ms : null);
    other.push(sounds.counted[i] ? null : ms);
    spread.push(sounds.spreadS[i] * 1000);
  }
  const most = Math.max(...[counted, other].map((row) => row.reduce((a, b) => Math.max(a, b ?? 0), 0)));
  if (!most) {
    place.textContent = "No interval between two heart beats is known.";
    return { redraw: () => {}, rebuild: () => {} };
  }
  let plot = null;

  // Bars of uncertainty behind the points; where several share a pixel they would be one blot.
  function bars(u) {
    const [from, to] = u.series[0].idxs, pen = u.ctx;
    if (to - from > u.over.clientWidth) return;
    const shades = colours(), cap = 2.5 * uPlot.pxRatio;
    pen.save();
    pen.beginPath();
    pen.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    pen.clip();
    pen.lineWidth = 1.1 * uPlot.pxRatio;
    pen.globalAlpha = 0.75;
    for (let i = from; i <= to; i++) {
      const ms = counted[i] ?? other[i];
      if (ms === null || !spread[i]) continue;
      const x = u.valToPos(time[i], "x", true), low = u.valToPos(ms - spread[i], "y", true);
      const high = u.valToPos(ms + spread[i], "y", true);
      pen.strokeStyle = shades.value(counted[i] === null ? "k-X" : "k-NN");
      pen.beginPath();
      pen.moveTo(x, low); pen.lineTo(x, high);
      pen.moveTo(x - cap, low); pen.lineTo(x + cap, low);
      pen.moveTo(x - cap, high); pen.lineTo(x + cap, high);
      pen.stroke();
    }
    pen.restore();
  }

  function crosses(u, series, from, to) {
    const pen = u.ctx, size = (to - from > 4 * u.over.clientWidth ? 1 : 3) * uPlot.pxRatio;
    pen.save();
    pen.beginPath();
    pen.strokeStyle = colours().value("k-X");
    pen.lineWidth = 1.2 * uPlot.pxRatio;
    for (let i = from; i <= to; i++) {
      if (other[i] === null) continue;
      const x = u.valToPos(time[i], "x", true), y = u.valToPos(other[i], "y", true);
      pen.moveTo(x - size, y - size); pen.lineTo(x + size, y + size);
      pen.moveTo(x - size, y + size); pen.lineTo(x + size, y - size);
    }
    pen.stroke();
    pen.restore();
    return false;
  }

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
    const shades = colours();
    const axis = { stroke: shades.soft, grid: { stroke: shades.line, width: 1 }, ticks: { show: false },
      font: "11px system-ui, sans-serif" };
    const seen = (u, value, series, i) => (value === null || value === undefined ? "–"
      : `${value.toFixed(1)} ms ± ${spread[i].toFixed(1)} ms`);
    plot = new uPlot({
      width: place.clientWidth,
      height: 240,
      scales: { x: { time: false }, y: { range: (u, least, greatest) => uPlot.rangeNum(least ?? 0, greatest ?? 1000, 0.15, true) } },
      axes: [
        { ...axis, space: 80, incrs: TICKS_S, values: (u, splits) => splits.map((s) => clock(s, splits[1] - splits[0] < 1 ? 1 : 0)) },
        { ...axis, size: 56, values: (u, splits) => splits.map((s) => s + " ms") },
      ],
      series: [
        { label: "time", value: (u, value) => (value === null || value === undefined ? "–" : clock(value, 1)) },
        { label: "left out", stroke: shades.value("k-X"), value: seen, paths: () => null, points: { show: crosses } },
        { label: "interval", stroke: shades.value("k-NN"), width: 1.2, spanGaps: false, value: seen,
          points: { show: (u, series, from, to) => to - from <= 4 * u.over.clientWidth, space: 0, size: 4.5, fill: shades.value("k-NN") } },
      ],
      cursor: { points: { size: 7 } },
      hooks: { drawAxes: [bars], draw: [redraw] },
    }, [time, other, counted], place);
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
