"use strict";
// Ties the sound and the drawings to the pointer, the keys and the buttons.

const SHORTEST_S = 0.25;
const FIRST_S = 5;

async function start() {
  const byId = (id) => document.getElementById(id);
  const audio = byId("audio"), data = await readData(audio);
  const canvas = byId("strip"), overviewCanvas = byId("overview"), tip = byId("tip"), { sounds } = data;
  const whole = Math.max(SHORTEST_S, data.stopS - data.startS);
  const view = { startS: data.startS, spanS: Math.min(whole, FIRST_S) };
  const strip = new Strip(canvas, data, view, audio), overview = new Overview(overviewCanvas, data, view);
  let plot = null, waiting = false;

  function draw() {
    waiting = false;
    strip.draw();
    overview.draw();
    plot?.redraw();
  }
  function soon() {
    if (!waiting) { waiting = true; requestAnimationFrame(draw); }
  }
  function tell(words) { byId("where").textContent = words; }
  function look(startS, spanS = view.spanS) {
    view.spanS = Math.min(Math.max(spanS, SHORTEST_S), whole);
    view.startS = Math.min(Math.max(startS, data.startS), data.startS + whole - view.spanS);
    strip.hovered = -1;
    tip.hidden = true;
    tell(`${clock(view.startS, 1)} – ${clock(view.startS + view.spanS, 1)}`);
    soon();
  }
  const middle = () => view.startS + view.spanS / 2;
  const zoom = (factor, aroundS = middle()) => look(aroundS - (aroundS - view.startS) * factor, view.spanS * factor);
  const centre = (timeS, spanS = view.spanS) => look(timeS - spanS / 2, spanS);
  function seek(timeS) {
    audio.currentTime = Math.min(Math.max(timeS - data.startS, 0), whole);
    soon();
  }
  function goTo(timeS) {
    if (timeS < data.startS || timeS > data.stopS) { tell(`${clock(timeS, 1)} cannot be heard on this page`); return; }
    centre(timeS, Math.min(view.spanS, FIRST_S));
    seek(timeS - 0.05);
  }
  function toggle() { if (audio.paused) audio.play(); else audio.pause(); }

  // While it plays, the strip turns its pages with the sound.
  function follow() {
    const atS = strip.cursorS;
    if (atS > view.startS + view.spanS || atS < view.startS) {
      view.startS = Math.min(Math.max(atS - 0.02 * view.spanS, data.startS), data.startS + whole - view.spanS);
    }
    draw();
    if (!audio.paused && !audio.ended) requestAnimationFrame(follow);
  }
  audio.addEventListener("play", () => requestAnimationFrame(follow));
  audio.addEventListener("seeked", soon);
  audio.addEventListener("loadedmetadata", () => { document.documentElement.dataset.playable = audio.duration.toFixed(3); });
  audio.addEventListener("error", () => tell("This browser cannot play the sound."));
  if (audio.readyState) audio.dispatchEvent(new Event("loadedmetadata"));

  function step(direction) {
    const from = middle();
    let i = strip.hovered >= 0 ? strip.hovered + direction
      : direction > 0 ? firstAtOrAfter(sounds.timeS, from) : firstAtOrAfter(sounds.timeS, from) - 1;
    const there = (k) => k >= 0 && k < sounds.count && sounds.timeS[k] >= data.startS && sounds.timeS[k] < data.stopS;
    while (there(i) && !sounds.reason[i]) i += direction;
    if (!there(i)) { tell(direction > 0 ? "no further unclear sound" : "no earlier unclear sound"); return; }
    goTo(sounds.timeS[i]);
    strip.hovered = i;
    tell(describe(i).join("; "));
  }

  function describe(i) {
    const lines = [
      `${data.labels[sounds.label[i]]} at ${clock(sounds.timeS[i], 3)}, ${Math.round(sounds.durationS[i] * 1000)} ms long`,
      `probability ${(sounds.probability[i] / data.probability_steps).toFixed(2)}`,
    ];
    if (sounds.intervalS[i]) {
      lines.push(`${(sounds.intervalS[i] * 1000).toFixed(1)} ms ± ${(sounds.spreadS[i] * 1000).toFixed(1)} ms since the last S1`);
    }
    if (sounds.reason[i]) lines.push("unclear: " + data.reasons[sounds.reason[i]]);
    return lines;
  }
  function hover(x) {
    const i = strip.nearest(x, 24);
    tip.hidden = i < 0;
    if (i >= 0) {
      tip.replaceChildren(...describe(i).map((words) => {
        const line = document.createElement("div");
        line.textContent = words;
        return line;
      }));
      tip.style.left = Math.min(Math.max(0, strip.x(sounds.timeS[i]) + 14), strip.width - tip.offsetWidth) + "px";
    }
    if (i !== strip.hovered) { strip.hovered = i; soon(); }
  }

  let held = null; // where a drag began: { id, x, startS, moved }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held = { x: event.offsetX, startS: view.startS, moved: false };
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) { hover(event.offsetX); return; }
    held.moved ||= Math.abs(event.offsetX - held.x) > 4;
    if (held.moved) look(held.startS - ((event.offsetX - held.x) / strip.width) * view.spanS);
  });
  canvas.addEventListener("pointerup", (event) => { if (held && !held.moved) seek(strip.time(event.offsetX)); });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => { held = null; canvas.classList.remove("held"); });
  }
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; strip.hovered = -1; soon(); });
  steerByWheel(canvas, strip, view, look, zoom);

  const keys = {
    " ": toggle, Enter: () => { seek(view.startS); audio.play(); },
    ArrowLeft: () => look(view.startS - view.spanS / 5), ArrowRight: () => look(view.startS + view.spanS / 5),
    Home: () => look(0), End: () => look(Infinity), PageUp: () => look(view.startS - view.spanS),
    PageDown: () => look(view.startS + view.spanS), "+": () => zoom(1 / 1.5), "=": () => zoom(1 / 1.5),
    "-": () => zoom(1.5), n: () => step(1), p: () => step(-1), 0: () => look(0, Infinity),
  };
  steerByKeys(canvas, keys);

  const glide = (event) => centre((event.offsetX / overview.width) * data.duration_s);
  steerByBar(overviewCanvas, glide);

  byId("previous").onclick = () => step(-1);
  byId("next").onclick = () => step(1);
  byId("closer").onclick = () => zoom(1 / 1.5);
  byId("wider").onclick = () => zoom(1.5);
  byId("all").onclick = keys[0];
  for (const button of document.querySelectorAll("[data-span]")) {
    button.onclick = () => centre(middle(), Number(button.dataset.span));
  }

  function dress() { strip.hatches = strip.painted = undefined; plot?.rebuild(); draw(); }

  const begin = firstAtOrAfter(sounds.timeS, data.startS);
  look(begin < sounds.count ? sounds.timeS[begin] - 0.2 : data.startS);
  draw();
  plot = tachogram(byId("tachogram"), data, view, goTo);
  dressAnew(canvas, dress);
  Object.assign(document.documentElement.dataset, {
    drawn: "true", sounds: sounds.count, samples: data.samples.length, columns: data.spectrogram.columns,
    intervals: sounds.counted.reduce((sum, counts) => sum + counts, 0),
  });
}

if (window.DecompressionStream) start();
else {
  document.getElementById("where").textContent = "This browser is too old for the drawings; one of 2023 or later is needed.";
}
