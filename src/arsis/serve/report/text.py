"""Words and numbers on a page: escaped, since a recording's name may hold anything."""

from __future__ import annotations

import html
import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CHARACTERS = 400
UNKNOWN = "\u2013"


def text(value: object, most: int = MOST_CHARACTERS) -> str:
    """Return a value as HTML text, however hostile, and not longer than a few lines.

    Examples
    --------
    >>> text("</script>")
    '&lt;/script&gt;'
    """
    words = str(value)
    return html.escape(words if len(words) <= most else words[: most - 1] + "…")


def number(value: float | None, digits: int = 0) -> str:
    """Return a number as a person reads it, and a dash for what is undefined.

    Examples
    --------
    >>> number(12345.678, 1), number(float("nan")) == UNKNOWN
    ('12\u202f345.7', True)
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:,.{digits}f}".replace(",", "\u202f")


def share(part: float, whole: float) -> str:
    """Return a share in per cent; a small one never reads as none.

    Examples
    --------
    >>> share(1, 10000), share(0, 10), share(1, 0) == UNKNOWN
    ('< 0.1 %', '0 %', True)
    """
    if not whole:
        return UNKNOWN
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.1f} %" if part else "0 %"


def embedded(value: Any) -> str:
    """Return JSON that cannot end the script element it stands in (nor begin a comment)."""
    plain = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Return a table of cells that are HTML already; the first cell of a row names it."""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{caption}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
