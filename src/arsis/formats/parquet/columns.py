"""Columns of a Parquet table as numbers, and columns of dates as times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.formats.row_times import timed
from arsis.formats.titles import TIME

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64
    from arsis.formats.source import Told

_PER_S = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def numbers_of(column: Any) -> F64:
    """Return a column as numbers: (row,), NaN = empty."""
    import pyarrow as pa

    if column.null_count or pa.types.is_decimal(column.type):
        column = column.cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(), np.float64)


@dataclass(frozen=True, slots=True)
class Stamps:
    """A column of dates with times, in its groups of rows."""

    groups: list[Any]

    def timed(self, told: Told, where: str) -> tuple[float, I64, tuple[str, ...]]:
        """Return the rate, the sample number of each row, and notes."""
        import pyarrow as pa

        first = self._first()
        # Counted from the first one, because nanoseconds since 1970 are no exact floats.
        steps = [
            numbers_of(pa.compute.subtract(group.cast(pa.int64()), first)) for group in self.groups
        ]
        since_s = np.concatenate(steps) / _PER_S[self.groups[0].type.unit]
        lines = np.arange(1, len(since_s) + 1)
        return timed(since_s, TIME, (None, told.rate_hz), lines, where)

    def start(self) -> datetime | None:
        """Return the first of them, with its zone if the column has one."""
        from zoneinfo import ZoneInfo

        zone, unit = self.groups[0].type.tz, self.groups[0].type.unit
        try:
            since = timedelta(microseconds=self._first() * 10**6 // _PER_S[unit])
            begun = datetime(1970, 1, 1, tzinfo=UTC) + since
            return begun.astimezone(ZoneInfo(zone)) if zone else begun.replace(tzinfo=None)
        except (OverflowError, ValueError, LookupError, OSError):
            return None  # a date that no calendar holds, or a zone unknown here

    def _first(self) -> int:
        import pyarrow as pa

        return int(self.groups[0].cast(pa.int64())[0].as_py() or 0)
