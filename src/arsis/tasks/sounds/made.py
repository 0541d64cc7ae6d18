"""Recordings for training that nobody measured: sounds in which no heart beats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.tasks.sounds.negatives import KINDS, negatives

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arsis.core.recording import Recording

EACH = 12
"""Recordings of each kind."""


def made(recordings: Sequence[Recording]) -> tuple[Iterator[Recording]]:
    """Return what `silent` yields, as the only group."""
    del recordings
    return (silent(),)


def silent() -> Iterator[Recording]:
    """Yield simulated sounds without a heart.

    No corpus holds stretches that are known to have none: only these teach the state "none".
    """
    for kind in KINDS:
        for seed in range(EACH):
            yield negatives(kind, seed)
