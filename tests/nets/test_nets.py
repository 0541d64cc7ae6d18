from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import SettingError
from arsis.core.task import States
from arsis.nets import ENCODERS, NETS, STATE_NETS, Shape, build
from arsis.tasks import TASKS

NAMES = [*ENCODERS, *NETS]
LONG = {"cnn-baseline"}
"""Nets for windows that are longer than the ones made up here."""


def shape_of(task):
    classes = {name: target.names for name, target in task.targets.items()}
    steps = {n: t.steps for n, t in task.targets.items() if isinstance(t, States)}
    return Shape(*task.shape, task.features, classes, steps)


def fitting(task):
    """The nets that answer what the task asks, of windows that fit into them."""
    shape = shape_of(task)
    if shape.steps:
        return STATE_NETS
    without = ({"leads"} if not shape.leads else set()) | (LONG if shape.time < 120 else set())
    return [name for name in NAMES if name not in without]


PHASES = Shape(3, 24, ("quality",), {"phase": ("S1", "systole", "none")}, {"phase": 12})
TWO_LEADS = Shape(
    4, 30, ("rate", "lead1_a", "lead2_a", "lead1_known", "lead2_known"), {"beat": ("N", "S")}
)


@given(batch=st.integers(1, 5), channels=st.integers(1, 4), time=st.integers(30, 200))
@settings(max_examples=10, deadline=None)
@pytest.mark.parametrize("name", ENCODERS)
def test_encoders_keep_their_contract(name, batch, channels, time):
    encoder = ENCODERS[name](channels)
    out = encoder.eval()(torch.zeros(batch, channels, time))
    assert out.shape[:2] == (batch, encoder.width)
    assert 1 <= out.shape[2] <= time


@pytest.mark.parametrize(
    ("name", "task"),
    [pytest.param(name, task, id=f"{name}-{task.name}") for task in TASKS.values()
     for name in fitting(task)],
)  # fmt: skip
def test_every_net_answers_every_task_of_its_kind(name, task):
    shape = shape_of(task)
    net = build(name, shape, 0.1).eval()
    x, context = torch.randn(3, *task.shape), torch.randn(3, len(task.features))
    answers = net(x, context)
    assert {k: v.shape for k, v in answers.items()} == {
        k: (3, *shape.answer(k)) for k in shape.classes
    }
    one = net(x[:1], context[:1])
    for target in answers:
        torch.testing.assert_close(one[target], answers[target][:1], rtol=1e-4, atol=1e-5)
    assert sum(p.numel() for p in net.parameters()) < 300_000


SHORT = [name for name in NAMES if name not in LONG]


def test_windows_too_short_for_a_net_are_refused():
    with pytest.raises(SettingError, match="windows of 30 samples"):
        build("cnn-baseline", TWO_LEADS)


def test_the_baseline_has_as_many_weights_as_the_original():
    shape = Shape(1, 187, (), {"beat": tuple("NSVFQ")})
    assert sum(p.numel() for p in build("cnn-baseline", shape).parameters()) == 254_901


@pytest.mark.parametrize("name", SHORT)
def test_every_weight_gets_a_gradient(name):
    net = build(name, TWO_LEADS)
    context = torch.randn(8, 5)
    context[:, 3:] = 1
    net(torch.randn(8, 4, 30), context)["beat"].square().sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("name", SHORT)
def test_a_lead_that_measured_nothing_says_nothing(name):
    # Prepare gives zeros for it; a net must be able to answer from the other one alone.
    net = build(name, TWO_LEADS).eval()
    x, context = torch.randn(4, 4, 30), torch.randn(4, 5)
    x[:, 2:], context[:, 2], context[:, 3], context[:, 4] = 0, 0, 1, 0
    assert torch.isfinite(net(x, context)["beat"]).all()


