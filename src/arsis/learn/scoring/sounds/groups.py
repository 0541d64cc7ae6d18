"""Who the sounds are of: the same figures by age and by murmur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.patients import patients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import Bool
    from arsis.learn.scoring.look import Look

AGES = ("Neonate", "Infant", "Child", "Adolescent", "Young Adult")
MURMURS = ("Absent", "Present", "Unknown")
UNSTATED = "not stated"


def patient_of(recording_name: str) -> str:
    """Return the patient that a CirCor recording is of, as its file's name says."""
    return recording_name.split("_", maxsplit=1)[0]


def groups(look: Look, places: Sequence[int], counts: Sequence[int]) -> dict[str, Bool]:
    """Mark the windows of each group of age and murmur: a table of (window,).

    `places` are numbers of recordings, `counts` how many windows each of them has. Without
    CirCor's text files nothing is known, and there are no groups.
    """
    known = patients(look.scoring.data)
    names = [patient_of(look.recordings[place].name) for place in places]
    if not set(names) <= set(known):
        return {}
    age = np.repeat([known[name].age or UNSTATED for name in names], counts)
    murmur = np.repeat([known[name].murmur or UNSTATED for name in names], counts)
    table = {f"age: {each}": age == each for each in (*AGES, UNSTATED)}
    table |= {f"murmur: {each}": murmur == each for each in MURMURS}
    return {name: np.asarray(inside) for name, inside in table.items() if inside.any()}
