"use strict";
// The bar over the whole recording: how many ectopic and unclear beats stand where.

const OVERVIEW_PX = 64;
const BANDS_PX = 16; // room above it for episodes, where there are any
const OVERVIEW_AXIS_PX = 16;
const FIBRILLATION = "atrial fibrillation"; // it stands out

class Overview {
  constructor(canvas, data, view) { Object.assign(this, { canvas, data, view }); }

  get width() { return this.canvas.clientWidth; }
  get top() { return this.data.episodes.length ? BANDS_PX : 0; }

  count(columns) {
    if (this.columns === columns) return;
    const { beats, classes } = this.data, kinds = classes.length; // the last kind: unclear
    this.columns = columns;
    this.stored = this.storage(Math.floor(this.width));
    this.counts = Array.from({ length: kinds }, () => new Uint32Array(columns));
    for (let i = 0; i < beats.count; i++) {
      const kind = beats.reason[i] ? kinds - 1 : beats.label[i] - 1;
      if (kind < 0) continue;
      this.counts[kind][Math.min(columns - 1, Math.floor((beats.timeS[i] / this.data.duration_s) * columns))]++;
    }
    this.most = 1;
    for (let c = 0; c < columns; c++) {
      this.most = Math.max(this.most, this.counts.reduce((sum, row) => sum + row[c], 0));
    }
  }

  // (pixel) whether the waveform of any of its seconds is stored.
  storage(width) {
    const { slot } = this.data, held = new Uint8Array(width);
    for (let x = 0; x < width; x++) {
      const from = Math.floor((x / width) * slot.length), to = Math.ceil(((x + 1) / width) * slot.length);
      for (let s = from; s < to && !held[x]; s++) held[x] = slot[s] >= 0;
    }
    return held;
  }

  draw() {
    const { data, view, width } = this, bar = 3;
    const pen = sharpen(this.canvas, width, this.top + OVERVIEW_PX), shades = colours();
    this.bands(pen, shades);
    pen.translate(0, this.top);
    const base = OVERVIEW_PX - OVERVIEW_AXIS_PX - 4, columns = Math.max(1, Math.floor(width / bar));
    this.count(columns);
    pen.fillStyle = shades.value("sunken");
    pen.fillRect(0, 0, width, base);
    const left = (view.startS / data.duration_s) * width;
    const wide = Math.max(4, (view.spanS / data.duration_s) * width);
    pen.fillStyle = shades.accent; // what the strip shows, behind the bars: their colours stay
    pen.globalAlpha = 0.16;
    pen.fillRect(left, 0, wide, base);
    pen.globalAlpha = 1;
    const kinds = [...data.classes.slice(1), "U"];
    for (let c = 0; c < columns; c++) {
      let y = base;
      kinds.forEach((kind, k) => {
        const count = this.counts[k][c];
        if (!count) return;
        // A single beat is seen, however many there are elsewhere.
        const high = Math.max(3, (count / this.most) * (base - 3 * kinds.length));
        pen.fillStyle = shades.kind(kind);
        if (kind === "U") { pen.globalAlpha = 0.55; }
        pen.fillRect((c * width) / columns, y - high, width / columns - 0.6, high);
        pen.globalAlpha = 1;
        y -= high;
      });
    }
    pen.fillStyle = shades.trace;
    this.stored.forEach((held, x) => { if (held) pen.fillRect(x, base + 1, 1, 2); });
    this.axis(pen, shades);
    pen.strokeStyle = shades.accent;
    pen.lineWidth = 1.5;
    pen.strokeRect(Math.max(0.75, Math.min(left, width - wide - 0.75)), 0.75, Math.min(wide, width - 1.5), base - 1.5);
  }

  // Its name stands in a band that has room for it; an unclear one is hatched.
  bands(pen, shades) {
    const px = this.width / Math.max(1e-9, this.data.duration_s);
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    for (const { kind, start_s: startS, duration_s: durationS, unclear } of this.data.episodes) {
      const left = startS * px, wide = Math.max(3, durationS * px);
      const colour = kind === FIBRILLATION ? shades.accent : shades.soft;
      pen.fillStyle = unclear ? hatching(pen, colour) : colour;
      pen.globalAlpha = unclear ? 0.6 : 0.3;
      pen.fillRect(left, 0, wide, BANDS_PX - 2);
      pen.globalAlpha = 1;
      pen.fillStyle = shades.ink;
      if (pen.measureText(kind).width + 8 < wide) pen.fillText(kind, left + 4, BANDS_PX / 2 - 1);
    }
  }

  axis(pen, shades) {
    const { data, width } = this, px = width / Math.max(1e-9, data.duration_s);
    const tick = TICKS_S.find((s) => s * px >= 70) || TICKS_S[TICKS_S.length - 1];
    pen.fillStyle = shades.soft;
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "bottom";
    for (let t = 0; t * px <= width - 20; t += tick) {
      pen.textAlign = t ? "center" : "left";
      pen.fillText(clock(t, tick < 1 ? 1 : 0), t * px, OVERVIEW_PX);
    }
  }
}
