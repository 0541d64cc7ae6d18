"use strict";
// The marks of the beats over the strip: a letter for each; where they crowd, a row of ticks for each class.

const LETTER_PX = 13; // room a letter needs
const CLOSEST_PX = 11; // nearer than this, even letters on two levels would hide one another
const BEFORE_S = 0.12, AFTER_S = 0.3; // the stretch of trace that is tinted around a beat
const LOUD_PX = 22; // nearer than this, two letters in circles stand on two levels
const LEVELS_PX = [12, 28]; // where letters that would touch stand
const UNCLEAR = 1, CLEAR = 2; // what a pixel of a row of ticks holds

class Letters {
  constructor(strip) { Object.assign(this, { strip, data: strip.data, beats: strip.data.beats }); }

  loud(i) { return this.beats.label[i] > 0 || this.beats.reason[i] > 0; }

  // To be called at every change of what is seen.
  look() {
    const { strip, beats } = this, { startS, spanS } = strip.view;
    this.first = firstAtOrAfter(beats.timeS, startS - AFTER_S);
    this.end = firstAtOrAfter(beats.timeS, startS + spanS + BEFORE_S);
    this.dense = (this.end - this.first) * LETTER_PX > strip.width || this.closest() < CLOSEST_PX;
  }

  closest() {
    const { strip, beats } = this;
    let least = Infinity, before = -Infinity;
    for (let i = this.first; i < this.end; i++) {
      if (!this.loud(i)) continue;
      least = Math.min(least, beats.timeS[i] - before);
      before = beats.timeS[i];
    }
    return (least / strip.view.spanS) * strip.width;
  }

  bands(height) {
    if (this.dense) return;
    const { strip, data, beats } = this, { pen, colours } = strip;
    const wide = ((BEFORE_S + AFTER_S) * strip.width) / strip.view.spanS;
    for (let i = this.first; i < this.end; i++) {
      if (!this.loud(i)) continue;
      const unclear = beats.reason[i] > 0, colour = colours.kind(data.classes[beats.label[i]]);
      pen.fillStyle = unclear ? strip.hatch(colour) : colour;
      pen.globalAlpha = unclear ? 0.5 : 0.11;
      pen.fillRect(strip.x(beats.timeS[i] - BEFORE_S), MARKS_PX, wide, height);
      pen.globalAlpha = 1;
    }
  }

  draw() {
    if (this.dense) this.rows();
    else {
      // What an expert looks for is drawn last, so that nothing lies over it.
      for (let i = this.first; i < this.end; i++) if (!this.loud(i)) this.letter(i, MARKS_PX / 2);
      this.staggered();
    }
    if (this.strip.hovered >= 0) this.held(this.strip.hovered);
  }

  staggered() {
    const loud = [];
    for (let i = this.first; i < this.end; i++) if (this.loud(i)) loud.push(i);
    const x = loud.map((i) => this.strip.x(this.beats.timeS[i]));
    const near = loud.map((_, k) => k > 0 && x[k] - x[k - 1] < LOUD_PX);
    let level = 0;
    loud.forEach((i, k) => {
      level = near[k] ? 1 - level : 0;
      this.letter(i, near[k] || near[k + 1] ? LEVELS_PX[level] : MARKS_PX / 2);
    });
  }

  letter(i, y) {
    const { strip, data, beats } = this, { pen, colours } = strip;
    const letter = data.classes[beats.label[i]], x = strip.x(beats.timeS[i]);
    const unclear = beats.reason[i] > 0, loud = this.loud(i);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.strokeStyle = pen.fillStyle = colours.kind(letter);
    pen.lineWidth = 1.5;
    if (loud) {
      pen.beginPath();
      pen.arc(x, y, 10, 0, 2 * Math.PI);
      if (unclear) { pen.setLineDash([3, 2]); pen.stroke(); pen.setLineDash([]); }
      else { pen.fill(); pen.fillStyle = colours.panel; }
    }
    pen.font = (loud ? "700 13px" : "500 12px") + " system-ui, sans-serif";
    pen.fillText(letter, x, y + 0.5);
  }

  held(i) {
    const { strip } = this, { pen, colours } = strip, x = strip.x(this.beats.timeS[i]);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x, MARKS_PX - 2);
    pen.lineTo(x, strip.height - AXIS_PX);
    pen.stroke();
    if (!this.dense) pen.strokeRect(x - 13, 1, 26, MARKS_PX - 3);
  }

  // Too many for letters: a tick wherever a pixel holds one beat of a class or many, so that none hides another.
  rows() {
    const { strip, data, beats } = this, { pen, colours } = strip;
    const plain = data.classes.length, order = [...data.classes.slice(1), "U", data.classes[0]];
    const high = (MARKS_PX - 2) / order.length, px = strip.width / strip.view.spanS, startS = strip.view.startS;
    const columns = Math.ceil(strip.width) + 1, held = order.map(() => new Uint8Array(columns));
    for (let i = this.first; i < this.end; i++) {
      const x = Math.round((beats.timeS[i] - startS) * px);
      if (x < 0 || x >= columns) continue;
      const unclear = beats.reason[i] > 0;
      if (unclear) held[plain - 1][x] = CLEAR;
      if (beats.label[i]) held[beats.label[i] - 1][x] |= unclear ? UNCLEAR : CLEAR;
      else if (!unclear) held[plain][x] = CLEAR;
    }
    order.forEach((letter, place) => {
      const colour = colours.kind(letter), wide = place === plain ? 1 : 1.6, y = place * high;
      pen.fillStyle = colour;
      for (let x = 0; x < columns; x++) {
        // An unclear one stands in the row of its class too, at half the height.
        if (held[place][x]) pen.fillRect(x, y, wide, held[place][x] & CLEAR ? high - 1 : (high - 1) / 2);
      }
      pen.fillStyle = colours.panel;
      pen.fillRect(0, y, 11, high);
      pen.fillStyle = colour;
      pen.font = "700 8px system-ui, sans-serif";
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillText(letter === "U" ? "?" : letter, 2, y + high / 2);
    });
  }

  // The beat under the pointer; where beats stand closer than pixels, a notable one first.
  nearest(x, reachPx) {
    const { strip, beats } = this, timeS = strip.time(x), reachS = (reachPx / strip.width) * strip.view.spanS;
    let best = -1, least = Infinity;
    for (let i = firstAtOrAfter(beats.timeS, timeS - reachS); i < beats.count; i++) {
      if (beats.timeS[i] > timeS + reachS) break;
      const far = Math.abs(beats.timeS[i] - timeS) + (!this.loud(i) && this.dense ? reachS : 0);
      if (far < least) { least = far; best = i; }
    }
    return best;
  }

  // How many beats of each kind share the few pixels around one.
  counts(i, reachPx) {
    const { strip, data, beats } = this, reachS = (reachPx / strip.width) * strip.view.spanS;
    const counts = new Map([...data.classes, "unclear"].map((name) => [name, 0]));
    for (let k = firstAtOrAfter(beats.timeS, beats.timeS[i] - reachS); k < beats.count; k++) {
      if (beats.timeS[k] > beats.timeS[i] + reachS) break;
      const name = beats.reason[k] ? "unclear" : data.classes[beats.label[k]];
      counts.set(name, counts.get(name) + 1);
    }
    return [...counts].filter(([, count]) => count);
  }
}
