"""Fit the two looks that tell heart beats from other waves, from the recordings of DS1 alone.

    python scripts/fit_rpeaks.py --data MITDB [--write] [--apart]

The waves are those of `RPeakDetector`, what the looks see is computed by `BeatChoice` itself; a
wave is a beat where it is the partner of an annotated one within 150 ms, and waves in ventricular
flutter are left out. While the looks are fitted the annotations decide what counts as a beat, so
that levels and intervals are right: the first look is fitted with every wave settled at once, then
again with doubtful waves waiting as they will with it; the second look to those that wait.
Records: `arsis.tasks.beats.corpus.DE_CHAZAL.train` (DS1 of de Chazal et al., 2004), no other. They
have little noise, so each is there three times: as it is, and with the bursts of moving electrodes
and tense muscles of `arsis.signal.disturb`, weak ones and strong ones.

Prints the constants as they stand in `arsis/signal/beat_choice.py` (--write puts them there), how
far they lie from those, and the R peaks of DS1 that are found with either; these figures are
flattering, as both were fitted to the same records. Those of --apart are not: patients are judged
by looks that were fitted to the others alone, and the bursts that they are judged in are new.

The constants in the repository are the output of this script.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field
from itertools import chain
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from arsis.core.task import choose
from arsis.learn.disturbed import Disturbance, disturb
from arsis.learn.scoring.beats.peaks import TOLERANCES_S, flutter
from arsis.scores.events import Matching, event_scores, leave_out, match
from arsis.signal import beat_choice
from arsis.signal.beat_choice import SURE, Beat, BeatChoice, Waiting
from arsis.signal.rpeaks import RPeakDetector
from arsis.tasks.beats.corpus import CORPORA, DE_CHAZAL, events
from arsis.tasks.beats.own_peaks import on_grid
from arsis.tasks.beats.task import BEATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arsis.core.arrays import F32, F64
    from arsis.core.recording import Recording
    from arsis.signal.usual_beat import Wave

    Seen = tuple[tuple[float, ...], bool]  # what a look saw of a wave, and whether that is a beat

STRENGTH = 0.01
"""C of both regressions, of standardised inputs; tried in cross-validation over records of DS1."""
LEAN = 0.5
"""Added to the second look's bias so that about as many are missed as false; chosen on DS1."""
LABEL_S = 0.150
NOISES = ((Disturbance("bursts", 9.0), 7), (Disturbance("bursts", 0.0), 8))
"""Each with the seed of its chance. Patients apart are judged in other ones:"""
OTHER_NOISES = ((Disturbance("bursts", 12.0), 1), (Disturbance("bursts", 3.0), 1))
AT_ONCE, WAITS = SURE + 1.0, -5.0


class Look(NamedTuple):
    """One logistic regression."""

    weights: dict[str, float]
    bias: float
    spread: tuple[float, ...]
    """Standard deviation of each input."""

    def mark(self, seen: Sequence[float]) -> float:
        """Return the logarithm of the odds that a wave is a beat."""
        mark: float = sum(map(mul, self.weights.values(), seen), self.bias)
        return mark


@dataclass
class Catch(BeatChoice):
    """Takes the waves of a detector and calls none a beat."""

    caught: list[Wave] = field(default_factory=list)

    def push(self, waves: Sequence[Wave], now: float) -> list[Beat]:
        """Keep the waves."""
        del now
        self.caught += waves
        return []


@dataclass
class Apply(BeatChoice):
    """Chooses beats by other looks than those of the package."""

    looks: tuple[Look, ...] = ()

    def _first_mark(self, wave: Wave) -> float:
        return self.looks[0].mark(self._first_look(wave))

    def _second_mark(self, item: Waiting, following: Wave | None) -> float:
        return self.looks[1].mark(self._second_look(item, following))


