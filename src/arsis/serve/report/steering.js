"use strict";
// How a hand steers the drawings of a page: wheel, keys, the bar below; and when they are drawn anew.

function steerByWheel(canvas, strip, view, look, zoom) {
  canvas.addEventListener("wheel", (event) => {
    // A page that cannot be scrolled past its strip is a nuisance: the wheel zooms once it is clicked.
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (sideways) look(view.startS + ((event.deltaX || event.deltaY) / strip.width) * view.spanS);
    else zoom(Math.exp(Math.sign(event.deltaY) * Math.min(0.5, Math.abs(event.deltaY) / 400)), strip.time(event.offsetX));
  }, { passive: false });
}

function steerByKeys(canvas, keys) {
  canvas.addEventListener("keydown", (event) => {
    const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = (event.shiftKey && keys["Shift+" + plain]) || keys[plain];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}

// `glide(event)` goes to where the pointer is held.
function steerByBar(canvas, glide) {
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    glide(event);
  });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) glide(event); });
}

// Colours change with the theme and on paper, widths with the window and on paper.
function dressAnew(canvas, dress) {
  let width = canvas.clientWidth, opened = [];
  const anew = () => {
    palette = null;
    width = canvas.clientWidth;
    dress();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", anew);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "print";
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const more of opened) more.open = true;
    anew();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.theme;
    for (const more of opened) more.open = false;
    anew();
  });
  new ResizeObserver(() => { if (canvas.clientWidth !== width) anew(); }).observe(canvas);
}
