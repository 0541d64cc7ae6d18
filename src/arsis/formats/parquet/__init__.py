"""Parquet tables, a column per channel: read a group of rows at a time, and written.

Needs pyarrow (the extra [tables]), which is imported when such a file is read or written.
"""

from __future__ import annotations

from arsis.formats.parquet.read import PARQUET

__all__ = ["PARQUET"]