@dataclass
class Lesson(BeatChoice):
    """Lets the annotations decide, and notes what each look saw."""

    truth: dict[int, bool] = field(default_factory=dict)
    first: Look | None = None
    """Says which waves wait; without it none that is a beat does."""
    seen_first: list[Seen] = field(default_factory=list)
    seen_second: list[Seen] = field(default_factory=list)

    def _first_mark(self, wave: Wave) -> float:
        seen, beat = self._first_look(wave), self.truth.get(wave.sample, False)
        if wave.sample in self.truth:
            self.seen_first.append((seen, beat))
        if self.first is None:
            return AT_ONCE if beat else WAITS
        mark = self.first.mark(seen)
        return mark if beat else min(mark, SURE)

    def _second_mark(self, item: Waiting, following: Wave | None) -> float:
        sample = item.wave.sample
        if sample in self.truth:
            self.seen_second.append((self._second_look(item, following), self.truth[sample]))
        return 1.0 if self.truth.get(sample) else -1.0


class Heard(NamedTuple):
    """One recording: what the detector makes of it, and what is true."""

    x: F32
    truth_s: F64
    flutter_s: F64
    waves: list[Wave]
    delay: int
    truth: dict[int, bool]
    """Sample of each wave outside flutter: is it a beat?"""

    def judged(self, found_s: F64, tolerance_s: float) -> Matching:
        """Match instants (found,) with the annotated beats outside flutter."""
        matching = match(self.truth_s, found_s, tolerance_s)
        return leave_out(matching, self.truth_s, found_s, self.flutter_s)


def hear(recording: Recording) -> Heard:
    """Find the waves of a recording and say which of them are beats."""
    x = on_grid(recording)
    detector = RPeakDetector(BEATS.rate_hz, len(x))
    detector.choice = catch = Catch(BEATS.rate_hz, len(x), detector.choice.delay)
    detector.push(x, last=True)
    truth_s = np.array([mark.time_s for mark in events(recording)], np.float64)
    heard = Heard(x, truth_s, flutter(recording), catch.caught, catch.delay, {})
    sample = np.array([wave.sample for wave in heard.waves])
    matching = heard.judged(sample / BEATS.rate_hz, LABEL_S)
    heard.truth.update(dict.fromkeys(sample[matching.found].tolist(), True))
    heard.truth.update(dict.fromkeys(sample[matching.false].tolist(), False))
    return heard


def copies(recording: Recording, noises: Sequence[tuple[Disturbance, int]]) -> list[Heard]:
    """Hear a recording as it is, then with each of the noises."""
    used = choose(recording, BEATS.need)
    noisy = [disturb(used, noise, seed).recording for noise, seed in noises]
    return [hear(each) for each in (recording, *noisy)]


def teach(heard: Sequence[Heard], first: Look | None) -> Iterator[Lesson]:
    """Go through the waves of every recording with the annotations deciding."""
    for each in heard:
        lesson = Lesson(BEATS.rate_hz, len(each.x), each.delay, truth=each.truth, first=first)
        lesson.push(each.waves, math.inf)
        yield lesson


def fit_look(seen: Sequence[Seen], names: Sequence[str]) -> Look:
    """Fit one regression to standardised inputs; return it for inputs as they are, rounded."""
    x, y = np.array([row for row, _ in seen]), np.array([beat for _, beat in seen])
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=300).fit((x - middle) / spread, y)
    weights = model.coef_[0] / spread
    bias = round(float(model.intercept_[0] - weights @ middle), 3)
    named = zip(names, weights.round(3).tolist(), strict=True)
    return Look(dict(named), bias, tuple(spread.tolist()))


def fit_looks(heard: Sequence[Heard]) -> tuple[Look, ...]:
    """Fit the first look, then both, with the waves waiting that it leaves open."""
    names = tuple(beat_choice.FIRST), tuple(beat_choice.SECOND)
    seen = [row for lesson in teach(heard, None) for row in lesson.seen_first]
    settled = fit_look(seen, names[0])
    both: tuple[list[Seen], list[Seen]] = ([], [])
    for lesson in teach(heard, settled):
        both[0].extend(lesson.seen_first)
        both[1].extend(lesson.seen_second)
    first, second = map(fit_look, both, names)
    return first, second._replace(bias=second.bias + LEAN)