def test_leads_may_change_places_for_the_net_of_leads():
    net = build("leads", TWO_LEADS).eval()
    x, context = torch.randn(4, 4, 30), torch.rand(4, 5)
    turned = net(x[:, [2, 3, 0, 1]], context[:, [0, 2, 1, 4, 3]])["beat"]
    torch.testing.assert_close(turned, net(x, context)["beat"])
    x[:, 2:], context[:, 4] = torch.randn(4, 2, 30), 0
    other = net(x, context)["beat"]
    x[:, 2:] = 0
    torch.testing.assert_close(net(x, context)["beat"], other)


def test_a_net_of_leads_needs_leads():
    with pytest.raises(SettingError, match="no leads"):
        build("leads", Shape(2, 30, ("rate",), {"beat": ("N", "S")}))


@pytest.mark.parametrize("name", STATE_NETS)
def test_a_net_of_states_learns_with_every_weight(name):
    net = build(name, PHASES)
    net(torch.randn(8, 3, 24), torch.randn(8, 1))["phase"].square().sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("name", STATE_NETS)
def test_a_net_of_states_answers_in_time(name):
    # What changes at one end of a long window is answered there, not at the other.
    net = build(name, Shape(3, 400, ("quality",), PHASES.classes, {"phase": 200})).eval()
    x = torch.randn(2, 3, 400)
    changed = x.clone()
    changed[:, :, 300:302] += 1
    context = torch.zeros(2, 1)
    moved = (net(changed, context)["phase"] - net(x, context)["phase"]).abs().sum((0, 1))
    assert 148 <= int(moved.argmax()) <= 152


@pytest.mark.parametrize("name", NAMES)
def test_a_net_of_classes_is_refused_where_states_are_asked(name):
    with pytest.raises(SettingError, match=r"phase|leads|windows of 24"):
        build(name, PHASES)


@pytest.mark.parametrize("steps", [{}, {"phase": 7}])
def test_a_net_of_states_is_refused_where_frames_do_not_fit(steps):
    with pytest.raises(SettingError, match="whose steps divide the frames"):
        build("phases", Shape(3, 24, ("quality",), PHASES.classes, steps))


def test_unknown_nets_are_refused():
    with pytest.raises(SettingError, match="no net 'huge'"):
        build("huge", TWO_LEADS)


def test_the_shape_finds_leads_by_the_names_of_features():
    first, second = TWO_LEADS.leads
    assert (first.channels, first.own, first.known) == ((0, 2), (1,), 3)
    assert (second.channels, second.own, second.known) == ((2, 4), (2,), 4)
    assert TWO_LEADS.common == (0,)
    assert TWO_LEADS.flags == (3, 4)


def test_guard_c14_the_scaler_leaves_out_what_was_not_measured():
    context = torch.tensor([
        [1.0, 2.0, 4.0, 1.0, 1.0],
        [3.0, 2.0, 99.0, 1.0, 0.0],
        [torch.nan, 88.0, 0.0, 0.0, 1.0],
    ])  # fmt: skip
    net = build("leads", TWO_LEADS)
    net.fit(context)
    # Both leads' feature a: 2, 4, 2 and 0 were measured; 99 and 88 belong to missing leads.
    torch.testing.assert_close(net.centre, torch.tensor([2.0, 2.0, 2.0, 0.0, 0.0]))
    torch.testing.assert_close(net.spread, torch.tensor([1.0, 2**0.5, 2**0.5, 1.0, 1.0]))
    assert net.standard(context)[2, 0] == 0
    assert torch.equal(net.standard(context)[:, 3:], context[:, 3:])


def test_a_feature_that_never_changes_does_not_shout():
    net = build("small", TWO_LEADS)
    net.fit(torch.full((5, 5), 7.0))
    later = torch.full((1, 5), 7.001)
    assert float(net.standard(later)[0, 0].abs()) < 0.01


def test_answers_are_corrected_only_where_the_net_answers():
    net = build("plain", TWO_LEADS)
    net.correct("beat", torch.tensor([0.5, -1.0]))
    x, context = torch.randn(4, 4, 30), torch.randn(4, 5)
    net.eval()
    corrected = net(x, context)["beat"]
    net.correct("beat", torch.zeros(2))
    torch.testing.assert_close(corrected - net(x, context)["beat"], torch.tensor([[0.5, -1.0]] * 4))
