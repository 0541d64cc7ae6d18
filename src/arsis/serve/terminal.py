"""What the command line says: answers on standard output, everything else beside them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arsis.core.errors import ArsisError


def show(renderable: Any) -> None:
    """Print an answer for a person."""
    from rich.console import Console

    Console(highlight=False).print(renderable)


def say(text: str) -> None:
    """Say something that is no part of an answer."""
    print(text, file=sys.stderr)


def complain(error: ArsisError) -> None:
    """Say what went wrong and what to do about it."""
    say(f"error: {error}")
