"use strict";
// The strip: marks, waveform with coloured phases, spectrogram, and the place that is being played.
// What is seen is `view` = { startS, spanS }; everything is drawn anew at every change.

const MARKS_PX = 34;
const WAVE_PX = 170;
const BETWEEN_PX = 6;
const PICTURE_PX = 180;
const AXIS_PX = 20;
const LETTERS_PX = 24; // room a mark needs

class Strip {
  constructor(canvas, data, view, audio) {
    Object.assign(this, { canvas, data, view, audio, hovered: -1 });
  }

  get width() { return this.canvas.clientWidth; }
  get cursorS() { return this.data.startS + this.audio.currentTime; }
  x(timeS) { return ((timeS - this.view.startS) / this.view.spanS) * this.width; }
  time(x) { return this.view.startS + (x / this.width) * this.view.spanS; }

  draw() {
    const { sounds } = this.data;
    this.height = MARKS_PX + WAVE_PX + BETWEEN_PX + PICTURE_PX + AXIS_PX;
    this.pen = sharpen(this.canvas, this.width, this.height);
    this.colours = colours();
    this.first = firstAtOrAfter(sounds.timeS, this.view.startS - 0.3);
    this.end = firstAtOrAfter(sounds.timeS, this.view.startS + this.view.spanS);
    this.dense = (this.end - this.first) * LETTERS_PX > this.width;
    this.axis();
    this.phases();
    this.wave();
    this.picture();
    this.letters();
    this.cursor();
  }

  phases() {
    const { pen, data, colours, width } = this, endS = this.view.startS + this.view.spanS;
    for (const phase of data.phases) {
      if (phase.toS < this.view.startS || phase.fromS > endS) continue;
      const from = Math.max(0, this.x(phase.fromS)), wide = Math.max(1, Math.min(width, this.x(phase.toS)) - from);
      const colour = colours.value("k-" + phase.name), loud = phase.name.length === 2;
      if (this.dense && !loud) continue;
      pen.fillStyle = phase.unclear ? this.hatch(colour) : colour;
      pen.globalAlpha = phase.unclear ? 0.45 : loud ? 0.28 : 0.1;
      pen.fillRect(from, MARKS_PX, wide, WAVE_PX);
      pen.globalAlpha = 1;
      pen.font = "11px system-ui, sans-serif";
      if (!loud && wide > pen.measureText(phase.name).width + 6) {
        pen.textAlign = "center";
        pen.textBaseline = "bottom";
        pen.fillStyle = colour;
        pen.fillText(phase.name, from + wide / 2, MARKS_PX + WAVE_PX - 3);
      }
    }
  }

  hatch(colour) {
    this.hatches ??= new Map();
    if (!this.hatches.has(colour)) this.hatches.set(colour, hatching(this.pen, colour));
    return this.hatches.get(colour);
  }

  wave() {
    const { pen, data, width, colours } = this, { samples, rateHz } = data;
    const middle = MARKS_PX + WAVE_PX / 2, y = (value) => middle - (value / 32768) * (WAVE_PX / 2 - 4);
    const perPx = (rateHz * this.view.spanS) / width;
    const at = (x) => Math.round((this.time(x) - data.startS) * rateHz);
    pen.strokeStyle = pen.fillStyle = colours.trace;
    if (perPx < 3) {
      pen.lineWidth = 1.3;
      pen.lineJoin = "round";
      pen.beginPath();
      for (let i = Math.max(0, at(0)), end = Math.min(samples.length, at(width) + 1), open = false; i < end; i++, open = true) {
        const x = this.x(data.startS + i / rateHz);
        if (open) pen.lineTo(x, y(samples[i])); else pen.moveTo(x, y(samples[i]));
      }
      pen.stroke();
      return;
    }
    for (let x = 0; x < width; x++) {
      const from = Math.max(0, at(x)), to = Math.min(samples.length, Math.max(at(x + 1), from + 1));
      if (from >= to) continue;
      let least = 32767, greatest = -32768;
      for (let i = from; i < to; i++) {
        if (samples[i] < least) least = samples[i];
        if (samples[i] > greatest) greatest = samples[i];
      }
      const above = y(greatest);
      pen.fillRect(x, above, 1, Math.max(1, y(least) - above));
    }
  }

  picture() {
    const { pen, data, colours, width } = this, { columns, rows, hop_s: hopS, step_hz: stepHz } = data.spectrogram;
    const top = MARKS_PX + WAVE_PX + BETWEEN_PX;
    if (!columns) return;
    this.painted ??= this.paint();
    const column = (timeS) => (timeS - data.startS) / hopS + 0.5; // a column is centred on its moment
    const from = Math.max(0, column(this.view.startS));
    const to = Math.min(columns, column(this.view.startS + this.view.spanS));
    const left = this.x(data.startS + (from - 0.5) * hopS), right = this.x(data.startS + (to - 0.5) * hopS);
    if (to > from) pen.drawImage(this.painted, from, 0, to - from, rows, left, top, right - left, PICTURE_PX);
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    for (let hz = 200; hz < rows * stepHz; hz += 200) {
      const y = Math.round(top + PICTURE_PX * (1 - hz / (rows * stepHz))) + 0.5;
      pen.strokeStyle = colours.line;
      pen.globalAlpha = 0.6;
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
      pen.globalAlpha = 0.85;
      const words = `${hz} Hz`, wide = pen.measureText(words).width;
      pen.fillStyle = colours.panel;
      pen.fillRect(3, y - 8, wide + 6, 16);
      pen.globalAlpha = 1;
      pen.fillStyle = colours.soft;
      pen.fillText(words, 6, y);
    }
  }

