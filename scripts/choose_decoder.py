"""Judge, on DS1 alone, what the decoder should make of the nets' probabilities.

    python scripts/choose_decoder.py --data MITDB --run runs/beats --family third

Takes the nets of a finished course, each asked about patients that it never met: the originals;
recordings spliced so that S dominates (`stress`); recordings in which the N of one person
follow one another as irregularly as in atrial fibrillation, and others in which every few P waves
none comes (AV block), where every S is false. The rows of the family go to
results/beats-decoder.json; DS2 is never read.
"""

from __future__ import annotations

import argparse
import json
import zlib
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.calibrate import calibrate, ensemble
from arsis.learn.crossvalidate import OUT_OF_FOLD, OutOfFold, fold_folder
from arsis.learn.figures import logits
from arsis.learn.headline import figures
from arsis.learn.prepare import build
from arsis.learn.run_folder import open_run, write_json
from arsis.scores.classes import count_confusion
from arsis.tasks.beats.classes import CLASSES
from arsis.tasks.beats.corpus import CORPORA
from arsis.tasks.beats.decode import CALLED, FIRM, MEMORY, STRENGTH, USUAL, Lately, S, weighed
from arsis.tasks.beats.reshape import QRS_S, T_END_S, Blocked, Reshaped
from arsis.tasks.beats.splice import FIBRILLATION, ever_fibrillates, record, stress
from arsis.tasks.beats.tape import CUT_S, END, Source, retimed
from arsis.tasks.beats.task import BEATS
from arsis.tasks.beats.training import SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from arsis.core.arrays import F32, F64, I64, Bool
    from arsis.core.examples import Examples
    from arsis.core.recording import Recording

TABLE = Path("results/beats-decoder.json")
LASTS_S = 360.0
SPREAD, MEAN_S = (0.15, 0.3), (0.5, 0.95)
"""RR intervals are log-normal; spread and mean of a recording are drawn between these."""
SHORTEST_S, LONGEST_S = 0.32, 2.0
N = CLASSES.index("N")
SOME, MOST, DOUBT = 0.6, 0.8, 8.0
"""The second family's rule: where more than this share of the last two minutes' intervals never
came again, the odds of S fall by up to e^-DOUBT."""
PAIRS, LIKE, OFTEN, FEWEST_PAIRS = 120, 0.06, 5, 20
"""Of the last PAIRS pairs of successive intervals, those came again that are like at least OFTEN
others: the logarithms of both intervals differ by less than LIKE."""
MORE = 0.3
"""A control: the odds of S e^MORE times as high for everybody."""


class Fibrillating(Reshaped):
    """N after N at irregular intervals; `bare`: without P waves."""

    bare = False

    def draw_rhythm(self) -> None:
        """Draw how fast and how irregular this recording is."""
        self.spread = float(self.rng.uniform(*SPREAD))
        self.mean_s = float(self.rng.uniform(*MEAN_S))

    def shaped(self, stretch: F64, onset: int, label: str, usual_s: float) -> F64:
        """Give the rest before the QRS, which begins at `onset`, another length."""
        del label, usual_s
        samples = self.source.samples
        drawn_s = self.mean_s * np.exp(self.rng.normal(0, self.spread) - self.spread**2 / 2)
        length = samples(float(np.clip(drawn_s, SHORTEST_S, LONGEST_S)) - CUT_S["N"] - QRS_S)
        high = min(samples(T_END_S), onset - END)
        rest = stretch[:, :onset].copy()
        if self.bare:
            way = np.linspace(0, 1, onset - high)
            first, last = rest[:, high - 1 : high], stretch[:, onset : onset + 1]
            rest[:, high:] = first * (1 - way) + last * way
        rest = retimed(rest, samples(T_END_S), length)
        return np.concatenate([rest, stretch[:, onset:]], axis=1)


def fibrillating(recording: Recording) -> Iterator[Recording]:
    """Yield recordings of one person's N, irregular, with P waves and without."""
    if ever_fibrillates(recording):
        return
    source = Source.of(recording)
    for bare in (False, True) if source.count("N", "N") else ():
        name = f"irregular-{'without' if bare else 'with'}-p"
        rng = np.random.default_rng(zlib.crc32(f"{recording.name} {name}".encode()))
        tape = Fibrillating(source, rng)
        tape.bare = bare
        tape.draw_rhythm()
        yield record(recording, tape, repeat("N"), (name, LASTS_S))


