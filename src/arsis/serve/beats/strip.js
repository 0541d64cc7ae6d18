"use strict";
// The ECG strip: what is seen is `view` = { startS, spanS }; everything is drawn anew at every change.

const PX_PER_MM = 96 / 25.4;
const MARKS_PX = 40;
const AXIS_PX = 20;

class Strip {
  constructor(canvas, data, view) {
    Object.assign(this, { canvas, data, view, gain: 10, hovered: -1 });
    this.marks = new Letters(this);
  }

  get width() { return this.canvas.clientWidth; }
  x(timeS) { return ((timeS - this.view.startS) / this.view.spanS) * this.width; }
  time(x) { return this.view.startS + (x / this.width) * this.view.spanS; }

  draw() {
    const leads = this.data.leads.length;
    const lane = Math.round((leads > 1 ? 40 : 56) * PX_PER_MM);
    this.height = MARKS_PX + leads * lane + AXIS_PX;
    this.pen = sharpen(this.canvas, this.width, this.height);
    this.colours = colours();
    this.coarse = this.view.spanS / this.width >= this.data.binS;
    this.marks.look();
    this.grid(lane * leads);
    this.marks.bands(lane * leads);
    for (let lead = 0; lead < leads; lead++) this.lead(lead, MARKS_PX + lead * lane, lane);
    this.scale();
    this.marks.draw();
  }

