"""Typed errors: each names the thing at fault, what was found, what was expected, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ArsisError(Exception):
    """A mistake that its maker can mend; the command line prints it and ends with status 2.

    Parameters
    ----------
    where
        The file, channel, option or folder at fault.
    found
        What was found there.
    expected
        What was expected instead.
    advice
        What to do about it.
    """

    def __init__(self, where: str | Path, found: str, expected: str, advice: str) -> None:
        self.where, self.found = str(where), found
        self.expected, self.advice = expected, advice
        super().__init__(f"{where}: {found}. Expected {expected}. {advice}")

    def __reduce__(self) -> tuple[type[ArsisError], tuple[str, str, str, str]]:
        # An exception with several arguments needs this to cross a process boundary.
        return type(self), (self.where, self.found, self.expected, self.advice)


class FormatError(ArsisError):
    """The bytes are not what the file claims to be."""


class UnitError(ArsisError):
    """A unit is missing, unknown or cannot be converted; it is never assumed."""


class ChannelError(ArsisError):
    """A recording lacks the channels that a task needs, or has them at a rate it cannot use."""


class BundleError(ArsisError):
    """A trained model is damaged, incomplete or was made for another version of its task."""


class CorpusError(ArsisError):
    """A data folder lacks what its protocol needs, or its files are not the published ones."""


class ProtocolError(ArsisError):
    """A split or a scoring would not be honest (overlap, missing class, unrecorded opening)."""


class OutputError(ArsisError):
    """An answer cannot be written where it was asked for."""


class SettingError(ArsisError):
    """An option or a setting has a value that makes no sense."""
