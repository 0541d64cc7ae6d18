from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import ChannelError, SettingError, UnitError
from arsis.core.recording import Mark, Recording, from_array, samples_before
from arsis.core.task import Need, choose
from arsis.core.units import factor


def ramp(count: int = 1000, rate_hz: float = 360.0, unit: str = "mV") -> Recording:
    return from_array(np.arange(count, dtype=float)[None], rate_hz, names=("II",), unit=unit)


@given(length_s=st.floats(0.01, 5.0))
def test_pieces_hold_every_sample_once(length_s: float) -> None:
    recording = ramp()
    pieces = list(recording.pieces(length_s))
    values = np.concatenate([p.samples["II"].values for p in pieces])
    np.testing.assert_array_equal(values, np.arange(1000))
    assert pieces[-1].stop_s == recording.duration_s


@given(sample=st.integers(0, 10**8), rate_hz=st.sampled_from([100.0, 128.0, 257.5, 360.0, 1000.0]))
def test_the_time_of_a_sample_gives_its_number_back(sample: int, rate_hz: float) -> None:
    assert samples_before(sample / rate_hz, rate_hz) == sample


def test_marks_are_sorted_and_loaded_once() -> None:
    calls = []

    def load() -> tuple[Mark, ...]:
        calls.append(1)
        return (Mark(2.0, "V"), Mark(1.0, "N"))

    recording = Recording("r", ramp().channels, load)
    assert [m.label for m in recording.marks] == ["N", "V"]
    assert recording.marks is recording.marks
    assert len(calls) == 1


def test_units_are_converted() -> None:
    assert ramp(unit="uV").channels[0].to_unit("mV").read()[500] == pytest.approx(0.5)


@pytest.mark.parametrize("unit", ["", "mmHg", "furlong"])
def test_a_unit_is_never_assumed(unit: str) -> None:
    with pytest.raises(UnitError, match="--unit"):
        factor(unit, "mV", "lead II")


def test_an_unknown_channel_is_named_with_those_there_are() -> None:
    with pytest.raises(ChannelError, match=r"no channel named V9.*II"):
        ramp().select(("V9",))


def test_pieces_of_no_length_are_refused() -> None:
    with pytest.raises(SettingError):
        list(ramp().pieces(0.0))


NEED = Need(unit="mV", at_most=2, lowest_hz=100.0, highest_hz=1000.0, prefer=("MLII", "II", "V1"))


def leads(*names: str, rate_hz: float = 360.0, unit: str = "mV") -> Recording:
    return from_array(np.zeros((len(names), 100)), rate_hz, names=names, unit=unit)


def test_preferred_channels_are_chosen() -> None:
    chosen = choose(leads("V1", "aVF", "II", "V5"), NEED)
    assert [c.name for c in chosen.channels] == ["V1", "II"]


def test_a_name_of_several_words_counts_by_its_first_or_last_one() -> None:
    chosen = choose(leads("ECG aVF", "ECG V1", "ECG II", "V1 again"), NEED)
    assert [c.name for c in chosen.channels] == ["ECG V1", "ECG II"]


def test_what_measures_something_else_in_the_same_unit_is_not_taken() -> None:
    need = replace(NEED, others=("EEG", "EMG"))
    chosen = choose(leads("EEG C3-A2", "EMG chin", "ECG", "EEGs"), need)
    assert [c.name for c in chosen.channels] == ["ECG", "EEGs"]
    with pytest.raises(ChannelError, match="begins with none of EEG, EMG"):
        choose(leads("EEG C3-A2", "EMG"), need)


@pytest.mark.parametrize("rate_hz", [30.0, 99.9, 2000.0])
def test_a_rate_out_of_range_is_refused(rate_hz: float) -> None:
    with pytest.raises(ChannelError, match="samples per second"):
        choose(leads("II", rate_hz=rate_hz), NEED)


def test_a_recording_without_any_voltage_is_refused() -> None:
    with pytest.raises(ChannelError, match="ABP in mmHg"):
        choose(leads("ABP", unit="mmHg"), NEED)


def test_a_missing_unit_is_refused() -> None:
    with pytest.raises(UnitError, match="no unit"):
        choose(leads("II", unit=""), NEED)


def test_a_channel_that_never_moves_is_taken_last_and_that_is_said() -> None:
    alive = np.sin(np.arange(4000) / 7)
    x = np.stack([np.zeros(4000), alive, alive])
    stereo = from_array(x, 1000.0, names=("left", "right", "third"), unit="FS")
    need = Need(unit="FS", at_most=1, lowest_hz=1000.0, highest_hz=96_000.0, prefer=("left",))
    chosen = choose(stereo, need)
    assert [c.name for c in chosen.channels] == ["right"]
    assert "left never moves" in chosen.notes[0]
    assert not choose(stereo.select(("left",)), need).notes  # nothing else to take
