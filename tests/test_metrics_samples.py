"""Agreement sample by sample: gross AUPRC, kappa of seconds."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mne_arousal.metrics import gross_auprc, label_samples, per_second_kappa

from .test_metrics import NONE, events


def challenge_auprc(labels, probabilities):
    """Area as the Challenge defines it: thresholds 0, 0.001 ... 1, one by one."""
    scored = labels >= 0
    positive, steps = labels[scored] == 1, np.rint(1000 * probabilities[scored])
    area, recalls, precisions = 0.0, [], []
    for step in range(1001):
        chosen = steps >= step
        recalls.append(np.mean(chosen[positive]))
        precisions.append(np.mean(positive[chosen]) if chosen.any() else 0.0)
    for j in range(1001):
        area += precisions[j] * (recalls[j] - (recalls[j + 1] if j < 1000 else 0.0))
    return area


@pytest.mark.parametrize("seed", range(5))
def test_gross_auprc_is_that_of_the_challenge(seed):
    rng = np.random.default_rng(seed)
    labels = [rng.choice([-1, 0, 0, 0, 1], n) for n in (300, 50)]
    scores = [np.clip(rng.normal(0.3 + 0.2 * (part == 1), 0.2), 0, 1) for part in labels]
    expected = challenge_auprc(np.concatenate(labels), np.concatenate(scores))
    assert gross_auprc(labels, scores, digits=3) == pytest.approx(expected)
    # Any increasing change of evidence keeps the area when nothing is rounded.
    assert gross_auprc(labels, [5 * np.exp(part) for part in scores]) == pytest.approx(
        gross_auprc(labels, scores)
    )


def test_gross_auprc_pools_recordings():
    # Each recording alone is ranked without fault, but the second's scores are all higher.
    labels, scores = [[0, 1], [0, 1]], [[0.1, 0.2], [0.8, 0.9]]
    assert gross_auprc(labels[0], scores[0]) == 1
    assert gross_auprc(labels, scores) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_gross_auprc_at_the_extremes():
    assert np.isnan(gross_auprc([0, 0, -1], [0.1, 0.2, 0.3]))
    assert np.isnan(gross_auprc([], []))
    assert gross_auprc([1, 0, 0], [0.5, np.nan, 0.2]) == 1
    assert gross_auprc([1, 0, 0], [np.nan, 0.3, 0.2]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="one entry per sample"):
        gross_auprc([[0, 1], [1]], [[0.1, 0.2], [0.3, 0.4]])


def test_label_samples_by_hand():
    night = events((29.4, 2), (95, 3))
    labels = label_samples(night, 100, stages=[2, 0, 4])
    expected = np.zeros(100, dtype=int)
    expected[30:60] = -1  # wake
    expected[90:] = -1  # no epoch
    expected[[29, 30, 95, 96, 97]] = 1
    assert labels.tolist() == expected.tolist()
    assert label_samples(night, 100).min() == 0
    assert label_samples(night, 1000, sfreq=10.0).sum() == 50


@pytest.mark.parametrize("seed", range(5))
def test_kappa_against_sklearn(seed):
    rng = np.random.default_rng(seed)
    true, pred = (
        events(*zip(rng.integers(0, 200, 9), rng.integers(3, 16, 9), strict=True)) for _ in range(2)
    )
    labels = [label_samples(table, 230) for table in (true, pred)]
    assert per_second_kappa(true, pred, 230.0) == pytest.approx(cohen_kappa_score(*labels))


def test_kappa_leaves_wake_out():
    true, pred = events((35, 5)), events((37, 5))
    asleep = per_second_kappa(true, pred, 60.0)
    # Two more epochs of wake change nothing; a false event in them does.
    assert per_second_kappa(true, pred, 120.0, stages=[2, 2, 0, -1]) == pytest.approx(asleep)
    false = events((37, 5), (70, 10))
    assert per_second_kappa(true, false, 120.0, stages=[2, 2, 0, -1]) < asleep - 0.1


def test_kappa_at_the_extremes():
    some = events((10, 5))
    assert per_second_kappa(some, some, 60.0) == 1
    assert per_second_kappa(some, NONE, 60.0) == 0
    assert np.isnan(per_second_kappa(NONE, NONE, 60.0))