def blocking(recording: Recording) -> Iterator[Recording]:
    """Yield a recording of one person's N with AV block, another one than those learnt from."""
    if ever_fibrillates(recording):
        return
    source = Source.of(recording)
    if source.count("N", "N"):
        rng = np.random.default_rng([1, zlib.crc32(f"{recording.name} block".encode())])
        tape = Blocked(source, rng)
        tape.draw_rhythm()
        yield record(recording, tape, repeat("N"), ("block", LASTS_S))


def irregular(rr_s: F64) -> F64:
    """Return which share of the pairs lately never came again: (beat,) -> (beat,).

    Where there are too few pairs to say, 0.
    """
    own = np.log(np.clip(rr_s, 0.2, 3.0))
    pairs = np.stack([own, np.concatenate([[np.nan], own[:-1]])])
    known = np.flatnonzero(~np.isnan(pairs).any(0))
    found = np.zeros(len(own))
    for beat, ended in enumerate(np.searchsorted(known, np.arange(len(own)), side="right")):
        lately = pairs[:, known[max(0, ended - PAIRS) : ended]]
        if lately.shape[1] >= FEWEST_PAIRS:
            like = (np.abs(lately[:, :, None] - lately[:, None]) < LIKE).all(0).sum(1) - 1
            found[beat] = (like < OFTEN).mean()
    return found


class Asked:
    """What the nets of every group said of examples, each of patients that it never met."""

    def __init__(self, examples: Examples, said: F32) -> None:
        self.truth = np.asarray(examples.y["beat"], np.int64)
        self.subject = np.array(examples.subjects)[np.asarray(examples.subject)]
        self.said = said
        self.event_s, self.recording = np.asarray(examples.event_s), np.asarray(examples.recording)
        self.irregular = np.zeros(len(self.truth))
        for number in np.unique(self.recording):
            rows = self.recording == number
            self.irregular[rows] = irregular(np.diff(self.event_s[rows], prepend=np.nan))

    def best(self, group: tuple[int, ...], scale: Any, way: str) -> I64:
        """Return (beat,) the best class, by one of WAYS."""
        probabilities = scale.apply(ensemble(self.said[list(group)]))
        best: I64 = WAYS[way](self, probabilities).argmax(1)
        return best


def as_said(_asked: Asked, probabilities: F32) -> F32:
    """Leave the probabilities as they are: (beat, class)."""
    return probabilities


def more(_asked: Asked, probabilities: F32) -> F32:
    """Believe S more, of everybody alike."""
    return weighed(probabilities, np.full(len(probabilities), np.exp(MORE)))


def doubted(asked: Asked, probabilities: F32) -> F32:
    """Believe S less where intervals are irregularly irregular."""
    share = np.clip((asked.irregular - SOME) / (MOST - SOME), 0, 1)
    return weighed(probabilities, np.exp(-DOUBT * share))


def lately(asked: Asked, probabilities: F32) -> F32:
    """Believe S by how often it was called in the same recording lately, as the decoder does."""
    factors = np.ones(len(probabilities))
    for number in np.unique(asked.recording):
        rows = np.flatnonzero(asked.recording == number)
        heard = np.ones(len(rows), bool)
        factors[rows] = Lately().follow(probabilities[rows, S], heard)
    return weighed(probabilities, factors)


def both(asked: Asked, probabilities: F32) -> F32:
    """Doubt S where irregular, then by how often it was called lately."""
    return lately(asked, doubted(asked, probabilities))


WAYS: Mapping[str, Callable[[Asked, F32], F32]] = {
    "as the nets say": as_said,
    "S more likely for everybody": more,
    "S doubted where irregular": doubted,
    "S by how often it came lately": lately,
    "doubted where irregular, then lately": both,
}
"""Name -> f(asked, probabilities): (beat, class) -> (beat, class)."""


