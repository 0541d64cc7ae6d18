"""The signals of one segment of a WFDB record, and the files in which their samples are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError, UnitError
from arsis.formats.sound.read import UNIT
from arsis.formats.wfdb.matrix import check_matrix
from arsis.formats.wfdb.samples import FLAC_BITS, LAYOUTS, NULL, SampleFile, frames_in
from arsis.formats.wfdb.wav import WavFile, holds_wav, open_wav

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32
    from arsis.formats.wfdb.header import Header, Signal


@dataclass(frozen=True, slots=True)
class Part:
    """One signal of one segment.

    Attributes
    ----------
    signal, unit
        Its line in the header; its unit, which the standard gives when the line does not.
    file, column
        Where its samples are: the file, and the first column of its frames.
    length
        Samples.
    """

    signal: Signal
    unit: str
    file: SampleFile | WavFile
    column: int
    length: int

    def read(self, start: int, stop: int) -> F32:
        """Return the samples [start, stop) in `unit`: (time,), NaN = not valid or not there."""
        per_frame = self.signal.per_frame
        out = np.full(stop - start, np.nan, np.float32)
        first, last = start // per_frame, -(-stop // per_frame)
        for frame in range(first, last, self.file.most_frames):
            # A skewed signal stands that many frames later in its file.
            begin = frame + self.signal.skew
            end = min(frame + self.file.most_frames, last) + self.signal.skew
            end = min(end, self.file.length)
            if begin >= end:
                break
            values = self._physical(begin, end)
            at = frame * per_frame - start
            out[max(at, 0) : at + len(values)] = values[max(-at, 0) : len(out) - at]
        return out

    def _physical(self, begin: int, end: int) -> F32:
        stop = self.column + self.signal.per_frame
        digital = self.file.frames(begin, end)[:, self.column : stop].reshape(-1)
        gain = self.signal.gain
        assert gain is not None  # `Single` makes no part of a signal that is not calibrated
        values = ((digital.astype(np.float64) - self.signal.baseline) / gain).astype(np.float32)
        if self.file.invalid is not None:
            values[digital == self.file.invalid] = np.nan
        return values


def open_parts(path: Path, header: Header) -> tuple[tuple[Part, ...], int, tuple[str, ...]]:
    """Return the parts of a record of one segment, its length in frames, and notes.

    Raises
    ------
    FormatError
        If a signal file is missing, too short, or not what the header says.
    UnitError
        If a signal is not calibrated.
    """
    by_file: dict[str, list[Signal]] = {}
    notes: tuple[str, ...] = ()
    for signal in header.signals:
        if signal.file == "~" or signal.layout == NULL:
            notes += (f"{signal.name} has no samples; it is left out.",)
        else:
            by_file.setdefault(signal.file, []).append(signal)
    for name, signals in by_file.items():
        _check_file(path, name, signals)
        check_matrix(path, signals)
    wavs = {
        name: open_wav(path, signals, header.rate_hz)
        for name, signals in by_file.items()
        if holds_wav(path.parent / name)
    }
    notes += tuple(note for wav in wavs.values() for note in wav.notes)
    held = {
        name: wavs[name].length if name in wavs else _held(path, name, signals)
        for name, signals in by_file.items()
    }
    length = header.length or min(held.values(), default=0)
    parts = {}
    for name, signals in by_file.items():
        notes += _check_length(path.parent / name, held[name], length, path)
        inner = _wav_parts(wavs[name], signals, length) if name in wavs else ()
        for part in inner or _parts(path, signals, length):
            parts[part.signal.name] = part
    order = [signal.name for signal in header.signals if signal.name in parts]
    return tuple(parts[name] for name in order), length, notes


def _check_file(path: Path, name: str, signals: list[Signal]) -> None:
    """Raise FormatError unless a signal file is there and the header says one thing of it."""
    layout, file = signals[0].layout, path.parent / name
    if layout not in LAYOUTS and layout not in FLAC_BITS:
        known = ", ".join([*LAYOUTS, *FLAC_BITS])
        advice = "Convert the record with `xform` of the WFDB tools."
        raise FormatError(path, f"signals of format {layout}", f"one of {known}", advice)
    if any((s.layout, s.offset) != (layout, signals[0].offset) for s in signals):
        found = f"signals of {name} in several formats"
        raise FormatError(path, found, "one format per file", "The header is damaged.")
    if file.is_symlink() and file.resolve().parent != path.parent.resolve():
        found = f"{name} is a link out of the folder"
        raise FormatError(path, found, "a file beside the header", "Put the files together.")
    if not file.is_file():
        advice = f"Put {name} beside {path.name}: a record is all of its files."
        raise FormatError(path, f"its signal file {name} is missing", "it beside this", advice)


def _held(path: Path, name: str, signals: list[Signal]) -> int:
    """Return how many frames a signal file holds."""
    first, width = signals[0], sum(signal.per_frame for signal in signals)
    return frames_in(path.parent / name, first.layout, width, first.offset)


def _check_length(file: Path, held: int, length: int, path: Path) -> tuple[str, ...]:
    if length == 0:
        raise FormatError(file, "no samples", "at least one", "Fetch the record again.")
    if held < length:
        raise FormatError(
            file,
            f"{held} samples of each signal, where the header {path.name} states {length}",
            "as many as the header states",
            "The file was cut short, or the header is wrong: fetch the record again.",
        )
    if held > length and file.suffix:
        # Whole blocks may leave room for a sample or two.
        left = held - length
        if left > 2:
            return (f"{file.name} holds {left} samples more than the header states; not read.",)
    return ()


def _parts(path: Path, signals: list[Signal], length: int) -> list[Part]:
    columns = tuple(signal.per_frame for signal in signals)
    first = signals[0]
    initial = tuple(signal.initial for signal in signals)
    file = SampleFile(
        path.parent / first.file, first.layout, columns, first.offset, initial, length
    )
    at = np.cumsum((0, *columns))
    return [
        Part(signal, _unit(signal, path), file, int(column), length * signal.per_frame)
        for signal, column in zip(signals, at[:-1], strict=True)
    ]


def _wav_parts(wav: WavFile, signals: list[Signal], length: int) -> list[Part]:
    """Return the parts of a WAV, whose values are shares of full scale whatever the header says."""
    return [
        Part(
            replace(signal, gain=1.0, baseline=0),
            UNIT,
            wav,
            column * signal.per_frame,
            length * signal.per_frame,
        )
        for column, signal in enumerate(signals)
    ]


def _unit(signal: Signal, path: Path) -> str:
    if signal.gain is None:
        raise UnitError(
            path,
            f"signal {signal.name} is not calibrated (its gain is 0 or missing)",
            "a gain: how many steps make one unit",
            "Put the true gain into the header, as in 200/mV; no gain is ever assumed.",
        )
    return signal.unit