def constants(looks: tuple[Look, ...]) -> str:
    """Write both looks as they stand in the source."""
    text = ""
    for name, look in zip(("FIRST", "SECOND"), looks, strict=True):
        rows = "".join(f'    "{key}": {weight:.3f},\n' for key, weight in look.weights.items())
        text += f"{name}: dict[str, float] = {{\n{rows}}}\n{name}_BIAS = {look.bias:.3f}\n"
    return text


def peaks_s(heard: Heard, looks: tuple[Look, ...]) -> F64:
    """Find R peaks with the given looks, without any with those of the package: (peak,) s."""
    detector = RPeakDetector(BEATS.rate_hz, len(heard.x))
    if looks:
        detector.choice = Apply(BEATS.rate_hz, len(heard.x), heard.delay, looks=looks)
    return detector.push(heard.x, last=True).sample / BEATS.rate_hz


def compare(heard: Sequence[Heard], looks: tuple[Look, ...]) -> None:
    """Print both sets of constants, and what is found with either."""
    print("input            in the source      fitted  difference  times the input's spread")
    for old, new in zip((beat_choice.FIRST, beat_choice.SECOND), looks, strict=True):
        for (name, weight), spread in zip(new.weights.items(), new.spread, strict=True):
            off = weight - old[name]
            print(f"{name:16} {old[name]:13.3f} {weight:11.3f} {off:11.3f} {off * spread:11.3f}")
    for title, chosen in (("those in the source", ()), ("those fitted", looks)):
        report(title, heard, [peaks_s(each, chosen) for each in heard])


def judge_apart(recordings: Sequence[Recording], known: Sequence[Sequence[Heard]]) -> None:
    """Print what is found in patients whose recordings the looks were not fitted to."""
    folds = DE_CHAZAL.folds
    groups = [set(chain(*folds[number : number + 2])) for number in range(0, len(folds), 2)]
    judged: list[list[tuple[Heard, F64]]] = [[] for _ in (None, *OTHER_NOISES)]
    for group in groups:
        pairs = list(zip(recordings, known, strict=True))
        looks = fit_looks([h for r, heard in pairs if r.subject not in group for h in heard])
        for recording in (r for r in recordings if r.subject in group):
            for place, heard in enumerate(copies(recording, OTHER_NOISES)):
                judged[place].append((heard, peaks_s(heard, looks)))
    for noise, pairs_s in zip((None, *OTHER_NOISES), judged, strict=True):
        signal = f"{noise[0].kind} of {noise[0].strength:g} dB" if noise else "as recorded"
        found_s = [at_s for _, at_s in pairs_s]
        report(f"patients apart, {signal}", [each for each, _ in pairs_s], found_s)


def report(title: str, heard: Sequence[Heard], found_s: Sequence[F64]) -> None:
    """Print how many R peaks are found."""
    for name, tolerance_s in TOLERANCES_S.items():
        pairs = zip(heard, found_s, strict=True)
        scores = event_scores([each.judged(at_s, tolerance_s) for each, at_s in pairs])
        figures = f"Se {scores.sensitivity:.5f} PPV {scores.ppv:.5f}"
        counts = (scores.truth_count, scores.found_count, scores.pair_count)
        print(f"{title}, {name}: {figures}, (true, found, pairs) {counts}")


def main() -> None:
    """Fit the looks, compare them with those of the source, and put them there if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--write", action="store_true", help="put the constants into the source")
    parser.add_argument("--apart", action="store_true", help="judge with patients apart as well")
    asked = parser.parse_args()
    recordings = list(CORPORA["mitdb"].recordings(asked.data, DE_CHAZAL.train))
    heard = [copies(each, NOISES) for each in recordings]
    looks = fit_looks(list(chain(*heard)))
    print(constants(looks))
    compare([each[0] for each in heard], looks)
    if asked.apart:
        judge_apart(recordings, heard)
    if asked.write:
        text = (source := Path(beat_choice.__file__)).read_text(encoding="utf-8")
        begin, end = text.index("FIRST: dict"), text.index("\nBY_SHAPE")
        source.write_text(text[:begin] + constants(looks) + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
