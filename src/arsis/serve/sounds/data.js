"use strict";
// From the packed columns of the page to arrays: the inverse of marks.py, spectrogram.py and report.py.

const WAVE_HEADER = 44; // bytes

function soundsOf(raw, count, stepS) {
  const whole = (plane) => {
    const at = plane * 4 * count;
    return Float64Array.from({ length: count }, (_, i) => stepS *
      (raw[at + i] + raw[at + count + i] * 256 + raw[at + 2 * count + i] * 65536 + raw[at + 3 * count + i] * 16777216));
  };
  const timeS = whole(0);
  for (let i = 1; i < count; i++) timeS[i] += timeS[i - 1];
  const column = (at) => raw.subarray((12 + at) * count, (13 + at) * count);
  return {
    count, timeS, durationS: whole(1), intervalS: whole(2), spreadS: Float64Array.from(column(0), (s) => s * stepS),
    label: column(1), reason: column(2), probability: column(3),
    counted: column(4).map((bits) => bits & 1), linked: column(4).map((bits) => bits >> 1),
  };
}

function phasesOf(sounds, labels) {
  // Systole ends with an S2, diastole with an S1; neither is drawn where the path through the beat was broken.
  const phases = [], endS = (i) => sounds.timeS[i] + sounds.durationS[i];
  for (let i = 0; i < sounds.count; i++) {
    const unclear = sounds.reason[i] > 0;
    if (sounds.linked[i] && i) {
      phases.push({ name: sounds.label[i] ? "systole" : "diastole", fromS: endS(i - 1), toS: sounds.timeS[i],
        unclear: unclear || sounds.reason[i - 1] > 0 });
    }
    phases.push({ name: labels[sounds.label[i]], fromS: sounds.timeS[i], toS: endS(i), unclear });
  }
  return phases;
}

function samplesOf(audio) {
  const raw = atob(audio.src.slice(audio.src.indexOf(",") + 1));
  const bytes = Uint8Array.from(raw, (character) => character.charCodeAt(0));
  return new Int16Array(bytes.buffer, WAVE_HEADER);
}

async function readData(audio) {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [raw, picture, quality] = await Promise.all(
    [data.sounds, data.spectrogram.packed, data.quality.packed].map(unpack));
  const sounds = soundsOf(raw, data.count, data.step_s), { heard } = data;
  return {
    ...data,
    sounds,
    phases: phasesOf(sounds, data.labels),
    samples: samplesOf(audio),
    picture,
    qualities: quality,
    startS: heard.start_s,
    stopS: heard.start_s + heard.samples / heard.rate_hz,
    rateHz: heard.rate_hz,
  };
}