  grid(height) {
    const { pen, width, colours } = this;
    const top = MARKS_PX, bottom = top + height;
    const px = width / this.view.spanS;
    const lines = (stepS, colour) => {
      pen.strokeStyle = colour;
      pen.beginPath();
      for (let k = Math.ceil(this.view.startS / stepS); this.x(k * stepS) <= width; k++) {
        const x = Math.round(this.x(k * stepS)) + 0.5;
        pen.moveTo(x, top); pen.lineTo(x, bottom);
      }
      pen.stroke();
    };
    const rungs = (stepMv, colour) => {
      pen.strokeStyle = colour;
      pen.beginPath();
      for (let y = 0; y <= height; y += stepMv * this.gain * PX_PER_MM) {
        pen.moveTo(0, Math.round(top + y) + 0.5); pen.lineTo(width, Math.round(top + y) + 0.5);
      }
      pen.stroke();
    };
    pen.lineWidth = 1;
    const minute = 0.04 * px >= 3 && 0.1 * this.gain * PX_PER_MM >= 3;
    if (minute) { lines(0.04, colours.minor); rungs(0.1, colours.minor); }
    if (0.2 * px >= 5) { lines(0.2, colours.major); rungs(0.5, colours.major); }
    const tick = TICKS_S.find((s) => s * px >= 74) || TICKS_S[TICKS_S.length - 1];
    if (0.2 * px < 5) { lines(tick, colours.major); rungs(1, colours.minor); }
    pen.fillStyle = colours.soft;
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let k = Math.ceil(this.view.startS / tick); this.x(k * tick) <= width; k++) {
      const words = clock(k * tick, tick < 1 ? 1 : 0), half = pen.measureText(words).width / 2;
      const x = Math.min(Math.max(this.x(k * tick), half), width - half);
      pen.fillText(words, x, bottom + AXIS_PX / 2);
    }
  }

  hatch(colour) {
    this.hatches ??= new Map();
    if (!this.hatches.has(colour)) this.hatches.set(colour, hatching(this.pen, colour));
    return this.hatches.get(colour);
  }

  lead(lead, top, lane) {
    const { pen, data, width, colours } = this;
    pen.save();
    pen.beginPath();
    // As on paper, a tall wave runs into its neighbour's lane rather than being cut off.
    pen.rect(0, MARKS_PX, width, this.height - MARKS_PX - AXIS_PX);
    pen.clip();
    const middle = this.level(lead);
    const y = (mv) => top + lane * 0.6 - (mv - middle) * this.gain * PX_PER_MM;
    const from = Math.max(0, Math.floor(this.view.startS));
    const to = Math.min(data.slot.length, Math.ceil(this.view.startS + this.view.spanS));
    pen.fillStyle = this.coarse ? colours.soft : colours.band;
    if (this.coarse) this.envelope(lead, y, [from, to, data.binS], () => true);
    else {
      this.envelope(lead, y, [from, to, 1], (second) => data.slot[second] < 0);
      this.trace(lead, y, from, to);
    }
    pen.restore();
    this.words(data.leads[lead], top + 3, "left", "600 12px system-ui, sans-serif", colours.ink);
  }

  // How far a second and a millivolt reach, and where a band stands for the samples.
  scale() {
    const { data, view } = this, speed = this.width / (view.spanS * PX_PER_MM), told = [`${this.gain} mm/mV`];
    if (speed >= 2) told.unshift(`${Number(speed.toPrecision(3))} mm/s`);
    if (this.coarse) told.push("band: least to greatest value");
    else if (data.slot.subarray(Math.floor(view.startS), Math.ceil(view.startS + view.spanS)).includes(-1)) {
      told.push("grey band: least to greatest value only");
    }
    this.words(told.join(", "), MARKS_PX + 3, "right", "11px system-ui, sans-serif", this.colours.soft);
  }

  words(told, top, side, font, colour) {
    const { pen, width, colours } = this;
    pen.font = font;
    pen.textAlign = "left";
    pen.textBaseline = "top";
    const wide = pen.measureText(told).width, left = side === "left" ? 4 : width - wide - 12;
    pen.fillStyle = colours.panel;
    pen.globalAlpha = 0.85;
    pen.fillRect(left, top, wide + 8, 17);
    pen.globalAlpha = 1;
    pen.fillStyle = colour;
    pen.fillText(told, left + 4, top + 2);
  }

  level(lead) {
    // The median of what is seen, so that a wandering baseline stays in its lane.
    const { data } = this, seen = [];
    for (let k = 0; k < 401; k++) {
      const timeS = this.view.startS + ((k + 0.5) / 401) * this.view.spanS;
      const value = this.sample(lead, timeS) ?? this.between(lead, timeS);
      if (value !== undefined) seen.push(value);
    }
    if (!seen.length) return 0;
    const middle = Float64Array.from(seen).sort()[seen.length >> 1];
    return Math.round(middle / data.stepMv) * data.stepMv;
  }

  sample(lead, timeS) {
    const { data } = this, second = Math.floor(timeS);
    const slot = second >= 0 && second < data.slot.length ? data.slot[second] : -1;
    if (slot < 0) return undefined;
    const at = (slot * data.leads.length + lead) * data.rateHz + Math.floor((timeS - second) * data.rateHz);
    return data.samples[at] === GAP ? undefined : data.samples[at] * data.stepMv;
  }

  between(lead, timeS) {
    const { data } = this, bin = Math.floor(timeS / data.binS);
    if (bin < 0 || bin >= data.bins) return undefined;
    const least = data.envelope[lead * data.bins + bin];
    const greatest = data.envelope[(data.leads.length + lead) * data.bins + bin];
    return least === -128 ? undefined : ((least + greatest) / 2) * data.envelopeStepMv;
  }

  // Stretches that share a column of pixels are one bar.
  envelope(lead, y, [from, to, stepS], wanted) {
    const { pen, data } = this, { envelope, binS } = data;
    const upper = (data.leads.length + lead) * data.bins, lower = lead * data.bins;
    const px = this.width / this.view.spanS, wide = Math.max(1, px * stepS + 0.5);
    let column = NaN, low = 127, high = -128;
    const flush = () => {
      if (low > high) return;
      const above = y(high * data.envelopeStepMv), below = y(low * data.envelopeStepMv);
      pen.fillRect(column, above, wide, Math.max(1, below - above));
      low = 127;
      high = -128;
    };
    for (let second = from; second < to; second += stepS) {
      const bin = Math.floor(second / binS), x = Math.floor((second - this.view.startS) * px);
      if (bin >= data.bins) break;
      if (x !== column) { flush(); column = x; }
      if (envelope[lower + bin] === -128 || !wanted(second)) continue;
      if (envelope[lower + bin] < low) low = envelope[lower + bin];
      if (envelope[upper + bin] > high) high = envelope[upper + bin];
    }
    flush();
  }

  trace(lead, y, from, to) {
    const perPx = (this.data.rateHz * this.view.spanS) / this.width;
    this.pen.strokeStyle = this.pen.fillStyle = this.colours.trace;
    if (perPx <= 2) this.line(lead, y, from, to); else this.bars(lead, y, from, to);
  }

  line(lead, y, from, to) {
    const { pen, data } = this, stepPx = this.width / this.view.spanS / data.rateHz;
    pen.lineWidth = 1.4;
    pen.lineJoin = "round";
    pen.beginPath();
    let open = false;
    for (let second = from; second < to; second++) {
      const slot = data.slot[second];
      if (slot < 0) { open = false; continue; }
      const base = (slot * data.leads.length + lead) * data.rateHz, left = this.x(second);
      for (let i = 0; i < data.rateHz; i++) {
        const value = data.samples[base + i];
        if (value === GAP) { open = false; continue; }
        const x = left + i * stepPx;
        if (open) pen.lineTo(x, y(value * data.stepMv)); else pen.moveTo(x, y(value * data.stepMv));
        open = true;
      }
    }
    pen.stroke();
  }

  // Samples that share a column of pixels are a bar from the least to the greatest of them, which reaches to the
  // last sample of the column before.
  bars(lead, y, from, to) {
    const { pen, data } = this, { samples, rateHz } = data, stepPx = this.width / this.view.spanS / rateHz;
    let column = NaN, least = 0, greatest = 0, last = GAP;
    const flush = () => {
      if (Number.isNaN(column)) return;
      const above = y(greatest * data.stepMv);
      pen.fillRect(column, above - 0.5, 1, Math.max(1.2, y(least * data.stepMv) - above + 1));
      column = NaN;
    };
    for (let second = from; second < to; second++) {
      const slot = data.slot[second];
      if (slot < 0) { flush(); last = GAP; continue; }
      const base = (slot * data.leads.length + lead) * rateHz, left = this.x(second);
      for (let i = 0; i < rateHz; i++) {
        const value = samples[base + i];
        if (value === GAP) { flush(); last = GAP; continue; }
        const x = Math.floor(left + i * stepPx);
        if (x !== column) {
          flush();
          column = x;
          least = last === GAP ? value : Math.min(value, last);
          greatest = last === GAP ? value : Math.max(value, last);
        } else if (value < least) least = value;
        else if (value > greatest) greatest = value;
        last = value;
      }
    }
    flush();
  }
}