  paint() {
    // The whole spectrogram once, a point for each of its values; strips of it are stretched when drawn.
    const { columns, rows, levels } = this.data.spectrogram, { picture } = this.data;
    const canvas = document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows);
    const shades = heat(levels), out = new Uint32Array(image.data.buffer);
    for (let row = 0; row < rows; row++) {
      const from = row * columns, to = (rows - 1 - row) * columns;
      for (let column = 0; column < columns; column++) out[to + column] = shades[picture[from + column]];
    }
    pen.putImageData(image, 0, 0);
    return canvas;
  }

  axis() {
    const { pen, width, colours } = this, px = width / this.view.spanS;
    const tick = TICKS_S.find((s) => s * px >= 74) || TICKS_S[TICKS_S.length - 1];
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let k = Math.ceil(this.view.startS / tick); this.x(k * tick) <= width; k++) {
      const at = Math.round(this.x(k * tick)) + 0.5, words = clock(k * tick, tick < 1 ? 1 : 0);
      const half = pen.measureText(words).width / 2;
      pen.strokeStyle = colours.line;
      pen.beginPath();
      pen.moveTo(at, MARKS_PX);
      pen.lineTo(at, MARKS_PX + WAVE_PX);
      pen.stroke();
      pen.fillStyle = colours.soft;
      pen.fillText(words, Math.min(Math.max(at, half), width - half), this.height - AXIS_PX / 2);
    }
  }

  letters() {
    const { pen, data, colours } = this, { sounds, labels } = data;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let i = this.first; i < this.end; i++) {
      const label = labels[sounds.label[i]], colour = colours.value("k-" + label);
      const unclear = sounds.reason[i] > 0, x = this.x(sounds.timeS[i]), held = i === this.hovered;
      pen.strokeStyle = pen.fillStyle = held ? colours.accent : colour;
      pen.lineWidth = held ? 2 : 1;
      pen.setLineDash(unclear ? [3, 3] : []);
      pen.beginPath();
      pen.moveTo(x, this.dense ? (sounds.label[i] ? MARKS_PX / 2 : 6) : MARKS_PX - 8);
      pen.lineTo(x, this.dense && !held ? MARKS_PX : this.height - AXIS_PX);
      pen.globalAlpha = held || this.dense ? 1 : 0.55;
      pen.stroke();
      pen.globalAlpha = 1;
      if (!this.dense) {
        const wide = 24, left = Math.min(Math.max(1, x - wide / 2), this.width - wide - 1);
        pen.beginPath();
        pen.roundRect(left, 5, wide, 19, 9);
        pen.fillStyle = unclear ? colours.panel : pen.strokeStyle;
        pen.fill();
        pen.lineWidth = 1.5;
        pen.stroke();
        pen.fillStyle = unclear ? colour : colours.panel;
        pen.font = "700 12px system-ui, sans-serif";
        pen.fillText(label, left + wide / 2, 15);
      }
      pen.setLineDash([]);
    }
  }

  cursor() {
    const { pen, colours } = this, x = this.x(this.cursorS);
    if (x < 0 || x > this.width) return;
    pen.strokeStyle = pen.fillStyle = colours.accent;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x, MARKS_PX - 6);
    pen.lineTo(x, this.height - AXIS_PX);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x - 6, MARKS_PX - 8);
    pen.lineTo(x + 6, MARKS_PX - 8);
    pen.lineTo(x, MARKS_PX + 1);
    pen.fill();
  }

  nearest(x, reachPx) {
    const { sounds } = this.data, timeS = this.time(x), reachS = (reachPx / this.width) * this.view.spanS;
    let best = -1, least = reachS;
    for (let i = firstAtOrAfter(sounds.timeS, timeS - reachS); i < sounds.count && sounds.timeS[i] <= timeS + reachS; i++) {
      const far = Math.abs(sounds.timeS[i] - timeS);
      if (far <= least) { least = far; best = i; }
    }
    return best;
  }
}

function heat(levels) {
  // From the page's four colours of the spectrogram to one for each step, as 32-bit points.
  const stops = [0, 1, 2, 3].map((k) => colours().value("heat-" + k)).map((hex) =>
    [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: levels }, (_, level) => {
    const place = (level / (levels - 1)) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(place));
    const [red, green, blue] = stops[k].map((value, i) => Math.round(value + (place - k) * (stops[k + 1][i] - value)));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
