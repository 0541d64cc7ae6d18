from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from arsis.learn.losses import BALANCES, LOSSES, class_weights, focal, mean_loss

TRUTH = torch.tensor([0, 2, -1, 1, 2])


@pytest.fixture
def logits():
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(1))


def test_cross_entropy_is_torchs(logits):
    ours = mean_loss("cross-entropy", logits, TRUTH, torch.ones(3), 0.1)
    theirs = functional.cross_entropy(logits, TRUTH, ignore_index=-1, label_smoothing=0.1)
    torch.testing.assert_close(ours, theirs)


def test_focal_is_that_of_its_paper(logits):
    p = logits.softmax(1)[torch.arange(5), TRUTH.clamp(min=0)]
    expected = (-((1 - p) ** 2) * p.log())[TRUTH >= 0].mean()
    ours = mean_loss("focal", logits, TRUTH, torch.ones(3), 0.0)
    torch.testing.assert_close(ours, expected)
    hot = functional.one_hot(TRUTH.clamp(min=0), 3).float()
    assert (focal(logits, hot, torch.ones(3)) >= 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_guard_c09_what_is_not_scored_changes_nothing(name, logits):
    weight = torch.tensor([0.5, 1.0, 2.0])
    other = logits.clone()
    other[2] = 100 * torch.randn(3)
    ours = mean_loss(name, logits, TRUTH, weight, 0.1)
    assert ours == mean_loss(name, other, TRUTH, weight, 0.1)
    without = mean_loss(name, logits[TRUTH >= 0], TRUTH[TRUTH >= 0], weight, 0.1)
    torch.testing.assert_close(ours, without)


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_labels_costs_nothing(name, logits):
    assert mean_loss(name, logits, torch.full((5,), -1), torch.ones(3), 0.0) == 0


@pytest.mark.parametrize("name", BALANCES)
def test_weights_keep_the_size_of_the_loss(name):
    counts = torch.tensor([9000.0, 900.0, 100.0])
    weights = class_weights(name, counts)
    assert float((weights * counts).sum() / counts.sum()) == pytest.approx(1)
    assert weights[0] <= weights[1] <= weights[2]


def test_inverse_weights_make_classes_count_alike():
    counts = torch.tensor([9000.0, 900.0, 100.0])
    torch.testing.assert_close(
        class_weights("inverse", counts) * counts, torch.full((3,), 10000 / 3)
    )
    ratio = class_weights("inverse-sqrt", counts)
    assert float(ratio[2] / ratio[0]) == pytest.approx(90**0.5)
    torch.testing.assert_close(class_weights("none", counts), torch.ones(3))
