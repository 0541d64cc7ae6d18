"use strict";
// From the packed columns of the page to arrays: the inverse of marks.py, strip.py and pack.py.

window.addEventListener("error", (event) => { document.documentElement.dataset.error = event.message; });
window.addEventListener("unhandledrejection", (event) => {
  document.documentElement.dataset.error = String(event.reason);
});

const GAP = -32768;
const ESCAPE = -128;

async function unpack(base64) {
  if (!base64) return new Uint8Array(0);
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

function beatsOf(raw, count) {
  const timeS = new Float64Array(count);
  let ms = 0;
  for (let i = 0; i < count; i++) {
    ms += raw[i] + raw[count + i] * 256 + raw[2 * count + i] * 65536 + raw[3 * count + i] * 16777216;
    timeS[i] = ms / 1000;
  }
  const column = (at) => raw.subarray(at * count, (at + 1) * count);
  return { count, timeS, label: column(4), reason: column(5), probability: column(6), interval: column(7) };
}

function slotsOf(mask, seconds) {
  // slot[second]: which stored second it is, -1 = none.
  const slot = new Int32Array(seconds).fill(-1);
  let stored = 0;
  for (let i = 0; i < seconds; i++) if ((mask[i >> 3] >> (i & 7)) & 1) slot[i] = stored++;
  return { slot, stored };
}

function samplesOf(raw, stored, perSecond) {
  const out = new Int16Array(stored * perSecond);
  let at = 0;
  for (let second = 0, i = 0; second < stored; second++) {
    let value = 0;
    for (const end = i + perSecond; i < end; i++) {
      const step = (raw[at++] << 24) >> 24;
      if (step === ESCAPE) {
        value = ((raw[at] | (raw[at + 1] << 8)) << 16) >> 16;
        at += 2;
      } else value += step;
      out[i] = value;
    }
  }
  return out;
}

async function readData() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [beats, mask, samples, envelope] = await Promise.all(
    [data.beats, data.strip.drawn, data.strip.samples, data.strip.envelope].map(unpack));
  const { slot, stored } = slotsOf(mask, data.strip.seconds);
  const leads = data.leads.length;
  return {
    ...data,
    beats: beatsOf(beats, data.count),
    rateHz: data.strip.rate_hz,
    stepMv: data.strip.step_mv,
    slot,
    stored,
    samples: samplesOf(samples, stored, leads * data.strip.rate_hz),
    envelope: new Int8Array(envelope.buffer),
    envelopeStepMv: data.strip.envelope_step_mv,
    binS: data.strip.bin_s,
    bins: envelope.length / (2 * leads),
  };
}

function firstAtOrAfter(times, timeS) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < timeS) low = middle + 1; else high = middle;
  }
  return low;
}

function clock(timeS, digits = 0) {
  const sign = timeS < 0 ? "−" : "";
  const whole = Math.round(Math.abs(timeS) * 10 ** digits) / 10 ** digits;
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const seconds = (whole % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return sign + (hours ? `${hours}:${String(minutes).padStart(2, "0")}` : minutes) + ":" + seconds;
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue("--" + name).trim();
  return {
    value,
    ink: value("ink"), soft: value("soft"), line: value("line"), panel: value("panel"), accent: value("accent"),
    minor: value("grid-minor"), major: value("grid-major"), trace: value("trace"), band: value("band"),
    kind: (letter) => value("k-" + letter) || value("k-N"),
  };
}

function sharpen(canvas, width, height) {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}
