"use strict";
// The ECG strip: what is seen is `view` = { startS, spanS }; everything is drawn anew at every change.

const PX_PER_MM = 96 / 25.4;
const MARKS_PX = 40;
const AXIS_PX = 20;
const LETTER_PX = 13; // room a letter needs
const BEFORE_S = 0.12, AFTER_S = 0.3; // the stretch of trace that is tinted around a beat

class Strip {
  constructor(canvas, data, view) {
    Object.assign(this, { canvas, data, view, gain: 10, hovered: -1 });
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
    this.first = firstAtOrAfter(this.data.beats.timeS, this.view.startS - AFTER_S);
    this.end = firstAtOrAfter(this.data.beats.timeS, this.view.startS + this.view.spanS + BEFORE_S);
    this.dense = (this.end - this.first) * LETTER_PX > this.width;
    this.grid(lane * leads);
    this.bands(lane * leads);
    for (let lead = 0; lead < leads; lead++) this.lead(lead, MARKS_PX + lead * lane, lane);
    if (this.dense) this.rows(); else this.letters();
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

  bands(height) {
    if (this.dense) return;
    const { pen, data, colours } = this;
    const px = this.width / this.view.spanS;
    for (let i = this.first; i < this.end; i++) {
      const kind = data.beats.label[i], unclear = data.beats.reason[i] > 0;
      if (!kind && !unclear) continue;
      const x = this.x(data.beats.timeS[i] - BEFORE_S), wide = (BEFORE_S + AFTER_S) * px;
      pen.fillStyle = unclear ? this.hatch(colours.kind(data.classes[kind])) : colours.kind(data.classes[kind]);
      pen.globalAlpha = unclear ? 0.5 : 0.11;
      pen.fillRect(x, MARKS_PX, wide, height);
      pen.globalAlpha = 1;
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
    const coarse = (this.view.spanS / width) >= data.binS;
    const from = Math.max(0, Math.floor(this.view.startS));
    const to = Math.min(data.slot.length, Math.ceil(this.view.startS + this.view.spanS));
    pen.fillStyle = coarse ? colours.soft : colours.band;
    if (coarse) this.envelope(lead, y, from, to, () => true);
    else {
      this.envelope(lead, y, from, to, (second) => data.slot[second] < 0);
      this.trace(lead, y, from, to);
    }
    pen.restore();
    pen.font = "600 12px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.textBaseline = "top";
    const name = data.leads[lead], wide = pen.measureText(name).width;
    pen.fillStyle = colours.panel;
    pen.globalAlpha = 0.85;
    pen.fillRect(4, top + 3, wide + 8, 17);
    pen.globalAlpha = 1;
    pen.fillStyle = colours.ink;
    pen.fillText(name, 8, top + 5);
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

  envelope(lead, y, from, to, wanted) {
    const { pen, data } = this;
    const upper = (data.leads.length + lead) * data.bins, lower = lead * data.bins;
    const wide = Math.max(1, this.width / this.view.spanS + 0.5);
    let column = NaN, low = Infinity, high = -Infinity;
    const flush = () => {
      if (low > high) return;
      const above = y(high * data.envelopeStepMv), below = y(low * data.envelopeStepMv);
      pen.fillRect(column, above, wide, Math.max(1, below - above));
      low = Infinity;
      high = -Infinity;
    };
    for (let second = from; second < to; second++) {
      const bin = Math.floor(second / data.binS), x = Math.floor(this.x(second));
      if (bin >= data.bins) break;
      if (x !== column) { flush(); column = x; }
      if (data.envelope[lower + bin] === -128 || !wanted(second)) continue;
      low = Math.min(low, data.envelope[lower + bin]);
      high = Math.max(high, data.envelope[upper + bin]);
    }
    flush();
  }

  trace(lead, y, from, to) {
    const { pen, data } = this;
    const perPx = (data.rateHz * this.view.spanS) / this.width;
    pen.strokeStyle = this.colours.trace;
    pen.lineWidth = perPx > 4 ? 1 : 1.4;
    pen.lineJoin = "round";
    pen.beginPath();
    let open = false;
    // Of the samples that share a column of pixels only the first, least, greatest and last are drawn.
    let column = NaN, first = 0, least = 0, greatest = 0, last = 0;
    const flush = () => {
      if (Number.isNaN(column)) return;
      const x = column;
      if (open) pen.lineTo(x, y(first)); else pen.moveTo(x, y(first));
      if (greatest !== least) { pen.lineTo(x, y(greatest)); pen.lineTo(x, y(least)); pen.lineTo(x, y(last)); }
      open = true;
      column = NaN;
    };
    for (let second = from; second < to; second++) {
      const slot = data.slot[second];
      if (slot < 0) { flush(); open = false; continue; }
      const base = (slot * data.leads.length + lead) * data.rateHz;
      for (let i = 0; i < data.rateHz; i++) {
        const value = data.samples[base + i];
        if (value === GAP) { flush(); open = false; continue; }
        const mv = value * data.stepMv;
        const exact = this.x(second + i / data.rateHz);
        if (perPx <= 1.5) {
          if (open) pen.lineTo(exact, y(mv)); else pen.moveTo(exact, y(mv));
          open = true;
          continue;
        }
        const x = Math.floor(exact);
        if (x !== column) { flush(); column = x; first = least = greatest = mv; }
        if (mv < least) least = mv;
        if (mv > greatest) greatest = mv;
        last = mv;
      }
    }
    flush();
    pen.stroke();
  }

  letters() {
    const { pen, data, colours } = this;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let i = this.first; i < this.end; i++) {
      const letter = data.classes[data.beats.label[i]], colour = colours.kind(letter);
      const unclear = data.beats.reason[i] > 0, x = this.x(data.beats.timeS[i]), y = MARKS_PX / 2;
      const loud = unclear || data.beats.label[i] > 0;
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = 1.5;
      if (loud) {
        pen.beginPath();
        pen.arc(x, y, 10, 0, 2 * Math.PI);
        if (unclear) { pen.setLineDash([3, 2]); pen.stroke(); pen.setLineDash([]); }
        else { pen.fill(); pen.fillStyle = colours.panel; }
      }
      pen.font = (loud ? "700 13px" : "500 12px") + " system-ui, sans-serif";
      pen.fillText(letter, x, y + 0.5);
      if (i === this.hovered) {
        pen.strokeStyle = colours.accent;
        pen.beginPath();
        pen.arc(x, y, 13, 0, 2 * Math.PI);
        pen.moveTo(x, MARKS_PX - 2); pen.lineTo(x, this.height - AXIS_PX);
        pen.stroke();
      }
    }
  }

  rows() {
    // Too many for letters: a row of ticks for each class, so that no beat hides another's class.
    const { pen, data, colours } = this;
    const order = [...data.classes.slice(1), "U", data.classes[0]], high = (MARKS_PX - 2) / order.length;
    const drawn = order.map(() => NaN);
    for (let i = this.first; i < this.end; i++) {
      const kind = data.beats.label[i], unclear = data.beats.reason[i] > 0;
      const place = unclear ? order.length - 2 : kind ? kind - 1 : order.length - 1;
      const x = Math.round(this.x(data.beats.timeS[i]));
      if (drawn[place] === x) continue;
      drawn[place] = x;
      pen.fillStyle = colours.kind(order[place]);
      pen.fillRect(x, place * high, place === order.length - 1 ? 1 : 1.6, high - 1);
    }
    pen.font = "700 8px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    order.forEach((letter, place) => {
      pen.fillStyle = colours.panel;
      pen.fillRect(0, place * high, 11, high);
      pen.fillStyle = colours.kind(letter);
      pen.fillText(letter === "U" ? "?" : letter, 2, place * high + high / 2);
    });
  }

  nearest(x, reachPx) {
    // The beat under the pointer; where beats stand closer than pixels, a notable one first.
    const { beats } = this.data, timeS = this.time(x), reachS = (reachPx / this.width) * this.view.spanS;
    let best = -1, least = Infinity;
    for (let i = firstAtOrAfter(beats.timeS, timeS - reachS); i < beats.count; i++) {
      if (beats.timeS[i] > timeS + reachS) break;
      const plain = !beats.label[i] && !beats.reason[i];
      const far = Math.abs(beats.timeS[i] - timeS) + (plain && this.dense ? reachS : 0);
      if (far < least) { least = far; best = i; }
    }
    return best;
  }
}
