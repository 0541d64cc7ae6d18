"""The classes of heartbeats and how annotators' symbols map to them (ANSI/AAMI EC57)."""

from __future__ import annotations

CLASSES = ("N", "S", "V", "F")
"""Answers: normal, supraventricular ectopic (SVEB), ventricular ectopic (VEB), fusion."""

MEANING = {
    "N": "normal or bundle branch block",
    "S": "supraventricular ectopic (SVEB)",
    "V": "ventricular ectopic (VEB)",
    "F": "fusion of ventricular and normal",
    "Q": "paced or unclassifiable",
}

AAMI = {
    "N": "N", "L": "N", "R": "N", "B": "N", "e": "N", "j": "N", "n": "N",
    "A": "S", "a": "S", "J": "S", "S": "S",
    "V": "V", "E": "V", "r": "V",
    "F": "F",
    "/": "Q", "f": "Q", "Q": "Q", "?": "Q",
}  # fmt: skip
"""Beat symbols of the WFDB annotation standard; escape beats (e, j, n) count as N, as in de Chazal
et al. (2004). Q (paced, fused with paced, unclassifiable) is neither trained nor scored."""

OTHER_MARKS = frozenset('~|sT*D"=p^t+u![]@x()')
"""Symbols of the same standard that mark no beat: rhythms, noise, waves, comments, flutter."""
