"""Order statistics of rows that may hold gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64


def row_median(values: F32 | F64) -> F64:
    """Return the median of each row without its NaN: (row, column) -> (row,); empty rows give 0."""
    return row_quantile(values, 0.5)


def row_quantile(values: F32 | F64, share: float) -> F64:
    """Return a quantile of each row without its NaN: (row, column) -> (row,); empty rows give 0.

    Between two ranks the value is interpolated (Hyndman and Fan, Am. Stat. 50, 1996, type 7).
    """
    ranked = np.sort(values, axis=1)  # NaN come last
    at = share * np.maximum((~np.isnan(values)).sum(1) - 1, 0)
    low = np.floor(at).astype(np.int64)
    rows = np.arange(len(values))
    step = ranked[rows, np.ceil(at).astype(np.int64)] - ranked[rows, low]
    quantile: F64 = np.nan_to_num(ranked[rows, low] + (at - low) * step)
    return quantile
