"""Found heart sounds against annotated ones, each kind by the middle of the sound (F-S2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.events import leave_out, match
from arsis.scores.ratio import f1_score, ratio
from arsis.scores.stretches import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.arrays import F64, I64

SOUNDS = ("S1", "S2")
TOLERANCES_S = {"100 ms": 0.100, "60 ms": 0.060}
MARGIN_S = 0.1
"""Events this near to time that nobody annotated are neither right nor wrong."""


def count_sounds(
    truth_s: Mapping[str, F64],
    found_s: Mapping[str, F64],
    run_s: F64,
    duration_s: float,
    tolerance_s: float,
) -> I64:
    """Count found, missed, false and swapped sounds of one recording.

    `truth_s`, `found_s`: middles of the sounds by name (S1, S2), in order of time; `run_s`
    (run, 2) annotated stretches -> (sound, 4): pairs, missed, false, and those of the missed
    that were found as the other sound. One-to-one matching within `tolerance_s`.

    Raises
    ------
    ProtocolError
        When times are not finite or not in order.
    """
    ignored = unknown(run_s, duration_s) + np.array([-MARGIN_S, MARGIN_S])
    matched = {
        name: leave_out(
            match(truth_s[name], found_s[name], tolerance_s), truth_s[name], found_s[name], ignored
        )
        for name in SOUNDS
    }
    rows = []
    for name, other in (SOUNDS, SOUNDS[::-1]):
        each = matched[name]
        taken = match(truth_s[name][each.missed], found_s[other][matched[other].false], tolerance_s)
        rows.append((len(each.truth), len(each.missed), len(each.false), len(taken.truth)))
    return np.array(rows, np.int64)


def sound_figures(counts: I64) -> dict[str, float]:
    """Return F1, sensitivity and positive predictivity of each sound and of both together.

    `counts` (sound, 4) as `count_sounds` gives, of one recording or added over many. `swapped`
    is the share of the missed events that were found as the other sound.
    """
    rows = dict(zip(SOUNDS, counts.tolist(), strict=True)) | {"both": counts.sum(axis=0).tolist()}
    figures: dict[str, float] = {}
    for name, (pairs, missed, false, swapped) in rows.items():
        figures |= {
            f"f1_{name}": f1_score(pairs, missed, false),
            f"se_{name}": ratio(pairs, pairs + missed),
            f"ppv_{name}": ratio(pairs, pairs + false),
            f"swapped_{name}": ratio(swapped, missed),
        }
    return figures
