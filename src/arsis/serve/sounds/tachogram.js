"use strict";
// Intervals from S1 to S1 over time with their uncertainty.

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

  const seen = (value, i) => `${value.toFixed(1)} ms ± ${spread[i].toFixed(1)} ms`;
  const rows = { time, kept: counted, out: other, names: ["left out", "interval"], seen, size: 4.5, headroom: 0.15, behind: bars };
  return intervalPlot(place, view, goTo, rows);
}
