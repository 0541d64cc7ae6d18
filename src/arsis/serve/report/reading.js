"use strict";
// What every page needs: errors kept where a test sees them, packed bytes, times, colours, hatchings, sharp canvases.

const TICKS_S = [0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400];

window.addEventListener("error", (event) => { document.documentElement.dataset.error = event.message; });
window.addEventListener("unhandledrejection", (event) => {
  document.documentElement.dataset.error = String(event.reason);
});

async function unpack(base64) {
  if (!base64) return new Uint8Array(0);
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
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

// A browser takes its time to say a colour: each is asked for once, until the page is dressed anew.
let palette = null;

function colours() {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement), known = new Map();
  const value = (name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue("--" + name).trim());
    return known.get(name);
  };
  palette = {
    value,
    ink: value("ink"), soft: value("soft"), line: value("line"), panel: value("panel"), accent: value("accent"),
    minor: value("grid-minor"), major: value("grid-major"), trace: value("trace"), band: value("band"),
    kind: (letter) => value("k-" + letter) || value("k-N"),
  };
  return palette;
}

const onPaper = () => document.documentElement.dataset.theme === "print";

function sharpen(canvas, width, height) {
  // Paper shows three times the points of a screen.
  const ratio = onPaper() ? 3 : Math.max(1, window.devicePixelRatio || 1);
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

function hatching(pen, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 7;
  const stroke = tile.getContext("2d");
  stroke.strokeStyle = colour;
  stroke.beginPath();
  for (const shift of [-7, 0, 7]) { stroke.moveTo(shift, 7); stroke.lineTo(shift + 7, 0); }
  stroke.stroke();
  return pen.createPattern(tile, "repeat");
}
