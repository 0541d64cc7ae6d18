"""One file from a server: resumed where a connection broke, checked, and placed when whole."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from arsis import __version__
from arsis.core.errors import CorpusError, OutputError
from arsis.formats.place import not_written

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

TRIES = 4
"""Attempts in a row that may bring nothing before it is given up."""
WAIT_S = 0.5
"""Wait after a first fruitless attempt; it doubles with every further one."""
TIMEOUT_S = 60.0
_BLOCK = 2**18
_PASSING = (408, 429, 500, 502, 503, 504)
"""HTTP statuses that mean "try again"."""
_SPARE_BYTES = 2**20


class Stopped(Exception):  # noqa: N818 (no mistake: somebody asked for it)
    """A download was asked to stop; what has come is kept."""


def download(url: str, path: Path, sha256: str, stop: Event) -> None:
    """Fetch a file of known checksum to `path`, going on from `path`.part if that is there.

    Raises
    ------
    CorpusError
        If the server cannot be reached, has no such file, or sends another one.
    OutputError
        If there is no room for it, or the place cannot be written.
    """
    part = path.with_name(path.name + ".part")
    _make_folder(path)
    for _ in range(2):
        _complete(url, part, stop)
        found = digest_of(part)
        if found == sha256:
            _move(part, path)
            return
        # It may have been put together from two versions: once more, from the beginning.
        part.unlink()
    raise CorpusError(
        url,
        f"a file with the SHA-256 {found[:16]}...",
        f"{sha256[:16]}... as the publisher's SHA256SUMS.txt states",
        "It is damaged on the server or on the way: try later, or another --base-url.",
    )


def read_small(url: str, path: Path) -> str:
    """Return the text of a file without a checksum; `path`.part holds it meanwhile.

    Raises
    ------
    CorpusError, OutputError
        As `download` does.
    """
    from threading import Event

    part = path.with_name(path.name + ".part")
    _make_folder(path)
    part.unlink(missing_ok=True)  # nothing would tell whether the beginning is of this version
    _complete(url, part, Event())
    text = part.read_text(encoding="utf-8", errors="replace")
    part.unlink()
    return text


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _complete(url: str, part: Path, stop: Event) -> None:
    """Receive until the file is complete; give up after `TRIES` attempts that bring nothing."""
    fruitless = 0
    while True:
        before = _size(part)
        try:
            if _receive(url, part, stop):
                return
            reason = "the connection broke"
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416 and before:
                    # What is here is no beginning of what is there, or is all of it.
                    if error.headers.get("Content-Range") == f"bytes */{before}":
                        return
                    part.unlink()
                elif error.code not in _PASSING:
                    raise _refused(url, error) from error
            reason = f"HTTP status {error.code} {error.reason}"
        except (http.client.HTTPException, OSError) as error:  # URLError is an OSError
            reason = str(getattr(error, "reason", "") or error or type(error).__name__)
        fruitless = 0 if _size(part) > before else fruitless + 1
        if fruitless == TRIES:
            raise _unreachable(url, reason)
        if stop.wait(WAIT_S * 2 ** (fruitless - 1) if fruitless else 0):
            raise Stopped


def _receive(url: str, part: Path, stop: Event) -> bool:
    """Receive what is missing of a file into `part`; return whether all of it came."""
    have = _size(part)
    headers = {"User-Agent": f"arsis/{__version__}"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (`fetch` checks it)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
        continues = (response.headers.get("Content-Range") or "").startswith(f"bytes {have}-")
        stated = response.headers.get("Content-Length")
        left = int(stated) if stated is not None and stated.isdigit() else None
        _check_room(part, left or 0)
        return _write(response, part, "ab" if have and continues else "wb", left, stop)


def _write(
    response: http.client.HTTPResponse, part: Path, mode: str, left: int | None, stop: Event
) -> bool:
    came = 0
    try:
        file = part.open(mode)
    except OSError as error:
        raise not_written(part, error) from error
    with file:
        while block := response.read(_BLOCK):
            try:
                file.write(block)
            except OSError as error:
                raise not_written(part, error) from error
            came += len(block)
            if stop.is_set():
                raise Stopped
    return left is None or came == left


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(path, error) from error


def _move(part: Path, path: Path) -> None:
    try:
        os.replace(part, path)  # noqa: PTH105 (it says that it is atomic)
    except OSError as error:
        raise not_written(path, error) from error


def _check_room(part: Path, size: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if size + _SPARE_BYTES > free:
        found = f"room for {free / 1e6:.1f} MB where {size / 1e6:.1f} MB are to come"
        advice = "Make room and fetch again; what has come is kept."
        raise OutputError(part.parent, found, "enough space", advice)


def _refused(url: str, error: urllib.error.HTTPError) -> CorpusError:
    found = f"HTTP status {error.code} {error.reason}"
    advice = "Check --base-url, or try later: the server may have moved the file."
    return CorpusError(url, found, "the file", advice)


def _unreachable(url: str, reason: str) -> CorpusError:
    advice = "Check the network, or name a mirror with --base-url; what has come is kept."
    return CorpusError(url, f"no answer ({reason})", "a server that sends the file", advice)
