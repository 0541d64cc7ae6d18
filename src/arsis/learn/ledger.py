"""The only door to the test part of a corpus: whoever opens it is written down first."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from arsis.core.errors import CorpusError, ProtocolError
from arsis.core.sameness import prints
from arsis.learn.prepare import recording_digest
from arsis.learn.run_folder import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from arsis.core.recording import Recording
    from arsis.core.task import Corpus


@dataclass(frozen=True)
class Opening:
    """One line of the ledger: a test part was looked at with these weights.

    Attributes
    ----------
    protocol, fingerprint
        Which test part, and the sha256 of its recordings and marks.
    what, weights
        Name of what is scored, and the sha256 of everything that decides its answers.
    command
        What was typed.
    when
        Date and time of the first look, UTC.
    headline
        Figures that came out, by part; filled in when the scoring is over.
    """

    protocol: str
    fingerprint: str
    what: str
    weights: str
    command: str
    when: str = ""
    headline: Mapping[str, Any] | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Two looks with the same key are one opening."""
        return self.protocol, self.fingerprint, self.weights


@dataclass(frozen=True)
class OpenedTest:
    """The test recordings of a corpus, and how often they have been opened.

    Attributes
    ----------
    subjects, recordings
        The recordings in the order of the split, and the subject of each.
    opening
        The line of the ledger that this look stands on.
    count
        Different weights that have seen this test part so far, these included.
    """

    subjects: tuple[str, ...]
    recordings: tuple[Recording, ...]
    opening: Opening
    count: int


def open_test(
    corpus: Corpus,
    folder: Path,
    contender: tuple[str, str],
    command: str,
    ledger: Path,
    folds: bool = False,
) -> OpenedTest:
    """Open the test part for one contender (name, sha256 of its weights), and write that down.

    `folds`: what is opened is every fold of the cross-validation instead, for nets that are
    each scored on the fold that they never met. The line is in the ledger before the first
    recording is handed out. Scoring the very same weights again is no new opening: nothing is
    appended.

    Raises
    ------
    ProtocolError
        If the weights are not named by a sha256, or the ledger is damaged.
    """
    what, weights = contender
    if len(weights) != 64 or not set(weights) <= set("0123456789abcdef"):
        raise ProtocolError(
            ledger, f"weights called {weights!r}", "their sha256", "Score saved weights only."
        )
    wanted = chain(*corpus.split.folds) if folds else corpus.split.test
    opened = [(subject, each) for subject in wanted for each in corpus.open(folder, subject)]
    subjects = tuple(subject for subject, _ in opened)
    recordings = tuple(each for _, each in opened)
    opening = Opening(
        corpus.split.name,
        fingerprint(recordings),
        what,
        weights,
        command,
        datetime.now(UTC).isoformat(timespec="seconds"),
    )
    lines = read_ledger(ledger)
    same = [line for line in lines if line.key == opening.key]
    if not same:
        lines.append(opening)
        _write(ledger, lines)
    count = len({line.key for line in lines if line.key[:2] == opening.key[:2]})
    return OpenedTest(subjects, recordings, same[0] if same else opening, count)


def closed_prints(corpus: Corpus, folder: Path | None = None) -> dict[str, str]:
    """Return what the recordings of a test part are known by: print -> subject.

    As published, and where a folder is given also those in it. Nothing but hashes of samples
    comes out, so that a copy elsewhere is known; it is no opening.
    """
    known = {
        each: subject for subject in corpus.split.test for each in corpus.prints.get(subject, ())
    }
    if folder is None:
        return known
    for subject in corpus.split.test:
        try:
            recordings = corpus.open(folder, subject)
        except CorpusError:  # not there: then what is published has to do
            continue
        known |= {each: subject for recording in recordings for each in prints(recording)}
    return known


def recognised(corpus: Corpus, known: Mapping[str, str]) -> dict[str, str]:
    """Return who of a test part is known by its prints: subject -> as whom."""
    return {
        subject: known[each]
        for subject in corpus.split.test
        for each in corpus.prints.get(subject, ())
        if each in known
    }


def note_headline(ledger: Path, opening: Opening, part: str, headline: Mapping[str, Any]) -> None:
    """Enter the figures of a part into the line of its opening.

    Raises
    ------
    ProtocolError
        If the part was never opened for these weights.
    """
    lines = read_ledger(ledger)
    places = [place for place, line in enumerate(lines) if line.key == opening.key]
    if not places:
        raise ProtocolError(
            ledger,
            f"no opening of {opening.protocol} for {opening.what}",
            "a line written before the test part was read",
            "Score through `arsis evaluate`.",
        )
    line = lines[places[0]]
    lines[places[0]] = replace(line, headline={**(line.headline or {}), part: dict(headline)})
    _write(ledger, lines)


def read_ledger(ledger: Path) -> list[Opening]:
    """Return all openings, oldest first; a ledger that does not exist yet is empty.

    Raises
    ------
    ProtocolError
        If a line cannot be understood: a damaged ledger would hide openings.
    """
    if not ledger.exists():
        return []
    text = ledger.read_text(encoding="utf-8")
    try:
        return [Opening(**json.loads(line)) for line in text.splitlines() if line]
    except (TypeError, ValueError) as error:
        raise ProtocolError(
            ledger,
            f"a line that cannot be understood ({error})",
            "one JSON object a line, as arsis wrote it",
            "Restore the ledger from version control.",
        ) from error


def fingerprint(recordings: Iterable[Recording]) -> str:
    """Return the sha256 of what recordings hold: every sample, unit, rate and mark.

    What was read is hashed rather than the files, so that a copy in another folder, or beside
    files of other programs, is the same data, and a changed mark is not.
    """
    digests = "".join(recording_digest(recording) for recording in recordings)
    return hashlib.sha256(digests.encode()).hexdigest()


def _write(ledger: Path, lines: list[Opening]) -> None:
    text = "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(ledger, text.encode())
