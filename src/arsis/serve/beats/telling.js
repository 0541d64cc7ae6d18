"use strict";
// What is told of a beat that the pointer or a key has reached: its class, how sure, why unclear, and when.

const REACH_PX = 3;

// Time of day, where the recording says when it began; as its own clock had it, in no time zone.
function timeOfDay(start, timeS) {
  return start ? new Date(Date.parse(start + "Z") + 1000 * timeS).toISOString().slice(0, 19).replace("T", " ") : "";
}

// A probability never reads as certainty.
function chance(steps, most) {
  const p = steps / most;
  return p >= 0.995 ? "> 0.99" : p < 0.01 ? "< 0.01" : p.toFixed(2);
}

class Telling {
  constructor(place, strip) { Object.assign(this, { place, strip, data: strip.data }); }

  hide() { this.place.hidden = true; }

  show(i) {
    const { place, strip, data } = this, { beats, classes, meanings } = data;
    place.replaceChildren(
      line(`${classes[beats.label[i]]} – ${meanings[beats.label[i]]}`),
      line(`at ${clock(beats.timeS[i], 2)}${data.start && `, ${timeOfDay(data.start, beats.timeS[i])}`}`),
      ...(beats.reason[i] ? [line("unclear: " + data.reasons[beats.reason[i]])] : []),
      line(this.interval(i)),
      this.chances(i),
      ...(strip.marks.dense ? [line(this.crowd(i))] : []),
    );
    place.hidden = false;
    const x = strip.x(beats.timeS[i]), wide = place.offsetWidth;
    const left = x + 16 + wide > strip.width ? x - 16 - wide : x + 16;
    place.style.left = Math.min(Math.max(0, left), Math.max(0, strip.width - wide)) + "px";
  }

  interval(i) {
    const { beats } = this.data;
    if (!i || !beats.interval[i]) return "no RR interval ends here";
    const rrMs = Math.round((beats.timeS[i] - beats.timeS[i - 1]) * 1000);
    return `RR ${rrMs} ms, ${beats.interval[i] === NN ? "NN" : "not NN"}`;
  }

  // A bar and a figure for every class.
  chances(i) {
    const { beats, classes, probability_steps: most } = this.data, list = line("probability");
    classes.forEach((name, k) => {
      const steps = beats.probabilities[k][i], row = line(""), letter = line(name), bar = line(""), full = line("");
      full.style.width = `${(100 * steps) / most}%`;
      full.style.background = colours().kind(name);
      bar.append(full);
      row.append(letter, " ", bar, " ", line(chance(steps, most)));
      row.className = "chance";
      list.append(row);
    });
    return list;
  }

  crowd(i) {
    const told = this.strip.marks.counts(i, REACH_PX).map(([name, count]) => `${count} ${name}`);
    return `within ${REACH_PX} pixels: ${told.join(", ")}`;
  }
}

function line(words) {
  const made = document.createElement("div");
  made.textContent = words;
  return made;
}
