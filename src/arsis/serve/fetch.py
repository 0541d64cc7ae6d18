"""Published databases: fetched file by file from PhysioNet or a mirror, every checksum verified."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import PurePosixPath
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from arsis.core.errors import CorpusError, SettingError
from arsis.formats.place import placing
from arsis.serve.download import digest_of, download, read_small
from arsis.tasks.published import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVER = "https://physionet.org/files"
SUMS = "SHA256SUMS.txt"
CONNECTIONS = 4
"""Files fetched at once: thousands of small ones would each wait for the server's answer."""
_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64})\s+\*?(?P<path>\S.*?)\s*")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching: the folder, files fetched, and files that were there and whole."""

    folder: Path
    fetched: int
    kept: int


def fetch(
    name: str,
    to: Path,
    base_url: str | None = None,
    only: str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> Fetched:
    """Fetch a published database into a folder, in the publisher's layout.

    What is there and whole is not fetched again; what was broken off goes on where it stopped.
    A file gets its name only when its checksum is the publisher's.

    Parameters
    ----------
    name
        Of the database: "circor2022", "cinc2016" or "mitdb".
    to
        The folder; it is made if it is missing.
    base_url
        A mirror that has {path}/{version}/SHA256SUMS.txt below it; None: PhysioNet.
    only
        Fetch only files whose path begins so ("training-a").
    progress
        Called with a file's path, the number of files done, and that of all.

    Raises
    ------
    SettingError
        If there is no database of this name, no file of it begins so, or the address is none.
    CorpusError
        If the server cannot be reached, lacks a file, or sends one with another checksum.
    OutputError
        If there is no room, or the folder cannot be written.
    """
    url = _address(name, base_url)
    listing = read_small(f"{url}/{SUMS}", to / SUMS)
    wanted = _wanted(_digests(listing, f"{url}/{SUMS}"), only)
    missing = {path: digest for path, digest in wanted.items() if not _whole(to / path, digest)}
    stop, kept = Event(), len(wanted) - len(missing)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        jobs = {
            pool.submit(download, f"{url}/{quote(path)}", to / path, digest, stop): path
            for path, digest in missing.items()
        }
        try:
            for done, job in enumerate(as_completed(jobs), kept + 1):
                job.result()
                if progress is not None:
                    progress(jobs[job], done, len(wanted))
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    # The list comes last: where it stands, everything that it was asked for is whole.
    with placing(to / SUMS) as temporary:
        temporary.write_text(listing, encoding="utf-8")
    return Fetched(to, len(missing), kept)


def _address(name: str, base_url: str | None) -> str:
    if name not in PUBLISHED:
        known = f"one of {', '.join(PUBLISHED)}"
        raise SettingError("database", repr(name), known, "Choose one of them.")
    server = (base_url or SERVER).rstrip("/")
    if urlsplit(server).scheme not in ("http", "https") or not urlsplit(server).netloc:
        expected = f"an address such as {SERVER}"
        raise SettingError("--base-url", repr(base_url), expected, "Write it in full.")
    return f"{server}/{PUBLISHED[name].path}/{PUBLISHED[name].version}"


def _digests(listing: str, where: str) -> dict[str, str]:
    """Return the checksum of every file of a SHA256SUMS.txt; refuse paths that lead elsewhere."""
    digests = {}
    for number, line in enumerate(listing.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None or not _is_plain(match["path"]):
            expected = "a SHA-256 and the path of a file in the database"
            advice = "Is it a server of PhysioNet's layout? Check --base-url."
            raise CorpusError(where, f"line {number}: {line[:80]!r}", expected, advice)
        digests[match["path"]] = match["digest"].lower()
    if not digests:
        raise CorpusError(where, "no file", "the checksums of the files", "Check --base-url.")
    return digests


def _is_plain(path: str) -> bool:
    inside = not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
    return inside and path.isprintable() and not {"\\", ":"} & set(path)


def _wanted(digests: dict[str, str], only: str) -> dict[str, str]:
    wanted = {path: digest for path, digest in digests.items() if path.startswith(only)}
    if not wanted:
        tops = sorted({path.split("/")[0] for path in digests})
        shown = ", ".join(tops[:12]) + (", ..." if len(tops) > 12 else "")
        raise SettingError("--only", repr(only), f"the beginning of a path: {shown}", "Choose one.")
    return wanted


def _whole(path: Path, digest: str) -> bool:
    return path.is_file() and digest_of(path) == digest
