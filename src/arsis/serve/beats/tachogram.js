"use strict";
// RR intervals over time: NN intervals, and those left out.

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
    return { redraw: () => {}, rebuild: () => {} };
  }
  const seen = (value) => value + " ms";
  return intervalPlot(place, view, goTo, { time, kept: nn, out: excluded, names: ["excluded", "NN"], seen, size: 3.5, headroom: 0.1 });
}
