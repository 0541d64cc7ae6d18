"""What a claim of adaptation has to show: the base and training from scratch on the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.core.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

SIDES = ("zero-shot", "fine-tuned", "from-scratch")
"""The frozen base, the adapted net, and the same net that never saw the base's data."""


def check_adaptation(record: Mapping[str, Any]) -> None:
    """Refuse a record that claims adaptation without the base's score on the same data (guard C24).

    A record claims it by `adapted_from`, the sha256 of the base's weights. Its scores then hold
    `adaptation`: for each of `SIDES` the same figures. What a net gained is their difference,
    and without all three nobody can tell it from what the data alone would have taught.

    Raises
    ------
    ProtocolError
        If one of the three is missing, or they are not of the same figures.
    """
    sides = record["scores"].get("adaptation")
    if not record.get("adapted_from") and sides is None:
        return
    found = {side: sorted(sides[side]) for side in SIDES if sides and sides.get(side)}
    same = len({tuple(figures) for figures in found.values()}) == 1
    if record.get("adapted_from") and len(found) == len(SIDES) and same:
        return
    held = "; ".join(f"{side}: {', '.join(figures)}" for side, figures in found.items())
    base = "" if record.get("adapted_from") else " and no base (adapted_from)"
    raise ProtocolError(
        record["name"],
        f"a claim of adaptation with {held or 'none'} of the three scores{base}",
        f"the same figures for {', '.join(SIDES)}, on the same test data",
        "Score the frozen base and the net trained from scratch on that data as well.",
    )
