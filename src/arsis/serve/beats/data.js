"use strict";
// From the packed columns of the page to arrays: the inverse of marks.py, strip.py and pack.py.

const GAP = -32768;
const ESCAPE = -128;

function beatsOf(raw, count) {
  const timeS = new Float64Array(count);
  let ms = 0;
  for (let i = 0; i < count; i++) {
    ms += raw[i] + raw[count + i] * 256 + raw[2 * count + i] * 65536 + raw[3 * count + i] * 16777216;
    timeS[i] = ms / 1000;
  }
  const column = (at) => raw.subarray(at * count, (at + 1) * count);
  const probabilities = Array.from({ length: raw.length / Math.max(1, count) - 7 }, (_, k) => column(7 + k));
  return { count, timeS, label: column(4), reason: column(5), interval: column(6), probabilities };
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
