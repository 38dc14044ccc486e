"""The direction for EEG alone is learned apart from what it is scored on."""

import numpy as np
import pandas as pd
import pytest

from mne_arousal.arousals import direction as package

pytestmark = pytest.mark.usefixtures("arousals_benchmark")
SEEDS = (200, 201, 202, 203)


def rows_of(weights, seed=0, n=4000):
    """One night and answer: moments of an EEG that predicts the body along a direction."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)) @ rng.normal(size=(6, 6))
    x -= x.mean(axis=0)
    y = x @ weights + rng.normal(size=n)
    return x.T @ x / n, x.T @ ((y - y.mean()) / y.std()) / n


def test_learning_finds_the_direction_however_bands_go_together():
    """Regression takes correlated bands apart; the covariance does not."""
    from direction import learn

    true = np.array([-1.0, 0.0, 1.0, 0.0, 1.0, 2.0]) / np.sqrt(7)
    rows = [("simulated-easy-200", "emg", *rows_of(true, seed)) for seed in range(20)]
    weights, template = learn(rows)
    assert list(weights) == list(package.WEIGHTS)
    assert np.array(list(weights.values())) @ true > 0.99
    assert np.linalg.norm(list(template.values())) == pytest.approx(1.0)


def test_no_night_teaches_its_own_seed_or_person():
    """A simulated night is scored by other seeds, a real one by simulated nights."""
    from direction import FIRST_HALF, learned_for

    rows = [(f"simulated-easy-{seed}", "emg") for seed in SEEDS] + [(FIRST_HALF, "emg")]
    for seed in SEEDS:
        names = [row[0] for row in learned_for(f"simulated-hard-{seed}", rows)]
        assert f"simulated-easy-{seed}" not in names
        assert len(names) == 3
    for name in ("implants-SC4001choose-20", "untouched-SC4001", "untouched-ucddb002"):
        assert FIRST_HALF not in [row[0] for row in learned_for(name, rows)]


def test_all_is_of_the_choosing_half():
    """Nothing that is reported on is learned from or scored."""
    from direction import FIRST_HALF, LEARNED_KINDS
    from direction_page import recordings as scored
    from recordings import names
    from sleepers import KINDS

    assert {name for name, _, _ in scored(SEEDS)} <= set(names("choose"))
    assert set(LEARNED_KINDS) <= set(KINDS)
    assert FIRST_HALF == "untouched-SC4001choose"


def test_scores_count_nights_without_candidates():
    """A night in which nothing was found has arousals, too."""
    from direction_page import score

    rows = pd.DataFrame(
        {
            "name": ["a", "a", "b"],
            "probability": [0.9, 0.6, 0.0],
            "true": [True, False, False],
            "n_true": [2, 2, 3],
            "hours": [0.5, 0.5, 0.0],
        }
    )
    found = score(rows)
    assert found["F1"] == pytest.approx(2 / 7)
    assert found["recall"] == pytest.approx(0.2)
    assert found["others"] == pytest.approx(2.0)
    assert found["precision"] == pytest.approx(0.25)


def test_variants_leave_the_package_as_it_was():
    """Weights and functions are changed for a while."""
    from direction import FIRST_HALF, variants

    from mne_arousal.arousals import evidence, matched_filter

    before = (dict(package.WEIGHTS), evidence.tail_excess, matched_filter._TEMPLATES)
    rows = [
        (name, answer, *rows_of(np.ones(6)))
        for name in (*(f"simulated-patient-apnea-{s}" for s in SEEDS), FIRST_HALF)
        for answer in ("emg", "breath")
    ]
    changed = []
    for change in variants("simulated-easy-200", rows).values():
        with change:
            now = (dict(package.WEIGHTS), evidence.tail_excess, matched_filter._TEMPLATES)
            changed.append(now != before)
    assert sum(changed) >= 8
    assert before == (dict(package.WEIGHTS), evidence.tail_excess, matched_filter._TEMPLATES)