def ask(examples: Examples, run: Path) -> Asked:
    """Let the nets of the folds answer about other recordings of the patients left out."""
    seeds = [seed for group in SEEDS for seed in group]
    said = np.zeros((len(seeds), len(examples), len(CLASSES)), np.float32)
    for number, fold in enumerate(CORPORA["mitdb"].split.folds):
        rows = examples.rows(set(fold) & set(examples.subjects))
        for place, seed in enumerate(seeds if len(rows) else ()):
            net = open_run(fold_folder(run / "folds", seed, number)).net()
            said[place, rows] = logits(net, examples, rows)["beat"]
    return Asked(examples, said)


def in_fibrillation(asked: Asked, recordings: list[Recording]) -> Bool:
    """Say which beats lie where the annotators wrote that the atria fibrillate: (beat,)."""
    found = np.zeros(len(asked.truth), bool)
    for number, recording in enumerate(recordings):
        rows = asked.recording == number
        for mark in recording.marks:
            if mark.note.startswith("("):
                after = rows & (asked.event_s >= mark.time_s)
                found[after] = mark.note.startswith(FIBRILLATION)
    return found


def judge(asked: dict[str, Asked], fibrillates: Bool, scales: list[Any], way: str) -> Any:
    """Return the median over the groups of every figure."""
    rows = []
    for group, scale in zip(SEEDS, scales, strict=True):
        said = {name: each.best(group, scale, way) for name, each in asked.items()}
        original, answer = asked["original"], said["original"]
        other = original.subject != "209"
        whole, rest = (_figures(original.truth[m], answer[m]) for m in (original.truth > -9, other))
        hard = _figures(asked["stress"].truth, said["stress"])
        rows.append({
            "j_kappa": whole["j_kappa"], "f1_S": whole["f1_S"], "f1_V": whole["f1_V"],
            "f1_S_without_209": rest["f1_S"],
            "false_S_fibrillation": _false(original.truth[fibrillates], answer[fibrillates]),
            "false_S_irregular": _false(asked["irregular"].truth, said["irregular"]),
            "false_S_block": _false(asked["block"].truth, said["block"]),
            "stress_j_kappa": hard["j_kappa"], "stress_f1_S": hard["f1_S"],
        })  # fmt: skip
    return {name: float(np.median([row[name] for row in rows])) for name in rows[0]}


def _figures(truth: I64, answer: I64) -> dict[str, float]:
    return figures(count_confusion(truth, answer, CLASSES))


def _false(truth: I64, answer: I64) -> float:
    """Return the share of N that are called S."""
    return float((answer[truth == N] == S).mean())


def main() -> None:
    """Ask the nets, judge every way, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--run", type=Path, default=Path("runs/beats"), help="a finished course")
    parser.add_argument("--family", required=True, help="how its rows begin in the table")
    parser.add_argument("--out", type=Path, default=Path("runs/decoder"))
    told = parser.parse_args()
    corpus = CORPORA["mitdb"]
    recordings = list(corpus.recordings(told.data, corpus.split.train))
    found = OutOfFold.load(told.run / "folds" / OUT_OF_FOLD)
    plain = build(BEATS, recordings, told.out / "original")
    asked = {"original": Asked(plain, found.logits["beat"])}
    for name, make in (("stress", stress), ("irregular", fibrillating), ("block", blocking)):
        made = [each for recording in recordings for each in make(recording)]
        asked[name] = ask(build(BEATS, made, told.out / name), told.run)
    truth = asked["original"].truth
    scales = [calibrate(ensemble(found.logits["beat"][list(g)]), truth) for g in SEEDS]
    fibrillates = in_fibrillation(asked["original"], recordings)
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["rows"] if TABLE.exists() else {}
    for way in WAYS:
        row = judge(asked, fibrillates, scales, way)
        rows[f"{told.family} family, {way}"] = row
        print(way, {figure: round(value, 4) for figure, value in row.items()})
    settings = {
        "called": CALLED, "usual": USUAL, "strength": STRENGTH, "firm": FIRM, "memory": MEMORY,
    }  # fmt: skip
    write_json(TABLE, {"decoder": settings, "rows": rows})


if __name__ == "__main__":
    main()
