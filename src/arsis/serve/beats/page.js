"use strict";
// Ties the drawings to the pointer, the keys and the buttons.

const SHORTEST_S = 0.8;

async function start() {
  const data = await readData();
  const byId = (id) => document.getElementById(id);
  const canvas = byId("strip"), overviewCanvas = byId("overview");
  const view = { startS: 0, spanS: 10 };
  const strip = new Strip(canvas, data, view);
  const overview = new Overview(overviewCanvas, data, view), telling = new Telling(byId("tip"), strip);
  let plot = null, waiting = false;
  let reached = -1; // the beat that a key or a button went to
  let toScale = true; // a second is 25 mm, whatever the width of the strip

  function draw() {
    strip.draw();
    overview.draw();
    plot?.redraw();
    const begun = timeOfDay(data.start, view.startS);
    tell(`${clock(view.startS, 1)} – ${clock(view.startS + view.spanS, 1)}${begun && ` (from ${begun})`}`);
    waiting = false;
  }
  function soon() {
    if (!waiting) { waiting = true; requestAnimationFrame(draw); }
  }
  function tell(words) { byId("where").textContent = words; }
  // The beat that is told of, by the pointer or by a key.
  function hold(i) {
    strip.hovered = i;
    telling.show(i);
    soon();
  }
  function leave() {
    if (strip.hovered < 0) return;
    strip.hovered = -1;
    telling.hide();
    soon();
  }
  function look(startS, spanS = view.spanS) {
    const whole = Math.max(SHORTEST_S, data.duration_s);
    view.spanS = Math.min(Math.max(spanS, SHORTEST_S), whole);
    view.startS = Math.min(Math.max(startS, 0), whole - view.spanS);
    toScale = Math.abs(view.spanS - paperSpan()) < 0.01;
    reached = -1;
    leave();
    soon();
  }
  const middle = () => view.startS + view.spanS / 2;
  const paperSpan = () => strip.width / (25 * PX_PER_MM);
  const zoom = (factor, aroundS = middle()) =>
    look(aroundS - (aroundS - view.startS) * factor, view.spanS * factor);
  const centre = (timeS, spanS) => look(timeS - spanS / 2, spanS);
  const goTo = (timeS) => centre(timeS, Math.min(view.spanS, Math.max(paperSpan(), 10)));

  const wanted = byId("wanted");
  const choices = [["*", "ectopic or unclear"], ...data.classes.slice(1).map((k) => [k, k + " beat"]), ["?", "unclear beat"]];
  for (const [value, words] of choices) wanted.add(new Option(words, value));
  function fits(i) {
    const label = data.beats.label[i], unclear = data.beats.reason[i] > 0;
    if (wanted.value === "*") return label > 0 || unclear;
    return wanted.value === "?" ? unclear : data.classes[label] === wanted.value;
  }
  function step(direction, wantedOnes = fits) {
    const { timeS, count } = data.beats, from = middle();
    let i = direction > 0 ? firstAtOrAfter(timeS, from + 0.02) : firstAtOrAfter(timeS, from - 0.02) - 1;
    // At the edges the beat gone to is not in the middle: go on from the beat itself.
    if (reached >= 0) i = reached + direction;
    while (i >= 0 && i < count && !wantedOnes(i)) i += direction;
    if (i < 0 || i >= count) { tell(direction > 0 ? "no further one" : "no earlier one"); return; }
    const seen = timeS[i] >= view.startS && timeS[i] <= view.startS + view.spanS;
    if (wantedOnes === fits) goTo(timeS[i]);
    else if (!seen) centre(timeS[i], view.spanS);
    hold(i);
    reached = i;
  }
  const beside = (direction) => step(direction, () => true);

  function hover(x) {
    const i = strip.marks.nearest(x, 24);
    if (i === strip.hovered) return;
    if (i < 0) leave(); else hold(i);
  }

  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event.offsetX);
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) { hover(event.offsetX); return; }
    if (fingers.size === 2) {
      const still = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const factor = Math.abs(before - still) / Math.max(8, Math.abs(event.offsetX - still));
      zoom(factor, strip.time(still));
    } else look(view.startS - ((event.offsetX - before) / strip.width) * view.spanS);
    fingers.set(event.pointerId, event.offsetX);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) canvas.classList.remove("held");
    });
  }
  canvas.addEventListener("pointerleave", leave);
  canvas.addEventListener("blur", leave);
  // Who comes by the keyboard is told of a beat at once.
  canvas.addEventListener("focus", () => {
    const i = canvas.matches(":focus-visible") ? strip.marks.nearest(strip.width / 2, strip.width / 2) : -1;
    if (i < 0) return;
    hold(i);
    reached = i;
  });
  steerByWheel(canvas, strip, view, look, zoom);

  const keys = {
    "Shift+ArrowLeft": () => beside(-1), "Shift+ArrowRight": () => beside(1), Escape: leave,
    ArrowLeft: () => look(view.startS - view.spanS / 5), ArrowRight: () => look(view.startS + view.spanS / 5),
    Home: () => look(0), End: () => look(Infinity), PageUp: () => look(view.startS - view.spanS),
    PageDown: () => look(view.startS + view.spanS), "+": () => zoom(1 / 1.5), "=": () => zoom(1 / 1.5),
    "-": () => zoom(1.5), n: () => step(1), p: () => step(-1), 5: () => centre(middle(), paperSpan()),
    0: () => look(0, Infinity),
  };
  steerByKeys(canvas, keys);

  const glide = (event) => centre((event.offsetX / overview.width) * data.duration_s, view.spanS);
  steerByBar(overviewCanvas, glide);

  byId("previous").onclick = () => step(-1);
  byId("next").onclick = () => step(1);
  byId("closer").onclick = () => zoom(1 / 1.5);
  byId("wider").onclick = () => zoom(1.5);
  byId("paper").onclick = keys[5];
  byId("all").onclick = keys[0];
  byId("gain").onchange = (event) => { strip.gain = Number(event.target.value); soon(); };
  for (const button of document.querySelectorAll("[data-span]")) {
    button.onclick = () => centre(middle(), Number(button.dataset.span));
  }
  for (const button of document.querySelectorAll("[data-time]")) {
    button.onclick = () => {
      goTo(Number(button.dataset.time) + 2);
      canvas.scrollIntoView({ block: "center" });
      canvas.focus({ preventScroll: true });
    };
  }

  function dress() {
    strip.hatches = undefined;
    if (toScale) centre(middle(), paperSpan());
    plot?.rebuild();
    draw();
  }

  wanted.value = "*";
  const { label, reason, timeS } = data.beats;
  const begin = timeS.findIndex((t, i) => label[i] && !reason[i] && data.slot[Math.floor(t)] >= 0);
  centre(begin < 0 ? 0 : timeS[begin], Math.max(paperSpan(), SHORTEST_S));
  draw();
  plot = tachogram(byId("tachogram"), data, view, goTo);
  dressAnew(canvas, dress);
  Object.assign(document.documentElement.dataset, {
    drawn: "true", beats: data.beats.count, samples: data.samples.length, seconds: data.stored,
    intervals: data.beats.interval.reduce((sum, kind) => sum + (kind === NN), 0),
  });
}

if (window.DecompressionStream) start();
else {
  document.getElementById("where").textContent = "This browser is too old for the drawings; one of 2023 or later is needed.";
}
