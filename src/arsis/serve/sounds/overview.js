"use strict";
// The bar over the whole recording: the quality of every second, and which part of it can be heard here.

const OVERVIEW_PX = 62;
const OVERVIEW_AXIS_PX = 16;

class Overview {
  constructor(canvas, data, view) { Object.assign(this, { canvas, data, view }); }

  get width() { return this.canvas.clientWidth; }

  draw() {
    const { data, view, width } = this, { bin_s: binS, steps, unusable } = data.quality, bins = data.qualities;
    const pen = sharpen(this.canvas, width, OVERVIEW_PX), shades = colours();
    const base = OVERVIEW_PX - OVERVIEW_AXIS_PX - 4, px = width / Math.max(1e-9, data.duration_s);
    pen.fillStyle = shades.value("sunken");
    pen.fillRect(0, 0, width, base);
    const wide = Math.max(1, binS * px - (binS * px > 4 ? 1 : 0));
    let column = -1, worst = 1, usable = true;
    const flush = () => {
      if (column < 0) return;
      const high = Math.max(2, worst * (base - 4));
      pen.fillStyle = shades.value(usable ? "good" : "poor");
      pen.fillRect(column, base - high, wide, high);
      // Not by colour alone: what is not usable has a line over it.
      if (!usable) pen.fillRect(column, 1, wide, 3);
      column = -1;
      worst = 1;
      usable = true;
    };
    for (let i = 0; i < bins.length; i++) {
      const x = wide > 1 ? i * binS * px : Math.floor(i * binS * px);
      if (x !== column) { flush(); column = x; }
      worst = Math.min(worst, (bins[i] % unusable) / steps);
      if (bins[i] >= unusable) usable = false;
    }
    flush();
    this.axis(pen, shades, px);
    this.frame(pen, data.startS * px, (data.stopS - data.startS) * px, base, shades.soft, 1);
    pen.fillStyle = shades.accent;
    pen.globalAlpha = 0.16;
    pen.fillRect(view.startS * px, 0, Math.max(4, view.spanS * px), base);
    pen.globalAlpha = 1;
    this.frame(pen, view.startS * px, view.spanS * px, base, shades.accent, 1.5);
  }

  frame(pen, left, wide, base, colour, line) {
    const room = this.width - 1.5, span = Math.min(Math.max(4, wide), room);
    pen.strokeStyle = colour;
    pen.lineWidth = line;
    pen.strokeRect(Math.max(0.75, Math.min(left, room - span + 0.75)), 0.75, span, base - 1.5);
  }

  axis(pen, shades, px) {
    const tick = TICKS_S.find((s) => s * px >= 70) || TICKS_S[TICKS_S.length - 1];
    pen.fillStyle = shades.soft;
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "bottom";
    for (let t = 0; t * px <= this.width - 20; t += tick) {
      pen.textAlign = t ? "center" : "left";
      pen.fillText(clock(t, tick < 1 ? 1 : 0), t * px, OVERVIEW_PX);
    }
  }
}
