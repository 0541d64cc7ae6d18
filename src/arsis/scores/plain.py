"""Results as plain values, ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TypeAlias

import numpy as np

from arsis.core.errors import OutputError

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


def plain(value: object) -> Plain:
    """Turn any result into values that JSON knows; what is undefined (NaN, infinite) becomes None.

    Dataclasses and mappings become dictionaries, arrays and sequences become lists. This is the
    one place where NaN turns into None, since JSON has no NaN.

    Raises
    ------
    OutputError
        For a value of any other kind.
    """
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return plain_fields(value)


def plain_fields(result: object) -> dict[str, Plain]:
    """Turn a result (a dataclass) into a dictionary of plain values, one entry for each field.

    Raises
    ------
    OutputError
        When `result` is not an instance of a dataclass.
    """
    if not is_dataclass(result) or isinstance(result, type):
        raise OutputError(
            "result",
            f"a value of type {type(result).__name__}",
            "a dataclass, an array, a mapping, a sequence, a number, text or None",
            "Convert it to one of these before it is written.",
        )
    return {field.name: plain(getattr(result, field.name)) for field in fields(result)}
