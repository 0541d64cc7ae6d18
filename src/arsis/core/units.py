"""Units of what channels measure: converted, and never assumed."""

from __future__ import annotations

from arsis.core.errors import UnitError

# Each family shares one base unit; the number is how many base units one such unit holds.
_VOLTS = {
    "V": 1.0,
    "mV": 1e-3,
    "uV": 1e-6,
    "µV": 1e-6,  # micro sign
    "μV": 1e-6,  # Greek mu: files hold either
    "nV": 1e-9,
}
_SOUND = {"FS": 1.0}  # shares of full scale: what a sound file holds has no physical unit
_FAMILIES = (_VOLTS, _SOUND)


def factor(found: str, wanted: str, where: str) -> float:
    """Return the number that turns values in `found` into values in `wanted`.

    Raises
    ------
    UnitError
        If the unit is missing, unknown or measures something else; `where` names its owner.

    Examples
    --------
    >>> factor("uV", "mV", "lead II")
    0.001
    """
    for family in _FAMILIES:
        if wanted in family and found.strip() in family:
            return family[found.strip()] / family[wanted]
    shown = f"the unit {found!r}" if found.strip() else "no unit"
    raise UnitError(
        where,
        f"{shown} where {wanted} is needed",
        f"one of {', '.join(sorted(_same_family(wanted)))}",
        "Name the true unit with --unit, or choose other channels with --channels.",
    )


def convertible(found: str, wanted: str) -> bool:
    """Say whether values in `found` can be turned into values in `wanted`."""
    return any(found.strip() in family and wanted in family for family in _FAMILIES)


def _same_family(wanted: str) -> set[str]:
    return {unit for family in _FAMILIES if wanted in family for unit in family if unit.isascii()}
