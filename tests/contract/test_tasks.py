"""What every task promises; a new entry in the table is picked up here unedited."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsis.core.recording import Channel, Piece, Recording
from arsis.core.task import Task, choose
from arsis.core.windows import Windows
from arsis.infer.windows import clock_of
from arsis.tasks import TASKS

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


def prepared(task: Task, recording: Recording, cuts: list[float], given_events: bool) -> Windows:
    """Prepare a recording that is cut at the given times."""
    chosen = choose(recording, task.need)
    clock, prepare = clock_of(task, chosen), task.prepare(given_events)
    marks = task.events(recording) if given_events else ()
    edges = [0.0, *sorted(cuts), chosen.duration_s]
    parts = []
    for number, (start_s, stop_s) in enumerate(pairwise(edges)):
        last = number == len(edges) - 2
        inside = tuple(m for m in marks if start_s <= m.time_s and (m.time_s < stop_s or last))
        piece = Piece(start_s, stop_s, chosen._samples(start_s, stop_s), inside)
        parts.append(prepare.push(clock.push(piece, last), last))
    return Windows.join(parts)


def difficult(task: Task) -> Recording:
    """An example with channels of different rates and a gap."""
    recording = task.example(3)
    first, *others = recording.channels
    gap = slice(round(41.3 * first.rate_hz), round(44.9 * first.rate_hz))
    x = first.read().copy()
    x[gap] = np.nan
    channels = [Channel(first.name, first.unit, first.rate_hz, len(x), lambda a, b: x[a:b])]
    for other in others:
        half = other.read()[::2].copy()
        half[round(41.3 * other.rate_hz / 2) : round(44.9 * other.rate_hz / 2)] = np.nan
        channels.append(
            Channel(
                other.name, other.unit, other.rate_hz / 2, len(half), lambda a, b, h=half: h[a:b]
            )
        )
    return Recording(recording.name, tuple(channels), lambda: recording.marks)


def assert_same(one: Windows, other: Windows) -> None:
    for name in ("x", "start_s", "event_s", "quality", "mask", "context"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name, values in one.aside.items():
        np.testing.assert_array_equal(values, other.aside[name], err_msg=name)
    assert (one.until_s, one.judged_us) == (other.until_s, other.judged_us)


@every_task
@pytest.mark.parametrize("given_events", [True, False], ids=["given", "detected"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.differing_executors])
@given(cuts=st.lists(st.floats(0.01, 89.0), max_size=12, unique=True))
def test_any_division_gives_the_same_windows(task: Task, given_events: bool, cuts: list[float]):
    recording = difficult(task)
    whole = prepared(task, recording, [], given_events)
    assert len(whole) > 50
    assert_same(prepared(task, recording, cuts, given_events), whole)


@every_task
def test_tiny_pieces_give_the_same_windows(task: Task) -> None:
    recording = difficult(task)
    cuts = np.arange(0.04, 30.0, 0.04).tolist()
    assert_same(prepared(task, recording, cuts, False), prepared(task, recording, [], False))


@every_task
def test_the_answer_comes_in_time(task: Task) -> None:
    assert (sum(task.delays_s.values()) <= 1.2) != task.offline


@every_task
def test_windows_are_out_when_the_table_of_delays_says(task: Task) -> None:
    recording = task.example(4)
    chosen = choose(recording, task.need)
    clock, prepare = clock_of(task, chosen), task.prepare(False)
    latest_s = sum(task.delays_s.values())
    for piece in chosen.pieces(0.5):
        out = prepare.push(clock.push(piece), False)
        if piece.start_s > 12.0 and len(out):
            assert out.event_s.min() >= piece.start_s - latest_s - 0.01


@every_task
def test_windows_have_the_shape_that_the_task_states(task: Task) -> None:
    windows = prepared(task, task.example(5), [], True)
    assert windows.x.shape[1:] == task.shape
    assert windows.context.shape[1] == len(task.features)
    assert np.isfinite(windows.x).all()
    assert np.isfinite(windows.context).all()
    assert windows.x.dtype == windows.context.dtype == np.float32


@every_task
def test_nothing_later_than_the_look_ahead_is_used(task: Task) -> None:
    """What follows an instant by more than the delays changes nothing about it."""
    recording = task.example(6)
    x = np.stack([c.read() for c in recording.channels])
    rate_hz, stop_s = recording.channels[0].rate_hz, 60.0
    changed = x.copy()
    changed[:, round(stop_s * rate_hz) :] *= -3.0

    def with_values(values: np.ndarray) -> Recording:
        channels = tuple(
            Channel(c.name, c.unit, c.rate_hz, c.length, lambda a, b, row=row: row[a:b])
            for c, row in zip(recording.channels, values, strict=True)
        )
        return Recording(recording.name, channels)

    one = prepared(task, with_values(x), [], False)
    other = prepared(task, with_values(changed), [], False)
    safe = one.event_s < stop_s - sum(task.delays_s.values())
    count = int(safe.sum())
    assert count > 50
    np.testing.assert_array_equal(one.x[:count], other.x[:count])
    np.testing.assert_array_equal(one.context[:count], other.context[:count])
