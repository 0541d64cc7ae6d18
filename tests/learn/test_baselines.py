"""The baselines learn what they may see, from the training part alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arsis.core.windows import Windows
from arsis.learn.contender import label_all, stack
from arsis.learn.scoring.beats.baselines import (
    ALWAYS,
    BOOSTING,
    RHYTHM,
    BaselineSettings,
    fit,
    fit_baselines,
)
from arsis.tasks import TASKS

QUICK = BaselineSettings(rounds=10)
BEATS = TASKS["beats"]


@pytest.fixture(scope="module")
def train(cohort):
    subjects = cohort.corpus.split.train
    return label_all(BEATS, subjects, cohort.corpus.recordings(cohort.folder, subjects))


@pytest.fixture(scope="module")
def fitted(train):
    return {name: fit(BEATS, name, train, QUICK) for name in (ALWAYS, RHYTHM, BOOSTING)}


def accuracy(contender, beats):
    right = [contender.numbers(contender.decide(b.windows)) == b.truth for b in beats]
    return float(np.concatenate(right).mean())


def test_always_n_says_n_with_the_share_of_n(fitted, train):
    answers = fitted[ALWAYS].decide(train[0].windows)
    _, _, truth = stack(train)
    assert set(answers.label) == {"N"}
    share = (truth == 0).mean()
    np.testing.assert_allclose(answers.probability[0], share, rtol=1e-6)
    # The decoder believes in S less and less, as none comes.
    assert (np.diff(answers.probability) >= 0).all()
    assert answers.probability[-1] < share + (truth == 1).mean()


def test_every_baseline_gives_probabilities_that_sum_to_one(fitted, train):
    for contender in fitted.values():
        probabilities = contender.judge(train[1].windows)["beat"]
        assert probabilities.shape == (len(train[1].windows), 4)
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


def test_rhythm_and_boosting_beat_always_n(fitted, train):
    least = accuracy(fitted[ALWAYS], train)
    assert accuracy(fitted[RHYTHM], train) > least + 0.03
    assert accuracy(fitted[BOOSTING], train) > least + 0.08


def test_rhythm_sees_nothing_of_the_shape(fitted, train):
    windows = train[0].windows
    context = windows.context.copy()
    context[:, [name.startswith("lead") for name in BEATS.features]] = 7
    blind = replace(windows, x=np.zeros_like(windows.x), context=context)
    np.testing.assert_array_equal(
        fitted[RHYTHM].judge(blind)["beat"], fitted[RHYTHM].judge(windows)["beat"]
    )
    assert (fitted[BOOSTING].judge(blind)["beat"] != fitted[BOOSTING].judge(windows)["beat"]).any()


def test_fitting_twice_gives_the_same_baseline(fitted, train):
    again = fit(BEATS, BOOSTING, train, QUICK)
    assert again.weights == fitted[BOOSTING].weights
    np.testing.assert_array_equal(
        again.judge(train[2].windows)["beat"], fitted[BOOSTING].judge(train[2].windows)["beat"]
    )


def test_other_settings_or_other_data_are_another_contender(fitted, train):
    assert fit(BEATS, RHYTHM, train, replace(QUICK, seed=1)).weights != fitted[RHYTHM].weights
    assert fit(BEATS, RHYTHM, train[1:], QUICK).weights != fitted[RHYTHM].weights


def test_only_the_training_part_is_opened(cohort):
    del cohort.opened[:]
    fit_baselines(BEATS, cohort.corpus, cohort.folder, replace(QUICK, rounds=1))
    assert set(cohort.opened) == set(cohort.corpus.split.train)


def test_no_windows_are_no_answers(fitted, train):
    windows = train[0].windows
    none = Windows(
        windows.x[:0], windows.start_s[:0], windows.event_s[:0], windows.quality[:0],
        windows.mask[:0], windows.context[:0], 0.0, 0, {"rr_s": windows.aside["rr_s"][:0]},
    )  # fmt: skip
    for contender in fitted.values():
        assert contender.judge(none)["beat"].shape == (0, 4)
