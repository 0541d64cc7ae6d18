"""Trees as a module answer as scikit-learn, which grew them, and as ONNX Runtime, which serves."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save
from sklearn.ensemble import HistGradientBoostingClassifier

from arsis.infer.bundle import BATCH
from arsis.learn.graph import to_onnx
from arsis.learn.trees import ABSENT, copy_trees
from arsis.nets import Beside, Shape, Size, build
from arsis.nets.boosted import Boosted

FEATURES = 5
SIZE = Size(rounds=6, nodes=13, depth=4)


def grown(classes, known, seed=0):
    """Return a fitted model of the classes `known` out of `classes`, and its trees."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(600, FEATURES)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    filled = np.nan_to_num(x)
    score = filled[:, 0] + filled[:, 1] * filled[:, 2] + np.isnan(x[:, 3])
    places = np.searchsorted(np.quantile(score, np.linspace(0, 1, len(known) + 1)[1:-1]), score)
    y = np.array(known)[places]
    model = HistGradientBoostingClassifier(
        max_iter=SIZE.rounds, max_leaf_nodes=7, max_depth=SIZE.depth, early_stopping=False
    ).fit(x, y)
    trees = Boosted(SIZE, classes)
    copy_trees(model, trees)
    return model, trees, x


@pytest.mark.parametrize("known", [(0, 1, 2), (0, 1), (0, 2), (1, 2, 3), (0, 1, 2, 3)])
def test_the_probabilities_are_those_of_scikit_learn(known):
    model, trees, x = grown(4, known)
    ours = trees(torch.from_numpy(x)).softmax(1).numpy()
    theirs = np.zeros_like(ours)
    theirs[:, model.classes_] = model.predict_proba(x)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert np.ptp(theirs) > 0.5
    if len(known) < 4:
        assert trees.start.min() == ABSENT


@given(st.integers(0, 5), st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_feature_on_a_threshold_goes_the_same_way(seed, above):
    model, trees, _ = grown(3, (0, 1, 2), seed)
    cuts = trees.threshold[trees.low != torch.arange(SIZE.nodes)].unique().numpy()
    if above:
        cuts = np.nextafter(cuts, np.float32(np.inf))
    rng = np.random.default_rng(seed)
    on = rng.choice(cuts[np.isfinite(cuts)], (200, FEATURES)).astype(np.float32)
    ours = trees(torch.from_numpy(on)).softmax(1).numpy()
    np.testing.assert_allclose(ours, model.predict_proba(on), atol=2e-6)


def test_trees_that_nobody_grew_say_nothing():
    assert torch.equal(Boosted(SIZE, 3)(torch.randn(7, FEATURES)), torch.zeros(7, 3))


def test_they_survive_a_file():
    _, trees, x = grown(3, (0, 1, 2))
    read = Boosted(SIZE, 3)
    read.load_state_dict(load(save(trees.state_dict())))
    context = torch.from_numpy(x)
    assert torch.equal(read(context), trees(context))


def pair(share):
    """A net and trees of three classes, and windows."""
    _, trees, x = grown(3, (0, 1, 2))
    shape = Shape(2, 64, tuple("abcde"), {"beat": ("x", "y", "z")})
    torch.manual_seed(0)
    net = build("plain", shape)
    net.fit(torch.from_numpy(x))
    net.correct("beat", torch.tensor([0.3, -0.2, 0.1]))
    both = Beside(net, SIZE, share).eval()
    both.trees["beat"].load_state_dict(trees.state_dict())
    context = torch.from_numpy(x[:BATCH])
    return both, torch.randn(len(context), 2, 64), context


def test_beside_a_net_they_join_the_geometric_mean():
    both, x, context = pair(0.3)
    with torch.no_grad():
        net = both.net(x, context)["beat"].softmax(1)
        trees = (both.trees["beat"](context) + both.net.offset("beat")).softmax(1)
        said = both(x, context)["beat"].softmax(1)
    mean = net**0.7 * trees**0.3
    torch.testing.assert_close(said, mean / mean.sum(1, keepdim=True))


@pytest.mark.parametrize(("share", "part"), [(0.0, "net"), (1.0, "trees")])
def test_the_share_goes_from_the_net_alone_to_the_trees_alone(share, part):
    both, x, context = pair(share)
    with torch.no_grad():
        alone = {
            "net": both.net(x, context)["beat"],
            "trees": both.trees["beat"](context) + both.net.offset("beat"),
        }[part]
        torch.testing.assert_close(both(x, context)["beat"].softmax(1), alone.softmax(1))


def test_onnx_runtime_answers_as_torch_does():
    both, x, context = pair(0.5)
    session = onnxruntime.InferenceSession(to_onnx(both, both.shape))
    (theirs,) = session.run(None, {"x": x.numpy(), "context": context.numpy()})
    with torch.no_grad():
        ours = both(x, context)["beat"].numpy()
    np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert np.ptp(ours) > 1
