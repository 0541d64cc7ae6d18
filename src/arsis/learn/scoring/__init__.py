"""What is scored of each task: one folder a task, and this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.learn.scoring import beats, rows, sounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.learn.scoring.part import Part

PARTS: dict[str, Mapping[str, Part]] = {
    "beats": beats.PARTS,
    "sounds": sounds.PARTS,
    "beats-187": rows.PARTS,
    "ptb-187": rows.PTB_PARTS,
}
"""Task -> part -> what is scored in it, in the order in which it is scored."""
